"""Which known entries can never be what a sighting tells of, and which fit. No IO."""

from ._buckets import Test
from ._kinds import SEVERAL, kind_of_known, kind_of_sighting
from ._rules import NEAR, NOTICE, REPORT, STATEMENT, Breakdown, Known, Sighting, breakdown, usable

# --- who can never be meant, by the sighting's statement alone -------------------------------------------------------


def of_this(sighting: Sighting) -> Test:
    """Two lines of one statement are two entries."""
    here = (sighting.message, sighting.statement)
    return lambda known: here in known.seen_in


def used(sighting: Sighting) -> Test:
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


def told(sighting: Sighting) -> Test:
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


def anything(_known: Known) -> bool:
    return True


def same_details(sighting: Sighting, known: Known) -> bool:
    """Two entries whose details differ are two, however equal their sums are."""
    ours, theirs = sighting.digest, known.digest
    if ours is not None and theirs is not None and not ours.agrees(theirs):
        return False
    if breakdown(sighting.entry) is not Breakdown.SINGLE or sighting.content is None or known.content is None:
        return True
    return sighting.content.agrees(known.content)


def weakly(sighting: Sighting) -> Test:
    reference, kind, said = usable(sighting.entry.bank_ref), kind_of_sighting(sighting), sighting.content
    other_piece = _not_another_piece(sighting)

    def fits(known: Known) -> bool:
        theirs = kind_of_known(known)
        if (reference and known.bank_ref) or known.part or _points_elsewhere(sighting, known):
            return False
        if (kind > 0 and theirs <= SEVERAL) or (kind <= SEVERAL and theirs > 0):
            return False
        if said is not None and known.content is not None and said.is_another(known.content):
            return False
        return other_piece(known) and _equal_details(sighting, known)

    return fits


def pointed_at(sighting: Sighting) -> Test:
    """A pointer outweighs the reference of a notification, which may be its own; not that of a line."""
    reference, other_piece = usable(sighting.entry.bank_ref), _not_another_piece(sighting)
    if sighting.message == NOTICE or not reference:
        return other_piece
    return lambda known: known.told_only_by(NOTICE) or known.bank_ref in ("", reference)


def _equal_details(sighting: Sighting, known: Known) -> bool:
    """Where no name joins two entries that both tell their details, these must be equal in everything."""
    ours, theirs = sighting.digest, known.digest
    return ours is None or theirs is None or ours == theirs


def _not_another_piece(sighting: Sighting) -> Test:
    """Two notifications with other details are two pieces of one collective entry, whatever their reference."""
    if sighting.message != NOTICE or not sighting.digest:
        return anything
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


def by_name(sighting: Sighting, alone: bool) -> Test:
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


def one_is_the_statement(sighting: Sighting, known: Known) -> bool:
    return known.confirmed != (sighting.message == STATEMENT)


def near(sighting: Sighting, known: Known) -> bool:
    day = sighting.entry.booking_date
    return day is None or known.booked_on is None or abs(day - known.booked_on) <= NEAR
