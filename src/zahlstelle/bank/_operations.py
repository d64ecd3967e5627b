"""Take a bank file in: whole or not at all, every entry once, every cent booked to Bank against Suspense."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import ledger
from zahlstelle.kernel import InputRefused, Refusal, fact_id
from zahlstelle.tables.bank import BankFilePartRow, BankFileRow, SightingRow
from zahlstelle.tenancy import Tenant, bank_accounts, inside

from ._corrections import bank_booking, correct
from ._details import Name
from ._intake import Intake, SeenStatement, sha256_of
from ._matching import Matching
from ._orders import break_up_by_orders
from ._packing import Packed, unpacked
from ._rules import Sighting
from ._statements import new_statements


class AccountUnknown(InputRefused):
    """The file tells of an account that is not the town's."""

    code = "account_unknown"


class FileRefused(Refusal):
    """The file was refused and set aside."""

    code = "file_refused"


@dataclass(slots=True)
class TakenIn:
    """What a file brought."""

    file_id: UUID
    entries: int = 0
    details: int = 0
    rows: int = 0  # details of the file, whatever became of them
    duplicates: int = 0
    credit_cents: int = 0
    debit_cents: int = 0
    touched: list[UUID] = field(default_factory=list)  # entries whose details are to be decided


def take_in(*, tenant: Tenant, name: str, path: Path, at: datetime, named: Name | None = None) -> TakenIn:
    """Take a bank file in, in the caller's transaction. The same file again brings nothing.

    What `named` tells of each detail stands beside it in `PLACED_DETAILS` until the transaction ends.

    Raises AccountUnknown, iso20022.Unreadable; then nothing of the file is kept (see `refuse`).
    """
    digest, size = sha256_of(path)
    file_id = fact_id("bank_file", tenant.id, digest)
    with inside(tenant):
        one_at_a_time(tenant=tenant)
        known = BankFileRow.objects.filter(tenant_id=tenant.id, id=file_id, outcome="imported").first()
        if known is not None:
            seen = SightingRow.objects.filter(tenant_id=tenant.id, statement__file_id=file_id).count()
            return TakenIn(file_id, duplicates=seen)
        outcome = {"outcome": "imported", "code": None, "reason": None}
        keep(tenant, file_id, digest, {"name": name, "size": size, "received_at": at, **outcome})
        intake = Intake(tenant, file_id, named)
        with content_kept(tenant, file_id, path):
            intake.read(path, name)
        taken = _take(tenant, file_id, intake.statements, at)
        taken.rows = intake.rows
        return taken


def refuse(*, tenant: Tenant, name: str, path: Path, code: str, reason: str, at: datetime) -> UUID:
    """Set a file aside that could not be read, unchanged, with code and reason, to be tried again after a fix.

    A file that was imported before stays imported, whatever a later try says of it.
    """
    digest, size = sha256_of(path)
    file_id = fact_id("bank_file", tenant.id, digest)
    outcome = {"outcome": "refused", "code": code, "reason": reason[:1000]}
    with inside(tenant):
        one_at_a_time(tenant=tenant)
        if not BankFileRow.objects.filter(tenant_id=tenant.id, id=file_id, outcome="imported").exists():
            keep(tenant, file_id, digest, {"name": name, "size": size, "received_at": at, **outcome})
            with content_kept(tenant, file_id, path):
                pass
    return file_id


class BankFileUnknown(Refusal):
    """The town has no such bank file, or its content was not kept."""

    code = "bank_file_unknown"
    status = 404


@contextmanager
def kept_file(*, tenant: Tenant, file_id: UUID) -> Iterator[tuple[str, Path]]:
    """Give a bank file as it came, for as long as it is looked at: its name and a path. Raises BankFileUnknown."""
    with tempfile.TemporaryDirectory(prefix="zahlstelle-") as folder:
        path = Path(folder) / "kept"
        with inside(tenant):
            row = BankFileRow.objects.filter(tenant_id=tenant.id, id=file_id).first()
            parts = BankFilePartRow.objects.filter(tenant_id=tenant.id, file_id=file_id).order_by("number")
            with path.open("wb") as goal:
                for part in parts.values_list("content", flat=True).iterator(chunk_size=8):
                    goal.write(unpacked(bytes(part)))
        if row is None or sha256_of(path)[0] != row.sha256:
            raise BankFileUnknown(f"there is no bank file {file_id} that was kept whole")
        yield row.name, path


def one_at_a_time(*, tenant: Tenant) -> None:
    """Let nobody else take in a file, or decide about its money, until the caller's transaction ends."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"bank {tenant.id}"])


def keep(tenant: Tenant, file_id: UUID, digest: str, values: dict[str, Any]) -> None:
    """Keep once what a file is, and what became of it."""
    BankFileRow.objects.update_or_create(
        id=file_id, tenant_id=tenant.id, defaults=values, create_defaults={**values, "sha256": digest}
    )


@contextmanager
def content_kept(tenant: Tenant, file_id: UUID, path: Path) -> Iterator[None]:
    """Keep a file unchanged, once; it is packed beside whatever the caller does meanwhile."""
    if BankFilePartRow.objects.filter(tenant_id=tenant.id, file_id=file_id).exists():
        yield
        return
    with Packed(path) as packed:
        yield
        for number, piece in enumerate(packed.pieces()):
            BankFilePartRow.objects.create(tenant_id=tenant.id, file_id=file_id, number=number, content=piece)


def _take(tenant: Tenant, file_id: UUID, statements: Sequence[SeenStatement], at: datetime) -> TakenIn:
    taken = TakenIn(file_id)
    _own_accounts(tenant, statements)
    fresh = new_statements(tenant, file_id, statements)
    taken.duplicates = sum(len(s.sightings) for s in statements) - sum(len(s.sightings) for s in fresh)
    book = Matching(tenant, fresh)
    for statement in fresh:
        book.place(statement)
    taken.entries, taken.duplicates = book.entries, taken.duplicates + book.duplicates
    book.store(at)
    taken.details = book.store_details()
    _book_money(tenant, book.to_book, at, taken)
    changes = correct(tenant, fresh, book, at)
    taken.details += changes.details
    taken.credit_cents += changes.credit_cents
    taken.debit_cents += changes.debit_cents
    pointing = [
        known.id
        for sighting, known in book.placed
        if sighting.entry.batch_message_id or sighting.entry.batch_payment_id
    ]
    broken_up = list(break_up_by_orders(tenant, pointing)) if pointing else []
    taken.touched = list(dict.fromkeys([*book.touched, *changes.touched, *broken_up]))
    return taken


def _own_accounts(tenant: Tenant, statements: Sequence[SeenStatement]) -> None:
    own = {account.iban for account in bank_accounts(tenant=tenant)}
    for statement in statements:
        account = statement.head.account_iban or statement.head.account_other
        if account not in own:
            raise AccountUnknown(f"{statement.member}: account {account or 'without number'} is not one of the town's")


def _book_money(tenant: Tenant, to_book: Sequence[tuple[UUID, Sighting]], at: datetime, taken: TakenIn) -> None:
    """Book every booked entry the day it is read: Bank against Suspense."""
    entries = []
    for entry_id, sighting in to_book:
        entry = sighting.entry
        if entry.side == "credit":
            taken.credit_cents += entry.amount_cents
        else:
            taken.debit_cents += entry.amount_cents
        if entry.amount_cents and entry.booking_date:
            entries.append(bank_booking(entry_id, 1, sighting, entry.booking_date, at))
    for start in range(0, len(entries), 5000):
        ledger.post(tenant=tenant, entries=entries[start : start + 5000])
