"""How long an answer is kept for the one who asks the same again (Idempotency-Key, forms sent twice)."""

from datetime import datetime, timedelta

from django.db import connection

from zahlstelle.tenancy import Tenant, inside

KEPT = timedelta(hours=24)


def purge(*, tenant: Tenant, at: datetime) -> int:
    """Forget answers older than a day. Returns how many."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute("DELETE FROM idempotency WHERE tenant_id = %s AND at < %s", [tenant.id, at - KEPT])
        return int(cursor.rowcount)
