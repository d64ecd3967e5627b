"""One bank file: what it told, what became of its money, and who did what with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from zahlstelle import allocation, audit, bank, tenancy
from zahlstelle.allocation import Standing
from zahlstelle.audit import Deed
from zahlstelle.bank import ArchivedFile, FileStatement
from zahlstelle.tenancy import Tenant, inside


@dataclass(frozen=True, slots=True)
class FilePage:
    """A file with all that its page shows."""

    file: ArchivedFile
    statements: Sequence[FileStatement]
    entries: int
    new_entries: int | None  # None: nobody has counted
    standing: Standing
    deeds: Sequence[Deed]
    people: Mapping[str, str]


def bank_file(*, tenant: Tenant, file_id: UUID) -> FilePage:
    """Tell of a file. Raises bank.BankFileUnknown."""
    with inside(tenant):
        file = bank.archived_file(tenant=tenant, file_id=file_id)
        entries = bank.entries_of_file(tenant=tenant, file_id=file_id)
        deeds = audit.deeds(tenant=tenant, subject=str(file_id), limit=50)
        counted = [deed.details.get("entries") for deed in deeds if deed.action == "bank_file.imported"]
        return FilePage(
            file=file,
            statements=bank.statements_of_file(tenant=tenant, file_id=file_id),
            entries=len(entries),
            new_entries=max((n for n in counted if isinstance(n, int)), default=None),
            standing=_together(allocation.standing_of(tenant=tenant, entries=entries).values()),
            deeds=deeds,
            people=tenancy.names_of_people(tenant=tenant),
        )


def _together(parts: Iterable[Standing]) -> Standing:
    total = Standing()
    for part in parts:
        total.allocated += part.allocated
        total.allocated_cents += part.allocated_cents
        total.suspended += part.suspended
        total.suspended_cents += part.suspended_cents
        for doubt, count in part.doubts.items():
            total.doubts[doubt] = total.doubts.get(doubt, 0) + count
    return total


@contextmanager
def file_to_take_away(*, tenant: Tenant, file_id: UUID, by: str, at: datetime) -> Iterator[tuple[str, Path]]:
    """Give a file as it came, and write down who took it. Raises bank.BankFileUnknown."""
    with bank.kept_file(tenant=tenant, file_id=file_id) as (name, path):
        with inside(tenant):
            audit.write(tenant=tenant, at=at, actor=by, action="bank_file.downloaded", subject=str(file_id))
        yield name, path
