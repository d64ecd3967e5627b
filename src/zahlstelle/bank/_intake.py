"""Read a file once: statements and entries into memory, details into a table that ends with the transaction."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from zahlstelle import iso20022
from zahlstelle.iso20022 import Detail, Deviation, Entry, EntryEnd, StatementEnd, StatementHead, StatementStart
from zahlstelle.kernel import fact_id
from zahlstelle.tenancy import Tenant

from ._details import Name, Seen
from ._rules import Sighting, StatementDigest, content_of

_KEPT = 100  # deviations of one statement


@dataclass(slots=True)
class SeenStatement:
    """A statement of the file with its identity."""

    id: UUID
    member: str
    message: str
    version: str | None
    message_id: str | None
    head: StatementHead
    identity: str = ""
    balanced: bool | None = None
    last_page: bool | None = None
    deviations: list[tuple[str, int | None, str | None, str]] = field(default_factory=list)
    deviation_count: int = 0
    sightings: list[Sighting] = field(default_factory=list)


class Intake:
    """Takes what the reader says; details leave memory in batches."""

    def __init__(self, tenant: Tenant, file_id: UUID, name: Name | None) -> None:
        self._tenant, self._file_id = tenant, file_id
        self.statements: list[SeenStatement] = []
        self._details = Seen(name)
        self._position = 0
        self._last: Detail | None = None
        self._digest: StatementDigest | None = None
        self._deviations: list[Deviation] = []

    @property
    def rows(self) -> int:
        """How many details were read."""
        return self._details.rows

    def read(self, path: Path, name: str) -> None:
        """Read a file, or every member of an archive. Raises iso20022.Unreadable."""
        with self._details:
            for member, stream in iso20022.documents(path, name):
                for event in iso20022.read(stream, member):
                    if type(event) is Detail:
                        self._last = event
                        self._details.add(self._position, event)
                    else:
                        self._take(event, member)

    def _take(self, event: iso20022.Event, member: str) -> None:
        match event:
            case EntryEnd(entry):
                self._entry(entry)
            case StatementStart(message, head):
                statement_id = fact_id("statement", self._tenant.id, self._file_id, len(self.statements))
                self.statements.append(
                    SeenStatement(statement_id, member, message.message, message.version, message.message_id, head)
                )
                self.statements[-1].last_page = message.last_page
                self._digest = StatementDigest(message.message, message.message_id, head)
            case StatementEnd(statement):
                assert self._digest is not None
                self.statements[-1].identity = self._digest.identity()
                self.statements[-1].balanced = statement.balanced
                self._note_deviations()
            case Deviation():
                self._deviations.append(event)
                if len(self._deviations) > 2 * _KEPT and self.statements:
                    self._note_deviations()

    def _note_deviations(self) -> None:
        """Keep with the statement what the bank wrote other than the standard has it: the first, and how many."""
        statement = self.statements[-1]
        room = _KEPT - len(statement.deviations)
        statement.deviations += [(d.code, d.line, d.element, d.reason) for d in self._deviations[: max(room, 0)]]
        statement.deviation_count += len(self._deviations)
        self._deviations.clear()

    def _entry(self, entry: Entry) -> None:
        assert self._digest is not None
        told = content_of(self._last) if self._last is not None and entry.detail_count == 1 else None
        statement = self.statements[-1]
        account = statement.head.account_iban or statement.head.account_other or ""
        statement.sightings.append(
            Sighting(
                position=self._position,
                statement=statement.id,
                message=statement.message,
                message_id=statement.message_id or "",
                account=account,
                entry=entry,
                content=told,
            )
        )
        self._digest.add(entry, told)
        self._position += 1
        self._last = None


def sha256_of(path: Path) -> tuple[str, int]:
    """Digest a file and give its size in bytes."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest(), path.stat().st_size
