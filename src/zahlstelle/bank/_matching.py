"""Place what a file tells: on entries that are known, or as new ones."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from zahlstelle.tables.bank import BankEntryRow
from zahlstelle.tenancy import Tenant

from . import _details
from ._candidates import Candidates, names_of
from ._digests import digest
from ._entry_rows import entry_row, gain, known_near, learn, store_gained, store_learnt, store_sightings
from ._intake import SeenStatement
from ._kinds import says_much
from ._parts import Links
from ._rules import (
    EXPLAINED,
    NOTICE,
    STATEMENT,
    Breakdown,
    Held,
    Known,
    Sighting,
    breakdown,
    entry_fact,
    explains_more,
    usable,
)
from ._statements import covered_days_of


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
        found = known_near(self._tenant, sightings)
        digest(self._tenant, sightings, [known for _, known in found])
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
        self._new[new_id] = entry_row(known, sighting)
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
        elif (
            explains_more(known.breakdown, shape)
            or (known.breakdown, shape) == (Breakdown.PENDING, Breakdown.BROKEN)
            or _breaks_silence(known, sighting, shape)
        ):
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
        if sighting.message != STATEMENT or shape is not known.breakdown or shape not in EXPLAINED:
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
            learn(self._new[id_], self._changed[id_])
        for id_ in told_again.keys() & self._new.keys():
            gain(self._new[id_], told_again[id_])
        BankEntryRow.objects.bulk_create(self._new.values(), batch_size=2000)
        store_learnt(self._tenant, [known for id_, known in self._changed.items() if id_ not in self._new])
        store_gained(self._tenant, [known for id_, known in told_again.items() if id_ not in self._new])
        store_sightings(self._tenant, self.placed)

    def store_details(self) -> int:
        """Write the details that explain entries; an entry without any stands for itself as its number 0."""
        shapes = {known.id: known.breakdown for _, known in self.placed}
        with_details = {p: e for p, e in self._explained.items() if shapes[e] in EXPLAINED}
        booked = [e for e, _ in self.to_book] + [known.id for known, _, before in self.to_book_again if before is None]
        self.touched = list(dict.fromkeys([*self._explained.values(), *booked]))
        count = _details.store(self._tenant, with_details)
        _details.stand_alone(self._tenant, [e for p, e in self._explained.items() if p not in with_details])
        return count


def _breaks_silence(known: Known, sighting: Sighting, shape: Breakdown) -> bool:
    """Say whether a single transaction, told without payer or purpose till now, is told with them."""
    if shape is not Breakdown.SINGLE or known.breakdown is not Breakdown.SINGLE:
        return False
    silent = known.content is None or known.content.silent
    return silent and sighting.content is not None and not sighting.content.silent


def _tell_apart(sightings: Sequence[Sighting]) -> None:
    """Note which lines of a day have references that tell all of them apart."""
    days: dict[date | None, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        days[sighting.entry.booking_date].append(sighting)
    for day, of_day in days.items():
        references = {usable(sighting.entry.bank_ref) for sighting in of_day}
        for sighting in of_day if day and len(references) == len(of_day) > 1 and "" not in references else ():
            sighting.told_apart = True


def _difference(shape: Breakdown, sighting: Sighting) -> int | None:
    """Tell by how much the entry is more than its details, where they do not add up."""
    if shape is not Breakdown.BROKEN:
        return None
    return sighting.entry.signed_cents - sighting.entry.details_signed_cents
