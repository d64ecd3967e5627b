"""`zahlstelle simulate` as a person calls it."""

import argparse
import json
from pathlib import Path

import pytest

from zahlstelle.cli.simulate import add_arguments, run


def call(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def test_a_month_with_the_promised_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--seed", "5", "--days", "10", "--claims", "100", "-o", str(tmp_path / "out")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["seed"], told["days"], told["claims"]) == (5, 10, 100)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "bank",
        "claims.jsonl",
        "payments.jsonl",
        "payouts.jsonl",
        "truth.jsonl",
        "town.toml",
        "summary.json",
    }


def test_another_town_with_another_pool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    iban = "DE42 9990 0000 0000 0000 42"
    arguments = ["--town", "musterstadt", "--iban", iban, "--prefix", "0501", "--check-method", "luhn"]
    assert call(*arguments, "--claims", "20", "--start", "2026-11-02", "-o", str(tmp_path)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["town"], told["account_iban"]) == ("musterstadt", iban.replace(" ", ""))
    assert (told["start"], told["check"]) == ("2026-11-02", "luhn")


def test_a_rate_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--rate", "never_paid=1", "--claims", "50", "-o", str(tmp_path)) == 0
    assert json.loads(capsys.readouterr().out)["claims_by_behaviour"] == {"never_paid": 50}


def test_a_refusal_says_why_and_gives_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--rate", "never_paid=2", "-o", str(tmp_path / "out")) == 2
    assert "rates_unsound" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_large_collective_credit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--collective", "40", "-o", str(tmp_path)) == 0
    assert json.loads(capsys.readouterr().out)["details"] == 40
    assert {path.name for path in tmp_path.iterdir()} == {"collective.xml", "claims.jsonl"}
    assert call("--collective", "0", "-o", str(tmp_path)) == 2
