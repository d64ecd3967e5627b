"""Take a bank file in: whole or not at all, every entry once, every cent booked to Bank against Suspense."""

import json
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import ledger
from zahlstelle.kernel import InputRefused, Money, Refusal, fact_id
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tables.bank import (
    BankEntryRow,
    BankFilePartRow,
    BankFileRow,
    SightingRow,
    StatementRow,
)
from zahlstelle.tenancy import Tenant, bank_accounts, inside

from ._intake import Intake, SeenStatement, pieces, sha256_of
from ._parts import Parts
from ._rules import (
    Breakdown,
    Known,
    Sighting,
    ambiguous,
    breakdown,
    content,
    entry_fact,
    explains_more,
    same_entry,
    usable,
)


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
    duplicates: int = 0
    credit_cents: int = 0
    debit_cents: int = 0
    touched: list[UUID] = field(default_factory=list)  # entries whose details are to be decided


def take_in(*, tenant: Tenant, name: str, path: Path, at: datetime) -> TakenIn:
    """Take a bank file in, in the caller's transaction. The same file again brings nothing.

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
        _keep(tenant, file_id, digest, path, {"name": name, "size": size, "received_at": at, **outcome})
        intake = Intake(tenant, file_id)
        intake.read(path, name)
        return _take(tenant, file_id, intake.statements, at)


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
            _keep(tenant, file_id, digest, path, {"name": name, "size": size, "received_at": at, **outcome})
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
                    goal.write(zlib.decompress(part))
        if row is None or sha256_of(path)[0] != row.sha256:
            raise BankFileUnknown(f"there is no bank file {file_id} that was kept whole")
        yield row.name, path


def one_at_a_time(*, tenant: Tenant) -> None:
    """Let nobody else take in a file, or decide about its money, until the caller's transaction ends."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"bank {tenant.id}"])


def _keep(tenant: Tenant, file_id: UUID, digest: str, path: Path, values: dict[str, Any]) -> None:
    """Keep a file unchanged, once, and what became of it."""
    BankFileRow.objects.update_or_create(
        id=file_id, tenant_id=tenant.id, defaults=values, create_defaults={**values, "sha256": digest}
    )
    if BankFilePartRow.objects.filter(tenant_id=tenant.id, file_id=file_id).exists():
        return
    for number, piece in enumerate(pieces(path)):
        BankFilePartRow.objects.create(
            tenant_id=tenant.id, file_id=file_id, number=number, content=zlib.compress(piece, 1)
        )


def _take(tenant: Tenant, file_id: UUID, statements: Sequence[SeenStatement], at: datetime) -> TakenIn:
    taken = TakenIn(file_id)
    _own_accounts(tenant, statements)
    fresh = _new_statements(tenant, file_id, statements, taken)
    book = _Matching(tenant, [s for statement in fresh for s in statement.sightings])
    for statement in fresh:
        for number, sighting in enumerate(statement.sightings):
            book.place(sighting, entry_fact(tenant.id, statement.identity, number), taken)
    book.store(tenant, at)
    taken.details = book.store_details(tenant)
    taken.touched = book.touched
    _book_money(tenant, book.to_book, at, taken)
    return taken


def _own_accounts(tenant: Tenant, statements: Sequence[SeenStatement]) -> None:
    own = {account.iban for account in bank_accounts(tenant=tenant)}
    for statement in statements:
        account = statement.head.account_iban or statement.head.account_other
        if account not in own:
            raise AccountUnknown(f"{statement.member}: account {account or 'without number'} is not one of the town's")


def _new_statements(
    tenant: Tenant, file_id: UUID, statements: Sequence[SeenStatement], taken: TakenIn
) -> list[SeenStatement]:
    """Leave out statements that were told before, in this file or another; write the others down."""
    identities = [statement.identity for statement in statements]
    known = set(
        StatementRow.objects.filter(tenant_id=tenant.id, identity__in=identities).values_list("identity", flat=True)
    )
    fresh: list[SeenStatement] = []
    for statement in statements:
        if statement.identity in known:
            taken.duplicates += len(statement.sightings)
            continue
        known.add(statement.identity)
        _told_before(tenant, statement, fresh)
        fresh.append(statement)
    StatementRow.objects.bulk_create(_statement_row(tenant, file_id, statement) for statement in fresh)
    return fresh


def _told_before(tenant: Tenant, seen: SeenStatement, before: Sequence[SeenStatement]) -> None:
    """Find statements of the same name and balances: this one says their money again, perhaps with more details."""
    row = _statement_row(tenant, seen.id, seen)
    if row.message != "camt.053" or row.opening_cents is None or row.closing_cents is None:
        return
    same = {name: getattr(row, name) for name in _SAME_STATEMENT}
    told = set(StatementRow.objects.filter(tenant_id=tenant.id, **same).values_list("id", flat=True))
    others = [(other.id, _statement_row(tenant, other.id, other)) for other in before]
    told |= {id_ for id_, other in others if all(getattr(other, name) == said for name, said in same.items())}
    for sighting in seen.sightings:
        sighting.retells = frozenset(told)


_SAME_STATEMENT = ("message", "account_iban", "statement_id", "opening_cents", "closing_cents")


def _statement_row(tenant: Tenant, file_id: UUID, seen: SeenStatement) -> StatementRow:
    head = seen.head
    balances = {b.type: b.amount_cents if b.side != "debit" else -b.amount_cents for b in head.balances}
    return StatementRow(
        id=seen.id,
        tenant_id=tenant.id,
        file_id=file_id,
        member=seen.member,
        message=seen.message,
        version=seen.version or "",
        message_id=seen.message_id or "",
        statement_id=head.statement_id or "",
        account_iban=head.account_iban or head.account_other or "",
        currency=head.account_currency,
        sequence=head.electronic_sequence or head.legal_sequence,
        created_at=head.created_at.isoformat() if head.created_at else None,
        opening_cents=balances.get("OPBD", balances.get("PRCD")),
        closing_cents=balances.get("CLBD"),
        identity=seen.identity,
    )


_CANDIDATES = """
SELECT e.id, e.account_iban, e.side, e.amount_cents, e.currency, e.booked_on, e.booked, e.bank_ref, e.breakdown,
    d.end_to_end_id, d.party_iban, d.remittance, d.tx_id, d.uetr, d.number
FROM bank_entry e LEFT JOIN bank_detail d ON d.entry = e.id AND d.active AND e.breakdown = 'single'
WHERE e.tenant_id = %(tenant)s AND e.account_iban = ANY(%(accounts)s) AND e.amount_cents = ANY(%(amounts)s)
    AND (e.booked_on IS NULL OR e.booked_on BETWEEN %(first)s AND %(last)s)
ORDER BY e.booked_on, e.id
"""
_SEEN_IN = "SELECT entry, message, statement_id FROM sighting WHERE tenant_id = %s AND entry = ANY(%s)"

_Key = tuple[str, str, int, str]  # account, side, cents, currency


class _Matching:
    """Places sightings: on entries that are known, or as new ones."""

    def __init__(self, tenant: Tenant, sightings: Sequence[Sighting]) -> None:
        self._known: dict[_Key, list[Known]] = defaultdict(list)
        self._new: dict[UUID, BankEntryRow] = {}
        self._changed: dict[UUID, Known] = {}
        self._placed: list[tuple[Sighting, Known]] = []
        self._explained: dict[int, UUID] = {}  # position in the file -> entry that takes its details
        self.touched: list[UUID] = []
        self.to_book: list[tuple[UUID, Sighting]] = []
        self._parts = Parts(tenant, sightings)
        if sightings:
            self._load(tenant, sightings)

    def _load(self, tenant: Tenant, sightings: Sequence[Sighting]) -> None:
        booking_days = [s.entry.booking_date for s in sightings if s.entry.booking_date]
        first, last = min(booking_days, default=date.min), max(booking_days, default=date.max)
        near = timedelta(days=10)
        parameters: dict[str, Any] = {
            "tenant": tenant.id,
            "accounts": list({s.account for s in sightings}),
            "amounts": list({s.entry.amount_cents for s in sightings}),
            "first": first - near if first > date.min else first,
            "last": last + near if last < date.max else last,
        }
        by_id: dict[UUID, Known] = {}
        with connection.cursor() as cursor:
            cursor.execute(_CANDIDATES, parameters)
            for (
                entry,
                account,
                side,
                cents,
                currency,
                on,
                booked,
                ref,
                told,
                e2e,
                iban,
                text,
                tx_id,
                uetr,
                number,
            ) in cursor.fetchall():
                said = content(e2e, iban, _loaded(text), (tx_id, uetr)) if number else None
                known = Known(entry, side, cents, currency, on, booked, usable(ref), Breakdown(told), said)
                self._known[account, side, cents, currency].append(known)
                by_id[entry] = known
            cursor.execute(_SEEN_IN, [tenant.id, list(by_id)])
            for entry, message, statement in cursor.fetchall():
                by_id[entry].seen_in.add((message, statement))

    def place(self, sighting: Sighting, new_id: UUID, taken: TakenIn) -> None:
        """Find the entry a sighting tells of, or make it a new one."""
        entry, shape = sighting.entry, breakdown(sighting.entry)
        candidates = self._known[sighting.account, entry.side, entry.amount_cents, entry.currency or ""]
        known = same_entry(sighting, candidates)
        if known is None:
            held = not sighting.booked or ambiguous(sighting, candidates) or self._parts.tell_again(sighting)
            known = self._make(sighting, new_id, shape, held)
            candidates.append(known)
            taken.entries += 1
        elif not self._learn(known, sighting, shape):
            taken.duplicates += 1
        known.seen_in.add((sighting.message, sighting.statement))
        self._placed.append((sighting, known))

    def _make(self, sighting: Sighting, new_id: UUID, shape: Breakdown, held: bool) -> Known:
        entry = sighting.entry
        known = Known(
            new_id, entry.side, entry.amount_cents, entry.currency or "", entry.booking_date, not held,
            usable(entry.bank_ref), shape, sighting.content if shape is Breakdown.SINGLE else None,
        )  # fmt: skip
        self._new[new_id] = _entry_row(known, sighting)
        self._explained[sighting.position] = new_id
        if known.booked:
            self._book(known, sighting)
        return known

    def _book(self, known: Known, sighting: Sighting) -> None:
        self.to_book.append((known.id, sighting))
        self._parts.note(sighting)

    def _learn(self, known: Known, sighting: Sighting, shape: Breakdown) -> bool:
        """Let a known entry gain from another sighting; False where it tells nothing new."""
        learnt = False
        if sighting.booked and not known.booked and not self._parts.tell_again(sighting):
            known.booked, known.booked_on, learnt = True, sighting.entry.booking_date, True
            self._book(known, sighting)
        if explains_more(known.breakdown, shape):
            known.breakdown, learnt = shape, True
            self._explained[sighting.position] = known.id
            # Details of an earlier sighting of the same file give way.
            for position in [p for p, e in self._explained.items() if e == known.id and p != sighting.position]:
                del self._explained[position]
        if not known.bank_ref and usable(sighting.entry.bank_ref):
            known.bank_ref, learnt = usable(sighting.entry.bank_ref), True
        if learnt:
            self._changed[known.id] = known
        return learnt

    def store(self, tenant: Tenant, at: datetime) -> None:
        """Write entries and sightings down."""
        for row in self._new.values():
            row.tenant_id, row.first_seen_at = tenant.id, at
        BankEntryRow.objects.bulk_create(self._new.values(), batch_size=2000)
        for known in self._changed.values():
            BankEntryRow.objects.filter(tenant_id=tenant.id, id=known.id).update(**_learnt(known))
        SightingRow.objects.bulk_create(
            (
                SightingRow(
                    tenant_id=tenant.id,
                    statement_id=sighting.statement,
                    position=sighting.entry.number,
                    entry=known.id,
                    message=sighting.message,
                )
                for sighting, known in self._placed
            ),
            batch_size=5000,
        )

    def store_details(self, tenant: Tenant) -> int:
        """Write the details that explain entries; an entry without any stands for itself as its number 0."""
        shapes = {known.id: known.breakdown for _, known in self._placed}
        with_details = {p: e for p, e in self._explained.items() if shapes[e] in (Breakdown.SINGLE, Breakdown.WHOLE)}
        self.touched = list(dict.fromkeys(e for e in (*self._explained.values(), *(e for e, _ in self.to_book))))
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_WAY, [tenant.id, list(with_details.values())])
            cursor.execute(_DETAILS, {"tenant": tenant.id, "p": list(with_details), "e": list(with_details.values())})
            count = int(cursor.rowcount)
        standing = [e for p, e in self._explained.items() if p not in with_details]
        self._stand_alone(tenant, standing)
        return count

    def _stand_alone(self, tenant: Tenant, standing: Sequence[UUID]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_NUMBER_ZERO, {"tenant": tenant.id, "e": list(standing)})


# A detail's id follows from its entry and number; a better breakdown continues the numbers. A single detail is the
# entry: whatever amount, side and currency the bank wrote into it, it moved the account as the entry says.
_GIVE_WAY = "UPDATE bank_detail SET active = false WHERE tenant_id = %s AND entry = ANY(%s::uuid[]) AND active"
_DETAILS = """
WITH given AS MATERIALIZED (
    SELECT g.position, g.entry, (SELECT coalesce(max(o.number), 0) FROM bank_detail o WHERE o.entry = g.entry) AS before
    FROM unnest(%(p)s::integer[], %(e)s::uuid[]) g (position, entry)
)
INSERT INTO bank_detail (id, tenant_id, entry, number, active, amount_cents, side, currency, end_to_end_id, mandate_id,
    instruction_id, tx_id, uetr, bank_ref, party_name, party_iban, reference, reference_type, remittance, return_reason,
    original_cents, charges_cents, proprietary_code)
SELECT md5(g.entry || ':' || (d.number + g.before))::uuid, %(tenant)s, g.entry, d.number + g.before, true,
    CASE WHEN e.breakdown = 'single' THEN e.amount_cents ELSE d.amount_cents END,
    CASE WHEN e.breakdown = 'single' THEN e.side ELSE coalesce(d.side, e.side) END,
    CASE WHEN e.breakdown = 'single' THEN e.currency ELSE coalesce(d.currency, e.currency) END,
    d.end_to_end_id, d.mandate_id, d.instruction_id, d.tx_id, d.uetr, d.bank_ref, d.party_name, d.party_iban,
    d.reference, d.reference_type, d.remittance, d.return_reason, d.original_cents, d.charges_cents, d.proprietary_code
FROM given g
JOIN bank_entry e ON e.id = g.entry AND e.tenant_id = %(tenant)s
JOIN seen_detail d ON d.position = g.position
"""
_NUMBER_ZERO = """
INSERT INTO bank_detail (id, tenant_id, entry, number, active, amount_cents, side, currency, remittance)
SELECT md5(e.id || ':0')::uuid, e.tenant_id, e.id, 0, true, e.amount_cents, e.side, e.currency,
    to_jsonb(array_remove(ARRAY[e.additional_info], NULL))
FROM bank_entry e WHERE e.tenant_id = %(tenant)s AND e.id = ANY(%(e)s::uuid[])
ON CONFLICT (id) DO NOTHING
"""


def _learnt(known: Known) -> dict[str, object]:
    return {
        "booked": known.booked,
        "booked_on": known.booked_on,
        "bank_ref": known.bank_ref or None,
        "breakdown": known.breakdown,
    }


def _entry_row(known: Known, sighting: Sighting) -> BankEntryRow:
    entry = sighting.entry
    return BankEntryRow(
        id=known.id,
        account_iban=sighting.account,
        booked_on=entry.booking_date,
        value_on=entry.value_date,
        side=entry.side,
        reversal=entry.reversal,
        amount_cents=entry.amount_cents,
        currency=entry.currency or "",
        status=entry.status or "",
        booked=known.booked,
        bank_ref=usable(entry.bank_ref) or None,
        entry_ref=entry.entry_ref,
        btc=entry.btc,
        proprietary_code=entry.proprietary_code,
        batch_count=entry.batch_count,
        batch_message_id=entry.batch_message_id,
        batch_payment_id=entry.batch_payment_id,
        breakdown_message_id=entry.breakdown_message_id,
        additional_info=entry.additional_info,
        charges_cents=entry.charges_cents,
        breakdown=known.breakdown,
    )


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
            entries.append(_bank_booking(entry_id, sighting, entry.booking_date, at))
    for start in range(0, len(entries), 5000):
        ledger.post(tenant=tenant, entries=entries[start : start + 5000])


def _bank_booking(entry_id: UUID, sighting: Sighting, on: date, at: datetime) -> Entry:
    amount = Money(sighting.entry.amount_cents, sighting.entry.currency or "EUR")
    side = Side.SOLL if sighting.entry.side == "credit" else Side.HABEN
    lines = [
        Line(f"bank:{sighting.account}", side, amount, entry_id),
        Line("suspense", side.other, amount, entry_id),
    ]
    return Entry(f"bank:{entry_id}", on, at, "Kontoumsatz", lines)


def _loaded(text: object) -> Sequence[str]:
    value = json.loads(text) if isinstance(text, str) else text
    return value if isinstance(value, list) else []
