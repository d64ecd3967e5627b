"""Entries that may be meant: few are looked at one by one, many are found by what they say. No IO."""

from collections.abc import Callable
from uuid import UUID

from ._kinds import ORDER, SUBSETS, common_of, distance_of, kind_of_known, kind_of_sighting, values_of
from ._rules import Content, Known, Sighting

_FEW = 8
Test = Callable[[Known], bool]
_Key = tuple[int, bool, int, tuple[str, ...]]  # kind, whether it is booked, which places are compared, what they say


class _Row:
    """Entries that say the same, or all; those that can never again be meant by a statement are passed once."""

    __slots__ = ("items", "key", "passed")

    def __init__(self, key: _Key | None = None) -> None:
        self.key = key
        self.items: list[Known] = []
        self.passed: dict[tuple[UUID, str], int] = {}

    def first(self, statement: tuple[UUID, str], never: Test, fits: Test) -> Known | None:
        items, start = self.items, self.passed.get(statement, 0)
        while start < len(items) and never(items[start]):
            start += 1
        self.passed[statement] = start
        for place in range(start, len(items)):
            if not never(items[place]) and self._holds(items[place]) and fits(items[place]):
                return items[place]
        return None

    def _holds(self, known: Known) -> bool:
        """Say whether an entry still says what this row is of: it may have learnt since."""
        if self.key is None:
            return True
        kind, booked, common, values = self.key
        return (kind, booked) == (kind_of_known(known), known.booked) and values == values_of(known.content, common)


def _said(known: Known) -> tuple[int, bool, Content | None]:
    return kind_of_known(known), known.booked, known.content


class Bucket:
    """Entries among which a sighting may be found: a few are looked at, many are found by what they say."""

    __slots__ = ("_said", "all", "items", "rows")

    def __init__(self) -> None:
        self.all = _Row()
        self.items: list[Known] = self.all.items
        self.rows: dict[_Key, _Row] | None = None
        self._said: dict[UUID, tuple[int, bool, Content | None]] = {}  # what stands in the rows by now

    def add(self, known: Known) -> None:
        """Take one more entry in."""
        self.items.append(known)
        self.learnt(known)

    def learnt(self, known: Known) -> None:
        """Let an entry be found by what was learnt of it; in its old row it is passed over."""
        if self.rows is not None and self._said.get(known.id) != _said(known):
            self._index(known)

    def _index(self, known: Known) -> None:
        assert self.rows is not None
        kind = kind_of_known(known)
        self._said[known.id] = _said(known)
        for common in SUBSETS[kind] if kind >= 0 else (0,):
            key = (kind, known.booked, common, values_of(known.content, common))
            row = self.rows.get(key) or self.rows.setdefault(key, _Row(key))
            row.items.append(known)

    def first(self, sighting: Sighting, phase: str, never: Test, fits: Test, least: int = 0) -> Known | None:
        """Give what is nearest; `never` must depend on the sighting's statement alone, `least` counts what is alike."""
        ours = kind_of_sighting(sighting)
        if self.rows is None and len(self.items) <= _FEW:
            return self._among_few(sighting, ours, never, fits, least)
        if self.rows is None:
            self.rows = {}
            for known in self.items:
                self._index(known)
        for kind, booked in ORDER[ours]:
            common = common_of(ours, kind)
            if common.bit_count() < least:
                break
            row = self.rows.get((kind, booked, common, values_of(sighting.content, common)))
            found = row and row.first((sighting.statement, phase), never, fits)
            if found:
                return found
        return None

    def _among_few(self, sighting: Sighting, ours: int, never: Test, fits: Test, least: int) -> Known | None:
        best, nearest = None, None
        for known in self.items:
            kind = kind_of_known(known)
            common = common_of(ours, kind)
            if common.bit_count() < least or values_of(known.content, common) != values_of(sighting.content, common):
                continue
            distance = (*distance_of(ours, kind), ORDER[ours].index((kind, known.booked)))
            if (nearest is None or distance < nearest) and not never(known) and fits(known):
                best, nearest = known, distance
        return best
