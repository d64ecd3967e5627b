"""Bank files as they were handed in: kept unchanged with their hash, waiting for the worker, imported or set aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count

from zahlstelle import audit
from zahlstelle.kernel import fact_id
from zahlstelle.tables.bank import BankFileRow, SightingRow, StatementRow
from zahlstelle.tenancy import Tenant, inside

from ._intake import sha256_of
from ._operations import BankFileUnknown, content_kept, keep

RECEIVED, IMPORTED, REFUSED, DISMISSED = "received", "imported", "refused", "dismissed"


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A bank file in the archive and what became of it."""

    id: UUID
    name: str
    sha256: str
    size: int
    received_at: datetime
    outcome: str  # received, imported, refused, dismissed
    code: str | None
    reason: str | None
    entries: int = 0


class Received(NamedTuple):
    """A file that was handed in; `known`: its content is imported already."""

    file_id: UUID
    known: bool


@dataclass(frozen=True, slots=True)
class FileStatement:
    """A statement that a file told."""

    member: str
    message: str
    version: str
    account_iban: str
    statement_id: str


def receive(*, tenant: Tenant, name: str, path: Path, at: datetime, by: str) -> Received:
    """Keep a file unchanged, for the worker to import. A file that is imported already stays as it is."""
    digest, size = sha256_of(path)
    file_id = fact_id("bank_file", tenant.id, digest)
    with inside(tenant):
        row = BankFileRow.objects.select_for_update().filter(tenant_id=tenant.id, id=file_id).first()
        if row is None or row.outcome in (REFUSED, DISMISSED):
            values = {"name": name, "size": size, "received_at": at, "outcome": RECEIVED, "code": None, "reason": None}
            keep(tenant, file_id, digest, values)
            with content_kept(tenant, file_id, path):
                pass
        about = {"name": name, "size": size, "sha256": digest}
        audit.write(tenant=tenant, at=at, actor=by, action="bank_file.received", subject=str(file_id), details=about)
    return Received(file_id, row is not None and row.outcome == IMPORTED)


def ask_again(*, tenant: Tenant, file_id: UUID, at: datetime, by: str) -> bool:
    """Let the worker try a file again that was set aside; False where it is not set aside. Raises BankFileUnknown."""
    return _set(tenant, file_id, RECEIVED, {REFUSED, DISMISSED}, "bank_file.tried_again", at, by)


def dismiss(*, tenant: Tenant, file_id: UUID, at: datetime, by: str) -> bool:
    """Let a refused file wait no longer: it was no bank file, or another came instead; False where it is not refused.

    Raises BankFileUnknown.
    """
    return _set(tenant, file_id, DISMISSED, {REFUSED}, "bank_file.dismissed", at, by)


def _set(tenant: Tenant, file_id: UUID, outcome: str, of: set[str], deed: str, at: datetime, by: str) -> bool:
    with inside(tenant):
        row = BankFileRow.objects.select_for_update().filter(tenant_id=tenant.id, id=file_id).first()
        if row is None:
            raise BankFileUnknown(f"there is no bank file {file_id}")
        if row.outcome not in of:
            return False
        BankFileRow.objects.filter(tenant_id=tenant.id, id=file_id).update(outcome=outcome)
        audit.write(tenant=tenant, at=at, actor=by, action=deed, subject=str(file_id))
        return True


def received_files(*, tenant: Tenant, limit: int = 20) -> Sequence[UUID]:
    """List files that wait for the worker, the one that came first on top."""
    with inside(tenant):
        rows = BankFileRow.objects.filter(tenant_id=tenant.id, outcome=RECEIVED).order_by("received_at", "id")
        return list(rows.values_list("id", flat=True)[:limit])


def archived_files(
    *, tenant: Tenant, outcome: str | None = None, offset: int = 0, limit: int = 50
) -> Sequence[ArchivedFile]:
    """Give a stretch of the archive, the latest first; only one outcome if it is named."""
    with inside(tenant):
        rows = BankFileRow.objects.filter(tenant_id=tenant.id).order_by("-received_at", "name", "id")
        rows = rows.filter(outcome=outcome) if outcome else rows
        found = list(rows[offset : offset + limit])
        counts = _counts(tenant, [row.id for row in found])
        return [_archived(row, counts.get(row.id, 0)) for row in found]


def archive_sizes(*, tenant: Tenant) -> Mapping[str, int]:
    """Count files by what became of them."""
    with inside(tenant):
        rows = BankFileRow.objects.filter(tenant_id=tenant.id).values_list("outcome").annotate(n=Count("id"))
        return dict(rows)


def archived_file(*, tenant: Tenant, file_id: UUID) -> ArchivedFile:
    """Find a file of the archive. Raises BankFileUnknown."""
    with inside(tenant):
        row = BankFileRow.objects.filter(tenant_id=tenant.id, id=file_id).first()
        if row is None:
            raise BankFileUnknown(f"there is no bank file {file_id}")
        return _archived(row, _counts(tenant, [file_id]).get(file_id, 0))


def statements_of_file(*, tenant: Tenant, file_id: UUID) -> Sequence[FileStatement]:
    """List the statements that a file told and no other before it."""
    with inside(tenant):
        rows = StatementRow.objects.filter(tenant_id=tenant.id, file_id=file_id).order_by("member", "id")
        return [FileStatement(r.member, r.message, r.version, r.account_iban, r.statement_id) for r in rows[:200]]


def entries_of_file(*, tenant: Tenant, file_id: UUID) -> Sequence[UUID]:
    """List the entries that a file tells of."""
    with inside(tenant):
        rows = SightingRow.objects.filter(tenant_id=tenant.id, statement__file_id=file_id)
        return list(rows.values_list("entry", flat=True).distinct())


def _counts(tenant: Tenant, files: Sequence[UUID]) -> Mapping[UUID, int]:
    seen = SightingRow.objects.filter(tenant_id=tenant.id, statement__file__in=files)
    return dict(seen.values_list("statement__file").annotate(count=Count("id")))


def _archived(row: BankFileRow, entries: int) -> ArchivedFile:
    return ArchivedFile(
        row.id, row.name, row.sha256, row.size, row.received_at, row.outcome, row.code, row.reason, entries
    )
