"""One mistake in a Kassenzeichen never pays another claim, whatever the check digit; with the rule alone, no database.

The worst town there is: numbers without gaps, one fee for all, few names. A mistake that is not noticed names a claim.
"""

from collections import Counter
from datetime import date
from random import Random

import pytest
from tests.support.sizes import size

from zahlstelle.allocation._decisions import Allocate, Divide, Known
from zahlstelle.allocation._references import one_mistake, references_in
from zahlstelle.allocation._rules import decide
from zahlstelle.bank import BankDetail, Breakdown, ToDecide
from zahlstelle.claims import OpenAmount, Pool
from zahlstelle.kernel import CheckMethod, Money, checkdigits, fact_id, new_id
from zahlstelle.tenancy import Policy

FEE = 3700
FIRST = ("Erika", "Bodo", "Anna", "Jörg", "Carla", "Max")
LAST = ("Mustermann", "Beispiel", "Müller", "Schmidt", "Weiß")
DENSE = 2_000


class Town:
    """Open claims without a gap, and the payments of their debtors."""

    def __init__(self, method: CheckMethod, named: int, rng: Random) -> None:
        self.pool = Pool(new_id(), "p", "4711", 5, method)
        self.rng = rng
        numbers = (self._number(counter) for counter in range(10_000, 10_000 + DENSE))
        self.claims = {n: self._claim(n, named) for n in numbers if n is not None}

    def _number(self, counter: int) -> str | None:
        payload = f"4711{counter:05d}"
        digits = checkdigits.check_digit(payload, self.pool.method)
        return payload + digits if len(digits) == checkdigits.width(self.pool.method) else None

    def _claim(self, number: str, named: int) -> OpenAmount:
        name = f"{self.rng.choice(FIRST)} {self.rng.choice(LAST)}" if self.rng.randrange(100) < named else None
        cents = 0 if self.rng.random() < 0.1 else FEE
        return OpenAmount(fact_id(number), number, FEE, cents, "EUR", name)

    def pay(self, meant: OpenAmount, written: str, whole: bool) -> str | None:
        """Decide about a payment; gives the Kassenzeichen whose claim it pays."""
        payer = meant.debtor_name or f"{self.rng.choice(FIRST)} {self.rng.choice(LAST)}"
        payer = payer.upper() if self.rng.random() < 0.5 else payer
        end_to_end, text = (written, "Gebuehr") if whole else ("NOTPROVIDED", f"KZ {written} Gebuehr")
        detail = BankDetail(
            new_id(), new_id(), 1, Money(FEE), "credit", end_to_end, None, None, None, payer, None, None, None,
            (text,), None,
        )  # fmt: skip
        item = ToDecide(detail, Breakdown.SINGLE, date(2026, 10, 5), False)
        named = references_in(end_to_end_id=end_to_end, reference=None, remittance=[text], pools=[self.pool])
        decision = decide(item, named, self._known(named))
        match decision:
            case Allocate(claim):
                return claim.kassenzeichen
            case Divide(parts):
                return str(parts)
        return None

    def _known(self, named: object) -> Known:
        numbers = {*named.candidates, *(o for others in named.silent.values() for o in others)}  # type: ignore[attr-defined]
        found = {number: self.claims[number] for number in numbers if number in self.claims}
        near = {
            number: [self.claims[o] for o, _ in one_mistake(number, len(number)) if o in self.claims]
            for number in found
            if number not in named.checked  # type: ignore[attr-defined]
        }
        open_cents = {claim.id: claim.open_cents for claim in found.values()}
        return Known(found, open_cents, {}, {}, policies={"{}": Policy()}, near=near)


@pytest.mark.prove("one_mistake")
@pytest.mark.parametrize("named", [0, 70, 100])
@pytest.mark.parametrize("method", list(CheckMethod))
def test_one_mistake_never_pays_another_claim(method: CheckMethod, named: int) -> None:
    rng = Random(f"{method} {named}")
    town = Town(method, named, rng)
    meant = list(town.claims.values())
    outcomes = Counter[str]()
    for _ in range(size(80, 20_000)):
        claim = rng.choice(meant)
        length = len(claim.kassenzeichen) + rng.choice((0, 0, 0, 0, -1, 1))
        written, _ = rng.choice(list(one_mistake(claim.kassenzeichen, length)))
        paid = town.pay(claim, written, rng.random() < 0.4)
        assert paid in (None, claim.kassenzeichen), f"{claim} written {written}, pays {paid}"
        outcomes["posted" if paid else "waits"] += 1
    owed = rng.sample([c for c in meant if c.open_cents], size(100, 2_000))
    right = sum(town.pay(c, c.kassenzeichen, rng.random() < 0.4) == c.kassenzeichen for c in owed)
    share = right * 1000 // len(owed) / 10
    print(f"\n{method}, {named} % with a name: {dict(outcomes)}, 0 wrong; written right: {share} % posted")
    if method in (CheckMethod.MOD11, CheckMethod.MOD97):
        assert right == len(owed)
    elif method is not CheckMethod.NONE:
        assert right * 100 >= len(owed) * 88
