"""The claims of a day, and what will become of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from ._calendar import ONE_DAY, on_or_after
from ._chance import chance, happens
from ._facts import Claim
from ._people import any_name
from ._rates import Rates
from ._town import SERVICES, Service, Town

LEAD_DAYS = 12
"""Claims are opened from so many days before the first day on, so the month begins in the middle of life."""


@dataclass(slots=True)
class Plan:
    """What will become of a claim: the kind of its payment, and the day (calendar) it happens."""

    kind: str  # a kind of transfer, "card", "direct_debit" or "never_paid"
    claims: tuple[Claim, ...]
    on: date


class Opening:
    """Opens claims day by day and plans their payment; holds on to nothing but the counter."""

    def __init__(self, town: Town, rates: Rates, seed: int, start: date) -> None:
        self._rates, self._seed, self._start = rates, seed, start
        self._numbers = town.numbers()
        self._count = 0
        self._waiting: Claim | None = None  # half of a pair that one transfer will pay

    def open_day(self, day: date, count: int) -> Iterator[tuple[Claim, Plan | None]]:
        """Open `count` claims; the plan is None where it waits for the second claim of the pair."""
        rng = chance(self._seed, "claims", day)
        for _ in range(count):
            service = rng.choices(SERVICES, _WEIGHTS)[0]
            kind = _behaviour(service, self._rates, rng)
            claim = self._claim(service, day, rng)
            yield claim, self._plan(kind, claim, rng)

    def _claim(self, service: Service, day: date, rng: Random) -> Claim:
        self._count += 1
        fees = service.fees
        amount = fees[0] if happens(rng, 0.6) else rng.choice(fees)
        name = any_name(rng)
        return Claim(
            next(self._numbers),
            amount,
            f"{service.german} {name}",
            service.key,
            name,
            day,
            day + rng.choice((14, 14, 21, 30)) * ONE_DAY,
            f"{service.key[:2].upper()}-{day.year}-{self._count:07d}",
        )

    def _plan(self, kind: str, claim: Claim, rng: Random) -> Plan | None:
        if kind != "two_claims":
            return Plan(kind, (claim,), _when(kind, claim, self._start, rng))
        if self._waiting is None:
            self._waiting = claim
            return None
        first, self._waiting = self._waiting, None
        claim.purpose = claim.purpose.replace(claim.debtor_name, first.debtor_name)
        claim.debtor_name = first.debtor_name
        return Plan(kind, (first, claim), _when(kind, claim, self._start, rng))


_WEIGHTS = [service.weight for service in SERVICES]


def _behaviour(service: Service, rates: Rates, rng: Random) -> str:
    if happens(rng, rates.never_paid):
        return "never_paid"
    ways = (
        {"direct_debit": rates.direct_debit, "standing_order": rates.standing_order}
        if service.recurring
        else {"card": rates.card}
    )
    return _one_of(ways, rng) or _one_of(rates.mistakes(), rng) or "transfer"


def _one_of(ways: dict[str, float], rng: Random) -> str | None:
    draw = rng.random()
    for name, rate in ways.items():
        if draw < rate:
            return name
        draw -= rate
    return None


def _when(kind: str, claim: Claim, start: date, rng: Random) -> date:
    """Choose the day: cards soon, transfers before the due date, late ones after it, debits on their run."""
    if kind == "late":
        return max(start, claim.due_on + rng.randrange(3, 14) * ONE_DAY)
    first = max(start, claim.opened_on + ONE_DAY)
    if kind == "card":
        waited = rng.choice((0, 0, 0, 1, 2, 5)) if claim.opened_on >= start else rng.randrange(6)
        return max(start, claim.opened_on) + waited * ONE_DAY
    if kind == "direct_debit":
        return next(collection_days(max(first, claim.opened_on + 5 * ONE_DAY)))
    room = max(1, (claim.due_on - first).days)
    return first + int(room * rng.random() ** 1.6) * ONE_DAY


def collection_days(first: date) -> Iterator[date]:
    """Name the days of the town's direct debit runs: the 5th, 15th and 25th, or the banking day after."""
    day = first
    while True:
        if day.day in (5, 15, 25) and on_or_after(day) >= first:
            yield on_or_after(day)
        day += ONE_DAY
