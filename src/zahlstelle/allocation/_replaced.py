"""Take back what entries had paid that the bank tells better by now, together with what hangs on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import bank, claims
from zahlstelle.tenancy import Tenant

from ._posting import RETURNED, Standing, changes, hold_again, standing_decisions, undo
from ._rules import Doubt

_MACHINE = "rule"
_REASON = "Einzelumsätze nachgereicht"


def forget_replaced(tenant: Tenant, entries: Sequence[UUID]) -> None:
    """An entry that waited as a whole gives way to its details, now that they are there."""
    sql = """
        DELETE FROM suspense s USING bank_detail d
        WHERE s.tenant_id = %s AND d.tenant_id = s.tenant_id AND d.id = s.detail AND s.entry = ANY(%s) AND NOT d.active
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id, list(entries)])


_REPLACED = """
SELECT d.id, min(e.booked_on) FROM bank_detail d
JOIN bank_entry e ON e.tenant_id = d.tenant_id AND e.id = d.entry
WHERE d.tenant_id = %s AND d.entry = ANY(%s) AND NOT d.active GROUP BY d.id
"""


def take_back_replaced(tenant: Tenant, entries: Sequence[UUID], at: datetime) -> Sequence[UUID]:
    """Take back what an entry had paid: its details, or the statement, say better what it is. Returns the claims.

    A return of what is taken back waits again: it cannot take from a claim what is no longer paid on it. So does what
    was paid anew on a claim whose return is taken back: the first payment pays it after all.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REPLACED, [tenant.id, list(entries)])
        on = dict(cursor.fetchall())
    standing = list(standing_decisions(tenant, list(on))) if on else []
    again: dict[UUID, Doubt] = {}
    while found := _in_the_way(tenant, standing):
        on |= {other.detail: other.booked_on for other in found}
        again |= {other.detail: other.doubt for other in found}
        standing += standing_decisions(tenant, [other.detail for other in found])
    reopened = undo(tenant, standing, on=on, at=at, by=_MACHINE, reason=_REASON) if standing else []
    for detail in bank.details_by_id(tenant=tenant, details=list(again)).values():
        hold_again(tenant, detail, again[detail.id], at)
    return reopened


@dataclass(frozen=True, slots=True)
class _Other:
    """A detail that pays a claim, or gives back what was paid on it."""

    claim: UUID
    detail: UUID
    cents: int
    outcome: str
    booked_on: date

    @property
    def doubt(self) -> Doubt:
        return Doubt.RETURNED if self.outcome == RETURNED else Doubt.ALREADY_SETTLED


# What was decided last goes first.
_OTHERS = """
SELECT a.claim, a.detail, a.amount_cents, a.outcome, e.booked_on FROM allocation a
JOIN bank_entry e ON e.tenant_id = a.tenant_id AND e.id = a.entry
WHERE a.tenant_id = %(tenant)s AND a.claim = ANY(%(claims)s::uuid[]) AND a.outcome IN ('allocated', 'returned')
    AND a.account IS NULL AND a.attempt IS NULL AND NOT a.detail = ANY(%(given)s::uuid[]) AND NOT EXISTS (
        SELECT 1 FROM allocation t WHERE t.tenant_id = a.tenant_id AND t.detail = a.detail AND t.takes_back = a.id)
ORDER BY a.decided_at DESC, a.id DESC
"""


def _in_the_way(tenant: Tenant, standing: Sequence[Standing]) -> Sequence[_Other]:
    """Find what else must go, so that no claim falls below zero, or is paid more than it is."""
    over = _out_of_bounds(tenant, changes(standing))
    if not over:
        return []
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "claims": list(over),
        "given": [part.detail for part in standing],
    }
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS, given)
        others = [_Other(*row) for row in cursor.fetchall()]
    found = []
    for other in others:
        left = over[other.claim]
        if left and (left < 0) == (other.outcome == RETURNED):
            found.append(other)
            over[other.claim] = min(left + other.cents, 0) if left < 0 else max(left - other.cents, 0)
    return found


def _out_of_bounds(tenant: Tenant, change: Mapping[UUID, int]) -> dict[UUID, int]:
    """Say of claims by how much they would be paid less than nothing (below zero) or more than they are."""
    known = claims.claims_by_id_locked(tenant=tenant, claim_ids=list(change)) if change else {}
    over = {}
    for id_, claim in known.items():
        settled = claim.amount.cents - claim.open.cents + change[id_]
        if settled < 0 or settled > claim.amount.cents:
            over[id_] = min(settled, 0) or settled - claim.amount.cents
    return over
