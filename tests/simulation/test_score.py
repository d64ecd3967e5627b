"""The measure for other programs: the same for everybody, and hard to please."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.simulated import Month

from zahlstelle.cli.simulate_score import add_arguments, run
from zahlstelle.simulation import Decision, read_decisions, score
from zahlstelle.simulation._score import DecisionsUnreadable


def row(ref: str, kind: str, meant: dict[str, int], decides: dict[str, int] | None = None) -> dict[str, Any]:
    def shares(of: dict[str, int]) -> list[dict[str, object]]:
        return [{"kassenzeichen": number, "amount_cents": cents} for number, cents in of.items()]

    told = shares(decides or {})
    return {
        "bank_ref": ref,
        "detail": 1,
        "kind": kind,
        "side": "credit",
        "belongs_to": shares(meant),
        "decides": told,
        "decidable": bool(told),
    }


TRUTH = [
    row("a", "transfer", {"1": 100}, {"1": 100}),
    row("b", "two_claims", {"2": 100, "3": 50}, {"2": 100, "3": 50}),
    row("c", "mistyped", {"4": 70}),
    row("d", "paid_twice", {}),
    row("e", "other_claim_fitting", {"5": 30}, {"6": 30}),
]


def of(kind: str, *decisions: Decision) -> tuple[int, int, int, int, int]:
    line = score([entry for entry in TRUTH if entry["kind"] == kind], decisions).kinds[kind]
    return line.posted, line.misled, line.wrong, line.proposed, line.left


def test_posted_rightly_means_the_claims_meant_and_their_cents() -> None:
    assert of("transfer", Decision("a", 1, "1", 100)) == (1, 0, 0, 0, 0)
    assert of("two_claims", Decision("b", 1, "3", 50), Decision("b", 1, "2", 100)) == (1, 0, 0, 0, 0)
    assert of("mistyped", Decision("c", 1, "4", 70)) == (1, 0, 0, 0, 0), "by rules of one's own, and rightly"


@pytest.mark.parametrize(
    "wrong",
    [
        [Decision("b", 1, "2", 150)],
        [Decision("b", 1, "2", 100)],
        [Decision("b", 1, "2", 50), Decision("b", 1, "3", 100)],
        [Decision("b", 1, "2", 100), Decision("b", 1, "3", 50), Decision("b", 1, "3", 50)],
        [Decision("b", 1, "", 150)],
    ],
)
def test_anything_else_is_wrong_money(wrong: list[Decision]) -> None:
    assert of("two_claims", *wrong) == (0, 0, 1, 0, 0)


def test_money_that_belongs_to_nobody_must_not_pay_a_claim() -> None:
    assert of("paid_twice", Decision("d", 1, "1", 100)) == (0, 0, 1, 0, 0)
    assert of("paid_twice", Decision("d", 1, "", 100)) == (1, 0, 0, 0, 0)


def test_what_no_file_can_tell_is_counted_apart() -> None:
    assert of("other_claim_fitting", Decision("e", 1, "6", 30)) == (0, 1, 0, 0, 0)


def test_the_right_proposal_must_be_among_the_first_three() -> None:
    others = [Decision("c", 1, "9", 70, rank) for rank in (1, 2)]
    assert of("mistyped", *others, Decision("c", 1, "4", 70, 3)) == (0, 0, 0, 1, 0)
    assert of("mistyped", *others, Decision("c", 1, "4", 70, 4)) == (0, 0, 0, 0, 1)
    assert of("mistyped", *others, Decision("c", 1, "4", 60, 3)) == (0, 0, 0, 0, 1)
    assert of("mistyped") == (0, 0, 0, 0, 1)


def test_the_figures_add_up_over_months() -> None:
    first = score(TRUTH, [Decision("a", 1, "1", 100), Decision("e", 1, "6", 30)])
    assert (first.decidable, first.decidable_posted, first.payments, first.sound) == (3, 2, 5, True)
    first.add(score(TRUTH, [Decision("a", 1, "7", 100), Decision("nowhere", 1, "1", 5)]))
    assert (first.decidable, first.decidable_posted, first.payments, first.sound) == (6, 2, 10, False)
    assert (first.total("wrong"), first.unknown) == (1, [("nowhere", 1)])
    assert [example["posted"] for example in first.wrong] == [{"7": 100}]


def call(*arguments: str) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(arguments))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_program_that_does_what_is_decidable(
    month: Month, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"bank_ref": fact["bank_ref"], "detail": fact["detail"], **share}
        for fact in month.rows("truth")
        for share in fact["decides"]
    ]
    file = tmp_path / f"decisions.{form}"
    with file.open("w", encoding="utf-8", newline="") as out:
        if form == "jsonl":
            out.writelines(json.dumps(entry) + "\n" for entry in rows)
        else:
            writer = csv.DictWriter(out, ["bank_ref", "detail", "kassenzeichen", "amount_cents"])
            writer.writeheader()
            writer.writerows(rows)
    assert call(str(month.folder), str(file), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["wrong"] == told["misled"] == 0
    assert told["decidable_posted"] == told["decidable"] == month.summary["decidable"]
    assert told["kinds"]["just_text"]["left"] == month.summary["by_kind"]["just_text"]


def test_wrong_money_gives_one(month: Month, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fact = next(fact for fact in month.rows("truth") if fact["kind"] == "paid_twice")
    file = tmp_path / "d.jsonl"
    file.write_text(json.dumps({**fact, "kassenzeichen": fact["named"][0], "rank": None}) + "\n")
    assert call(str(month.folder / "truth.jsonl"), str(file)) == 1
    assert "Posted wrongly: 1." in capsys.readouterr().out


@pytest.mark.parametrize("content", ["bank_ref,detail\nx,1\n", "bank_ref,detail,kassenzeichen,amount_cents\nx,y,1,2\n"])
def test_an_unreadable_line_is_named(content: str, month: Month, tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text(content)
    with pytest.raises(DecisionsUnreadable, match="line 2"):
        list(read_decisions(file))
    assert call(str(month.folder), str(file)) == 2
    (tmp_path / "d.jsonl").write_text("nonsense\n")
    with pytest.raises(DecisionsUnreadable, match="line 1"):
        list(read_decisions(tmp_path / "d.jsonl"))
