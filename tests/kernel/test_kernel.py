"""Money, check digits, ids and days."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zahlstelle.kernel import (
    CheckMethod,
    Money,
    MoneyUnreadable,
    Secret,
    berlin_day,
    checkdigits,
    eur,
    fact_id,
    new_id,
)

digits = st.text("0123456789", min_size=3, max_size=16)
catching = [CheckMethod.LUHN, CheckMethod.MOD11, CheckMethod.ISO7064_11_10, CheckMethod.MOD97]


@given(st.integers(-(10**12), 10**12))
def test_what_is_written_is_read_again(cents: int) -> None:
    money = Money(cents)
    assert Money.parse(money.plain) == money
    assert Money.parse_german(money.german()) == money


@pytest.mark.parametrize("text", ["12.345", "1e3", "12,34", "", "abc", "NaN", " 1", "+1", "0.001"])
def test_what_is_not_whole_cents_is_refused(text: str) -> None:
    with pytest.raises(MoneyUnreadable):
        Money.parse(text)


@pytest.mark.parametrize("text", ["12.34", "1.23,4", "12,345", "1,2,3", "--1"])
def test_what_a_person_cannot_have_meant_is_refused(text: str) -> None:
    with pytest.raises(MoneyUnreadable):
        Money.parse_german(text)


@given(st.integers(-(10**9), 10**9), st.integers(1, 500))
def test_a_split_never_loses_a_cent(cents: int, parts: int) -> None:
    shares = Money(cents).split(parts)
    assert sum(share.cents for share in shares) == cents
    assert max(s.cents for s in shares) - min(s.cents for s in shares) <= 1


def test_amounts_of_two_currencies_do_not_mix() -> None:
    with pytest.raises(TypeError):
        eur("1.00") + Money(100, "USD")
    with pytest.raises(TypeError):
        bool(eur("0.00"))
    with pytest.raises(TypeError):
        Money(1.0)  # type: ignore[arg-type]


def test_amounts_as_people_read_them() -> None:
    assert eur("1234567.89").german() == "1.234.567,89 €"
    assert eur("-1234.50").english() == "-€1,234.50"


@pytest.mark.parametrize(
    ("method", "number"),
    [
        (CheckMethod.LUHN, "79927398713"),
        (CheckMethod.ISO7064_11_10, "07945"),  # the example of ISO 7064
        (CheckMethod.ISO7064_11_10, "86095742719"),  # a published test tax number
        (CheckMethod.MOD97, "79444"),  # the example of ISO 7064
        (CheckMethod.MOD11, "12345674"),  # 106 = 9 * 11 + 7, and 11 - 7 = 4
    ],
)
def test_published_specimens(method: CheckMethod, number: str) -> None:
    assert checkdigits.is_valid(number, method)


@given(digits, st.sampled_from(catching), st.data())
def test_one_mistyped_digit_is_always_noticed(payload: str, method: CheckMethod, data: st.DataObject) -> None:
    check = checkdigits.check_digit(payload, method)
    if not check:
        assert method is CheckMethod.MOD11
        return
    number = payload + check
    assert checkdigits.is_valid(number, method)
    position = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[position]]))
    assert not checkdigits.is_valid(number[:position] + other + number[position + 1 :], method)


def test_a_creditor_reference_is_valid_and_a_mistyped_one_is_not() -> None:
    assert checkdigits.rf_is_valid("RF18 5390 0754 7034")
    assert checkdigits.rf_is_valid(checkdigits.rf_reference("471100000018"))
    assert not checkdigits.rf_is_valid("RF19539007547034")


def test_the_day_of_a_moment_is_the_day_in_berlin() -> None:
    assert berlin_day(datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == date(2026, 7, 1)
    assert berlin_day(datetime(2026, 12, 31, 22, 59, tzinfo=UTC)) == date(2026, 12, 31)
    with pytest.raises(ValueError, match="time zone"):
        berlin_day(datetime(2026, 1, 1))  # noqa: DTZ001


def test_ids_grow_and_facts_keep_theirs() -> None:
    assert new_id().version == 7
    assert fact_id("bank", 1) == fact_id("bank", 1) != fact_id("bank", 2)


def test_a_secret_does_not_show_itself() -> None:
    assert "hunter2" not in f"{Secret('hunter2')!r} {Secret('hunter2')}"


@pytest.mark.parametrize(
    "text",
    [
        "0.0100000000000000000000000000000000001",  # more digits than a decimal context keeps
        "12345678901234567890123456789.01",
        "٣٧.٠٠",
        "37.",
        ".5",
        "+1",
        "1_000",
        "1e2",
        "37.00\n",
        "",
    ],
)
def test_an_amount_is_never_rounded_and_never_guessed(text: str) -> None:
    with pytest.raises(MoneyUnreadable):
        eur(text)


def test_an_amount_just_below_nothing() -> None:
    assert (eur("-0.01").cents, eur("-0.5").cents, eur("-12.3400").cents) == (-1, -50, -1234)


@pytest.mark.parametrize("method", list(CheckMethod))
@given(st.integers(0, 10**7 - 1))
def test_a_swap_that_stays_silent_is_known(method: CheckMethod, counter: int) -> None:
    payload = f"4711{counter:07d}"
    number = payload + checkdigits.check_digit(payload, method)
    if not checkdigits.is_valid(number, method):
        return  # MOD11 has no digit for this one
    swaps = {number[:n] + number[n + 1] + number[n] + number[n + 2 :] for n in range(len(number) - 1)} - {number}
    silent = {other for other in swaps if checkdigits.is_valid(other, method)}
    assert set(checkdigits.silent_swaps(number, method)) == silent
    assert method not in (CheckMethod.MOD11, CheckMethod.MOD97) or not silent
