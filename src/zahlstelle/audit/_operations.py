"""Write a deed down, inside the transaction that does it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from zahlstelle.tables.audit import AuditRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import GENESIS, seal


def write(
    *,
    tenant: Tenant,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down who did what to what. `actor` is a person's id, a key's id or the name of a job; never a payer."""
    with inside(tenant):
        _one_at_a_time(tenant)
        last = AuditRow.objects.filter(tenant_id=tenant.id).order_by("-number").first()
        number, before = (last.number + 1, bytes(last.seal)) if last else (1, GENESIS)
        said: dict[str, Any] = {
            "at": at,
            "actor": actor,
            "action": action,
            "subject": subject,
            "details": dict(details or {}),
        }
        AuditRow.objects.create(tenant_id=tenant.id, number=number, seal=seal(before, number=number, **said), **said)


def _one_at_a_time(tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"audit {tenant.id}"])
