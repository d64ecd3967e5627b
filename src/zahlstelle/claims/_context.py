"""Read claims as context for a person who has to decide; the amount alone never decides."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection

from zahlstelle.tenancy import Tenant, inside

from ._queries import OpenAmount

_SAME_AMOUNT = """
SELECT id, kassenzeichen, amount_cents, open_cents, currency FROM (
    SELECT c.id, c.kassenzeichen, c.amount_cents, b.due_cents - b.settled_cents AS open_cents, c.currency,
        row_number() OVER (PARTITION BY b.due_cents - b.settled_cents ORDER BY c.opened_at DESC, c.id) AS place
    FROM claim_balance b JOIN claim c ON c.id = b.claim_id
    WHERE c.tenant_id = %(tenant)s AND b.tenant_id = %(tenant)s AND b.due_cents - b.settled_cents = ANY(%(cents)s)
) found WHERE place <= %(each)s ORDER BY open_cents, place
"""


def open_with_amounts(*, tenant: Tenant, cents: Sequence[int], each: int = 3) -> Mapping[int, Sequence[OpenAmount]]:
    """List the latest claims of which exactly so many cents are open, at most `each` an amount."""
    found: dict[int, list[OpenAmount]] = {}
    with inside(tenant), connection.cursor() as cursor:
        asked = sorted({amount for amount in cents if amount > 0})
        cursor.execute(_SAME_AMOUNT, {"tenant": tenant.id, "cents": asked, "each": each})
        for row in cursor.fetchall():
            claim = OpenAmount(*row)
            found.setdefault(claim.open_cents, []).append(claim)
    return found


_AMOUNTS = """
SELECT c.id, c.kassenzeichen, c.amount_cents, b.due_cents - b.settled_cents, c.currency
FROM claim c JOIN claim_balance b ON b.claim_id = c.id
WHERE c.tenant_id = %(tenant)s AND b.tenant_id = %(tenant)s
    AND (c.kassenzeichen = ANY(%(numbers)s) OR c.id = ANY(%(ids)s::uuid[]))
"""


def open_amounts(*, tenant: Tenant, numbers: Sequence[str] = (), ids: Sequence[UUID] = ()) -> Sequence[OpenAmount]:
    """Look up claims by Kassenzeichen or id in one query, without locking them."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_AMOUNTS, {"tenant": tenant.id, "numbers": list(numbers), "ids": list(ids)})
        return [OpenAmount(*row) for row in cursor.fetchall()]
