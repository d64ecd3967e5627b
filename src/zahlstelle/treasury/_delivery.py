"""Hand collective credits on to the finance system: camt.054 in a folder, named and zipped as banks do, each once."""

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import Max

from zahlstelle.kernel import BERLIN, Refusal, new_id
from zahlstelle.tables.treasury import DeliveryRow
from zahlstelle.tenancy import Tenant, inside

from ._notification import write_notification

_log = structlog.get_logger(__name__)
_END_OF_DAY = time(18)
_AT_ONCE = 50  # entries of one round: a town that switches delivery on late catches up without stopping the others


@dataclass(frozen=True, slots=True)
class Delivery:
    """A camt.054 of an entry, handed on or about to be."""

    id: UUID
    entry: UUID
    name: str
    message_id: str | None
    waiting: int
    numbered_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Due:
    """A collective credit that is not handed on as it stands now."""

    entry: UUID
    account: str
    currency: str
    day: date
    waiting: int
    by_people: int
    before: UUID | None
    told: str | None  # message id of the last delivery
    changed_at: datetime


def deliver_notifications(*, tenant: Tenant, at: datetime) -> int:
    """Write the camt.054 of every collective credit that is due into the town's folder (setting `notify_outbox`).

    Due is what is decided to the last detail, or what came before the last end of day (`notify_at`, 18:00). Each is
    handed on once; where its allocation changes later, once more under a new number at the next end of day. Files
    appear whole under their name. Returns how many were handed on.
    """
    folder = Path(str(tenant.settings.get("notify_outbox", "")))
    if not folder.name:
        return 0
    if not folder.is_dir():
        _log.warning("notify_outbox_missing", tenant=tenant.slug)
        return 0
    for due in _due(tenant, at):
        _number(tenant, due, at)
    return sum(_deliver(tenant, delivery, folder, at) for delivery in _open(tenant))


def deliveries(*, tenant: Tenant, limit: int = 100) -> Sequence[Delivery]:
    """List the latest deliveries."""
    with inside(tenant):
        rows = DeliveryRow.objects.filter(tenant_id=tenant.id).order_by("-numbered_at", "-name")[:limit]
        return [_delivery(row) for row in rows]


def deliveries_of(*, tenant: Tenant, entry_id: UUID) -> Sequence[Delivery]:
    """List the deliveries of an entry, the latest first."""
    with inside(tenant):
        rows = DeliveryRow.objects.filter(tenant_id=tenant.id, entry=entry_id).order_by("-numbered_at", "-number")
        return [_delivery(row) for row in rows]


_DUE = """
WITH last AS (
    SELECT DISTINCT ON (entry) entry, id, message_id, waiting, by_people, numbered_at FROM delivery
    WHERE tenant_id = %(tenant)s ORDER BY entry, numbered_at DESC, number DESC
), waits AS (
    SELECT entry, count(*)::integer AS n FROM suspense WHERE tenant_id = %(tenant)s GROUP BY entry
), people AS (
    SELECT entry, count(*)::integer AS n, max(decided_at) AS at FROM allocation
    WHERE tenant_id = %(tenant)s AND decided_by <> 'rule' GROUP BY entry
)
SELECT e.id, e.account_iban, e.currency, e.booked_on, coalesce(w.n, 0), coalesce(p.n, 0), l.id, l.message_id,
    greatest(coalesce(l.numbered_at, e.first_seen_at), p.at)
FROM bank_entry e LEFT JOIN last l ON l.entry = e.id LEFT JOIN waits w ON w.entry = e.id
    LEFT JOIN people p ON p.entry = e.id
WHERE e.tenant_id = %(tenant)s AND e.breakdown = 'whole' AND e.side = 'credit' AND e.booked AND e.booked_on >= %(since)s
    AND (l.id IS NULL OR l.waiting <> coalesce(w.n, 0) OR l.by_people <> coalesce(p.n, 0))
ORDER BY e.booked_on, e.id
"""


def _due(tenant: Tenant, at: datetime) -> Sequence[_Due]:
    end = _setting(tenant, "notify_at", time.fromisoformat, _END_OF_DAY)
    since = _setting(tenant, "notify_from", date.fromisoformat, date.min)
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_DUE, {"tenant": tenant.id, "since": since})
        found = [_Due(*row) for row in cursor.fetchall()]
    due = [
        one for one in found if (one.before is None and not one.waiting) or end_of_day_after(one.changed_at, end) <= at
    ]
    return due[:_AT_ONCE]


def end_of_day_after(moment: datetime, end: time) -> datetime:
    """Give the first end of a day, Europe/Berlin, after a moment."""
    local = moment.astimezone(BERLIN)
    goal = datetime.combine(local.date(), end, BERLIN)
    return goal if goal > local else datetime.combine(local.date() + timedelta(days=1), end, BERLIN)


def _setting(tenant: Tenant, name: str, read: Any, otherwise: Any) -> Any:
    told = tenant.settings.get(name)
    if told is None:
        return otherwise
    try:
        return read(str(told))
    except ValueError:
        _log.warning("setting_unreadable", tenant=tenant.slug, setting=name)
        return otherwise


class _Nowhere:
    """Takes bytes and keeps none: for the message id alone."""

    def write(self, data: bytes) -> int:
        return len(data)


def _number(tenant: Tenant, due: _Due, at: datetime) -> None:
    """Give a due entry the next number of its day; only what says something new gets one."""
    with inside(tenant):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"delivery {tenant.id}"])
        of_entry = DeliveryRow.objects.filter(tenant_id=tenant.id, entry=due.entry)
        latest = of_entry.order_by("-numbered_at", "-number").first()
        if (latest.id if latest else None) != due.before:
            return  # another worker was faster
        if latest is not None and _unchanged(tenant, due):
            of_entry.filter(id=latest.id).update(waiting=due.waiting, by_people=due.by_people)
            return
        same = {"account_iban": due.account, "currency": due.currency, "day": due.day}
        used = DeliveryRow.objects.filter(tenant_id=tenant.id, **same).aggregate(last=Max("number"))["last"] or 0
        DeliveryRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            entry=due.entry,
            number=used + 1,
            name=f"{due.day.isoformat()}_C54_{due.account}_{due.currency}_{used + 1:06d}.zip",
            waiting=due.waiting,
            by_people=due.by_people,
            numbered_at=at,
            **same,
        )


def _unchanged(tenant: Tenant, due: _Due) -> bool:
    try:
        return write_notification(tenant=tenant, entry_id=due.entry, to=_Nowhere()) == due.told  # type: ignore[arg-type]
    except Refusal:
        return True  # it cannot be said now; what was said stays


def _open(tenant: Tenant) -> Sequence[UUID]:
    with inside(tenant):
        rows = DeliveryRow.objects.filter(tenant_id=tenant.id, delivered_at=None).order_by("numbered_at", "name")
        return list(rows.values_list("id", flat=True)[:_AT_ONCE])


def _deliver(tenant: Tenant, delivery: UUID, folder: Path, at: datetime) -> bool:
    """Write one file whole under its name, then take note. A worker that ends in between writes the same again."""
    with inside(tenant):
        row = (
            DeliveryRow.objects.select_for_update(skip_locked=True)
            .filter(tenant_id=tenant.id, id=delivery, delivered_at=None)
            .first()
        )
        if row is None:
            return False
        try:
            row.message_id = _write(tenant, row, folder)
        except (Refusal, OSError) as error:
            _log.warning("delivery_failed", tenant=tenant.slug, name=row.name, why=type(error).__name__)
            return False
        row.delivered_at = at
        row.save(update_fields=["message_id", "delivered_at"])
    _log.info("delivery_written", tenant=tenant.slug, name=row.name)
    return True


def _write(tenant: Tenant, row: DeliveryRow, folder: Path) -> str:
    goal = folder.joinpath(row.name)
    unfinished = folder / f".{row.name}.part"
    member = zipfile.ZipInfo(f"{goal.stem}.xml", (row.day.year, row.day.month, row.day.day, 23, 59, 58))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    try:
        with unfinished.open("wb") as out:
            with zipfile.ZipFile(out, "w") as archive, archive.open(member, "w") as to:
                message_id = write_notification(tenant=tenant, entry_id=row.entry, to=to)  # type: ignore[arg-type]
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(goal)
        _keep_name(folder)
    finally:
        unfinished.unlink(missing_ok=True)
    return message_id


def _keep_name(folder: Path) -> None:
    """Let the new name outlast a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(row.id, row.entry, row.name, row.message_id, row.waiting, row.numbered_at, row.delivered_at)
