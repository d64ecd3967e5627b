"""What two daily statements (camt.053) of one account have to do with each other. No IO.

A statement may come again under other names, with other entries of the same day, or as a part of a longer one; and a
day may be told on several sheets. Balances say which it is; without balances, that one says all that the other says.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import combinations
from uuid import UUID


class Relation(StrEnum):
    """How a statement stands to another one of the same account."""

    APART = "apart"  # no day is told by both
    RETELLS = "retells"  # one says what the other says
    FOLLOWS = "follows"  # other money, by the balances
    UNCLEAR = "unclear"  # neither balances nor entries tell


@dataclass(frozen=True, slots=True)
class Told:
    """A statement's balances, its days, and its lines as digests with their cents; credits above zero."""

    id: UUID
    statement_id: str
    opening: int | None
    closing: int | None
    days: Mapping[date, tuple[int, int]]  # cents and entries, booking day by booking day
    lines: Mapping[date, Counter[str]] = field(default_factory=dict)
    cents: Mapping[str, int] = field(default_factory=dict)
    covered: frozenset[date] = frozenset()
    sequence: str = ""  # the bank's own number of it

    @property
    def span(self) -> tuple[int, int] | None:
        """Opening and closing balance, where both are known."""
        return None if self.opening is None or self.closing is None else (self.opening, self.closing)

    def start_of(self, day: date) -> int:
        """The balance before a day's first entry."""
        return (self.opening or 0) + sum(cents for on, (cents, _) in self.days.items() if on < day)


def relation(ours: Told, theirs: Told) -> Relation:
    """Say how a new statement stands to one that is known."""
    if not ours.days.keys() & theirs.days.keys():
        return Relation.APART
    if ours.span is None or theirs.span is None:
        return Relation.RETELLS if _within(ours, theirs) or _within(theirs, ours) else Relation.UNCLEAR
    if ours.span == theirs.span and ours.opening == ours.closing and _numbered_apart(ours, theirs):
        return Relation.UNCLEAR
    if ours.span == theirs.span or _same_days(ours, theirs):
        return Relation.RETELLS
    if ours.covered and theirs.covered and not ours.covered & theirs.covered:
        return Relation.FOLLOWS
    touching = ours.opening == theirs.closing or ours.closing == theirs.opening
    if _possible(ours, theirs) or _possible(theirs, ours):
        return Relation.UNCLEAR if touching else Relation.RETELLS
    if ours.opening == theirs.opening or ours.closing == theirs.closing:
        return Relation.UNCLEAR
    if touching or ours.lines == theirs.lines:
        return Relation.FOLLOWS
    again = _possible_by_amount(ours, theirs) or _possible_by_amount(theirs, ours)
    return Relation.RETELLS if again else Relation.UNCLEAR


def _shared(ours: Told, theirs: Told) -> Sequence[date]:
    return sorted(ours.days.keys() & theirs.days.keys())


def _numbered_apart(ours: Told, theirs: Told) -> bool:
    """Sheets that move nothing in sum are told apart by their numbers alone."""
    return bool(ours.sequence and theirs.sequence) and ours.sequence != theirs.sequence


def _within(part: Told, whole: Told) -> bool:
    """Say whether of the days that both tell, one has all entries of the other."""
    nothing: Counter[str] = Counter()
    days = _shared(part, whole)
    return all(part.lines.get(day, nothing) <= whole.lines.get(day, nothing) for day in days)


def _same_days(ours: Told, theirs: Told) -> bool:
    """Say whether both tell the same of the days they share: as many entries, equal sums, equal balances before."""
    days = _shared(ours, theirs)
    return all(ours.days[day] == theirs.days[day] and ours.start_of(day) == theirs.start_of(day) for day in days)


def _possible(part: Told, whole: Told) -> bool:
    """Say whether a part of a day can stand within another telling of it: between entries of which the balances fit."""
    return len(part.days) == 1 and _within(part, whole) and _fits(part, whole)


def _possible_by_amount(part: Told, whole: Told) -> bool:
    """Say the same where both tell more or less of their entries, by amounts alone."""
    return len(part.days) == 1 and _fits(part, whole)


def _fits(part: Told, whole: Told) -> bool:
    (day,) = part.days
    rest = _amounts(whole, day)
    ours = _amounts(part, day)
    if not ours <= rest or ours == rest:
        return False
    return (part.opening or 0) - whole.start_of(day) in _sums(list((rest - ours).elements()))


def _amounts(told: Told, day: date) -> Counter[int]:
    amounts: Counter[int] = Counter()
    for said, count in told.lines.get(day, Counter()).items():
        amounts[told.cents[said]] += count
    return amounts


_FEW = 10


def _sums(amounts: Sequence[int]) -> set[int]:
    """What some of the amounts may come to: all ways for a few, else those in their order."""
    if len(amounts) <= _FEW:
        return {sum(chosen) for size in range(len(amounts) + 1) for chosen in combinations(amounts, size)}
    sums = {0}
    total = 0
    for cents in amounts:
        total += cents
        sums.add(total)
    return sums


def covered_days(
    days: Sequence[date], opening_on: date | None, closing_on: date | None, first: date | None, last: date | None
) -> Sequence[date]:
    """Say of which days a statement is the bank's last word: those it names, and those from balance to balance.

    An entry with an earlier day (Valuta of the past) does not make the statement the last word on that day.
    """
    if closing_on is None and last is None:
        return sorted(set(days))
    end = max(day for day in (closing_on, last) if day is not None)
    begin = min(day for day in (first or opening_on, closing_on, last) if day is not None)
    own = {day for day in days if begin <= day <= end} | {end}
    # An opening balance of an earlier day is that of its evening: what was booked on it stands in the statement before.
    evening = opening_on is not None and opening_on < (first or end)
    start = opening_on.toordinal() + 1 if opening_on is not None and evening else begin.toordinal()
    if end.toordinal() - start <= _LONGEST:
        own |= {date.fromordinal(number) for number in range(start, end.toordinal() + 1)}
    return sorted(own)


_LONGEST = 400
