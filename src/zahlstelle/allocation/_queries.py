"""Look at decisions and at what waits in suspense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import ledger
from zahlstelle.kernel import Money
from zahlstelle.tables.allocation import AllocationRow, SuspenseRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import Doubt


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about a detail's money, with its reasons."""

    detail: UUID
    entry: UUID
    outcome: str
    amount_cents: int
    claim_id: UUID | None
    attempt_id: UUID | None
    doubt: Doubt | None
    reasons: Sequence[str]
    rule_version: str
    decided_at: datetime
    decided_by: str
    journal_entry: UUID | None
    account: str | None = None
    lines: Sequence[tuple[int, int]] | None = None
    runner_up: Mapping[str, Any] | None = None
    takes_back: UUID | None = None


@dataclass(frozen=True, slots=True)
class SuspenseItem:
    """Money in suspense (Verwahrung)."""

    detail: UUID
    entry: UUID
    side: str
    amount: Money
    doubt: Doubt
    candidate: str | None
    since: datetime


def decisions_of_entry(*, tenant: Tenant, entry_id: UUID) -> Mapping[UUID, Decision]:
    """Give the latest decision of each detail of an entry."""
    with inside(tenant):
        rows = AllocationRow.objects.filter(tenant_id=tenant.id, entry=entry_id).order_by("decided_at", "outcome")
        return {row.detail: _decision(row) for row in rows}


def last_decisions(*, tenant: Tenant, details: Sequence[UUID]) -> Mapping[UUID, Decision]:
    """Give the latest decision of each of these details."""
    with inside(tenant):
        rows = AllocationRow.objects.filter(tenant_id=tenant.id, detail__in=details).order_by("decided_at")
        return {row.detail: _decision(row) for row in rows}


def decisions_of_claim(*, tenant: Tenant, claim_id: UUID) -> Sequence[Decision]:
    """List what was allocated to a claim."""
    with inside(tenant):
        rows = AllocationRow.objects.filter(tenant_id=tenant.id, claim=claim_id).order_by("decided_at")
        return [_decision(row) for row in rows]


def decisions_of_attempts(*, tenant: Tenant, attempts: Sequence[UUID]) -> Sequence[Decision]:
    """List the payouts of these attempts."""
    with inside(tenant):
        rows = AllocationRow.objects.filter(tenant_id=tenant.id, attempt__in=attempts).order_by("decided_at")
        return [_decision(row) for row in rows]


def suspense(*, tenant: Tenant, doubt: Doubt | None = None, limit: int = 500) -> Sequence[SuspenseItem]:
    """List what waits, the oldest first; only one doubt if it is named."""
    with inside(tenant):
        rows = SuspenseRow.objects.filter(tenant_id=tenant.id).order_by("since", "entry", "detail")
        rows = rows.filter(doubt=doubt) if doubt else rows
        return [
            SuspenseItem(
                r.detail, r.entry, r.side, Money(r.amount_cents, r.currency), Doubt(r.doubt), r.candidate, r.since
            )
            for r in rows[:limit]
        ]


def wrong_suspense(*, tenant: Tenant) -> Sequence[tuple[UUID, int, int]]:
    """Compare what waits with the book: (bank entry, told, booked) where they differ, in cents."""
    with inside(tenant):
        booked = {entry: -cents for entry, cents in ledger.balances_about(tenant=tenant, account="suspense").items()}
        told: dict[UUID, int] = {}
        rows = SuspenseRow.objects.filter(tenant_id=tenant.id).values_list("entry", "side", "amount_cents")
        for entry, side, cents in rows:
            told[entry] = told.get(entry, 0) + (cents if side == "credit" else -cents)
    entries = {*told, *booked}
    return [(e, told.get(e, 0), booked.get(e, 0)) for e in sorted(entries) if told.get(e, 0) != booked.get(e, 0)]


# What stands of a claim's allocations against what the journal has booked on it because of them, and their Stornos.
# A chargeback opens its claim through the payment: the clearing and the open amount are compared elsewhere.
_WRONG_CLAIMS = """
WITH told AS (
    SELECT a.claim AS subject,
        sum(CASE a.outcome WHEN 'allocated' THEN a.amount_cents ELSE -a.amount_cents END) AS cents
    FROM allocation a WHERE a.tenant_id = %(tenant)s AND a.outcome IN ('allocated', 'returned') AND a.claim IS NOT NULL
        AND a.account IS NULL AND a.attempt IS NULL AND NOT EXISTS (
            SELECT 1 FROM allocation b WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail AND b.takes_back = a.id)
    GROUP BY 1
), booked AS (
    SELECT l.subject, sum(CASE l.side WHEN 'HABEN' THEN l.amount_cents ELSE -l.amount_cents END) AS cents
    FROM journal_line l JOIN account c ON c.id = l.account_id AND c.tenant_id = l.tenant_id AND c.code = 'receivable'
    JOIN journal_entry e ON e.id = l.entry AND e.tenant_id = l.tenant_id
    LEFT JOIN journal_entry o ON o.id = e.reverses AND o.tenant_id = l.tenant_id
    WHERE l.tenant_id = %(tenant)s AND starts_with(coalesce(o.occasion, e.occasion), 'allocation:') AND NOT EXISTS (
        SELECT 1 FROM allocation p WHERE p.tenant_id = l.tenant_id AND p.journal_entry = coalesce(o.id, e.id)
            AND p.attempt IS NOT NULL)
    GROUP BY 1
)
SELECT coalesce(t.subject, b.subject), coalesce(t.cents, 0)::bigint, coalesce(b.cents, 0)::bigint
FROM told t FULL JOIN booked b ON b.subject = t.subject WHERE coalesce(t.cents, 0) <> coalesce(b.cents, 0)
ORDER BY 1
"""
# The parts of a detail's money and what of it waits are the detail, to the cent.
_WRONG_DETAILS = """
WITH part AS (
    SELECT a.detail, sum(a.amount_cents) AS cents FROM allocation a
    WHERE a.tenant_id = %(tenant)s AND a.outcome IN ('allocated', 'returned') AND NOT EXISTS (
        SELECT 1 FROM allocation b WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail AND b.takes_back = a.id)
    GROUP BY a.detail HAVING bool_and(a.attempt IS NULL)
)
SELECT p.detail, (p.cents + coalesce(s.amount_cents, 0))::bigint, d.amount_cents FROM part p
JOIN bank_detail d ON d.tenant_id = %(tenant)s AND d.id = p.detail AND d.active
LEFT JOIN suspense s ON s.tenant_id = %(tenant)s AND s.detail = p.detail
WHERE p.cents + coalesce(s.amount_cents, 0) <> d.amount_cents ORDER BY 1
"""


def wrong_allocations(*, tenant: Tenant) -> Sequence[tuple[UUID, int, int]]:
    """Compare what was decided with the book: (claim or detail, told, booked) where they differ, in cents."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_WRONG_CLAIMS, {"tenant": tenant.id})
        of_claims = cursor.fetchall()
        cursor.execute(_WRONG_DETAILS, {"tenant": tenant.id})
        return [*of_claims, *cursor.fetchall()]


def _decision(row: AllocationRow) -> Decision:
    return Decision(
        detail=row.detail,
        entry=row.entry,
        outcome=row.outcome,
        amount_cents=row.amount_cents,
        claim_id=row.claim,
        attempt_id=row.attempt,
        doubt=Doubt(row.doubt) if row.doubt else None,
        reasons=[reason for reason in row.reasons if reason],
        rule_version=row.rule_version,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        journal_entry=row.journal_entry,
        account=row.account,
        lines=[(number, cents) for number, cents in row.lines] if row.lines is not None else None,
        runner_up=row.runner_up,
        takes_back=row.takes_back,
    )
