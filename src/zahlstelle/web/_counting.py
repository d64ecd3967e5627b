"""When somebody has to wait. No IO."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from zahlstelle.kernel import Refusal


class TooManyTries(Refusal):
    """Too many tries; also the right one has to wait."""

    code = "too_many_tries"
    status = 429


class What(StrEnum):
    """What is tried. A try that comes to what it should is no miss."""

    NUMBER = "number"  # a Kassenzeichen alone; what is open is found
    CODE = "code"  # a Kassenzeichen with the code of its letter; they belong together
    START = "start"  # a start at a provider; it is paid
    MAIL = "mail"  # a receipt to an address; every one counts
    LINK = "link"  # a link to somebody's wallet, to an address; every one counts
    FEEDBACK = "feedback"  # a barrier reported; every one counts


@dataclass(frozen=True, slots=True)
class Limit:
    """How many misses are borne, in `window`.

    `here` from one address, `about` on one subject from anywhere, `different` subjects that one address may name.
    With more than `town` in the whole town, one address has only `wary` until it is quiet again: an attack makes nobody
    wait who has missed nothing.
    """

    window: timedelta
    here: int
    about: int | None = None
    different: int | None = None
    town: int | None = None
    wary: int = 2


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in the window, this try with it."""

    here: int
    about: int
    different: int
    town: int


_QUARTER = timedelta(minutes=15)
LIMITS: Mapping[What, Limit] = {
    What.NUMBER: Limit(_QUARTER, here=10, different=60, town=300),
    What.CODE: Limit(_QUARTER, here=10, about=20, town=300),
    What.START: Limit(_QUARTER, here=12, about=12, town=120, wary=3),
    What.MAIL: Limit(timedelta(hours=1), here=12, about=3),
    What.LINK: Limit(timedelta(hours=1), here=6, about=3),
    What.FEEDBACK: Limit(timedelta(hours=1), here=6, town=200),
}


_STARTS_IN_TEST = 50


def limit_of(what: What, mode: str) -> Limit:
    """Give the limit of a town in this mode. Test cards are tried out, and many at once, so starts are borne there."""
    limit = LIMITS[what]
    if mode != "test" or what is not What.START:
        return limit
    here, about, town = (_STARTS_IN_TEST * (most or 0) for most in (limit.here, limit.about, limit.town))
    return replace(limit, here=here, about=about, town=town)


def has_to_wait(limit: Limit, counted: Counted) -> bool:
    """Say whether this try is one too many."""
    under_attack = limit.town is not None and counted.town > limit.town
    return (
        counted.here > (min(limit.wary, limit.here) if under_attack else limit.here)
        or (limit.about is not None and counted.about > limit.about)
        or (limit.different is not None and counted.different > limit.different)
    )
