"""The claims of a day, and what will become of each."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from zahlstelle.kernel.banking_days import ONE_DAY, on_or_after

from ._chance import chance, happens
from ._facts import Claim
from ._people import any_iban, any_name
from ._rates import Rates
from ._town import SERVICES, Service, Town

LEAD_DAYS = 12
"""Claims are opened from so many days before the first day on, so the month begins in the middle of life."""
_TOGETHER = {"two_claims": 2, "several_claims": 3, "sum_differs": 2, "second_unnamed": 2}
"""How many claims one transfer is for."""
_DEBTORS = 400
_STANDING = 12
"""So many days after its last payment a standing order may pay the next claim."""


@dataclass(slots=True)
class Plan:
    """What will become of a claim: the kind of its payment, and the day (calendar) it happens."""

    kind: str  # a kind of transfer, "card", "direct_debit" or "never_paid"
    claims: tuple[Claim, ...]
    on: date
    text: str = ""  # the Kassenzeichen a standing order has named since it was set up
    part: int = 0  # of instalments


@dataclass(slots=True)
class _StandingOrder:
    """A payer whose bank pays every month with the same words."""

    name: str
    iban: str
    number: str  # of the first claim it paid
    last_on: date


class Opening:
    """Opens claims day by day and plans their payment; holds on to the counter and to some debtors."""

    def __init__(self, town: Town, rates: Rates, seed: int, start: date) -> None:
        self._rates, self._seed, self._start = rates, seed, start
        self._numbers = town.numbers()
        self._town = town
        self._count = 0
        self._waiting: dict[str, list[Claim]] = {kind: [] for kind in _TOGETHER}
        self._debtors: deque[tuple[str, str]] = deque(maxlen=_DEBTORS)
        self._standing: dict[str, list[_StandingOrder]] = {service.key: [] for service in SERVICES}

    def open_day(self, day: date, count: int) -> Iterator[tuple[Claim, Plan | None]]:
        """Open `count` claims; the plan is None where it waits for the other claims of one transfer."""
        rng = chance(self._seed, "claims", day)
        for _ in range(count):
            service = rng.choices(SERVICES, _WEIGHTS)[0]
            kind = _behaviour(service, self._rates, rng)
            claim = self._claim(service, day, rng)
            yield claim, self._plan(kind, claim, service, rng)

    def _claim(self, service: Service, day: date, rng: Random) -> Claim:
        self._count += 1
        fees = service.fees
        amount = fees[0] if happens(rng, 0.6) else rng.choice(fees)
        name, iban = self._debtor(rng)
        return Claim(
            next(self._numbers),
            amount,
            f"{service.german} {name}",
            service.key,
            name,
            day,
            day + rng.choice((14, 14, 21, 30)) * ONE_DAY,
            f"{service.key[:2].upper()}-{day.year}-{self._count:07d}",
            iban,
        )

    def _debtor(self, rng: Random) -> tuple[str, str]:
        if self._debtors and happens(rng, self._rates.known_debtor):
            return rng.choice(self._debtors)
        self._debtors.append((any_name(rng), any_iban(rng)))
        return self._debtors[-1]

    def _plan(self, kind: str, claim: Claim, service: Service, rng: Random) -> Plan | None:
        if kind in _TOGETHER:
            return self._together(kind, claim, rng)
        if kind == "standing_order":
            return self._by_standing_order(claim, service, rng)
        if kind == "early" and claim.opened_on <= self._start + ONE_DAY:
            kind = "transfer"
        if kind == "leading_zeros" and not claim.kassenzeichen.startswith("0"):
            kind = "transfer"
        return Plan(kind, (claim,), _when(kind, claim, self._start, rng))

    def _together(self, kind: str, claim: Claim, rng: Random) -> Plan | None:
        """Let the claims of one debtor wait for each other."""
        waiting = self._waiting[kind]
        if waiting:
            _give(claim, waiting[0].debtor_name, waiting[0].debtor_iban)
        waiting.append(claim)
        if len(waiting) < _TOGETHER[kind]:
            return None
        self._waiting[kind] = []
        return Plan(kind, tuple(waiting), _when(kind, claim, self._start, rng))

    def _by_standing_order(self, claim: Claim, service: Service, rng: Random) -> Plan:
        """Let an order that has run for a while pay, with its first Kassenzeichen; or set up a new one."""
        on = _when("standing_order", claim, self._start, rng)
        if not happens(rng, self._rates.standing_order_old):
            return Plan("standing_order", (claim,), on)
        known = self._standing[service.key]
        order = next((order for order in known if order.last_on + _STANDING * ONE_DAY < on), None)
        if order is None:
            number = claim.kassenzeichen if happens(rng, 0.5) else self._town.old_number(rng)
            known.append(_StandingOrder(claim.debtor_name, claim.debtor_iban, number, on))
            kind = "standing_order" if number == claim.kassenzeichen else "standing_order_old"
            return Plan(kind, (claim,), on, text=number)
        _give(claim, order.name, order.iban)
        order.last_on = on
        return Plan("standing_order_old", (claim,), on, text=order.number)


def _give(claim: Claim, name: str, iban: str) -> None:
    """Make the claim somebody's."""
    claim.purpose = claim.purpose.replace(claim.debtor_name, name)
    claim.debtor_name, claim.debtor_iban = name, iban


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
    if kind == "early":
        return max(start, claim.opened_on - rng.randrange(3, 8) * ONE_DAY)
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
