"""The truth covers every movement exactly once, and says what may be posted without a person."""

import re
import tempfile
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.camt_files import Document, cents, found, schema, text
from tests.support.simulated import Month, month_of
from tests.support.sizes import size

from zahlstelle.kernel import CheckMethod, checkdigits
from zahlstelle.simulation import Rates, Simulation, Town
from zahlstelle.simulation._rates import DECIDABLE, OF_TRANSFERS

Fact = tuple[str, int]
CATCH_SWAPS = {CheckMethod.MOD11, CheckMethod.MOD97}  # Luhn lets 09 and 90 pass, MOD 11,10 some other pairs


def facts(documents: list[Document]) -> dict[Fact, tuple[int, str, str, str | None, list[str], bool]]:
    """Count the movements over all files, each once, by the entry's reference and the detail's place."""
    seen: dict[Fact, tuple[int, str, str, str | None, list[str], bool]] = {}
    for document in documents:
        for entry in document.all("//Ntry[AcctSvcrRef]"):
            details = found(entry, "NtryDtls/TxDtls")
            if found(entry, "AddtlInfInd"):
                continue
            for place, detail in enumerate(details, start=1):
                own = found(detail, "AmtDtls/TxAmt/Amt")
                value = cents(own[0], ".") if own else cents(entry, "Amt")
                lines = [line.text or "" for line in found(detail, "RmtInf/Ustrd")]
                fact = (
                    value,
                    text(entry, "CdtDbtInd") or "",
                    document.file,
                    text(detail, "Refs/EndToEndId"),
                    lines,
                    bool(found(detail, "RtrInf")),
                )
                seen.setdefault((text(entry, "AcctSvcrRef") or "", place), fact)
    return seen


def test_every_movement_is_told_exactly_once(month: Month) -> None:
    assert_told_once(month)


SHARES = st.sampled_from([0.0, 0.05, 0.3, 1.0])
FREE = [field.name for field in fields(Rates) if field.name not in (*OF_TRANSFERS, "direct_debit", "standing_order")]


@settings(max_examples=size(8, 150), deadline=None)
@given(
    seed=st.integers(0, 10**6),
    days=st.integers(1, 25),
    claims=st.integers(1, 250),
    method=st.sampled_from(CheckMethod),
    shares=st.fixed_dictionaries(dict.fromkeys(FREE, SHARES)),
)
def test_whatever_the_rates_every_document_is_valid_and_told_once(
    seed: int, days: int, claims: int, method: CheckMethod, shares: dict[str, float]
) -> None:
    what = Simulation(seed, days, claims, town=Town(check=method), rates=Rates(**shares))
    with tempfile.TemporaryDirectory() as folder:
        month = month_of(Path(folder), what)
        for document in month.documents:
            schema(document.name).assertValid(document.root)
        assert_told_once(month)


def assert_told_once(month: Month) -> None:
    truth = month.rows("truth")
    told = {
        (row["bank_ref"], row["detail"]): (
            row["amount_cents"],
            "CRDT" if row["side"] == "credit" else "DBIT",
            row["file"],
        )
        for row in truth
    }
    assert len(told) == len(truth)
    assert told == {place: fact[:3] for place, fact in facts(month.documents).items()}


def test_the_summary_is_the_sum_of_the_truth(month: Month) -> None:
    truth, summary = month.rows("truth"), month.summary
    assert summary["by_kind"] == dict(sorted(Counter(row["kind"] for row in truth).items()))
    for side in ("credit", "debit"):
        assert summary[f"{side}_cents"] == sum(row["amount_cents"] for row in truth if row["side"] == side)
    moved = summary["credit_cents"] - summary["debit_cents"]
    assert summary["closing_balance_cents"] == summary["opening_balance_cents"] + moved
    assert summary["expected"] == dict(Counter(row["expected"] for row in truth))


def in_order_of_knowledge(month: Month) -> list[Fact]:
    """Order the movements as a reader of the files in name order comes to know them, without the truth."""
    booked: dict[str, int] = {}
    resolved: dict[str, int] = {}
    for time, document in enumerate(month.documents):
        for entry in document.all("//Ntry[AcctSvcrRef]"):
            reference = text(entry, "AcctSvcrRef") or ""
            if document.order == "C53":
                booked.setdefault(reference, time)
            if not found(entry, "AddtlInfInd"):
                resolved.setdefault(reference, time)
    assert booked.keys() == resolved.keys()
    return sorted(facts(month.documents), key=lambda place: (max(booked[place[0]], resolved[place[0]]), place))


def by_booking_day(month: Month) -> list[Fact]:
    """Order the movements by the day they were booked, each day backwards."""
    truth = sorted(month.rows("truth"), key=lambda row: row["bank_ref"], reverse=True)
    return [(row["bank_ref"], row["detail"]) for row in sorted(truth, key=lambda row: row["booking_date"])]


def read_by_a_machine(month: Month, order: list[Fact], town: Town) -> dict[Fact, str]:
    """Apply the rule to what stands in the files, without any knowledge of what payers meant."""
    still_open = {row["kassenzeichen"]: row["amount_cents"] for row in month.rows("claims")}
    captured = {row["provider_reference"]: row for row in month.rows("payments")}
    for row in captured.values():
        del still_open[row["kassenzeichen"]]
    seen = facts(month.documents)
    decided = {}
    for place in order:
        amount, side, _, end_to_end, lines, returned = seen[place]
        numbers = named_in(town, end_to_end or "", "".join(lines), " ".join(lines))
        number = numbers.pop() if len(numbers) == 1 else ""
        payout = next((word for line in lines for word in line.split() if word in captured), "")
        if side == "CRDT" and payout:
            good = captured[payout]["amount_cents"] == amount and captured[payout]["kassenzeichen"] == number
        else:
            good = side == "CRDT" and not returned and still_open.get(number) == amount
            good = good and checkdigits.is_valid(number, town.check)
        decided[place] = "allocate" if good else "suspend"
        if good and not payout:
            del still_open[number]
    return decided


@pytest.mark.parametrize("method", list(CheckMethod))
@pytest.mark.parametrize("seed", range(size(2, 20)))
def test_a_machine_that_reads_the_files_by_the_rule_does_what_is_expected(
    tmp_path: Path, method: CheckMethod, seed: int
) -> None:
    town = Town(check=method, prefix=("4711", "09", "123456")[seed % 3])
    month = month_of(tmp_path, Simulation(seed=seed, claims=1200, town=town))
    expected = {(row["bank_ref"], row["detail"]): row["expected"] for row in month.rows("truth")}
    assert differing(read_by_a_machine(month, in_order_of_knowledge(month), town), expected) == {}
    if method in CATCH_SWAPS:  # nothing misleads, so the order within a few days does not matter either
        assert differing(read_by_a_machine(month, by_booking_day(month), town), expected) == {}


def named_in(town: Town, *texts: str) -> set[str]:
    """Find numbers of the town's shape, whatever stands between the digits; then those that lost leading zeros."""
    more = town.length - len(town.prefix)
    whole = {number for text in texts for number in spread_out(town.prefix, more, text)}
    bare = town.prefix.lstrip("0")
    if whole or bare == town.prefix:
        return whole
    short = {number.rjust(town.length, "0") for text in texts for number in spread_out(bare, more, text)}
    return {number for number in short if checkdigits.is_valid(number, town.check)}


def spread_out(first: str, more: int, text: str) -> list[str]:
    between = r"[ ./\-]{0,3}"
    pattern = rf"(?<!\d){between.join(first)}(?:{between}\d){{{more}}}(?!\d)"
    return [re.sub(r"\D", "", found) for found in re.findall(pattern, text)]


def differing(decided: dict[Fact, str], expected: dict[Fact, str]) -> dict[Fact, tuple[str | None, str]]:
    return {place: (decided.get(place), word) for place, word in expected.items() if decided.get(place) != word}


CARELESS = Rates(mistyped=0.35, swapped=0.15)


@pytest.mark.parametrize("method", [method for method in CheckMethod if method is not CheckMethod.NONE])
def test_check_digits_catch_wrong_digits_and_the_good_ones_swapped_digits_too(
    tmp_path: Path, method: CheckMethod
) -> None:
    what = Simulation(claims=size(3000, 50_000), town=Town(check=method), rates=CARELESS)
    month = month_of(tmp_path, what)
    caught = {"mistyped", "swapped"} if method in CATCH_SWAPS else {"mistyped"}
    rows = [row for row in month.rows("truth") if row["kind"] in caught]
    assert len(rows) > 300
    assert {row["expected"] for row in rows} == {"suspend"}
    misleading = [row for row in month.rows("truth") if row["misleading"]]
    assert len(misleading) == month.summary["misled"]
    assert not misleading if method in CATCH_SWAPS else {row["kind"] for row in misleading} <= {"swapped"}


def test_without_check_digits_mistyped_numbers_mislead_the_rule(tmp_path: Path) -> None:
    what = Simulation(claims=3000, town=Town(check=CheckMethod.NONE, digits=6), rates=CARELESS)
    month = month_of(tmp_path, what)
    misleading = [row for row in month.rows("truth") if row["misleading"]]
    assert len(misleading) == month.summary["misled"] > 0
    assert {row["expected"] for row in misleading} == {"allocate"}
    assert {row["kind"] for row in misleading} == {"mistyped", "swapped"}
    decidable = {row["kind"] for row in month.rows("truth") if row["decidable"]}
    assert decidable == {"card_payout"}, "without check digits no reference decides anything"


CAREFUL = {"transfer", "standing_order", *DECIDABLE} - {"leading_zeros", "two_claims", "several_claims"}


def test_what_a_kind_may_be_expected_to_do(month: Month) -> None:
    expected: dict[str, set[str]] = {}
    for row in month.rows("truth"):
        expected.setdefault(row["kind"], set()).add(row["expected"])
    assert expected.keys() == month.summary["by_kind"].keys()
    assert all(expected[kind] == {"allocate"} for kind in CAREFUL | {"card_payout", "direct_debit"})
    others = set(expected) - CAREFUL - {"card_payout", "direct_debit"}
    assert all(expected[kind] == {"suspend"} for kind in others)
    assert len(others) >= 24


def test_what_reference_and_amount_decide(month: Month) -> None:
    """The rule of one reference decides less; beyond it, several references whose sum fits."""
    rows = month.rows("truth")
    assert all(row["decidable"] is bool(row["decides"]) for row in rows)
    assert all(row["decides"] == row["belongs_to"] for row in rows if row["decidable"] and not row["misleading"])
    assert all(row["decidable"] for row in rows if row["expected"] == "allocate")
    beyond = {row["kind"] for row in rows if row["decidable"] and row["expected"] == "suspend"}
    assert beyond == {"two_claims", "several_claims"}
    assert sum(row["decidable"] for row in rows) == month.summary["decidable"]


def test_the_wrong_letter_with_a_fitting_amount_misleads(tmp_path: Path) -> None:
    month = month_of(tmp_path, Simulation(claims=1500, rates=Rates(other_claim=0.1, other_claim_fitting=0.1)))
    rows = month.rows("truth")
    fitting = [row for row in rows if row["kind"] == "other_claim_fitting"]
    misled = [row for row in fitting if row["misleading"]]
    assert len(misled) > 10 and all(row["decides"] != row["belongs_to"] for row in misled)
    assert {row["decidable"] for row in fitting if not row["misleading"]} <= {False}
    assert not any(row["decidable"] for row in rows if row["kind"] == "other_claim")


def test_a_net_payout_is_its_report_to_the_cent(tmp_path: Path) -> None:
    month = month_of(tmp_path, Simulation(claims=900, rates=Rates(net_payout=0.5, chargeback=0.05)))
    reports, rows = month.rows("payouts"), month.rows("truth")
    nets = [row for row in rows if row["kind"] == "net_payout"]
    assert sorted(row["amount_cents"] for row in nets) == sorted(r["cents"] for r in reports if r["form"] == "net")
    kinds = Counter(item["kind"] for report in reports for item in report["items"])
    assert kinds["payment"] and kinds["fee"] and kinds["chargeback"]
    assert all(report["cents"] == sum(item["cents"] for item in report["items"]) for report in reports)
    shown = sum(row["amount_cents"] for row in rows if row["kind"] == "card_payout")
    assert shown == sum(report["cents"] for report in reports if report["form"] == "gross")


def test_a_standing_order_keeps_its_words_its_payer_and_its_account(tmp_path: Path) -> None:
    rates = Rates(standing_order=0.4, standing_order_old=1.0)
    month = month_of(tmp_path, Simulation(days=90, claims=1500, rates=rates))
    paid: dict[str, set[str]] = {}
    old = [row for row in month.rows("truth") if row["kind"] == "standing_order_old"]
    assert len(old) > 30 and not any(row["decidable"] for row in old)
    assert all(row["named"] != [row["belongs_to"][0]["kassenzeichen"]] for row in old)
    for document in month.documents:
        for detail in document.all("//TxDtls"):
            if text(detail, "BkTxCd/Prtry/Cd") != "NTRF+152":
                continue
            number = (text(detail, "RmtInf/Ustrd") or "").split()[0]
            paid.setdefault(number, set()).add(text(detail, "RltdPties/DbtrAcct/Id/IBAN") or "")
    again = Counter(row["named"][0] for row in old)
    assert max(again.values()) > 1
    assert all(len(paid[number]) == 1 for number in again)


def test_early_money_is_booked_before_its_claim_is_opened(month: Month) -> None:
    opened = {row["kassenzeichen"]: row["opened_on"] for row in month.rows("claims")}
    early = [row for row in month.rows("truth") if row["kind"] == "early"]
    assert early
    assert all(row["booking_date"] < opened[row["named"][0]] for row in early)


def test_instalments_add_up(tmp_path: Path) -> None:
    month = month_of(tmp_path, Simulation(claims=400, rates=Rates(instalments=0.2)))
    amounts = {row["kassenzeichen"]: row["amount_cents"] for row in month.rows("claims")}
    paid: dict[str, list[int]] = {}
    for row in month.rows("truth"):
        if row["kind"] == "instalments":
            paid.setdefault(row["named"][0], []).append(row["amount_cents"])
    both = {number: parts for number, parts in paid.items() if len(parts) == 2}
    assert both and all(sum(parts) == amounts[number] for number, parts in both.items())


@pytest.mark.parametrize("method", [method for method in CheckMethod if method is not CheckMethod.NONE])
def test_a_number_without_its_leading_zeros_is_still_decided(tmp_path: Path, method: CheckMethod) -> None:
    what = Simulation(claims=600, town=Town(prefix="0471", check=method), rates=Rates(leading_zeros=0.3))
    rows = [row for row in month_of(tmp_path, what).rows("truth") if row["kind"] == "leading_zeros"]
    assert len(rows) > 30 and all(row["decidable"] for row in rows)


def test_no_claim_is_truly_paid_beyond_its_amount(month: Month) -> None:
    amounts = {row["kassenzeichen"]: row["amount_cents"] for row in month.rows("claims")}
    paid: Counter[str] = Counter()
    for row in month.rows("truth"):
        if row["side"] == "credit":
            for share in row["belongs_to"]:
                paid[share["kassenzeichen"]] += share["amount_cents"]
    assert all(paid[number] <= amounts[number] for number in paid)


def test_every_payout_line_stands_for_one_captured_payment(month: Month) -> None:
    captured = {row["provider_reference"]: row for row in month.rows("payments")}
    lines = {}
    for document in month.documents:
        for detail in document.all("//TxDtls[Refs/InstrId]"):
            if text(detail, "../../CdtDbtInd") == "CRDT":
                reference = text(detail, "Refs/InstrId") or ""
                assert reference == text(detail, "Refs/TxId")
                lines[reference] = (text(detail, "Refs/EndToEndId"), cents(detail, "AmtDtls/TxAmt/Amt"))
    assert len(lines) == month.summary["by_kind"]["card_payout"]
    for reference, line in lines.items():
        assert line == (captured[reference]["kassenzeichen"], captured[reference]["amount_cents"])


def test_amount_alone_never_tells_which_claim_is_meant(month: Month) -> None:
    amounts = Counter(row["amount_cents"] for row in month.rows("claims"))
    assert min(amounts.values()) > 1
