"""Which payments are gone: what a return has given back cannot pay another claim."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle.tenancy import Tenant

from ._posting import RETURNED
from ._references import usable


@dataclass(frozen=True, slots=True)
class _Moved:
    """Money that paid a claim, or was given back of it, and still stands."""

    claim: UUID
    cents: int
    outcome: str
    detail: UUID
    on: date
    end_to_end_id: str | None
    mandate_id: str | None

    @property
    def gives_back(self) -> bool:
        return self.outcome == RETURNED

    def may_give_back(self, paid: "_Moved") -> bool:
        """Say whether this return may be of that payment: nothing that both say differs."""
        told = [(usable(self.end_to_end_id), usable(paid.end_to_end_id)), (self.mandate_id, paid.mandate_id)]
        same = (self.claim, self.cents) == (paid.claim, paid.cents) and paid.on <= self.on
        return same and all(not ours or not theirs or ours == theirs for ours, theirs in told)


_MOVED = """
SELECT a.claim, a.amount_cents, a.outcome, a.detail, e.booked_on, d.end_to_end_id, d.mandate_id FROM allocation a
JOIN bank_detail d ON d.tenant_id = a.tenant_id AND d.id = a.detail
JOIN bank_entry e ON e.tenant_id = d.tenant_id AND e.id = d.entry AND e.booked_on IS NOT NULL
WHERE a.tenant_id = %(tenant)s AND a.claim = ANY(%(claims)s::uuid[]) AND a.outcome IN ('allocated', 'returned')
    AND a.account IS NULL AND a.attempt IS NULL AND NOT EXISTS (
        SELECT 1 FROM allocation t WHERE t.tenant_id = a.tenant_id AND t.detail = a.detail AND t.takes_back = a.id)
"""


def given_back_since(tenant: Tenant, detail: UUID, claim_ids: Sequence[UUID]) -> Set[UUID]:
    """Name those of the claims on which a return stands that can only have given this detail's payment back."""
    given: dict[str, Any] = {"tenant": tenant.id, "claims": list(claim_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, given)
        moved = [_Moved(*row) for row in cursor.fetchall()]
    payments = [one for one in moved if not one.gives_back]
    gone = set()
    for ours in (one for one in payments if one.detail == detail):
        returns = [one for one in moved if one.gives_back and one.may_give_back(ours)]
        others = [one for one in payments if one.detail != detail and any(back.may_give_back(one) for back in returns)]
        if len(returns) > len(others):
            gone.add(ours.claim)
    return gone
