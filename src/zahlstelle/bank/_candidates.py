"""Which known entry a sighting tells of. No IO.

Nothing that both say may differ. Of several that fit, what says most alike; then what says nothing either; then what is
booked, before what is only held. However many entries are alike, a sighting costs the same: where there are many, they
are found by what they say, not by looking at each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from datetime import timedelta
from functools import partial
from itertools import combinations
from uuid import UUID

from ._rules import NOTICE, REPORT, STATEMENT, Breakdown, Content, Known, Sighting, breakdown, usable

_NEAR = timedelta(days=10)
_FEW = 8
# What an entry says: nothing at all; several details; several that are told elsewhere; else the places of its content.
_BARE, _SEVERAL, _ELSEWHERE = -1, -2, -3
_Test = Callable[[Known], bool]
Search = Callable[[Sighting], Known | None]


def _subsets(mask: int) -> tuple[int, ...]:
    bits = [1 << n for n in range(3) if mask & 1 << n]
    return tuple(sum(chosen) for size in range(len(bits) + 1) for chosen in combinations(bits, size))


_SUBSETS = {mask: _subsets(mask) for mask in range(8)}
_KINDS = (*range(8), _BARE, _SEVERAL, _ELSEWHERE)


def _common(ours: int, theirs: int) -> int:
    return ours & theirs if ours >= 0 and theirs >= 0 else 0


def _distance(ours: int, theirs: int) -> tuple[int, int]:
    if ours == theirs or (ours >= 0 and theirs >= 0):
        return -_common(ours, theirs).bit_count(), 0
    return 0, 1 if ours < 0 and theirs < 0 else 2


_KINDS_BY_BOOKING = [(kind, booked) for booked in (True, False) for kind in _KINDS]
_ORDER = {ours: sorted(_KINDS_BY_BOOKING, key=lambda theirs: _distance(ours, theirs[0])) for ours in _KINDS}


def kind_of_sighting(sighting: Sighting) -> int:
    """Say what kind of telling it is: bare, of several details, or which places of its content are filled."""
    return _kind(breakdown(sighting.entry), sighting.content)


def says_much(sighting: Sighting) -> int:
    """Count what a sighting says: who says much is placed first."""
    kind = kind_of_sighting(sighting)
    return kind.bit_count() if kind >= 0 else 4 if kind == _SEVERAL else 0


def _kind_of_known(known: Known) -> int:
    return _kind(known.breakdown, known.content)


def _kind(shape: Breakdown, content: Content | None) -> int:
    if shape is Breakdown.PENDING:
        return _ELSEWHERE
    if shape not in (Breakdown.NONE, Breakdown.SINGLE):
        return _SEVERAL
    if shape is Breakdown.NONE or content is None:
        return _BARE
    return sum(1 << n for n, value in enumerate(content.said()) if value)


def _values(content: Content | None, mask: int) -> tuple[str, ...]:
    if mask <= 0 or content is None:
        return ()
    return tuple(value for n, value in enumerate(content.said()) if mask & 1 << n)


class _Row:
    """Entries that say the same; those that can never again be meant by a statement are passed once."""

    __slots__ = ("items", "passed")

    def __init__(self) -> None:
        self.items: list[Known] = []
        self.passed: dict[tuple[UUID, str], int] = {}

    def first(self, statement: tuple[UUID, str], never: _Test, fits: _Test) -> Known | None:
        items, start = self.items, self.passed.get(statement, 0)
        while start < len(items) and never(items[start]):
            start += 1
        self.passed[statement] = start
        for place in range(start, len(items)):
            if not never(items[place]) and fits(items[place]):
                return items[place]
        return None


class _Bucket:
    """Entries among which a sighting may be found: a few are looked at, many are found by what they say."""

    __slots__ = ("all", "items", "rows")

    def __init__(self) -> None:
        self.all = _Row()
        self.items: list[Known] = self.all.items
        self.rows: dict[tuple[int, bool, int, tuple[str, ...]], _Row] | None = None

    def add(self, known: Known) -> None:
        self.items.append(known)
        if self.rows is not None:
            self._index(known)

    def _index(self, known: Known) -> None:
        assert self.rows is not None
        kind = _kind_of_known(known)
        for common in _SUBSETS[kind] if kind >= 0 else (0,):
            key = (kind, known.booked, common, _values(known.content, common))
            self.rows.setdefault(key, _Row()).items.append(known)

    def first(self, sighting: Sighting, phase: str, never: _Test, fits: _Test, least: int = 0) -> Known | None:
        """Give what is nearest; `never` must depend on the sighting's statement alone, `least` counts what is alike."""
        ours = kind_of_sighting(sighting)
        if self.rows is None and len(self.items) <= _FEW:
            return self._among_few(sighting, ours, never, fits, least)
        if self.rows is None:
            self.rows = {}
            for known in self.items:
                self._index(known)
        for kind, booked in _ORDER[ours]:
            common = _common(ours, kind)
            if common.bit_count() < least:
                break
            row = self.rows.get((kind, booked, common, _values(sighting.content, common)))
            found = row and row.first((sighting.statement, phase), never, fits)
            if found:
                return found
        return None

    def _among_few(self, sighting: Sighting, ours: int, never: _Test, fits: _Test, least: int) -> Known | None:
        best, nearest = None, None
        for known in self.items:
            kind = _kind_of_known(known)
            common = _common(ours, kind)
            if common.bit_count() < least or _values(known.content, common) != _values(sighting.content, common):
                continue
            distance = (*_distance(ours, kind), _ORDER[ours].index((kind, known.booked)))
            if (nearest is None or distance < nearest) and not never(known) and fits(known):
                best, nearest = known, distance
        return best


class Candidates:
    """Known entries, found by their account and money, then by reference, transaction or content.

    `elsewhere` tells of a sighting and an entry whether names say for sure that they do not belong together.
    """

    def __init__(self, elsewhere: Callable[[Sighting, Known], bool]) -> None:
        self._buckets: dict[tuple[object, ...], _Bucket] = defaultdict(_Bucket)
        self._elsewhere = elsewhere

    def add(self, account: str, known: Known, before: Set[tuple[object, ...]] = frozenset()) -> None:
        """Let an entry be found; one that has learnt since by what is new of it."""
        money = (account, known.side, known.reversal, known.amount_cents, known.currency)
        for key in names_of(known) - before:
            self._buckets[*money, *key].add(known)

    def searches(self, retelling: bool) -> Sequence[Search]:
        """Give the ways to find an entry, the surest first.

        A statement that is told again tells first of what it told before: all of that is placed before anything else.
        """
        ways: list[Callable[..., Known | None]] = [
            self.by_pointer,
            self.by_reference,
            self.by_statement,
            self.by_transaction,
            partial(self.by_content, exactly=True),
            self.by_content,
            self.on_another_day,
        ]
        return [*(partial(way, again=True) for way in ways), self.retold, *ways] if retelling else ways

    def by_reference(self, sighting: Sighting, again: bool = False) -> Known | None:
        """Find it by the bank's own reference, of the same day or of no day."""
        reference = usable(sighting.entry.bank_ref)
        if not reference:
            return None
        day = sighting.entry.booking_date
        keys = [("reference", reference, day), ("reference", reference, None)] if day else [("references", reference)]
        alone = len(self._buckets[*_money(sighting), "references", reference].items) == 1
        for key in keys:
            if found := self._first(sighting, key, "reference", _used(sighting), _by_name(sighting, alone), again):
                return None if day is None and self._other_days(sighting, key, found) else found
        return None

    def _other_days(self, sighting: Sighting, key: tuple[object, ...], found: Known) -> bool:
        """Without a day, a reference that stands for several days tells nothing."""
        items = self._buckets[*_money(sighting), *key].items
        return len({known.booked_on for known in items if known.booked_on} | {found.booked_on}) > 1

    def by_statement(self, sighting: Sighting, again: bool = False) -> Known | None:
        """Find what another daily statement tells under the same reference, whatever advice was placed on it since."""
        if again or sighting.message != STATEMENT or not sighting.told_apart:
            return None
        return self._of_another_statement(sighting)

    def _of_another_statement(self, sighting: Sighting) -> Known | None:
        key = ("reference", usable(sighting.entry.bank_ref), sighting.entry.booking_date)
        bucket, used = self._buckets.get((*_money(sighting), *key)), _used(sighting)

        def never(known: Known) -> bool:
            return used(known) or not known.told_in(STATEMENT)

        return bucket.all.first((sighting.statement, f"statement {key}"), never, _anything) if bucket else None

    def by_pointer(self, sighting: Sighting, again: bool = False) -> Known | None:
        """Find a collective entry by the notification that it points to, of the same day or of no day."""
        day = sighting.entry.booking_date
        points_to = sighting.entry.breakdown_message_id or ""
        if not (sighting.message_id if sighting.message == NOTICE else points_to):
            return None
        names = [("pointed", points_to), ("noticed", points_to)]
        if sighting.message == NOTICE:
            names = [("pointed", sighting.message_id)]
        fits = _pointed_at(sighting)
        never = _of_this(sighting) if sighting.message == NOTICE else _told(sighting)
        for name in names:
            for on in dict.fromkeys([day, None]):
                if found := self._first(sighting, (*name, on), "pointer", never, fits, again):
                    return found
            if day is None and (found := self._first(sighting, name, "pointer", never, fits, again)):
                return found
        return self._cut_before(sighting, again)

    def _cut_before(self, sighting: Sighting, again: bool) -> Known | None:
        """Find the entry of which another stretch was told under the same message id, cut off at the bank's cap."""
        cut = (Breakdown.PENDING, Breakdown.BROKEN)
        if sighting.message != NOTICE or breakdown(sighting.entry) not in cut:
            return None
        key = ("noticed", sighting.message_id, sighting.entry.booking_date)
        return self._first(sighting, key, "cut", _of_this(sighting), lambda known: known.breakdown in cut, again)

    def by_transaction(self, sighting: Sighting, again: bool = False) -> Known | None:
        """Find it by the name that banks between them gave the transaction, on the same day or on no day."""
        days = dict.fromkeys([sighting.entry.booking_date, None])
        for key in (("transaction", name, day) for day in days for name in _names(sighting.content)):
            if found := self._first(sighting, key, "transaction", _told(sighting), _anything, again):
                return found
        return None

    def by_content(self, sighting: Sighting, again: bool = False, exactly: bool = False) -> Known | None:
        """Find it by everything both say, on the same day, where not both have a reference."""
        fits, said = _weakly(sighting), sighting.content
        day = sighting.entry.booking_date
        if exactly:
            if day is None or said is None or not any(said.said()):
                return None
            least = sum(map(bool, said.said()))
            return self._first(sighting, ("day", day), "exactly", _told(sighting), fits, again, least)
        if day is not None and (found := self._first(sighting, ("day", day), "content", _told(sighting), fits, again)):
            return found
        if kind_of_sighting(sighting) & 1 and kind_of_sighting(sighting) > 0:  # an end-to-end id holds over days
            key: tuple[object, ...] = ("day", None) if day is not None else ("any",)

            def named(known: Known) -> bool:
                return known.content is not None and bool(known.content.end_to_end_id) and fits(known)

            return self._first(sighting, key, "named", _told(sighting), named, again, least=1)
        return None

    def on_another_day(self, sighting: Sighting, again: bool = False) -> Known | None:
        """Find it by reference or transaction where report and statement name different days (weekends).

        A name of a transaction that stands for two entries is none: some banks use theirs again every day.
        """
        keys = [("references", reference)] if (reference := usable(sighting.entry.bank_ref)) else []
        names = [("transactions", name) for name in _names(sighting.content)]
        keys += [name for name in names if len(self._buckets[*_money(sighting), *name].items) == 1]

        def fits(known: Known) -> bool:
            return _one_is_the_statement(sighting, known) and _near(sighting, known)

        for key in keys:
            if found := self._first(sighting, key, "another", _told(sighting), fits, again, least=1):
                return found
        return None

    def retold(self, sighting: Sighting) -> Known | None:
        """Find for a line of a statement told again what is left of the statement it tells: it is among that.

        What was placed on an entry without certainty may differ from what the statement itself says of it; it counts.
        """
        here, retells = (sighting.message, sighting.statement), sighting.retells
        if not retells:
            return None

        def never(known: Known) -> bool:
            told = (statement for message, statement in known.seen_in if message == here[0])
            return here in known.seen_in or retells.isdisjoint(told)

        day, reference = sighting.entry.booking_date, usable(sighting.entry.bank_ref)
        for key in ("reference", reference, day), ("day", day):
            bucket = self._buckets.get((*_money(sighting), *key))
            if bucket and (found := bucket.all.first((sighting.statement, f"retold {key}"), never, _anything)):
                return found
        return None

    def may_be_repeated(self, sighting: Sighting) -> bool:
        """Say whether a new entry may be an old one told again: then it is kept, and not booked as money.

        Two lines of one statement are two entries. A daily statement (camt.053) is the bank's final word: only where
        another one of the same day says the same, and neither balances nor references tell them apart, is there doubt.
        Reports and notifications without a usable reference are in doubt when the same has been told before.
        """
        reference = usable(sighting.entry.bank_ref)
        if sighting.message != STATEMENT and reference:
            return False
        if reference and self._of_another_statement(sighting):
            return True
        day = sighting.entry.booking_date

        def fits(known: Known) -> bool:
            if sighting.message == STATEMENT:
                return known.told_in(STATEMENT) and not (reference and known.bank_ref and reference != known.bank_ref)
            return not known.part  # a piece of another entry is not this one

        never = _used(sighting) if sighting.message == STATEMENT else _of_this(sighting)
        return self._first(sighting, ("day", day), "repeated", never, fits, again=False) is not None

    def _first(
        self, sighting: Sighting, key: tuple[object, ...], phase: str, never: _Test, fits: _Test, again: bool,
        least: int = 0,
    ) -> Known | None:  # fmt: skip
        """Look in a bucket; `again` among what a statement told before that is told again."""
        bucket = self._buckets.get((*_money(sighting), *key))
        if bucket is None:
            return None
        before = {(sighting.message, statement) for statement in sighting.retells}

        def fits_here(known: Known) -> bool:
            if again and before.isdisjoint(known.seen_in):
                return False
            return fits(known) and _same_details(sighting, known) and not self._elsewhere(sighting, known)

        return bucket.first(sighting, f"{phase} {key} {again}", never, fits_here, least)


def _money(sighting: Sighting) -> tuple[str, str, bool, int, str]:
    entry = sighting.entry
    return sighting.account, entry.side, entry.reversal, entry.amount_cents, entry.currency or ""


def _names(content: Content | None) -> Sequence[str]:
    return content.names if content is not None else ()


def names_of(known: Known) -> Set[tuple[object, ...]]:
    """Give everything by which an entry is found."""
    return frozenset(_keys(known))


def _keys(known: Known) -> Iterator[tuple[object, ...]]:
    yield "day", known.booked_on
    yield ("any",)
    if known.bank_ref:
        yield "reference", known.bank_ref, known.booked_on
        yield "references", known.bank_ref
    for name in _names(known.content):
        yield "transaction", name, known.booked_on
        yield "transactions", name
    if known.points_to:
        yield "pointed", known.points_to, known.booked_on
        yield "pointed", known.points_to
    for notice in known.notices:
        yield "noticed", notice, known.booked_on


# --- who can never be meant, by the sighting's statement alone -------------------------------------------------------


def _of_this(sighting: Sighting) -> _Test:
    """Two lines of one statement are two entries."""
    here = (sighting.message, sighting.statement)
    return lambda known: here in known.seen_in


def _used(sighting: Sighting) -> _Test:
    """Nor does a daily statement tell of money in one that it continues."""
    here, follows, retells = (sighting.message, sighting.statement), sighting.follows, sighting.retells

    def never(known: Known) -> bool:
        if here in known.seen_in:
            return True
        if here[0] != STATEMENT or not follows:
            return False
        told = {statement for message, statement in known.seen_in if message == STATEMENT}
        return bool(told & follows) and not told & retells

    return never


def _told(sighting: Sighting) -> _Test:
    """Reports of the day (camt.052) repeat themselves; the other messages tell a thing once, unless said again."""
    here, retells = (sighting.message, sighting.statement), sighting.retells

    def never(known: Known) -> bool:
        if here in known.seen_in:
            return True
        if here[0] == REPORT:
            return False
        told = [statement for message, statement in known.seen_in if message == here[0]]
        return bool(told) and not any(statement in retells for statement in told)

    return never


# --- who fits -------------------------------------------------------------------------------------------------------


def _anything(_known: Known) -> bool:
    return True


def _same_details(sighting: Sighting, known: Known) -> bool:
    """Two entries whose details differ are two, however equal their sums are."""
    ours, theirs = sighting.digest, known.digest
    if ours is not None and theirs is not None and not ours.agrees(theirs):
        return False
    if breakdown(sighting.entry) is not Breakdown.SINGLE or sighting.content is None or known.content is None:
        return True
    return sighting.content.agrees(known.content)


def _weakly(sighting: Sighting) -> _Test:
    reference, kind, said = usable(sighting.entry.bank_ref), kind_of_sighting(sighting), sighting.content
    other_piece = _not_another_piece(sighting)

    def fits(known: Known) -> bool:
        theirs = _kind_of_known(known)
        if (reference and known.bank_ref) or known.part or _points_elsewhere(sighting, known):
            return False
        if (kind > 0 and theirs <= _SEVERAL) or (kind <= _SEVERAL and theirs > 0):
            return False
        if said is not None and known.content is not None and said.is_another(known.content):
            return False
        return other_piece(known) and _equal_details(sighting, known)

    return fits


def _pointed_at(sighting: Sighting) -> _Test:
    """A pointer outweighs the reference of a notification, which may be its own; not that of a line."""
    reference, other_piece = usable(sighting.entry.bank_ref), _not_another_piece(sighting)
    if sighting.message == NOTICE or not reference:
        return other_piece
    return lambda known: known.told_only_by(NOTICE) or known.bank_ref in ("", reference)


def _equal_details(sighting: Sighting, known: Known) -> bool:
    """Where no name joins two entries that both tell their details, these must be equal in everything."""
    ours, theirs = sighting.digest, known.digest
    return ours is None or theirs is None or ours == theirs


def _not_another_piece(sighting: Sighting) -> _Test:
    """Two notifications with other details are two pieces of one collective entry, whatever their reference."""
    if sighting.message != NOTICE or not sighting.digest:
        return _anything
    return lambda known: not known.digest or known.digest == sighting.digest or not known.told_only_by(NOTICE)


def _points_elsewhere(sighting: Sighting, known: Known) -> bool:
    """Say whether statement and notification, or two statements, have the details in different places."""
    if sighting.message == NOTICE:
        return known.points_to not in ("", sighting.message_id)
    points_to = sighting.entry.breakdown_message_id or ""
    if not points_to:
        return bool(known.points_to) and sighting.entry.detail_count > 1
    if known.points_to:
        return known.points_to != points_to
    return bool(known.notices) and points_to not in known.notices


def _by_name(sighting: Sighting, alone: bool) -> _Test:
    """A reference outweighs a pointer where it stands for one entry; not without a day.

    Where it stands for several it is no name: then it joins no two daily statements either.
    """
    other_piece = _not_another_piece(sighting)
    if alone and sighting.entry.booking_date is not None:
        return other_piece
    retells = {(STATEMENT, statement) for statement in sighting.retells}

    def fits(known: Known) -> bool:
        if (
            not alone
            and sighting.message == STATEMENT
            and known.told_in(STATEMENT)
            and retells.isdisjoint(known.seen_in)
        ):
            return False
        if not alone and not _equal_details(sighting, known):
            return False
        return not _points_elsewhere(sighting, known) and other_piece(known)

    return fits


def _one_is_the_statement(sighting: Sighting, known: Known) -> bool:
    return known.confirmed != (sighting.message == STATEMENT)


def _near(sighting: Sighting, known: Known) -> bool:
    day = sighting.entry.booking_date
    return day is None or known.booked_on is None or abs(day - known.booked_on) <= _NEAR
