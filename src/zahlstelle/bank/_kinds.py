"""What kind of telling a sighting is, and how near two kinds are to each other. No IO."""

from itertools import combinations

from ._rules import Breakdown, Content, Known, Sighting, breakdown

# What an entry says: nothing at all; several details; several that are told elsewhere; else the places of its content.
BARE, SEVERAL, ELSEWHERE = -1, -2, -3


def _subsets(mask: int) -> tuple[int, ...]:
    bits = [1 << n for n in range(3) if mask & 1 << n]
    return tuple(sum(chosen) for size in range(len(bits) + 1) for chosen in combinations(bits, size))


SUBSETS = {mask: _subsets(mask) for mask in range(8)}
_KINDS = (*range(8), BARE, SEVERAL, ELSEWHERE)


def common_of(ours: int, theirs: int) -> int:
    """Give the places that both kinds fill."""
    return ours & theirs if ours >= 0 and theirs >= 0 else 0


def distance_of(ours: int, theirs: int) -> tuple[int, int]:
    """Tell how far two kinds are from each other, for sorting."""
    if ours == theirs or (ours >= 0 and theirs >= 0):
        return -common_of(ours, theirs).bit_count(), 0
    return 0, 1 if ours < 0 and theirs < 0 else 2


_KINDS_BY_BOOKING = [(kind, booked) for booked in (True, False) for kind in _KINDS]
ORDER = {ours: sorted(_KINDS_BY_BOOKING, key=lambda theirs: distance_of(ours, theirs[0])) for ours in _KINDS}


def kind_of_sighting(sighting: Sighting) -> int:
    """Say what kind of telling it is: bare, of several details, or which places of its content are filled."""
    return _kind(breakdown(sighting.entry), sighting.content)


def says_much(sighting: Sighting) -> int:
    """Count what a sighting says: who says much is placed first."""
    kind = kind_of_sighting(sighting)
    return kind.bit_count() if kind >= 0 else 4 if kind == SEVERAL else 0


def kind_of_known(known: Known) -> int:
    """Say the same of a known entry."""
    return _kind(known.breakdown, known.content)


def _kind(shape: Breakdown, content: Content | None) -> int:
    if shape is Breakdown.PENDING:
        return ELSEWHERE
    if shape not in (Breakdown.NONE, Breakdown.SINGLE):
        return SEVERAL
    if shape is Breakdown.NONE or content is None:
        return BARE
    return sum(1 << n for n, value in enumerate(content.said()) if value)


def values_of(content: Content | None, mask: int) -> tuple[str, ...]:
    """Give what is said in these places."""
    if mask <= 0 or content is None:
        return ()
    return tuple(value for n, value in enumerate(content.said()) if mask & 1 << n)
