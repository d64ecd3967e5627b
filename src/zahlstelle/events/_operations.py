"""Record an event beside the change it tells of."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle.kernel import NUMBERED_FROM, new_id
from zahlstelle.tenancy import Tenant, inside


def record(*, tenant: Tenant, name: str, subject: UUID, at: datetime, payload: Mapping[str, Any] | None = None) -> None:
    """Record that something happened to `subject`. Names are words with dots, listed in docs/events.md."""
    sql = "INSERT INTO event (tenant_id, id, name, subject, payload, at) VALUES (%s, %s, %s, %s, %s, %s)"
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id, new_id(), name, subject, json.dumps(dict(payload or {})), at])


def record_many(
    *,
    tenant: Tenant,
    name: str,
    subjects: Sequence[UUID],
    at: datetime,
    payloads: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Record the same event about many subjects in one statement; `payloads`, where given, go with them in order."""
    sql = """
        INSERT INTO event (tenant_id, id, name, subject, payload, at)
        SELECT %s, g.id, %s, g.subject, g.payload, %s FROM unnest(%s::uuid[], %s::uuid[], %s::jsonb[])
            AS g (id, subject, payload)
    """
    said = [json.dumps(payload) for payload in payloads] if payloads is not None else ["{}"] * len(subjects)
    if not subjects:
        return
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id, name, at, [new_id() for _ in subjects], list(subjects), said])


def record_selected(*, tenant: Tenant, name: str, select: str, given: Mapping[str, Any], at: datetime) -> None:
    """Record the same event about every `subject` that a query of the caller's gives, as a set."""
    prefix = str(new_id())[:NUMBERED_FROM]  # ids still grow with time; the last 32 bits count
    sql = """
        INSERT INTO event (tenant_id, id, name, subject, payload, at)
        SELECT %(tenant)s, (%(prefix)s || lpad(to_hex(row_number() OVER ()), 8, '0'))::uuid, %(name)s, s.subject,
            '{{}}', %(at)s FROM ({select}) s
    """
    with inside(tenant), connection.cursor() as cursor:
        values = {**given, "tenant": tenant.id, "prefix": prefix, "name": name, "at": at}
        cursor.execute(sql.format(select=select), values)
