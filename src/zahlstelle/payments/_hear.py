"""Notifications of providers: a hint to ask, never a fact."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import structlog

from zahlstelle.tables.payments import AttemptRow, NotificationRow
from zahlstelle.tenancy import Tenant, inside

from ._flow import _named, refresh
from ._operations import settle
from ._queries import Attempt
from ._refund_flow import refresh_refunds_of

_log = structlog.get_logger(__name__)


def hear(
    *, tenant: Tenant, provider_name: str, headers: Mapping[str, str], body: bytes, at: datetime
) -> Attempt | None:
    """Take a notification as a hint: check its signature, ask the provider, settle. None for one we do not know.

    Raises ForgedNotification, MethodUnknown.
    """
    provider, merchant = _named(tenant, provider_name)
    told = provider.read_notification(merchant=merchant, headers=headers, body=body, at=at)
    with inside(tenant):
        rows = AttemptRow.objects.filter(tenant_id=tenant.id, provider=provider_name)
        row = rows.filter(provider_reference=told.provider_reference).first() if told.provider_reference else None
        if row is None and (attempt_id := _uuid(told.reference)):
            row = rows.filter(id=attempt_id).first()
        if row is None:
            _log.warning("notification_about_nobody", provider=provider_name)
            return None
        NotificationRow.objects.bulk_create(
            [
                NotificationRow(
                    tenant_id=tenant.id,
                    attempt_id=row.id,
                    provider=provider_name,
                    message_id=told.message_id,
                    received_at=at,
                )
            ],
            ignore_conflicts=True,
        )
    if told.word is not None:
        return settle(tenant=tenant, attempt_id=row.id, report=told.word, at=at)
    refresh_refunds_of(tenant=tenant, attempt_id=row.id, at=at)
    said = told.authentication
    return refresh(tenant=tenant, attempt_id=row.id, at=at, named=told.provider_reference, authenticated=said)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
