"""Write down what became of a payout's items: bookings, decisions with their reasons, and what waits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from zahlstelle import claims, events, ledger, payments
from zahlstelle.bank import ToDecide
from zahlstelle.kernel import Money, berlin_day, fact_id
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.payments import PayoutItem
from zahlstelle.tables.allocation import AllocationRow, PayoutShareRow, SuspenseRow
from zahlstelle.tenancy import Tenant

from ._payout_money import Waiting
from ._payout_rules import BookItem
from ._rules import RULE_VERSION, Suspend

_MACHINE = "rule"
_BATCH = 5000


def share(tenant: Tenant, payout: UUID, found: Mapping[UUID, tuple[UUID, UUID]], at: datetime) -> None:
    """Note which detail of which entry each item is."""
    rows = [
        PayoutShareRow(tenant_id=tenant.id, item=item, payout=payout, detail=detail, entry=entry, at=at)
        for item, (detail, entry) in found.items()
    ]
    PayoutShareRow.objects.bulk_create(rows, batch_size=_BATCH)


def forget(tenant: Tenant, details: Sequence[UUID]) -> None:
    """Let details wait no longer."""
    SuspenseRow.objects.filter(tenant_id=tenant.id, detail__in=details).delete()


def write(tenant: Tenant, booked: Sequence[tuple[ToDecide, BookItem]], at: datetime) -> None:
    """Book items of an entry, each by itself, and remember why."""
    entries = []
    for each, item in booked:
        detail = each.detail
        side = Side.SOLL if detail.side == "credit" else Side.HABEN
        lines = [Line("suspense", side, detail.amount, detail.entry), *item.lines]
        entries.append(Entry(f"{item.occasion}:{detail.id}", each.booked_on, at, item.text, lines))
    places = [(each.detail.id, each.detail.entry, each.detail.amount) for each, _ in booked]
    _book(tenant, entries, places, [item for _, item in booked], at)
    forget(tenant, [each.detail.id for each, _ in booked])


def write_nothing(tenant: Tenant, payout: UUID, booked: Sequence[tuple[PayoutItem, BookItem]], at: datetime) -> None:
    """Book the items of a payout that moved nothing at the bank: suspense stands for it, and is zero at once."""
    entries = []
    for item, booking in booked:
        amount = Money(abs(item.cents))
        side = Side.SOLL if item.cents > 0 else Side.HABEN
        lines = [Line("suspense", side, amount, payout), *booking.lines]
        entries.append(Entry(f"{booking.occasion}:{item.id}", berlin_day(at), at, booking.text, lines))
    places = [(item.id, payout, Money(abs(item.cents))) for item, _ in booked]
    _book(tenant, entries, places, [booking for _, booking in booked], at)


def _book(
    tenant: Tenant,
    entries: Sequence[Entry],
    places: Sequence[tuple[UUID, UUID, Money]],
    booked: Sequence[BookItem],
    at: datetime,
) -> None:
    journal = ledger.post(tenant=tenant, entries=entries)
    rows = [
        AllocationRow(
            id=fact_id(detail, None, RULE_VERSION),
            tenant_id=tenant.id,
            detail=detail,
            entry=entry,
            outcome="allocated",
            amount_cents=amount.cents,
            attempt=item.attempt.id if item.attempt else None,
            account=item.account,
            reasons=list(item.reasons),
            rule_version=RULE_VERSION,
            decided_at=at,
            decided_by=_MACHINE,
            journal_entry=journal_entry,
        )
        for (detail, entry, amount), item, journal_entry in zip(places, booked, journal, strict=True)
    ]
    AllocationRow.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)
    given_back = {
        item.gives_back: (item.attempt.id, [(part.claim, part.cents) for part in item.parts])
        for item in booked
        if item.gives_back and item.attempt
    }
    payments.record_given_back(tenant=tenant, items=given_back, at=at)
    settled = {item.refund.id: item.gives_back for item in booked if item.gives_back and item.refund}
    payments.note_reported(tenant=tenant, refunds=settled)
    _reopen(tenant, [item for item in booked if item.reopens], at)
    taken = [item.attempt.id for item in booked if item.charged_back and item.attempt]
    payments.charged_back(tenant=tenant, attempts=taken, at=at)


def _reopen(tenant: Tenant, charged_back: Sequence[BookItem], at: datetime) -> None:
    """Open claims again whose payment was charged back, with the amount that was; the fee is not the citizen's."""
    amounts = [(claim, -cents) for item in charged_back for claim, cents in item.reopens]
    if amounts:
        claims.settle(tenant=tenant, amounts=amounts)
        reopened = claims.open_amounts(tenant=tenant, ids=sorted({claim for claim, _ in amounts}))
        told = [{"open_cents": claim.open_cents, "why": "charged_back"} for claim in reopened]
        ids = [claim.id for claim in reopened]
        events.record_many(tenant=tenant, name="claim.reopened", subjects=ids, at=at, payloads=told)


def hold(tenant: Tenant, held: Sequence[tuple[Waiting, Suspend]], at: datetime) -> None:
    """Let details wait under these doubts, and remember why. The same doubt again is one decision."""
    decisions = [
        AllocationRow(
            id=fact_id(row.detail, decision.doubt, RULE_VERSION, *decision.reasons),
            tenant_id=tenant.id,
            detail=row.detail,
            entry=row.entry,
            outcome="suspended",
            amount_cents=abs(row.cents),
            doubt=decision.doubt,
            reasons=list(decision.reasons),
            rule_version=RULE_VERSION,
            decided_at=at,
            decided_by=_MACHINE,
        )
        for row, decision in held
    ]
    AllocationRow.objects.bulk_create(decisions, batch_size=_BATCH, ignore_conflicts=True)
    rows = [
        SuspenseRow(
            tenant_id=tenant.id,
            detail=row.detail,
            entry=row.entry,
            side="credit" if row.cents > 0 else "debit",
            amount_cents=abs(row.cents),
            currency=row.currency,
            doubt=decision.doubt,
            candidate=decision.candidate,
            since=at,
        )
        for row, decision in held
    ]
    SuspenseRow.objects.bulk_create(
        rows, batch_size=2000, update_conflicts=True, unique_fields=["detail"], update_fields=["doubt", "candidate"]
    )
