"""What is known of the money of payouts: what waits, what is paid out already, what reports have taken back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import claims, ledger, payments
from zahlstelle.bank import ToDecide
from zahlstelle.payments import Attempt, ItemKind, PayoutItem, Refund, Share
from zahlstelle.tables.allocation import PayoutShareRow, SuspenseRow
from zahlstelle.tenancy import Tenant

from ._payout_rules import GIVEN_BACK, OPEN_TO_REPORTS, About, BookItem
from ._rules import Doubt


@dataclass(frozen=True, slots=True)
class Waiting:
    """A detail in suspense; `cents` above zero came in."""

    detail: UUID
    entry: UUID
    cents: int
    currency: str
    booked_on: date
    texts: Sequence[str] = ()

    @classmethod
    def of(cls, each: ToDecide) -> "Waiting":
        """Make it of a detail that is being decided."""
        detail = each.detail
        cents = detail.amount.cents if detail.side == "credit" else -detail.amount.cents
        return cls(detail.id, detail.entry, cents, detail.amount.currency, each.booked_on)


_WAITING = """
SELECT s.detail, s.entry, CASE s.side WHEN 'credit' THEN s.amount_cents ELSE -s.amount_cents END,
    s.currency, e.booked_on,
    array_remove(ARRAY[d.end_to_end_id, d.instruction_id, d.tx_id, d.reference, e.additional_info], NULL),
    array(SELECT jsonb_array_elements_text(d.remittance))
FROM suspense s
JOIN bank_detail d ON d.tenant_id = s.tenant_id AND d.id = s.detail AND d.active
JOIN bank_entry e ON e.tenant_id = s.tenant_id AND e.id = s.entry AND e.amount_cents = s.amount_cents
WHERE s.tenant_id = %(tenant)s AND s.doubt = ANY(%(doubts)s) AND e.breakdown IN ('none', 'single')
    AND s.currency = 'EUR' AND e.booked AND NOT e.reversal
    AND (%(entries)s::uuid[] IS NULL OR s.entry = ANY(%(entries)s::uuid[]))
ORDER BY s.since, s.detail
"""


def waiting(tenant: Tenant, entries: Sequence[UUID] | None = None) -> Sequence[Waiting]:
    """List entries that wait as they are, and that a settlement report may explain: all, or only these."""
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "doubts": sorted(OPEN_TO_REPORTS),
        "entries": list(entries) if entries is not None else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, given)
        return [
            Waiting(detail, entry, cents, currency, on, [*fields, " ".join(text), "".join(text)])
            for detail, entry, cents, currency, on, fields, text in cursor.fetchall()
        ]


_TOLD_IN = """
WITH told AS (
    SELECT tx_id AS name FROM bank_detail WHERE tenant_id = %(tenant)s AND entry = ANY(%(entries)s) AND active
    UNION SELECT instruction_id FROM bank_detail
        WHERE tenant_id = %(tenant)s AND entry = ANY(%(entries)s) AND active
), item AS (
    SELECT report, provider_reference AS name FROM payout_item
        WHERE tenant_id = %(tenant)s AND report = ANY(%(reports)s)
    UNION ALL SELECT report, item_reference FROM payout_item
        WHERE tenant_id = %(tenant)s AND report = ANY(%(reports)s)
)
SELECT DISTINCT item.report FROM item JOIN told ON told.name = item.name
"""


def reports_told_in(tenant: Tenant, entries: Sequence[UUID], reports: Sequence[UUID]) -> Set[UUID]:
    """Name the reports of which an item stands among the details of these entries."""
    if not entries or not reports:
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(_TOLD_IN, {"tenant": tenant.id, "entries": list(entries), "reports": list(reports)})
        return frozenset(report for (report,) in cursor.fetchall())


_PAID_OUT = """
SELECT DISTINCT ON (a.detail) a.attempt, a.amount_cents, a.detail, a.entry
FROM allocation a JOIN bank_detail d ON d.tenant_id = a.tenant_id AND d.id = a.detail AND d.active
WHERE a.tenant_id = %(tenant)s AND a.attempt = ANY(%(attempts)s) AND a.outcome = 'allocated' AND d.side = 'credit'
    AND NOT EXISTS (SELECT 1 FROM payout_share s WHERE s.tenant_id = a.tenant_id AND s.detail = a.detail)
    AND NOT EXISTS (SELECT 1 FROM allocation b
        WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail AND b.takes_back = a.id)
"""


def paid_out(tenant: Tenant, attempts: Sequence[UUID]) -> dict[tuple[UUID, int], tuple[UUID, UUID]]:
    """Find details that have paid attempts out without a report: (attempt, cents) -> (detail, entry)."""
    with connection.cursor() as cursor:
        cursor.execute(_PAID_OUT, {"tenant": tenant.id, "attempts": list(attempts)})
        return {(attempt, cents): (detail, entry) for attempt, cents, detail, entry in cursor.fetchall()}


_WAITING_CALLED = """
SELECT d.tx_id, d.instruction_id, CASE d.side WHEN 'credit' THEN d.amount_cents ELSE -d.amount_cents END,
    d.id, d.entry
FROM suspense s JOIN bank_detail d ON d.tenant_id = s.tenant_id AND d.id = s.detail AND d.active
    AND d.amount_cents = s.amount_cents
WHERE s.tenant_id = %(tenant)s AND (d.tx_id = ANY(%(names)s) OR d.instruction_id = ANY(%(names)s))
    AND NOT EXISTS (SELECT 1 FROM payout_share p WHERE p.tenant_id = s.tenant_id AND p.detail = s.detail)
"""


def waiting_called(tenant: Tenant, names: Sequence[str]) -> dict[tuple[str, int], tuple[UUID, UUID]]:
    """Find details in suspense by the name of a payment or a refund: (name, cents) -> (detail, entry)."""
    found: dict[tuple[str, int], tuple[UUID, UUID]] = {}
    wanted = frozenset(names)
    if not names:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_CALLED, {"tenant": tenant.id, "names": list(names)})
        for tx_id, instruction_id, cents, detail, entry in cursor.fetchall():
            name = tx_id if tx_id in wanted else instruction_id
            found[name, cents] = (detail, entry)
    return found


def nameless(tenant: Tenant, details: Sequence[UUID]) -> Set[UUID]:
    """Tell which of these details wait because nothing of them is known."""
    rows = SuspenseRow.objects.filter(tenant_id=tenant.id, detail__in=details, doubt=Doubt.NO_REFERENCE)
    return frozenset(rows.values_list("detail", flat=True))


def waiting_details(tenant: Tenant, details: Sequence[UUID]) -> Set[UUID]:
    """Tell which of these details wait."""
    rows = SuspenseRow.objects.filter(tenant_id=tenant.id, detail__in=details)
    return frozenset(rows.values_list("detail", flat=True))


def shares_in_doubt(tenant: Tenant, doubts: Sequence[Doubt]) -> Mapping[UUID, tuple[UUID, UUID]]:
    """Find items of reports that wait under these doubts: item -> (detail, entry)."""
    sql = """
        SELECT p.item, p.detail, p.entry FROM suspense s
        JOIN payout_share p ON p.tenant_id = s.tenant_id AND p.detail = s.detail
        WHERE s.tenant_id = %s AND s.doubt = ANY(%s) ORDER BY s.since, p.item LIMIT 5000
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id, list(doubts)])
        return {item: (detail, entry) for item, detail, entry in cursor.fetchall()}


def providers_of(tenant: Tenant, items: Iterable[PayoutItem]) -> Mapping[UUID, str]:
    """Tell the provider of each report that these items are of."""
    reports = list({item.report for item in items})
    payouts = payments.payouts_of_reports(tenant=tenant, reports=reports)
    known = payments.payouts_by_id(tenant=tenant, payouts=list(payouts.values()))
    return {report: known[payout].provider for report, payout in payouts.items()}


@dataclass(slots=True)
class Known:
    """What is known about attempts that reports take money back of; it goes on as items are booked."""

    attempts: Mapping[UUID, Attempt]
    given_back: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    overpaid: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    settled: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))  # by claim
    shares: dict[UUID, Sequence[Share]] = field(default_factory=dict)  # by attempt
    told: set[str] = field(default_factory=set)
    refunds: dict[tuple[UUID, str], Refund] = field(default_factory=dict)  # made here, by the provider's name
    in_doubt: frozenset[tuple[UUID, int]] = frozenset()

    def of(self, item: PayoutItem, attempt: Attempt | None) -> About:
        """Tell what is known of an item's payment."""
        if attempt is None:
            return About(None)
        return About(
            attempt,
            self.given_back[attempt.id],
            self.overpaid[attempt.id],
            self.settled,
            self.shares.get(attempt.id, attempt.shares),
            bool(item.item_reference) and item.item_reference in self.told,
            self.refunds.get((attempt.id, item.item_reference or "")),
            (attempt.id, -item.cents) in self.in_doubt,
        )

    def use_up(self, item: PayoutItem, booked: BookItem) -> None:
        """Count an item as booked."""
        if booked.refund is not None and item.item_reference:
            key = (booked.refund.attempt_id, item.item_reference)
            self.refunds[key] = replace(booked.refund, item=item.id)
        if item.kind not in GIVEN_BACK or booked.attempt is None:
            return
        self.given_back[booked.attempt.id] -= item.cents
        self.overpaid[booked.attempt.id] -= sum(part.cents for part in booked.parts if part.owed_back)
        for claim, cents in booked.reopens:
            self.settled[claim] -= cents
        gone = {part.claim: part.cents for part in booked.parts}
        self.shares[booked.attempt.id] = [
            replace(share, disputed_cents=share.disputed_cents + gone.get(share.claim_id, 0))
            for share in self.shares.get(booked.attempt.id, booked.attempt.shares)
        ]
        if item.item_reference:
            self.told.add(item.item_reference)


_GIVEN_BACK = """
SELECT i.item_reference
FROM payout_share s JOIN payout_item i ON i.tenant_id = s.tenant_id AND i.id = s.item
JOIN allocation a ON a.tenant_id = s.tenant_id AND a.detail = s.detail AND a.outcome = 'allocated'
WHERE s.tenant_id = %(tenant)s AND a.attempt = ANY(%(attempts)s) AND i.kind = ANY(%(kinds)s)
    AND NOT EXISTS (SELECT 1 FROM allocation b
        WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail AND b.takes_back = a.id)
"""


def about(tenant: Tenant, items: Sequence[PayoutItem], attempts: Mapping[UUID, Attempt], at: datetime) -> Known:
    """Look up what is known of the payments that these items take money back of; holds their claims.

    A refund made here that an item tells of is done by now: a report is the provider's word.
    """
    concerned = [attempts[item.id] for item in items if item.kind in GIVEN_BACK and item.id in attempts]
    known = Known(attempts)
    if not concerned:
        return known
    ids = list({attempt.id for attempt in concerned})
    held = sorted({claim for attempt in concerned for claim in attempt.claim_ids})
    claims.claims_by_id_locked(tenant=tenant, claim_ids=held)
    with connection.cursor() as cursor:
        kinds = sorted(GIVEN_BACK)
        cursor.execute(_GIVEN_BACK, {"tenant": tenant.id, "attempts": ids, "kinds": kinds})
        known.told |= {name for (name,) in cursor.fetchall() if name}
    told = {
        (attempts[item.id].id, item.item_reference): -item.cents
        for item in items
        if item.kind is ItemKind.REFUND and item.id in attempts and item.item_reference
    }
    made = payments.reported_refunds(tenant=tenant, told=told, at=at)
    # One that only a report told of is known by its item: the same name again is told before.
    known.refunds = {key: refund for key, refund in made.items() if refund.made_by != "report"}
    known.in_doubt = payments.refunds_in_doubt(tenant=tenant, attempts=ids)
    for claim in claims.claims_by_id_locked(tenant=tenant, claim_ids=held).values():
        known.settled[claim.id] = claim.amount.cents - claim.open.cents
    for subject, cents in ledger.balances_of(tenant=tenant, prefix="overpaid", subjects=ids).items():
        known.overpaid[subject] = -cents
    for attempt in payments.attempts_by_id(tenant=tenant, attempts=ids).values():
        known.given_back[attempt.id] = attempt.refunded_cents + attempt.disputed_cents
        known.shares[attempt.id] = attempt.shares
    return known


def given_back_by_report(tenant: Tenant, detail: UUID) -> bool:
    """Say whether a detail is money that a report says was given back: a refund or a chargeback."""
    shares = PayoutShareRow.objects.filter(tenant_id=tenant.id, detail=detail).values_list("item", flat=True)
    items = payments.items_by_id(tenant=tenant, items=list(shares))
    return any(item.kind in GIVEN_BACK for item in items.values())


def as_id(text: str | None) -> UUID | None:
    """Read an id; None for what is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
