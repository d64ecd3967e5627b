"""Read what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from zahlstelle.tables.events import EventRow
from zahlstelle.tenancy import Tenant, inside


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    id: UUID
    name: str
    subject: UUID
    payload: Mapping[str, Any]
    at: datetime


def events_about(*, tenant: Tenant, subject: UUID) -> Sequence[Event]:
    """List what happened to a claim or a payment, in order."""
    with inside(tenant):
        rows = EventRow.objects.filter(tenant_id=tenant.id, subject=subject).order_by("at", "id")
        return [Event(row.id, row.name, row.subject, row.payload, row.at) for row in rows]
