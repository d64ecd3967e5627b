"""What always holds, whatever people and machine decide in whatever order: to the cent, and never below zero."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.support.book import assert_sound
from tests.support.ledger_story import BY, Teller
from tests.support.sizes import size
from tests.support.towns import AT

from zahlstelle import allocation, claims
from zahlstelle.allocation import Rest, SharesDiffer
from zahlstelle.allocation._parts import divide
from zahlstelle.claims import LineKind, repay
from zahlstelle.kernel import Refusal, new_id
from zahlstelle.tenancy import Repayment

CENTS = st.integers(1, 500)


@given(
    waits=CENTS,
    shares=st.lists(st.integers(-5, 300), max_size=4),
    rest=st.sampled_from(Rest),
    out=st.booleans(),
    small=st.integers(0, 9),
)
def test_the_parts_are_the_amount_or_what_is_left_waits(
    waits: int, shares: list[int], rest: Rest, out: bool, small: int
) -> None:
    given_shares = [(new_id(), cents) for cents in shares]
    try:
        parts = divide(waits, given_shares, rest, goes_out=out, tolerance=small)
    except SharesDiffer:
        return
    left = waits - sum(part.cents for part in parts)
    assert left == 0 or (rest is Rest.WAITS and left > 0)
    assert [(p.claim, p.cents) for p in parts][: len(shares)] == given_shares
    assert all(p.cents > 0 for p in parts if p.account != "small_differences")


@given(
    amounts=st.lists(st.tuples(st.sampled_from(LineKind), CENTS), min_size=1, max_size=6),
    law=st.sampled_from(Repayment),
    share=st.integers(0, 100),
    first=st.lists(st.integers(1, 6), max_size=3),
)
def test_repayment_divides_every_cent_and_no_line_gets_more_than_it_is(
    amounts: list[tuple[LineKind, int]], law: Repayment, share: int, first: list[int]
) -> None:
    lines = [(number, kind, cents) for number, (kind, cents) in enumerate(amounts, 1)]
    total = sum(cents for _, _, cents in lines)
    came = total * share // 100
    before = dict(repay(lines, {}, came, law, first))
    after = dict(repay(lines, before, total - came, law))
    assert sum(before.values()) == came
    assert {n: before.get(n, 0) + after.get(n, 0) for n, _, _ in lines} == {n: cents for n, _, cents in lines}


class Desk(RuleBasedStateMachine):
    """People who settle and take back whatever they like, and a machine that tries again."""

    @initialize(accepts=st.booleans())
    def found(self, accepts: bool) -> None:
        words = {"part_payment": "accept", "overpayment": "rest_to_overpaid", "double_payment": "to_overpaid"}
        self.teller = Teller(settings={"policy": words if accepts else {}, "small_difference_cents": 3})
        self.teller.tell("claim A 1.00\nclaim B 2.00")
        self.money: dict[str, int] = {}

    @rule(cents=CENTS, text=st.sampled_from(["A", "B", "A und B", "nichts"]), out=st.booleans())
    def money_moves(self, cents: int, text: str, out: bool) -> None:
        name = f"m{len(self.money)}"
        self.money[name] = cents
        amount = f"{cents // 100}.{cents % 100:02d}"
        reason = "  reason MS03" if out else ""
        self.teller.tell(f"{'debit' if out else 'credit'} {name} {amount} {text}{reason}")

    @precondition(lambda self: self.money)
    @rule(data=st.data(), rest=st.sampled_from(Rest))
    def somebody_settles(self, data: st.DataObject, rest: Rest) -> None:
        name = data.draw(st.sampled_from(sorted(self.money)))
        wanted = data.draw(st.dictionaries(st.sampled_from(["A", "B"]), CENTS, max_size=2))
        shares = [(self.teller.claims[letter].id, cents) for letter, cents in wanted.items()]
        if data.draw(st.booleans()) and shares:
            shares = [(shares[0][0], self.money[name])]
        with suppress(Refusal):
            allocation.settle(
                tenant=self.teller.town, detail=self.teller.details[name], shares=shares, by=BY, at=AT, rest=rest
            )

    @precondition(lambda self: self.money)
    @rule(data=st.data())
    def somebody_takes_the_first_proposal(self, data: st.DataObject) -> None:
        detail = self.teller.details[data.draw(st.sampled_from(sorted(self.money)))]
        for proposal in allocation.proposals_for(tenant=self.teller.town, detail=detail)[:1]:
            shares = [(share.claim_id, share.cents) for share in proposal.shares]
            allocation.settle(tenant=self.teller.town, detail=detail, shares=shares, by=BY, at=AT, rest=proposal.rest)

    @precondition(lambda self: self.money)
    @rule(data=st.data())
    def somebody_takes_back(self, data: st.DataObject) -> None:
        detail = self.teller.details[data.draw(st.sampled_from(sorted(self.money)))]
        with suppress(Refusal):
            allocation.take_back(tenant=self.teller.town, detail=detail, by=BY, at=AT, reason="anders")

    @rule()
    def the_worker_goes_round(self) -> None:
        allocation.retry_doubts(tenant=self.teller.town, at=AT)
        allocation.learn_payers(tenant=self.teller.town)

    @invariant()
    def every_cent_is_somewhere(self) -> None:
        if hasattr(self, "teller"):
            assert_sound(self.teller.town)
            for claim in claims.recent_claims(tenant=self.teller.town):
                assert 0 <= claim.open.cents <= claim.amount.cents


@pytest.mark.prove("at_the_desk")
def test_whatever_is_done_at_the_desk() -> None:
    how = settings(
        max_examples=size(4, 100),
        stateful_step_count=size(12, 40),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=size(1, 0) == 1,
        database=None,
    )
    run_state_machine_as_test(Desk, settings=how)
