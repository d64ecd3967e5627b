"""Read the deeds and check their seals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zahlstelle.tables.audit import AuditRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import GENESIS, seal


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did what to what, and when."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]


def deeds(*, tenant: Tenant, subject: str | None = None, limit: int = 200) -> Sequence[Deed]:
    """List deeds, the latest first; those about `subject` if one is named."""
    with inside(tenant):
        rows = AuditRow.objects.filter(tenant_id=tenant.id).order_by("-number")
        rows = rows.filter(subject=subject) if subject else rows
        return [Deed(r.number, r.at, r.actor, r.action, r.subject, r.details) for r in rows[:limit]]


def first_broken(*, tenant: Tenant) -> int | None:
    """Find the first deed whose seal is not right or whose number is missing; None when all is sound."""
    with inside(tenant):
        before, expected = GENESIS, 1
        for row in AuditRow.objects.filter(tenant_id=tenant.id).order_by("number").iterator():
            said = {
                "at": row.at,
                "actor": row.actor,
                "action": row.action,
                "subject": row.subject,
                "details": row.details,
            }
            before = seal(before, number=row.number, **said)
            if row.number != expected or bytes(row.seal) != before:
                return expected
            expected += 1
    return None
