"""The sandbox's own rules, without a server."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zahlstelle_sandbox._cards import BY_CENTS, BY_NUMBER, BY_SLUG, CARDS, luhn
from zahlstelle_sandbox._rules import EDGES, FINAL, Impossible, Status, Waiting, due, move
from zahlstelle_sandbox._texts import TEXTS, money

NOON = datetime(2026, 5, 4, 10, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)


def test_every_status_is_on_the_graph_and_can_be_reached() -> None:
    reached = {Status.CREATED}
    for _ in Status:
        reached |= {after for before, after in EDGES if before in reached}
    assert reached == set(Status)


def test_only_the_ends_have_no_way_out() -> None:
    assert set(Status) - {before for before, _ in EDGES} == FINAL


@given(st.sampled_from(Status), st.sampled_from(Status))
def test_a_move_without_an_edge_is_impossible(before: Status, after: Status) -> None:
    if (before, after) in EDGES:
        assert move(before, after) is after
    else:
        with pytest.raises(Impossible):
            move(before, after)


@pytest.mark.parametrize("status", [Status.CREATED, Status.PENDING])
def test_what_nobody_pays_expires_on_the_second(status: Status) -> None:
    waiting = Waiting(status, NOON, None, None)
    assert due(waiting, NOON - timedelta(microseconds=1)) is None
    assert due(waiting, NOON) is Status.EXPIRED


def test_an_unknown_outcome_outlives_the_expiry_and_becomes_known() -> None:
    waiting = Waiting(Status.UNKNOWN, NOON, LATER, Status.CAPTURED)
    assert due(waiting, NOON) is None
    assert due(waiting, LATER) is Status.CAPTURED


@pytest.mark.parametrize("status", sorted(FINAL))
def test_the_end_is_the_end(status: Status) -> None:
    assert due(Waiting(status, NOON, NOON, Status.CAPTURED), LATER) is None


def test_every_test_card_has_a_fitting_check_digit_and_its_own_outcome() -> None:
    assert all(luhn(card.number) and len(card.number) == 16 for card in CARDS)
    assert len(BY_NUMBER) == len(BY_SLUG) == len(CARDS) == 12


def test_a_wrong_digit_breaks_the_check() -> None:
    assert not luhn("4111111111111112")


def test_the_outcomes_by_cents() -> None:
    assert {cents: each.slug for cents, each in BY_CENTS.items()} == {
        11: "paid",
        13: "do-not-honor",
        17: "unknown-paid",
        19: "unknown-declined",
        23: "notification-lost",
    }


def test_every_text_is_there_in_both_languages() -> None:
    assert all(german.strip() and english.strip() for german, english in TEXTS.values())


def test_money_as_people_write_it() -> None:
    assert money(123456, "de") == "1.234,56\N{NO-BREAK SPACE}€"
    assert money(123456, "en") == "€1,234.56"
    assert money(-5, "de") == "−0,05\N{NO-BREAK SPACE}€"
