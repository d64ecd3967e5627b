"""The month as a whole: the same seed gives the same bytes, rates are kept, and nobody real is in it."""

import hashlib
import json
import re
import time
import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path

import django
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.simulated import Month, month_of

from zahlstelle.kernel import CheckMethod, checkdigits
from zahlstelle.kernel.banking_days import easter, is_banking_day
from zahlstelle.simulation import Rates, Simulation, Town, simulate
from zahlstelle.simulation._chance import spread
from zahlstelle.simulation._files import FolderNotEmpty
from zahlstelle.simulation._month import SimulationUnsound
from zahlstelle.simulation._people import FIRST_NAMES, LAST_NAMES, iban_is_valid
from zahlstelle.simulation._rates import OF_TRANSFERS, RatesUnsound
from zahlstelle.simulation._town import TownUnsound


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        simulate(Simulation(seed=3, claims=400), tmp_path / name)
    simulate(Simulation(seed=4, claims=400), tmp_path / "other")
    first = bytes_of(tmp_path / "one")
    assert len(first) > 40
    assert first == bytes_of(tmp_path / "two")
    assert first != bytes_of(tmp_path / "other")


def test_simulating_into_the_same_folder_again_leaves_nothing_old(tmp_path: Path) -> None:
    simulate(Simulation(seed=4, claims=900, days=40), tmp_path / "one")
    simulate(Simulation(seed=3, claims=400), tmp_path / "one")
    simulate(Simulation(seed=3, claims=400), tmp_path / "two")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_a_folder_with_foreign_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(FolderNotEmpty):
        simulate(Simulation(claims=10), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("method", list(CheckMethod))
def test_every_kassenzeichen_is_valid_and_given_out_once(tmp_path: Path, method: CheckMethod) -> None:
    town = Town(check=method, prefix="0815", digits=7)
    numbers = [row["kassenzeichen"] for row in month_of(tmp_path, Simulation(claims=600, town=town)).rows("claims")]
    assert len(set(numbers)) == 600
    for number in numbers:
        assert number.startswith("0815") and len(number) == town.length
        assert checkdigits.is_valid(number, method)


def test_claims_are_counted_to_the_last_one(month: Month) -> None:
    claims = month.rows("claims")
    assert len(claims) == month.summary["claims"] == 3000
    assert all(row["opened_on"] < row["due_on"] for row in claims)


@pytest.mark.parametrize("kind", OF_TRANSFERS)
def test_a_rate_of_one_lets_every_transfer_be_of_that_kind(tmp_path: Path, kind: str) -> None:
    none = {field.name: 0.0 for field in fields(Rates)}
    rates = Rates(**{**none, kind: 1.0})
    month = month_of(tmp_path, Simulation(claims=300, days=60, town=Town(prefix="0471"), rates=rates))
    kinds = set(month.summary["by_kind"]) - {"bank_fee", "own_payment_run"}
    assert kinds == ({"transfer", kind} if kind in ("paid_twice", "early") else {kind})


def test_default_rates_are_kept(month: Month) -> None:
    rates, behaviours = Rates(), month.summary["claims_by_behaviour"]
    transfers = sum(behaviours.get(kind, 0) for kind in (*OF_TRANSFERS, "transfer"))
    for kind in OF_TRANSFERS:
        if kind == "leading_zeros":  # this town's numbers have none
            continue
        expected = getattr(rates, kind) * transfers
        assert abs(behaviours.get(kind, 0) - expected) <= 4 * max(1.0, expected) ** 0.5, kind
    never = rates.never_paid * 3000
    assert abs(behaviours["never_paid"] - never) <= 4 * never**0.5


def test_the_default_town_needs_a_person_for_about_one_credit_in_twenty(month: Month) -> None:
    assert 0.92 < month.summary["expected_automatic_rate"] < 0.97


def test_all_rates_at_zero_give_a_town_without_doubts(tmp_path: Path) -> None:
    rates = Rates(**{field.name: 0.0 for field in fields(Rates)})
    month = month_of(tmp_path, Simulation(claims=200, rates=rates))
    credits_ = [row for row in month.rows("truth") if row["side"] == "credit"]
    assert credits_ and {row["kind"] for row in credits_} == {"transfer"}
    assert {row["expected"] for row in credits_} == {"allocate"}


@pytest.mark.parametrize("wrong", [{"card": 1.1}, {"late": -0.1}, {"mistyped": 0.9, "swapped": 0.2}])
def test_unsound_rates_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(RatesUnsound):
        Rates(**wrong)


@pytest.mark.parametrize("setting", ["nonsense=0.1", "late=often", "late", "late=nan"])
def test_unreadable_rates_are_refused(setting: str) -> None:
    with pytest.raises(RatesUnsound):
        Rates.read([setting])


@pytest.mark.parametrize(
    "wrong",
    [
        {"iban": "DE00999000000004711001"},
        {"prefix": "47x"},
        {"prefix": ""},
        {"digits": 3},
        {"slug": "Stadt Simstadt"},
        {"prefix": "1" * 25},
    ],
)
def test_an_unsound_town_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(TownUnsound):
        Town(**wrong)  # type: ignore[arg-type]


def test_too_small_a_pool_is_refused_and_its_capacity_is_told_rightly(tmp_path: Path) -> None:
    for method in (CheckMethod.MOD11, CheckMethod.MOD97):
        town = Town(digits=4, check=method)
        with pytest.raises(SimulationUnsound):
            Simulation(claims=town.capacity + 1, town=town)
        simulate(Simulation(claims=town.capacity, town=town), tmp_path / method)


@pytest.mark.parametrize("wrong", [{"days": 0}, {"claims": 0}])
def test_nothing_cannot_be_simulated(wrong: dict[str, int]) -> None:
    with pytest.raises(SimulationUnsound):
        Simulation(**wrong)  # type: ignore[arg-type]


def test_the_town_file_is_one_an_installation_accepts(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "zahlstelle.settings")
    django.setup()
    from zahlstelle.tenancy import read_town_file  # behind Django, which the simulation itself never needs

    town = read_town_file(tomllib.loads((month.folder / "town.toml").read_text("utf-8")))
    assert town.mode == "test"
    assert [account.iban for account in town.bank_accounts] == [month.summary["account_iban"]]
    assert [pool["check"] for pool in town.pools] == [month.summary["check"]]
    services = {service["key"] for service in town.services}
    assert {row["service"] for row in month.rows("claims")} <= services


def test_nobody_real_is_in_it(month: Month) -> None:
    for row in month.rows("claims"):
        first, last = row["debtor_name"].split(" ", 1)
        assert first in FIRST_NAMES and last in LAST_NAMES
    ibans = {node.text or "" for document in month.documents for node in document.all("//IBAN")}
    assert len(ibans) > 500
    assert all(iban_is_valid(iban) and iban[4:7] == "999" for iban in ibans), "no bank has a code with 9 first"
    bics = {node.text or "" for document in month.documents for node in document.all("//BIC | //BICFI")}
    assert all(bic[7] == "0" for bic in bics), "0 in the eighth place is a test address"


def test_namesakes_occur(month: Month) -> None:
    names = [row["debtor_name"] for row in month.rows("claims")]
    assert len(set(names)) < len(names) / 2


def test_the_global_chance_is_left_alone() -> None:
    source = Path(simulate.__code__.co_filename).parent
    uses = [file.name for file in source.glob("*.py") if re.search(r"\bRandom\(", file.read_text("utf-8"))]
    assert uses == ["_chance.py"]
    assert not [file for file in source.glob("*.py") if re.search(r"^import random", file.read_text("utf-8"), re.M)]


def test_two_thousand_claims_take_less_than_five_seconds(tmp_path: Path) -> None:
    began = time.process_time()
    simulate(Simulation(claims=2000), tmp_path)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("what", [(1, 1), (1, 50), (2, 30), (3, 5), (90, 40)])
def test_short_and_long_spans_are_sound(tmp_path: Path, what: tuple[int, int]) -> None:
    days, claims = what
    month = month_of(tmp_path, Simulation(days=days, claims=claims))
    assert len(month.rows("claims")) == claims
    assert json.loads((tmp_path / "summary.json").read_text("utf-8")) == month.summary


def test_a_weekend_alone_has_no_bank_files(tmp_path: Path) -> None:
    month = month_of(tmp_path, Simulation(days=2, claims=20, start=date(2026, 10, 3)))
    assert (month.documents, month.rows("truth"), month.summary["entries"]) == ([], [], 0)


def test_the_documentation_names_every_rate_with_its_default_and_every_kind(month: Month) -> None:
    page = (Path(__file__).parents[2] / "docs/integrating/simulate.md").read_text("utf-8")
    told = {}
    for names, values in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([\d., ]+) \| [a-z]", page, re.M):
        told |= dict(zip(re.findall(r"\w+", names), map(float, values.split(", ")), strict=True))
    assert told == {field.name: getattr(Rates(), field.name) for field in fields(Rates)}
    kinds = {
        kind: (expected, decidable == "yes")
        for names, expected, decidable in re.findall(
            r"^\| ((?:`\w+`(?:, )?)+) \| (allocate|suspend) \| (yes|no) \|", page, re.M
        )
        for kind in re.findall(r"\w+", names)
    }
    assert kinds.keys() >= {*month.summary["by_kind"], *OF_TRANSFERS}
    assert all(kinds[row["kind"]] == (row["expected"], row["decidable"]) for row in month.rows("truth"))


def test_the_small_reference_month_is_the_documented_one(tmp_path: Path) -> None:
    simulate(Simulation(seed=1, claims=2000), tmp_path)
    page = (Path(__file__).parents[2] / "docs/integrating/simulate.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `(\w+\.jsonl)` \| `([0-9a-f]{64})` \|", page, re.M))
    written = bytes_of(tmp_path)
    assert told == {name: written[name] for name in ("claims.jsonl", "truth.jsonl")}


def test_banks_are_closed_on_weekends_and_target_holidays() -> None:
    assert [easter(year) for year in (2024, 2026, 2027)] == [date(2024, 3, 31), date(2026, 4, 5), date(2027, 3, 28)]
    closed = [date(2026, 12, 25), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 10, 3)]
    assert not any(is_banking_day(day) for day in closed)
    assert is_banking_day(date(2026, 11, 2))


@given(st.integers(0, 10**6), st.lists(st.sampled_from([0.35, 1.0]), min_size=1, max_size=60))
def test_sharing_out_loses_nothing(total: int, weights: list[float]) -> None:
    shares = spread(total, weights)
    assert sum(shares) == total and min(shares) >= 0 and len(shares) == len(weights)
