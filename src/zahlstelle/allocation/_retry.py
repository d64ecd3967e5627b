"""Which waiting money another fact may have settled since. Only that is decided again: nothing starves behind it."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from zahlstelle.tenancy import Tenant

_AT_ONCE = 5_000
# Whatever still waits for its fact is not touched: thousands of numbers nobody opens a claim for cost nothing.
_READY = """
SELECT s.detail, s.entry FROM suspense s
WHERE s.tenant_id = %(tenant)s AND s.side = 'credit' AND (
    (s.doubt = 'unknown_reference' AND EXISTS (
        SELECT 1 FROM claim c WHERE c.tenant_id = %(tenant)s AND c.kassenzeichen = s.candidate))
    OR (s.doubt = 'payment_under_way' AND NOT EXISTS (
        SELECT 1 FROM claim c JOIN attempt_claim h ON h.tenant_id = c.tenant_id AND h.claim_id = c.id
        JOIN attempt a ON a.tenant_id = h.tenant_id AND a.id = h.attempt_id
        WHERE c.tenant_id = %(tenant)s AND c.kassenzeichen = s.candidate
            AND a.status IN ('intended', 'started', 'pending', 'unknown', 'contradicted')
            AND (a.provider <> 'transfer' OR EXISTS (
                SELECT 1 FROM collected_debit d WHERE d.tenant_id = %(tenant)s AND d.attempt = a.id))))
    OR (s.doubt = 'payment_not_confirmed' AND EXISTS (
        SELECT 1 FROM bank_detail d JOIN attempt a ON a.tenant_id = d.tenant_id
            AND a.provider_reference IN (d.instruction_id, d.tx_id)
        WHERE d.tenant_id = %(tenant)s AND d.id = s.detail AND a.status IN ('paid', 'surplus', 'charged_back'))))
ORDER BY s.since, s.detail LIMIT %(limit)s FOR UPDATE OF s SKIP LOCKED
"""


def ready(tenant: Tenant) -> Sequence[tuple[UUID, UUID]]:
    """Hold and give the details, with their entries, whose doubt another fact may have settled; the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_READY, {"tenant": tenant.id, "limit": _AT_ONCE})
        return list(cursor.fetchall())
