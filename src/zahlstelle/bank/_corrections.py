"""What a file changes about entries that are booked: pieces that explain a whole, and the daily statement's word.

The daily statement (camt.053) is the bank's last word on its days. What reports and notifications told of those days
and it does not know is taken back by a storno and kept, not booked; a later statement that knows it books it again.
Nothing is deleted: the book shows both.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import ledger
from zahlstelle.kernel import Money
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tenancy import Tenant

from ._details import stand_alone, unplace
from ._fragments import complete_fragments
from ._intake import SeenStatement
from ._matching import Matching
from ._parts import families
from ._rules import Held, Known, Sighting
from ._statements import account_of, covered_by


@dataclass(slots=True)
class Changes:
    """What was changed: entries to be decided again, new details, and by how much the booked money changed."""

    touched: list[UUID] = field(default_factory=list)
    details: int = 0
    credit_cents: int = 0
    debit_cents: int = 0

    def count(self, side: str, cents: int) -> None:
        """Count booked money, or money taken back below zero."""
        if side == "credit":
            self.credit_cents += cents
        else:
            self.debit_cents += cents


def correct(tenant: Tenant, statements: Sequence[SeenStatement], book: Matching, at: datetime) -> Changes:
    """Let pieces explain their wholes, then let the daily statements of the file have the last word."""
    changes = Changes()
    _book_again(tenant, book.to_book_again, at, changes)
    explain_by(tenant, complete_fragments(tenant, book.placed), changes)
    sightings = [sighting for statement in statements for sighting in statement.sightings]
    family = families(tenant, sightings) if sightings else None
    if family is not None and (family.pieces or family.complete):
        explain_by(tenant, {whole: [p.id for p in group] for whole, group in family.complete.items()}, changes)
        _bare_again(tenant, family.bare_again, changes)
        _withdraw(tenant, list(family.pieces), Held.PART, at, changes)
        _mark_parts(tenant, family.pieces, {piece.id for group in family.complete.values() for piece in group})
    days: dict[tuple[str, str], set[date]] = defaultdict(set)
    for statement in statements:
        days[account_of(statement)].update(covered_by(statement))
    for account, covered in days.items():
        if covered:
            _withdraw(tenant, _unconfirmed(tenant, account, covered), Held.NOT_IN_STATEMENT, at, changes)
    return changes


def _unconfirmed(tenant: Tenant, account: tuple[str, str], days: set[date]) -> Sequence[UUID]:
    sql = """
        SELECT id FROM bank_entry WHERE tenant_id = %s AND account_iban = %s AND %s IN ('', currency) AND booked
            AND NOT confirmed AND booked_on = ANY(%s) ORDER BY id
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id, *account, sorted(days)])
        return [entry for (entry,) in cursor.fetchall()]


# --- details of pieces -----------------------------------------------------------------------------------------------

_GIVE_WAY = """
UPDATE bank_detail SET active = false WHERE tenant_id = %(tenant)s AND entry = ANY(%(wholes)s::uuid[]) AND active
"""
_FIELDS = """amount_cents, side, currency, end_to_end_id, mandate_id, instruction_id, tx_id, uetr, bank_ref, party_name,
    party_iban, reference, reference_type, remittance, return_reason, original_cents, charges_cents, proprietary_code"""
_TAKE_OVER = f"""
INSERT INTO bank_detail (id, tenant_id, entry, number, active, {_FIELDS})
SELECT md5(concat_ws(':', g.whole, 'of', d.id))::uuid, d.tenant_id, g.whole,
    (SELECT coalesce(max(o.number), 0) FROM bank_detail o WHERE o.tenant_id = %(tenant)s AND o.entry = g.whole)
        + row_number() OVER (PARTITION BY g.whole ORDER BY g.place, d.number), true, {_FIELDS}
FROM unnest(%(pieces)s::uuid[], %(owners)s::uuid[]) WITH ORDINALITY AS g (piece, whole, place)
JOIN bank_detail d ON d.tenant_id = %(tenant)s AND d.entry = g.piece AND d.active
"""  # noqa: S608 - put together from our own words only
_EXPLAINED = """
UPDATE bank_entry SET breakdown = 'whole', difference_cents = NULL
WHERE tenant_id = %(tenant)s AND id = ANY(%(wholes)s::uuid[])
"""


def explain_by(tenant: Tenant, pieces: Mapping[UUID, Sequence[UUID]], changes: Changes) -> None:
    """Let wholes take over the details of pieces that come to them to the cent."""
    if not pieces:
        return
    pairs = [(piece, whole) for whole, of in pieces.items() for piece in of]
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "wholes": list(pieces),
        "pieces": [piece for piece, _ in pairs],
        "owners": [whole for _, whole in pairs],
    }
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_WAY, given)
        cursor.execute(_TAKE_OVER, given)
        changes.details += int(cursor.rowcount)
        cursor.execute(_EXPLAINED, given)
    unplace(list(pieces))
    changes.touched += pieces


_ONLY_ITSELF = """
UPDATE bank_detail SET active = number = 0 WHERE tenant_id = %(tenant)s AND entry = ANY(%(lines)s::uuid[])
    AND active <> (number = 0)
"""
_BARE = """
UPDATE bank_entry SET breakdown = 'none', difference_cents = NULL
WHERE tenant_id = %(tenant)s AND id = ANY(%(lines)s::uuid[])
"""


def _bare_again(tenant: Tenant, lines: Sequence[UUID], changes: Changes) -> None:
    """Let bare lines stand for themselves again: what was put on them is a piece of another entry."""
    if not lines:
        return
    given: dict[str, Any] = {"tenant": tenant.id, "lines": list(lines)}
    with connection.cursor() as cursor:
        cursor.execute(_ONLY_ITSELF, given)
        cursor.execute(_BARE, given)
    unplace(lines)
    stand_alone(tenant, lines)
    changes.touched += lines


def _mark_parts(tenant: Tenant, pieces: Mapping[UUID, UUID], explaining: Set[UUID]) -> None:
    """Note of what pieces are; of one without a day only where it explains its whole, for else it may be another's."""
    sql = """
        UPDATE bank_entry e SET part_of = g.whole, held = CASE e.held WHEN 'announced' THEN e.held ELSE 'part' END
        FROM unnest(%s::uuid[], %s::uuid[], %s::boolean[]) AS g (piece, whole, explains)
        WHERE e.tenant_id = %s AND e.id = g.piece AND NOT e.booked
            AND (g.explains OR e.held IS DISTINCT FROM 'announced')
    """
    explains = [piece in explaining for piece in pieces]
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(pieces), list(pieces.values()), explains, tenant.id])


# --- taken back and booked again -------------------------------------------------------------------------------------

_NO_MONEY = """
UPDATE bank_entry SET booked = false, held = %(held)s, bookings = greatest(bookings, 1)
WHERE tenant_id = %(tenant)s AND id = ANY(%(entries)s::uuid[]) AND booked
RETURNING id, side, amount_cents, booked_on, bookings
"""
# Its details stand anew under new numbers: should the entry be booked again, they are decided as new ones.
_ANEW = f"""
WITH old AS (
    UPDATE bank_detail SET active = false WHERE tenant_id = %(tenant)s AND entry = ANY(%(entries)s::uuid[]) AND active
    RETURNING *
), last AS (
    SELECT entry, max(number) AS number FROM bank_detail
    WHERE tenant_id = %(tenant)s AND entry = ANY(%(entries)s::uuid[]) GROUP BY entry
)
INSERT INTO bank_detail (id, tenant_id, entry, number, active, {_FIELDS})
SELECT md5(concat_ws(':', old.id, 'again'))::uuid, old.tenant_id, old.entry,
    last.number + row_number() OVER (PARTITION BY old.entry ORDER BY old.number), true, {_FIELDS}
FROM old JOIN last ON last.entry = old.entry
"""  # noqa: S608 - put together from our own words only


def _withdraw(tenant: Tenant, entries: Sequence[UUID], why: Held, at: datetime, changes: Changes) -> None:
    """Take entries back that were booked: they are told otherwise now."""
    with connection.cursor() as cursor:
        cursor.execute(_NO_MONEY, {"tenant": tenant.id, "entries": list(entries), "held": why})
        withdrawn = cursor.fetchall()
        if not withdrawn:
            return
        cursor.execute(_ANEW, {"tenant": tenant.id, "entries": [entry for entry, *_ in withdrawn]})
    unplace([entry for entry, *_ in withdrawn])
    for entry, side, cents, on, bookings in withdrawn:
        _take_back(tenant, entry, bookings, cents, on, at, _WHY[why])
        changes.count(side, -cents)
        changes.touched.append(entry)


_WHY = {
    Held.PART: "Teil einer Sammelbuchung",
    Held.NOT_IN_STATEMENT: "Nicht im Kontoauszug",
}


def _take_back(tenant: Tenant, entry: UUID, booking: int, cents: int, on: date, at: datetime, text: str) -> None:
    if cents:
        booked = ledger.entry_of_occasion(tenant=tenant, occasion=_occasion(entry, booking))
        ledger.reverse(tenant=tenant, entry=booked, on=on, at=at, text=text)


def _occasion(entry: UUID, booking: int) -> str:
    return f"bank:{entry}" if booking <= 1 else f"bank:{entry}:{booking}"


def _book_again(
    tenant: Tenant, to_book: Sequence[tuple[Known, Sighting, date | None]], at: datetime, changes: Changes
) -> None:
    """Book what had been taken back; what the statement says of another day is moved there."""
    entries = []
    for known, sighting, moved_from in to_book:
        side, cents, on = known.side, known.amount_cents, sighting.entry.booking_date
        if moved_from is not None:
            _take_back(tenant, known.id, known.bookings - 1, cents, moved_from, at, "Anderer Buchungstag")
        else:
            changes.count(side, cents)
        if cents and on is not None:
            entries.append(bank_booking(known.id, known.bookings, sighting, on, at))
    ledger.post(tenant=tenant, entries=entries)


def bank_booking(entry_id: UUID, booking: int, sighting: Sighting, on: date, at: datetime) -> Entry:
    """Say how an entry of the account is booked: Bank against Suspense."""
    amount = Money(sighting.entry.amount_cents, sighting.entry.currency or "EUR")
    side = Side.SOLL if sighting.entry.side == "credit" else Side.HABEN
    lines = [
        Line(f"bank:{sighting.account}", side, amount, entry_id),
        Line("suspense", side.other, amount, entry_id),
    ]
    return Entry(_occasion(entry_id, booking), on, at, "Kontoumsatz", lines)
