"""Random payouts, told in any order and twice: in the end all clearing is zero and every cent has its place."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.book import assert_sound
from tests.support.payout_story import PayoutStory
from tests.support.sizes import size
from tests.support.towns import found_town

from zahlstelle import allocation, ledger, payments, treasury

pytestmark = pytest.mark.prove("payouts")


@dataclass(frozen=True)
class Paid:
    """A payment: its cents, the provider's fee, what is refunded and whether the rest is charged back, and when."""

    cents: int
    fee: int
    refunded: int
    charged_back: bool
    payout: int
    back_in: int  # so many payouts later

    @property
    def chargeback(self) -> int:
        return self.cents - self.refunded if self.charged_back else 0


def paid(payouts: int) -> Any:
    return st.builds(
        lambda cents, fee, part, back, payout, later: Paid(cents, fee, cents * part // 4, back, payout, later),
        st.integers(1, 99_999),
        st.integers(0, 99),
        st.sampled_from([0, 0, 1, 2, 4]),
        st.booleans(),
        st.integers(0, payouts - 1),
        st.integers(0, 1),
    )


@st.composite
def months(draw: st.DrawFn) -> tuple[list[Paid], list[str], list[tuple[str, int, int]]]:
    """Payments, how each payout is paid (net, or gross in as many entries as it has kinds), and the order of news."""
    count = draw(st.integers(1, 3))
    bought = draw(st.lists(paid(count), min_size=1, max_size=4))
    ways = draw(st.lists(st.sampled_from(["net", "gross"]), min_size=count + 1, max_size=count + 1))
    news = [("pay", n, 0) for n in range(len(bought))]
    for number, way in enumerate(ways):
        kinds = len({kind for kind, *_ in items(bought, number)})
        news += [("report", number, 0)] * draw(st.integers(1, 2))
        news += [("money", number, part) for part in range(kinds if way == "gross" else 1 if kinds else 0)]
    return bought, ways, draw(st.permutations(news))


def items(bought: list[Paid], number: int) -> list[tuple[str, int, int, str]]:
    """The items of a payout: kind, payment, cents, name."""
    found = []
    for place, each in enumerate(bought):
        if each.payout == number:
            found.append(("Zahlung", place, each.cents, ""))
            found += [("Entgelt", place, -each.fee, "")] if each.fee else []
        if each.payout + each.back_in == number:
            found += [("Erstattung", place, -each.refunded, f"sbr_{place}")] if each.refunded else []
            found += [("Rückbelastung", place, -each.chargeback, f"sbc_{place}")] if each.chargeback else []
            found += [("Rückbelastungsentgelt", place, -1500, "")] if each.chargeback else []
    return found


def entries(bought: list[Paid], number: int, way: str) -> list[int]:
    """What moves on the account."""
    told = items(bought, number)
    if way == "net":
        return [sum(cents for _, _, cents, _ in told)]
    return [sum(cents for other, _, cents, _ in told if other == kind) for kind in dict.fromkeys(k for k, *_ in told)]


def german(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02d}"


class Month:
    """Lives through the news of a month."""

    def __init__(self, story: PayoutStory, bought: list[Paid], ways: list[str]) -> None:
        self.story, self.bought, self.ways = story, bought, ways
        for place, each in enumerate(bought):
            story.tell(f"Forderung K{place} {german(each.cents)}")

    def pay(self, place: int, _: int) -> None:
        self.story.tell(f"Karte K{place}")

    def report(self, number: int, _: int) -> None:
        told = items(self.bought, number)
        if told:
            total = german(sum(cents for _, _, cents, _ in told))
            lines = [f"  {kind} K{place} {name} {german(cents)}" for kind, place, cents, name in told]
            self.story.tell("\n".join([f"Abrechnung {self.name(number)} {total}", *lines]))

    def money(self, number: int, part: int) -> None:
        cents = entries(self.bought, number, self.ways[number])[part]
        if cents:
            self.story.tell(f"Konto {german(cents)} AUSZAHLUNG {self.name(number)} TEIL")

    def name(self, number: int) -> str:
        return f"po_20261005_{number:06d}"


@settings(
    max_examples=size(5, 400),
    deadline=None,
    derandomize=size(1, 0) == 1,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(months())
def test_payouts_told_in_any_order(month: tuple[list[Paid], list[str], list[tuple[str, int, int]]]) -> None:
    bought, ways, news = month
    with tempfile.TemporaryDirectory() as folder:
        town = found_town()
        story = PayoutStory(town, Path(folder))
        living = Month(story, bought, ways)
        for what, number, part in news:
            getattr(living, what)(number, part)
            assert allocation.wrong_suspense(tenant=town) == []
        story.tell("Runde 6\nRunde")

        for place, each in enumerate(bought):
            story.tell(f"offen K{place} {german(each.chargeback)}")
        assert_sound(town)
        assert treasury.check_book(tenant=town) == []
        balance = {b.code: b.soll_balance_cents for b in ledger.trial_balance(tenant=town)}
        told = [item for number in range(len(ways)) for item in items(bought, number)]
        fees = -sum(cents for kind, _, cents, _ in told if "ntgelt" in kind)
        assert ledger.balances_about(tenant=town, account="clearing:sandbox") == {}
        assert (balance["suspense"], balance["fees"]) == (0, fees)
        assert balance["refunded"] == sum(each.refunded for each in bought)
        assert allocation.suspense(tenant=town) == []
        assert payments.open_payouts(tenant=town) == []
