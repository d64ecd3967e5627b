"""Keep settlement reports of providers: each once, never changed; and tell which payouts are still to be settled."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum

from zahlstelle import events
from zahlstelle.kernel import BERLIN, InputRefused, Refusal, fact_id
from zahlstelle.tables.payments import PayoutItemRow, PayoutReportRow, PayoutRow, ReportCallRow
from zahlstelle.tenancy import Tenant, inside

from ._socket import ItemKind, PayoutReport

_BATCH = 5000
_SHORTEST = 6
_MOST_CENTS = 10**15
_AGAIN = timedelta(minutes=15)
_UNANSWERED = [timedelta(minutes=m) for m in (1, 2, 5, 15, 30, 60)]
# A report may come, or be corrected, long after its day: this far back a provider is asked again.
_BACK = timedelta(days=40)


class ReportTaken(Refusal):
    """There is a settlement report under this name already, with other content."""

    code = "payout_report_taken"


class ReportWrong(InputRefused):
    """The settlement report cannot be read, or names its payout in a way that no bank text can be compared with."""

    code = "payout_report_wrong"


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout (Auszahlung) by the report that counts for it. `cents` is what moves on the account, signed."""

    id: UUID
    provider: str
    reference: str
    settled: bool
    report: UUID
    report_reference: str
    day: date
    currency: str
    cents: int
    source: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class PayoutItem:
    """An item of a report as it is kept; `cents` above zero came to the town."""

    id: UUID
    report: UUID
    number: int
    kind: ItemKind
    cents: int
    provider_reference: str | None
    reference: str | None
    item_reference: str | None
    text: str


def record_report(
    *, tenant: Tenant, provider: str, report: PayoutReport, at: datetime, source: str = "provider"
) -> bool:
    """Keep a report. The same one again brings nothing (False); under the same name with other content: ReportTaken.

    Of several reports of one payout the one that came last counts. Raises ReportWrong for one that no bank text can
    ever be compared with.
    """
    _sound(report)
    report_id = fact_id("payout_report", tenant.id, provider, report.reference)
    digest = _digest(report)
    with inside(tenant):
        row = PayoutReportRow(
            id=report_id,
            tenant_id=tenant.id,
            provider=provider,
            reference=report.reference,
            payout=fact_id("payout", tenant.id, provider, report.payout),
            day=report.day,
            currency=report.currency,
            cents=report.cents,
            digest=digest,
            source=source,
            received_at=at,
        )
        if not _first(row):
            return False
        PayoutItemRow.objects.bulk_create(_item_rows(tenant, report_id, report), batch_size=_BATCH)
        PayoutRow.objects.update_or_create(
            id=row.payout,
            tenant_id=tenant.id,
            defaults={"report": report_id, "compare_at": at},
            create_defaults={
                "provider": provider,
                "reference": report.payout,
                "report": report_id,
                "compare_at": at,
                "settled": False,
            },
        )
        payload = {"provider": provider, "payout": report.payout, "report": report.reference, "cents": report.cents}
        events.record(tenant=tenant, name="payout.reported", subject=row.payout, at=at, payload=payload)
        return True


def _sound(report: PayoutReport) -> None:
    """Refuse what can never be compared with a bank's text, or kept."""
    if sum(sign.isalnum() for sign in report.payout) < _SHORTEST or not report.reference:
        raise ReportWrong(f"the payout's name {report.payout!r} is too short to be found in a bank's text")
    if any(abs(cents) > _MOST_CENTS for cents in (report.cents, *(item.cents for item in report.items))):
        raise ReportWrong(f"report {report.reference}: more cents than there are")
    said = [report.payout, report.reference, report.currency]
    for item in report.items:
        said += [item.provider_reference or "", item.reference or "", item.item_reference or "", item.text]
    if any("\x00" in text for text in said) or len(report.currency) != 3:
        raise ReportWrong(f"report {report.reference!r}: a text that cannot be kept")


def _first(row: PayoutReportRow) -> bool:
    """Write a report down; whoever comes second waits for whoever came first, and then compares."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
        return True
    except IntegrityError:
        kept = PayoutReportRow.objects.get(tenant_id=row.tenant_id, id=row.id)
        if kept.digest != row.digest:
            raise ReportTaken(f"{row.provider} gave report {row.reference} before, with other content") from None
        return False


def _item_rows(tenant: Tenant, report_id: UUID, report: PayoutReport) -> Iterable[PayoutItemRow]:
    for number, item in enumerate(report.items, 1):
        yield PayoutItemRow(
            id=fact_id(report_id, number), tenant_id=tenant.id, report=report_id, number=number, **asdict(item)
        )


def _digest(report: PayoutReport) -> str:
    told = asdict(report)
    for item in told["items"]:
        if item["answer_by"] is None:  # what is not told does not count: reports kept before it could be stay the same
            del item["answer_by"]
    said = json.dumps(told, default=str, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def open_payouts(*, tenant: Tenant, to_compare_at: datetime | None = None) -> Sequence[Payout]:
    """List payouts that are not settled yet, the oldest first, or only those whose time to be compared has come."""
    with inside(tenant):
        rows = PayoutRow.objects.filter(tenant_id=tenant.id, settled=False)
        return _payouts(tenant, list(rows.filter(compare_at__lte=to_compare_at) if to_compare_at else rows))


def payouts_by_id(*, tenant: Tenant, payouts: Sequence[UUID]) -> Mapping[UUID, Payout]:
    """Look up payouts."""
    with inside(tenant):
        rows = PayoutRow.objects.filter(tenant_id=tenant.id, id__in=payouts)
        return {payout.id: payout for payout in _payouts(tenant, list(rows))}


def payouts_called(*, tenant: Tenant, reference: str) -> Sequence[Payout]:
    """Find payouts by the provider's name for them."""
    with inside(tenant):
        rows = PayoutRow.objects.filter(tenant_id=tenant.id, reference=reference)
        return _payouts(tenant, list(rows))


def payouts_of_reports(*, tenant: Tenant, reports: Sequence[UUID]) -> Mapping[UUID, UUID]:
    """Tell the payout of each report."""
    with inside(tenant):
        rows = PayoutReportRow.objects.filter(tenant_id=tenant.id, id__in=reports)
        return dict(rows.values_list("id", "payout"))


def items_of(*, tenant: Tenant, report: UUID) -> Sequence[PayoutItem]:
    """List a report's items in its order."""
    with inside(tenant):
        rows = PayoutItemRow.objects.filter(tenant_id=tenant.id, report=report).order_by("number")
        return [_item(row) for row in rows]


@dataclass(frozen=True, slots=True)
class ItemSum:
    """What a report's items of one kind add up to."""

    count: int
    cents: int


def item_sums(*, tenant: Tenant, reports: Sequence[UUID]) -> Mapping[UUID, Mapping[ItemKind, ItemSum]]:
    """Add up the items of each report, kind by kind."""
    found: dict[UUID, dict[ItemKind, ItemSum]] = {report: {} for report in reports}
    with inside(tenant):
        rows = PayoutItemRow.objects.filter(tenant_id=tenant.id, report__in=reports).values("report", "kind")
        for row in rows.annotate(count=Count("id"), sum=Sum("cents")).order_by("report", "kind"):
            found[row["report"]][ItemKind(row["kind"])] = ItemSum(row["count"], row["sum"])
    return found


def items_by_id(*, tenant: Tenant, items: Sequence[UUID]) -> Mapping[UUID, PayoutItem]:
    """Look up items."""
    with inside(tenant):
        return {row.id: _item(row) for row in PayoutItemRow.objects.filter(tenant_id=tenant.id, id__in=items)}


def items_about(*, tenant: Tenant, provider_references: Sequence[str]) -> Sequence[PayoutItem]:
    """List the items that are about these payments, by what the provider calls them, of the reports that count."""
    with inside(tenant):
        rows = PayoutItemRow.objects.filter(tenant_id=tenant.id, provider_reference__in=provider_references)
        counting = PayoutRow.objects.filter(tenant_id=tenant.id).values("report")
        return [_item(row) for row in rows.filter(report__in=counting).order_by("report", "number")]


def mark_compared(*, tenant: Tenant, payout: UUID, settled: bool, at: datetime, again: date | None = None) -> None:
    """Note that a payout was compared with the bank, and whether every item has found its money.

    `again`: the worker compares it once more on this day.
    """
    compare_at = datetime.combine(again, time(0), BERLIN) if again else None
    with inside(tenant):
        rows = PayoutRow.objects.filter(tenant_id=tenant.id, id=payout)
        if rows.filter(settled=False).update(compare_at=compare_at, settled=settled) and settled:
            events.record(tenant=tenant, name="payout.settled", subject=payout, at=at)


def ask_for_reports(*, tenant: Tenant, provider: str, at: datetime) -> None:
    """Let the provider be asked for reports in the next round: the bank has told of a payout without one."""
    with inside(tenant):
        ReportCallRow.objects.filter(tenant_id=tenant.id, provider=provider, tries=0, check_at__gt=at).update(
            check_at=at
        )


def intend_call(*, tenant: Tenant, provider: str, at: datetime) -> bool:
    """Write down that the provider is asked now, and when to ask again if no answer comes; False: it is not time."""
    with inside(tenant):
        ReportCallRow.objects.bulk_create(
            [ReportCallRow(tenant_id=tenant.id, provider=provider, check_at=at)], ignore_conflicts=True
        )
        row = ReportCallRow.objects.select_for_update().get(tenant_id=tenant.id, provider=provider)
        if row.check_at > at:
            return False
        row.check_at = at + _UNANSWERED[min(row.tries, len(_UNANSWERED) - 1)]
        row.tries = min(row.tries + 1, len(_UNANSWERED))
        row.save(update_fields=["check_at", "tries"])
        return True


def note_answer(*, tenant: Tenant, provider: str, at: datetime) -> None:
    """Note that the provider has answered: it is asked again after a while."""
    with inside(tenant):
        rows = ReportCallRow.objects.filter(tenant_id=tenant.id, provider=provider)
        rows.update(check_at=at + _AGAIN, tries=0)


def asked_since(*, tenant: Tenant, provider: str) -> tuple[date | None, frozenset[str]]:
    """Tell from which day on to ask, some weeks before the newest report (None: all), and what is known since."""
    with inside(tenant):
        rows = PayoutReportRow.objects.filter(tenant_id=tenant.id, provider=provider, source="provider")
        newest = rows.order_by("-day").values_list("day", flat=True).first()
        if newest is None:
            return None, frozenset()
        since = newest - _BACK
        return since, frozenset(rows.filter(day__gte=since).values_list("reference", flat=True))


def _payouts(tenant: Tenant, rows: Sequence[PayoutRow]) -> Sequence[Payout]:
    reports = PayoutReportRow.objects.filter(tenant_id=tenant.id, id__in=[row.report for row in rows])
    by_id = {report.id: report for report in reports}
    found = [_payout(row, by_id[row.report]) for row in rows]
    return sorted(found, key=lambda payout: (payout.day, payout.received_at, payout.id))


def _payout(row: PayoutRow, report: PayoutReportRow) -> Payout:
    return Payout(
        id=row.id,
        provider=row.provider,
        reference=row.reference,
        settled=row.settled,
        report=report.id,
        report_reference=report.reference,
        day=report.day,
        currency=report.currency,
        cents=report.cents,
        source=report.source,
        received_at=report.received_at,
    )


def _item(row: PayoutItemRow) -> PayoutItem:
    return PayoutItem(
        id=row.id,
        report=row.report,
        number=row.number,
        kind=ItemKind(row.kind),
        cents=row.cents,
        provider_reference=row.provider_reference,
        reference=row.reference,
        item_reference=row.item_reference,
        text=row.text,
    )
