"""Record an event beside the change it tells of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from zahlstelle.kernel import new_id
from zahlstelle.tables.events import EventRow
from zahlstelle.tenancy import Tenant, inside


def record(*, tenant: Tenant, name: str, subject: UUID, at: datetime, payload: Mapping[str, Any] | None = None) -> None:
    """Record that something happened to `subject`. Names are words with dots, listed in docs/events.md."""
    with inside(tenant):
        EventRow.objects.create(
            id=new_id(), tenant_id=tenant.id, name=name, subject=subject, payload=dict(payload or {}), at=at
        )
