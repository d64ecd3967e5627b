"""Place what a file tells: on entries that are known, or as new ones; and write entries, sightings and details down."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle.tables.bank import BankEntryRow, SightingRow
from zahlstelle.tenancy import Tenant

from . import _details
from ._candidates import Candidates, names_of, says_much
from ._intake import SeenStatement
from ._parts import Links
from ._rules import (
    NO_REFERENCE,
    NOTICE,
    STATEMENT,
    Breakdown,
    Digest,
    Held,
    Known,
    Sighting,
    breakdown,
    content,
    entry_fact,
    explains_more,
    usable,
)
from ._statements import covered_days_of

_CANDIDATES = """
SELECT e.id, e.account_iban, e.side, e.amount_cents, e.currency, e.booked_on, e.booked, e.bank_ref, e.breakdown,
    e.held, e.confirmed, e.bookings, e.breakdown_message_id, e.difference_cents, e.reversal,
    d.end_to_end_id, d.party_iban, d.remittance, d.tx_id, d.uetr, d.number
FROM bank_entry e LEFT JOIN bank_detail d ON d.entry = e.id AND d.active AND e.breakdown = 'single'
WHERE e.tenant_id = %(tenant)s AND e.account_iban = ANY(%(accounts)s) AND e.amount_cents = ANY(%(amounts)s)
    AND (e.booked_on IS NULL OR e.booked_on BETWEEN %(first)s AND %(last)s)
ORDER BY e.booked_on, e.id
"""
_SEEN_IN = """
SELECT g.entry, g.message, g.statement_id, s.message_id
FROM sighting g JOIN statement s ON s.tenant_id = g.tenant_id AND s.id = g.statement_id
WHERE g.tenant_id = %s AND g.entry = ANY(%s)
"""
_NEAR = timedelta(days=10)
_EXPLAINED = (Breakdown.SINGLE, Breakdown.WHOLE)


class Matching:
    """Places sightings, statement by statement; what a daily statement says is placed first."""

    def __init__(self, tenant: Tenant, statements: Sequence[SeenStatement]) -> None:
        self._tenant = tenant
        self._new: dict[UUID, BankEntryRow] = {}
        self._changed: dict[UUID, Known] = {}
        self.placed: list[tuple[Sighting, Known]] = []
        self._explained: dict[int, UUID] = {}  # position in the file -> entry that takes its details
        self._explains: dict[UUID, int] = {}  # and the other way round
        self.touched: list[UUID] = []
        self.to_book: list[tuple[UUID, Sighting]] = []
        self.to_book_again: list[tuple[Known, Sighting, date | None]] = []  # with the day it was booked on till now
        self.entries = self.duplicates = 0
        sightings = [sighting for statement in statements for sighting in statement.sightings]
        if sightings:
            self._links = Links(tenant, sightings)
            self._candidates = Candidates(self._links.belongs_elsewhere)
            self._covered = covered_days_of(tenant, statements)
            self._load(sightings)

    def _load(self, sightings: Sequence[Sighting]) -> None:
        booking_days = [s.entry.booking_date for s in sightings if s.entry.booking_date]
        first, last = min(booking_days, default=date.min), max(booking_days, default=date.max)
        parameters: dict[str, Any] = {
            "tenant": self._tenant.id,
            "accounts": list({s.account for s in sightings}),
            "amounts": list({s.entry.amount_cents for s in sightings}),
            "first": first - _NEAR if first > date.min else first,
            "last": last + _NEAR if last < date.max else last,
        }
        found: list[tuple[str, Known]] = []
        by_id: dict[UUID, Known] = {}
        with connection.cursor() as cursor:
            cursor.execute(_CANDIDATES, parameters)
            for row in cursor.fetchall():
                known = _known(row)
                by_id[known.id] = known
                found.append((row[1], known))
            cursor.execute(_SEEN_IN, [self._tenant.id, list(by_id)])
            for entry, message, statement, message_id in cursor.fetchall():
                by_id[entry].seen_in.add((message, statement))
                if message == NOTICE:
                    by_id[entry].notices.add(message_id)
        _digest(self._tenant, sightings, by_id.values())
        for account, known in found:
            known.part = known.told_only_by(NOTICE) and self._links.is_part(account, known)
            self._candidates.add(account, known)

    def place(self, statement: SeenStatement) -> None:
        """Find for each line the entry it tells of, or make it a new one: what is named surely comes first."""
        found: dict[int, Known] = {}
        _tell_apart(statement.sightings)
        by_what_is_said = sorted(statement.sightings, key=lambda s: -says_much(s))
        retelling = any(sighting.retells for sighting in by_what_is_said)
        for search in self._candidates.searches(retelling) if by_what_is_said else ():
            for sighting in by_what_is_said:
                if sighting.position not in found and (known := search(sighting)):
                    found[sighting.position] = known
                    known.seen_in.add((sighting.message, sighting.statement))
        for number, sighting in enumerate(statement.sightings):
            known = found.get(sighting.position)
            if known is None:
                known = self._make(sighting, entry_fact(self._tenant.id, statement.identity, number))
                self.entries += 1
            else:
                self._tell_again(known, sighting)
            self.placed.append((sighting, known))

    def _tell_again(self, known: Known, sighting: Sighting) -> None:
        before = names_of(known)
        if not self._learn(known, sighting):
            self.duplicates += 1
        if sighting.message == NOTICE:
            known.notices.add(sighting.message_id)
        self._candidates.add(sighting.account, known, before)

    def _held(self, sighting: Sighting) -> Held | None:
        """Say why a new entry is kept and not booked; None where it is money."""
        if not sighting.booked:
            return Held.ANNOUNCED
        if self._candidates.may_be_repeated(sighting):
            return Held.MAY_BE_REPEATED
        return self._outranked(sighting)

    def _outranked(self, sighting: Sighting) -> Held | None:
        """Say whether what a report or notification tells is known already, in another shape or not at all."""
        if sighting.message == STATEMENT:
            return None
        if sighting.message == NOTICE and self._links.is_piece(sighting):
            return Held.PART
        currencies = dict.fromkeys([sighting.entry.currency or "", ""])
        covered = (self._covered.get((sighting.account, currency), frozenset()) for currency in currencies)
        return Held.NOT_IN_STATEMENT if any(sighting.entry.booking_date in days for days in covered) else None

    def _make(self, sighting: Sighting, new_id: UUID) -> Known:
        entry, shape, held = sighting.entry, breakdown(sighting.entry), self._held(sighting)
        known = Known(
            new_id, entry.side, entry.amount_cents, entry.currency or "", entry.booking_date, held is None,
            usable(entry.bank_ref), shape, sighting.content if shape is Breakdown.SINGLE else None,
            held=held, confirmed=sighting.message == STATEMENT and sighting.booked, bookings=int(held is None),
            digest=sighting.digest, points_to=entry.breakdown_message_id or "", difference=_difference(shape, sighting),
            reversal=entry.reversal,
        )  # fmt: skip
        known.part = held is Held.PART
        known.seen_in.add((sighting.message, sighting.statement))
        if sighting.message == NOTICE:
            known.notices.add(sighting.message_id)
        self._new[new_id] = _entry_row(known, sighting)
        self._explain(new_id, sighting)
        if known.booked:
            self.to_book.append((known.id, sighting))
        self._candidates.add(sighting.account, known)
        return known

    def _explain(self, entry: UUID, sighting: Sighting) -> None:
        """Let an entry take a sighting's details; those of an earlier sighting of the same file give way."""
        if (before := self._explains.get(entry)) is not None:
            del self._explained[before]
        self._explained[sighting.position] = entry
        self._explains[entry] = sighting.position

    def _learn(self, known: Known, sighting: Sighting) -> bool:
        """Let a known entry gain from another sighting; False where it tells nothing new."""
        shape = breakdown(sighting.entry)
        learnt = self._learn_money(known, sighting)
        if sighting.message == STATEMENT and sighting.booked and not known.confirmed:
            known.confirmed = True
            self._changed[known.id] = known
        if self._overrules(known, sighting, shape):
            known.content, known.digest, learnt = sighting.content, sighting.digest, True
            self._explain(known.id, sighting)
        elif explains_more(known.breakdown, shape) or (known.breakdown, shape) == (Breakdown.PENDING, Breakdown.BROKEN):
            known.breakdown, known.digest, learnt = shape, sighting.digest, True
            known.content = sighting.content if shape is Breakdown.SINGLE else None
            known.difference = _difference(shape, sighting)
            self._explain(known.id, sighting)
        if not known.bank_ref and usable(sighting.entry.bank_ref):
            known.bank_ref, learnt = usable(sighting.entry.bank_ref), True
        if learnt:
            self._changed[known.id] = known
        known.points_to = known.points_to or sighting.entry.breakdown_message_id or ""
        known.told.append(sighting.entry)
        return learnt

    def _overrules(self, known: Known, sighting: Sighting, shape: Breakdown) -> bool:
        """Say whether the statement's own details differ from what was placed on its line before."""
        if sighting.message != STATEMENT or shape is not known.breakdown or shape not in _EXPLAINED:
            return False
        ours, theirs = sighting.content, known.content
        if shape is Breakdown.SINGLE:
            return ours is not None and theirs is not None and not ours.agrees(theirs)
        if sighting.digest is None or known.digest is None:
            return False
        return sighting.digest.amounts != known.digest.amounts or not sighting.digest.agrees(known.digest)

    def _learn_money(self, known: Known, sighting: Sighting) -> bool:
        """Book what was only held; and let the daily statement say the day."""
        if not sighting.booked:
            return False
        final, day = sighting.message == STATEMENT, sighting.entry.booking_date
        if known.booked and not (final and not known.confirmed and known.booked_on != day):
            return False
        if not known.booked and not final and self._outranked(sighting):
            return False
        if not known.booked and final and self._candidates.may_be_repeated(sighting):
            known.held = Held.MAY_BE_REPEATED
            self._changed[known.id] = known
            return False
        again, before = known.bookings > 0, known.booked_on if known.booked else None
        known.booked, known.booked_on, known.held, known.bookings = True, day, None, known.bookings + 1
        if again:
            self.to_book_again.append((known, sighting, before))
        else:
            self.to_book.append((known.id, sighting))
        return True

    def store(self, at: datetime) -> None:
        """Write entries and sightings down."""
        told_again = {known.id: known for _, known in self.placed if known.told}
        for row in self._new.values():
            row.tenant_id, row.first_seen_at = self._tenant.id, at
        for id_ in self._changed.keys() & self._new.keys():
            for name, value in _learnt(self._changed[id_]).items():
                setattr(self._new[id_], name, value)
        for id_ in told_again.keys() & self._new.keys():
            for name, value in _gained(told_again[id_]).items():
                setattr(
                    self._new[id_],
                    name,
                    value if getattr(self._new[id_], name) is None else getattr(self._new[id_], name),
                )
        BankEntryRow.objects.bulk_create(self._new.values(), batch_size=2000)
        self._store_known(_STORE, _learnt, [known for id_, known in self._changed.items() if id_ not in self._new])
        self._store_known(_GAIN, _gained, [known for id_, known in told_again.items() if id_ not in self._new])
        SightingRow.objects.bulk_create(
            (
                SightingRow(
                    tenant_id=self._tenant.id,
                    statement_id=sighting.statement,
                    position=sighting.entry.number,
                    entry=known.id,
                    message=sighting.message,
                    said=sighting.said,
                )
                for sighting, known in self.placed
            ),
            batch_size=5000,
        )

    def _store_known(self, sql: str, columns: Callable[[Known], dict[str, object]], of: Sequence[Known]) -> None:
        if not of:
            return
        rows = [columns(known) for known in of]
        values = {name: [row[name] for row in rows] for name in rows[0]}
        with connection.cursor() as cursor:
            cursor.execute(sql, {**values, "tenant": self._tenant.id, "ids": [known.id for known in of]})

    def store_details(self) -> int:
        """Write the details that explain entries; an entry without any stands for itself as its number 0."""
        shapes = {known.id: known.breakdown for _, known in self.placed}
        with_details = {p: e for p, e in self._explained.items() if shapes[e] in (Breakdown.SINGLE, Breakdown.WHOLE)}
        booked = [e for e, _ in self.to_book] + [known.id for known, _, before in self.to_book_again if before is None]
        self.touched = list(dict.fromkeys([*self._explained.values(), *booked]))
        count = _details.store(self._tenant, with_details)
        _details.stand_alone(self._tenant, [e for p, e in self._explained.items() if p not in with_details])
        return count


def _tell_apart(sightings: Sequence[Sighting]) -> None:
    """Note which lines of a day have references that tell all of them apart."""
    days: dict[date | None, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        days[sighting.entry.booking_date].append(sighting)
    for day, of_day in days.items():
        references = {usable(sighting.entry.bank_ref) for sighting in of_day}
        for sighting in of_day if day and len(references) == len(of_day) > 1 and "" not in references else ():
            sighting.told_apart = True


# What no message has said of an entry before: column -> what the reader calls it, and its type.
_GAINED = {
    "value_on": ("value_date", "date"),
    "entry_ref": ("entry_ref", "text"),
    "btc": ("btc", "text"),
    "proprietary_code": ("proprietary_code", "text"),
    "batch_count": ("batch_count", "integer"),
    "batch_message_id": ("batch_message_id", "text"),
    "batch_payment_id": ("batch_payment_id", "text"),
    "breakdown_message_id": ("breakdown_message_id", "text"),
    "additional_info": ("additional_info", "text"),
    "charges_cents": ("charges_cents", "bigint"),
}
_STORE = """
UPDATE bank_entry e SET booked = g.booked, booked_on = g.booked_on, bank_ref = g.bank_ref, breakdown = g.breakdown,
    held = g.held, confirmed = g.confirmed, bookings = g.bookings, difference_cents = g.difference_cents,
    part_of = CASE WHEN g.booked THEN NULL ELSE e.part_of END
FROM unnest(%(ids)s::uuid[], %(booked)s::boolean[], %(booked_on)s::date[], %(bank_ref)s::text[], %(breakdown)s::text[],
    %(held)s::text[], %(confirmed)s::boolean[], %(bookings)s::integer[], %(difference_cents)s::bigint[])
    AS g (id, booked, booked_on, bank_ref, breakdown, held, confirmed, bookings, difference_cents)
WHERE e.tenant_id = %(tenant)s AND e.id = g.id
"""
_GAIN = f"""
UPDATE bank_entry e SET {", ".join(f"{name} = coalesce(e.{name}, g.{name})" for name in _GAINED)}
FROM unnest(%(ids)s::uuid[], {", ".join(f"%({name})s::{type_}[]" for name, (_, type_) in _GAINED.items())})
    AS g (id, {", ".join(_GAINED)})
WHERE e.tenant_id = %(tenant)s AND e.id = g.id
    AND ({" OR ".join(f"e.{name} IS NULL AND g.{name} IS NOT NULL" for name in _GAINED)})
"""  # noqa: S608 - put together from our own words only


def _learnt(known: Known) -> dict[str, object]:
    return {
        "booked": known.booked,
        "booked_on": known.booked_on,
        "bank_ref": known.bank_ref or None,
        "breakdown": known.breakdown,
        "held": known.held,
        "confirmed": known.confirmed,
        "bookings": known.bookings,
        "difference_cents": known.difference,
    }


def _gained(known: Known) -> dict[str, object]:
    """Give what this file says of an entry, the first word that it says of each thing."""
    return {
        name: next((said for entry in known.told if (said := getattr(entry, word)) is not None), None)
        for name, (word, _) in _GAINED.items()
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
        confirmed=known.confirmed,
        held=known.held,
        bookings=known.bookings,
        difference_cents=known.difference,
    )


def _difference(shape: Breakdown, sighting: Sighting) -> int | None:
    """Tell by how much the entry is more than its details, where they do not add up."""
    if shape is not Breakdown.BROKEN:
        return None
    return sighting.entry.signed_cents - sighting.entry.details_signed_cents


def _known(row: tuple[Any, ...]) -> Known:
    id_, _, side, cents, currency, on, booked, ref, shape, held, confirmed, bookings, *told = row
    points, difference, reversal, e2e, iban, text, tx, uetr, n = told
    said = content(e2e, iban, _loaded(text), (tx, uetr)) if n is not None and shape == Breakdown.SINGLE else None
    return Known(
        id_, side, cents, currency, on, booked, usable(ref), Breakdown(shape), said,
        held=Held(held) if held else None, confirmed=confirmed, bookings=max(bookings, int(booked)),
        points_to=points or "", difference=difference, reversal=reversal,
    )  # fmt: skip


def _loaded(text: object) -> Sequence[str]:
    value = json.loads(text) if isinstance(text, str) else text
    return value if isinstance(value, list) else []


# Two entries that tell other details are two, whatever their sum; asked only where it may matter. Sums of hashes need
# no order, and are compared only among themselves, within this transaction.
_SAID = """
    count(amount_cents), coalesce(sum(hashtextextended(amount_cents::text, 0)), 0),
    count(e2e), coalesce(sum(hashtextextended(e2e, 0)), 0), count(iban), coalesce(sum(hashtextextended(iban, 0)), 0),
    count(text), coalesce(sum(hashtextextended(text, 0)), 0), count(tx), coalesce(sum(hashtextextended(tx, 0)), 0)
FROM (SELECT {of} AS of, amount_cents, party_iban AS iban, nullif(concat(tx_id, '|', uetr), '|') AS tx,
        CASE WHEN upper(trim(end_to_end_id)) = ANY(%(nothing)s) THEN NULL ELSE end_to_end_id END AS e2e,
        nullif(upper(regexp_replace(remittance::text, '[\\s"\\[\\],]+', '', 'g')), '') AS text
    FROM {table}) said GROUP BY of
"""
_SEEN_DIGESTS = "SELECT of, " + _SAID.format(of="position", table="seen_detail WHERE position = ANY(%(of)s)")
_KNOWN_DIGESTS = "SELECT of, " + _SAID.format(
    of="entry", table="bank_detail WHERE tenant_id = %(tenant)s AND entry = ANY(%(of)s) AND active AND number > 0"
)


def _digest(tenant: Tenant, sightings: Sequence[Sighting], known: Iterable[Known]) -> None:
    """Digest the details of collective entries, and of notifications, that have the same amount as another one."""
    ours = [s for s in sightings if s.entry.detail_count > (0 if s.message == NOTICE else 1)]
    theirs = [
        k
        for k in known
        if k.breakdown is Breakdown.WHOLE or (k.breakdown is Breakdown.SINGLE and k.told_only_by(NOTICE))
    ]
    amounts = Counter([*(s.entry.amount_cents for s in ours), *(k.amount_cents for k in theirs)])
    asked = [s for s in ours if amounts[s.entry.amount_cents] > 1]
    if not asked:
        return
    among = {s.entry.amount_cents for s in asked}
    seen = _digests(_SEEN_DIGESTS, tenant, [s.position for s in asked])
    told = _digests(_KNOWN_DIGESTS, tenant, [k.id for k in theirs if k.amount_cents in among])
    for sighting in asked:
        sighting.digest = seen.get(sighting.position)
    for entry in theirs:
        entry.digest = told.get(entry.id)


def _digests(sql: str, tenant: Tenant, of: Sequence[object]) -> dict[object, Digest]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"tenant": tenant.id, "of": list(of), "nothing": sorted(NO_REFERENCE)})
        return {
            key: Digest(*((count, int(told)) for count, told in zip(said[::2], said[1::2], strict=True)))
            for key, *said in cursor.fetchall()
        }
