"""What a detail's money pays now: one share for each claim or payment, without what was taken back."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from zahlstelle.tenancy import Tenant, inside


@dataclass(frozen=True, slots=True)
class PaidShare:
    """A part of a detail's money and what it pays; neither claim nor attempt: another account of the book."""

    cents: int
    claim_id: UUID | None
    attempt_id: UUID | None


_PAID = """
SELECT a.detail, a.amount_cents, CASE WHEN a.account IS NULL THEN a.claim END, a.attempt FROM allocation a
WHERE a.tenant_id = %(tenant)s AND a.detail = ANY(%(details)s) AND a.outcome IN ('allocated', 'returned')
    AND NOT EXISTS (SELECT 1 FROM allocation b WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail
        AND b.outcome = 'taken_back' AND (b.takes_back = a.id OR b.takes_back IS NULL))
"""


def paid_by(*, tenant: Tenant, details: Sequence[UUID]) -> Mapping[UUID, Sequence[PaidShare]]:
    """Tell what each of these details pays; a detail that pays nothing is left out."""
    found: dict[UUID, list[PaidShare]] = defaultdict(list)
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_PAID, {"tenant": tenant.id, "details": list(details)})
        for detail, cents, claim, attempt in cursor.fetchall():
            found[detail].append(PaidShare(cents, claim, attempt))
    return found


@dataclass(frozen=True, slots=True)
class StandingShare:
    """A part of a detail's money as it was decided and still stands."""

    cents: int
    claim_id: UUID | None
    attempt_id: UUID | None
    account: str | None
    reasons: Sequence[str]
    decided_at: datetime
    decided_by: str
    journal_entry: UUID


_STANDING = """
SELECT a.amount_cents, a.claim, a.attempt, a.account, a.reasons::text, a.decided_at, a.decided_by, a.journal_entry
FROM allocation a
WHERE a.tenant_id = %(tenant)s AND a.detail = %(detail)s AND a.outcome IN ('allocated', 'returned')
    AND NOT EXISTS (SELECT 1 FROM allocation b WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail
        AND b.outcome = 'taken_back' AND (b.takes_back = a.id OR b.takes_back IS NULL))
ORDER BY a.decided_at, a.claim, a.id
"""


def standing_shares(*, tenant: Tenant, detail: UUID) -> Sequence[StandingShare]:
    """Tell what was decided about a detail's money and still stands."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_STANDING, {"tenant": tenant.id, "detail": detail})
        return [
            StandingShare(cents, claim, attempt, account, json.loads(reasons), at, by, booked)
            for cents, claim, attempt, account, reasons, at, by, booked in cursor.fetchall()
        ]
