"""A collective entry whose details are told in pieces: the same money, told in parts.

Banks cut long notifications (500 details an entry) and tell single payments apart. A statement's entry points to such
a notification by its message id (AddtlInfInd), or both carry the bank's reference on the same day. The whole is the
money; a piece is told for its details, and never booked beside it. Once the pieces come to the whole to the cent, their
details explain it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from zahlstelle.tenancy import Tenant

from ._rules import NEAR, NOTICE, Breakdown, Held, Known, Sighting, usable

_WHOLES = """
SELECT account_iban, side, breakdown_message_id, bank_ref, amount_cents, booked_on, booked FROM bank_entry
WHERE tenant_id = %(tenant)s AND account_iban = ANY(%(accounts)s)
    AND booked_on BETWEEN %(first)s AND %(last)s
    AND (breakdown_message_id = ANY(%(messages)s) OR (bank_ref = ANY(%(refs)s) AND EXISTS (
        SELECT 1 FROM sighting g WHERE g.tenant_id = bank_entry.tenant_id AND g.entry = bank_entry.id
            AND g.message <> 'camt.054')))
"""


class _Whole(NamedTuple):
    """What is to be known of an entry of a report or statement that notifications may tell in pieces."""

    ref: str
    on: date | None
    booked: bool


class Links:
    """Which reports and statements have entries that notifications tell in pieces."""

    def __init__(self, tenant: Tenant, sightings: Sequence[Sighting]) -> None:
        self._pointed: dict[tuple[str, str], list[_Whole]] = defaultdict(list)  # account, notification
        self._named: dict[tuple[str, str, str], list[tuple[int, date | None]]] = defaultdict(list)  # by reference
        notices = [s for s in sightings if s.message == NOTICE]
        if notices:
            messages = list({s.message_id for s in notices} - {""})
            refs = list({usable(s.entry.bank_ref) for s in notices} - {""})
            for account, side, message, ref, cents, *said in _found(tenant, _WHOLES, notices, messages, refs):
                self._note(account, side, message, cents, _Whole(usable(ref), *said))
        for sighting in sightings:
            if sighting.message != NOTICE:
                entry = sighting.entry
                whole = _Whole(usable(entry.bank_ref), entry.booking_date, sighting.booked)
                self._note(sighting.account, entry.side, entry.breakdown_message_id, entry.amount_cents, whole)

    def _note(self, account: str, side: str, message: str | None, cents: int, whole: "_Whole") -> None:
        if message:
            self._pointed[account, message].append(whole)
        if whole.ref and whole.booked:
            self._named[account, side, whole.ref].append((cents, whole.on))

    def is_piece(self, sighting: Sighting) -> bool:
        """Say whether a notification's entry is a piece of one that a report or statement tells."""
        entry = sighting.entry
        return self._piece(
            sighting.account, entry.side, [sighting.message_id], usable(entry.bank_ref), entry.amount_cents,
            entry.booking_date,
        )  # fmt: skip

    def belongs_elsewhere(self, sighting: Sighting, known: Known) -> bool:
        """Say whether a notification tells of a collective entry that points to it, and of no other entry."""
        if sighting.message != NOTICE:
            return self._told_for_another(sighting, known)
        wholes = self._pointed.get((sighting.account, sighting.message_id), ())
        if not wholes or known.told_only_by(NOTICE):
            return False
        if known.points_to == sighting.message_id:
            return self._used_again(sighting, known, wholes)
        return any(_same_day(sighting.entry.booking_date, whole.on) for whole in wholes)

    def _told_for_another(self, sighting: Sighting, known: Known) -> bool:
        """Say the same the other way round: a line is not what notifications tell to which another entry points."""
        if sighting.entry.breakdown_message_id in known.notices or not known.told_only_by(NOTICE):
            return False
        wholes = (whole for notice in known.notices for whole in self._pointed.get((sighting.account, notice), ()))
        return any(_same_day(known.booked_on, whole.on) for whole in wholes)

    def _used_again(self, sighting: Sighting, known: Known, wholes: Sequence["_Whole"]) -> bool:
        """Say whether the name of a notification is used again, and without a day its reference is that of another."""
        reference = usable(sighting.entry.bank_ref)
        if not reference or known.bank_ref in ("", reference) or sighting.entry.booking_date == known.booked_on:
            return False
        explained = known.breakdown in (Breakdown.SINGLE, Breakdown.WHOLE)
        return explained or any(whole.ref == reference for whole in wholes)

    def is_part(self, account: str, known: Known) -> bool:
        """Say the same of an entry that is known from notifications alone."""
        if known.held is Held.PART:
            return True
        return self._piece(account, known.side, known.notices, known.bank_ref, known.amount_cents, known.booked_on)

    def _piece(
        self, account: str, side: str, notices: Iterable[str], ref: str, cents: int, on: date | None
    ) -> bool:  # fmt: skip
        pointed = (whole for notice in notices if notice for whole in self._pointed.get((account, notice), ()))
        if any(whole.booked and _same_day(on, whole.on) for whole in pointed):
            return True
        wholes = self._named.get((account, side, ref), ()) if ref else ()
        return any(whole > cents and _same_day(on, day) for whole, day in wholes)


def _same_day(day: date | None, other: date | None) -> bool:
    """Banks use their names again, some every day."""
    return day is None or other is None or day == other


def _found(
    tenant: Tenant, sql: str, sightings: Sequence[Sighting], messages: list[str], refs: list[str]
) -> Sequence[Any]:
    """Ask for entries of these accounts about these days."""
    days = [s.entry.booking_date for s in sightings if s.entry.booking_date]
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "accounts": list({s.account for s in sightings}),
        "messages": messages,
        "refs": refs,
        "first": min(days) - NEAR if days else date.min,
        "last": max(days) + NEAR if days else date.max,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of a family: entries that a reference or a notification joins."""

    id: UUID
    account: str
    booked_on: date | None
    signed_cents: int
    explained: bool  # its own details add up to it
    several: bool  # it is explained by more than one detail
    booked: bool
    reference: str
    points_to: str
    notices: frozenset[str]
    whole: bool  # a report or statement tells of it
    told_in: frozenset[UUID] = frozenset()  # the notifications' statements that tell of it
    bare: bool = False  # reports and statements that tell of it know no detail


@dataclass(slots=True)
class Family:
    """What is to be done: pieces by their whole, and those that come to it to the cent."""

    pieces: dict[UUID, UUID] = field(default_factory=dict)  # piece -> whole
    complete: dict[UUID, Sequence[Member]] = field(default_factory=dict)  # whole -> pieces that explain it
    bare_again: list[UUID] = field(default_factory=list)  # lines that lent theirs


_JOINED = """
SELECT EXISTS (SELECT 1 FROM bank_entry WHERE tenant_id = %(tenant)s AND account_iban = ANY(%(accounts)s)
        AND breakdown_message_id = ANY(%(notices)s))
    OR EXISTS (SELECT 1 FROM statement WHERE tenant_id = %(tenant)s AND message = 'camt.054'
        AND account_iban = ANY(%(accounts)s) AND message_id = ANY(%(pointed)s))
    OR EXISTS (SELECT 1 FROM bank_entry e WHERE e.tenant_id = %(tenant)s AND e.bank_ref = ANY(%(refs)s)
        AND e.account_iban = ANY(%(accounts)s) AND NOT e.confirmed AND NOT EXISTS (SELECT 1 FROM sighting g
            WHERE g.tenant_id = e.tenant_id AND g.entry = e.id AND g.message <> 'camt.054'))
"""
_MEMBERS = """
WITH member AS (
    SELECT e.id FROM bank_entry e WHERE e.tenant_id = %(tenant)s AND e.account_iban = ANY(%(accounts)s)
        AND (e.bank_ref = ANY(%(refs)s) OR e.breakdown_message_id = ANY(%(notices)s)
            OR e.breakdown_message_id = ANY(%(pointed)s))
    UNION SELECT g.entry FROM statement s JOIN sighting g ON g.tenant_id = s.tenant_id AND g.statement_id = s.id
    WHERE s.tenant_id = %(tenant)s AND s.message = 'camt.054' AND s.account_iban = ANY(%(accounts)s)
        AND (s.message_id = ANY(%(pointed)s) OR s.message_id = ANY(%(notices)s))
)
SELECT e.id, e.account_iban, e.booked_on, CASE e.side WHEN 'credit' THEN e.amount_cents ELSE -e.amount_cents END,
    e.breakdown IN ('single', 'whole'), e.breakdown = 'whole', e.booked, e.bank_ref, e.breakdown_message_id,
    array_agg(DISTINCT s.message_id) FILTER (WHERE g.message = 'camt.054'), bool_or(g.message <> 'camt.054'),
    array_agg(DISTINCT s.id) FILTER (WHERE g.message = 'camt.054'),
    coalesce(bool_and(coalesce(g.details = 0, false)) FILTER (WHERE g.message <> 'camt.054'), false)
FROM member JOIN bank_entry e ON e.tenant_id = %(tenant)s AND e.id = member.id
JOIN sighting g ON g.tenant_id = e.tenant_id AND g.entry = e.id
JOIN statement s ON s.tenant_id = g.tenant_id AND s.id = g.statement_id
WHERE e.booked_on IS NULL OR e.booked_on BETWEEN %(first)s AND %(last)s
GROUP BY e.id ORDER BY e.id
"""
_DIGESTS = """
SELECT entry, md5(string_agg(said, '' ORDER BY said)) FROM (SELECT entry, md5(concat_ws('|', amount_cents, side,
    end_to_end_id, tx_id, uetr, party_iban, remittance)) AS said FROM bank_detail
    WHERE tenant_id = %s AND entry = ANY(%s) AND active) line
GROUP BY 1
"""


def families(tenant: Tenant, sightings: Sequence[Sighting]) -> Family:
    """Find pieces and wholes that the references and notifications of a file join, and which wholes are complete."""
    days = [s.entry.booking_date for s in sightings if s.entry.booking_date]
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "accounts": list({s.account for s in sightings}),
        "refs": list({usable(s.entry.bank_ref) for s in sightings} - {""}),
        "notices": list({s.message_id for s in sightings if s.message == NOTICE} - {""}),
        "pointed": list({s.entry.breakdown_message_id or "" for s in sightings} - {""}),
        "first": min(days) - NEAR if days else date.min,
        "last": max(days) + NEAR if days else date.max,
    }
    with connection.cursor() as cursor:
        cursor.execute(_JOINED, given)
        if cursor.fetchone() != (True,):
            return Family()
        cursor.execute(_MEMBERS, given)
        family = joined([_member(row) for row in cursor.fetchall()])
        pieces = [piece.id for group in family.complete.values() for piece in group]
        cursor.execute(_DIGESTS, [tenant.id, pieces])
        said = dict(cursor.fetchall())
    for whole, group in list(family.complete.items()):
        if _told_twice(group, said):
            del family.complete[whole]
    family.bare_again = [piece.id for group in family.complete.values() for piece in group if piece.whole]
    return family


def _told_twice(group: Sequence[Member], said: Mapping[UUID, str]) -> bool:
    """A piece told twice is no second piece; but two that one notification tells are two, however alike they are."""
    alike: dict[str | None, list[Member]] = defaultdict(list)
    for piece in group:
        alike[said.get(piece.id)].append(piece)
    return any(len(of) > 1 and not frozenset.intersection(*(piece.told_in for piece in of)) for of in alike.values())


def _member(row: tuple[Any, ...]) -> Member:
    id_, account, on, cents, explained, several, booked, ref, points, notices, whole, told_in, bare = row
    return Member(
        id_, account, on, cents, explained, several, booked, usable(ref), points or "", frozenset(notices or ()), whole,
        frozenset(told_in or ()), bare,
    )  # fmt: skip


def joined(members: Sequence[Member]) -> Family:
    """Say which members are pieces of which, and which wholes their pieces come to. No IO.

    A name that stands for two entries of a day joins nothing: some banks name everything alike. A piece that was put on
    a bare line of its amount, before a line pointed to its notification, is a piece where only with it they add up.
    """
    family = Family()
    told = [member for member in members if member.whole and member.booked]
    untold = [member for member in members if not member.whole]
    lent = [member for member in told if member.bare and member.explained and not member.points_to]
    pointed = _groups(told, untold, lambda whole: [whole.points_to], lambda piece: piece.notices)
    misplaced = _groups(told, lent, lambda whole: [whole.points_to], lambda piece: piece.notices)
    named = _groups(told, untold, lambda whole: [whole.reference], lambda piece: [piece.reference])
    for whole in told:
        groups = [pointed.get(whole.id, []), named.get(whole.id, [])]
        sure = [*groups[0], *(piece for piece in groups[1] if _smaller(piece, whole))]
        family.pieces.update((piece.id, whole.id) for piece in sure)
        if wrongly := misplaced.get(whole.id):
            groups.append([*groups[0], *wrongly])
        complete = next((group for group in groups if _complete(whole, group)), None)
        if complete and not whole.several:
            family.complete[whole.id] = complete
            family.pieces.update((piece.id, whole.id) for piece in complete if not piece.whole)
    return family


_Names = Callable[[Member], Iterable[str]]


def _groups(
    wholes: Sequence[Member], pieces: Sequence[Member], of_whole: _Names, of_piece: _Names
) -> Mapping[UUID, list[Member]]:
    """Give each whole the pieces that bear its name on its day, and no other's."""
    owners: dict[tuple[str, str], list[Member]] = defaultdict(list)
    for whole in wholes:
        for name in of_whole(whole):
            if name:
                owners[whole.account, name].append(whole)
    groups: dict[UUID, list[Member]] = defaultdict(list)
    for piece in pieces:
        found = {
            whole.id: whole
            for name in of_piece(piece)
            for whole in owners.get((piece.account, name), ())[:_TOO_MANY]
            if _same_day(piece.booked_on, whole.booked_on) and piece.id != whole.id
        }
        if len(found) == 1:
            whole = next(iter(found.values()))
            if piece.signed_cents != whole.signed_cents:
                groups[whole.id].append(piece)
    return groups


_TOO_MANY = 40  # entries of about ten days under one name: the name tells nothing


def _smaller(piece: Member, whole: Member) -> bool:
    return piece.signed_cents * whole.signed_cents > 0 and abs(piece.signed_cents) < abs(whole.signed_cents)


def _complete(whole: Member, pieces: Sequence[Member]) -> bool:
    """Say whether pieces explain a whole: all explained themselves, together the whole to the cent."""
    if len(pieces) < 2 or not all(piece.explained for piece in pieces):
        return False
    return sum(piece.signed_cents for piece in pieces) == whole.signed_cents
