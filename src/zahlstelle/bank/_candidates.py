"""Which known entry a sighting tells of. No IO.

Nothing that both say may differ. Of several that fit, what says most alike; then what says nothing either; then what is
booked, before what is only held. However many entries are alike, a sighting costs the same: where there are many, they
are found by what they say, not by looking at each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial

from . import _fitting
from ._buckets import Bucket, Test
from ._kinds import kind_of_sighting
from ._rules import NOTICE, STATEMENT, Breakdown, Content, Known, Sighting, breakdown, usable

Search = Callable[[Sighting], Known | None]


class Candidates:
    """Known entries, found by their account and money, then by reference, transaction or content.

    `elsewhere` tells of a sighting and an entry whether names say for sure that they do not belong together.
    """

    def __init__(self, elsewhere: Callable[[Sighting, Known], bool]) -> None:
        self._buckets: dict[tuple[object, ...], Bucket] = defaultdict(Bucket)
        self._elsewhere = elsewhere

    def add(self, account: str, known: Known, before: Set[tuple[object, ...]] = frozenset()) -> None:
        """Let an entry be found; one that has learnt since (it was found by `before`) by what is new of it."""
        money = (account, known.side, known.reversal, known.amount_cents, known.currency)
        names = names_of(known)
        for key in names - before:
            self._buckets[*money, *key].add(known)
        for key in names & before:
            self._buckets[*money, *key].learnt(known)

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
            if found := self._first(
                sighting, key, "reference", _fitting.used(sighting), _fitting.by_name(sighting, alone), again
            ):
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
        bucket, used = self._buckets.get((*_money(sighting), *key)), _fitting.used(sighting)

        def never(known: Known) -> bool:
            return used(known) or not known.told_in(STATEMENT)

        return bucket.all.first((sighting.statement, f"statement {key}"), never, _fitting.anything) if bucket else None

    def by_pointer(self, sighting: Sighting, again: bool = False) -> Known | None:
        """Find a collective entry by the notification that it points to, of the same day or of no day."""
        day = sighting.entry.booking_date
        points_to = sighting.entry.breakdown_message_id or ""
        if not (sighting.message_id if sighting.message == NOTICE else points_to):
            return None
        names = [("pointed", points_to), ("noticed", points_to)]
        if sighting.message == NOTICE:
            names = [("pointed", sighting.message_id)]
        fits = _fitting.pointed_at(sighting)
        never = _fitting.of_this(sighting) if sighting.message == NOTICE else _fitting.told(sighting)
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
        return self._first(
            sighting, key, "cut", _fitting.of_this(sighting), lambda known: known.breakdown in cut, again
        )

    def by_transaction(self, sighting: Sighting, again: bool = False) -> Known | None:
        """Find it by the name that banks between them gave the transaction, on the same day or on no day."""
        days = dict.fromkeys([sighting.entry.booking_date, None])
        for key in (("transaction", name, day) for day in days for name in _names(sighting.content)):
            if found := self._first(sighting, key, "transaction", _fitting.told(sighting), _fitting.anything, again):
                return found
        return None

    def by_content(self, sighting: Sighting, again: bool = False, exactly: bool = False) -> Known | None:
        """Find it by everything both say, on the same day, where not both have a reference."""
        fits, said = _fitting.weakly(sighting), sighting.content
        day = sighting.entry.booking_date
        if exactly:
            if day is None or said is None or not any(said.said()):
                return None
            least = sum(map(bool, said.said()))
            return self._first(sighting, ("day", day), "exactly", _fitting.told(sighting), fits, again, least)
        if day is not None and (
            found := self._first(sighting, ("day", day), "content", _fitting.told(sighting), fits, again)
        ):
            return found
        if kind_of_sighting(sighting) & 1 and kind_of_sighting(sighting) > 0:  # an end-to-end id holds over days
            key: tuple[object, ...] = ("day", None) if day is not None else ("any",)

            def named(known: Known) -> bool:
                return known.content is not None and bool(known.content.end_to_end_id) and fits(known)

            return self._first(sighting, key, "named", _fitting.told(sighting), named, again, least=1)
        return None

    def on_another_day(self, sighting: Sighting, again: bool = False) -> Known | None:
        """Find it by reference or transaction where report and statement name different days (weekends).

        A name of a transaction that stands for two entries is none: some banks use theirs again every day.
        """
        keys = [("references", reference)] if (reference := usable(sighting.entry.bank_ref)) else []
        names = [("transactions", name) for name in _names(sighting.content)]
        keys += [name for name in names if len(self._buckets[*_money(sighting), *name].items) == 1]

        def fits(known: Known) -> bool:
            return _fitting.one_is_the_statement(sighting, known) and _fitting.near(sighting, known)

        for key in keys:
            if found := self._first(sighting, key, "another", _fitting.told(sighting), fits, again, least=1):
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
            if bucket and (found := bucket.all.first((sighting.statement, f"retold {key}"), never, _fitting.anything)):
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

        never = _fitting.used(sighting) if sighting.message == STATEMENT else _fitting.of_this(sighting)
        return self._first(sighting, ("day", day), "repeated", never, fits, again=False) is not None

    def _first(
        self, sighting: Sighting, key: tuple[object, ...], phase: str, never: Test, fits: Test, again: bool,
        least: int = 0,
    ) -> Known | None:  # fmt: skip
        """Look in a bucket; `again` among what a statement told before that is told again."""
        bucket = self._buckets.get((*_money(sighting), *key))
        if bucket is None:
            return None
        before = {(sighting.message, statement) for statement in sighting.retells}

        def fits_here(known: Known) -> bool:
            if (again and before.isdisjoint(known.seen_in)) or (known.spent and sighting.message != NOTICE):
                return False
            return fits(known) and _fitting.same_details(sighting, known) and not self._elsewhere(sighting, known)

        def says_the_same(known: Known) -> bool:
            return known.digest == sighting.digest and fits_here(known)

        if sighting.digest is not None and (
            found := bucket.first(sighting, f"same {phase} {key} {again}", never, says_the_same, least)
        ):
            return found
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
