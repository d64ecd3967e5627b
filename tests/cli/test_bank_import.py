"""`bank import` from outside: a folder is read as `bank inspect` reads it, and every "no" is said once."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.towns import a_claim, found_town

from zahlstelle.cli import main
from zahlstelle.tenancy import Tenant, bank_accounts

Call = Callable[..., tuple[int, str, str]]
PROMISED = [
    "files",
    "entries",
    "details",
    "allocated",
    "proposed",
    "suspended",
    "duplicates",
    "credit_cents",
    "debit_cents",
    "seconds",
]


@pytest.fixture
def town() -> Tenant:
    return found_town()


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], town: Tenant) -> Call:
    """Import into the town; exit status, what is said and what is complained of."""

    def called(path: Path, *words: str) -> tuple[int, str, str]:
        code = main(["bank", "import", str(path), "--tenant", town.slug, *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


def a_day(town: Tenant, folder: Path, name: str = "day.xml") -> Path:
    iban = bank_accounts(tenant=town)[0].iban
    paid = Ntry("37.00", [Tx("37.00", end_to_end=a_claim(town).kassenzeichen)])
    return Camt(iban, [paid]).write(folder, name)


def test_the_object_that_is_promised(call: Call, town: Tenant, tmp_path: Path) -> None:
    code, said, complained = call(a_day(town, tmp_path), "--json")
    told = json.loads(said)
    assert (code, complained, list(told)) == (0, "", PROMISED)
    assert [told[name] for name in PROMISED[:-1]] == [1, 1, 1, 1, 0, 0, 0, 3700, 0]


def test_a_folder_is_read_as_inspect_reads_it(
    call: Call, town: Tenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    below = tmp_path / "november"
    below.mkdir()
    a_day(town, below)
    (tmp_path / "readme.txt").write_text("fetched from the bank every evening")
    (tmp_path / ".day.xml.part").write_bytes(b"<")
    code, said, complained = call(tmp_path, "--json")
    assert (code, json.loads(said)["files"]) == (0, 1)
    assert complained == f"{tmp_path}/readme.txt: passed over, not a bank file by name or beginning\n"
    assert main(["bank", "inspect", str(tmp_path)]) == 0
    assert capsys.readouterr().err == complained


def test_a_folder_without_a_bank_file_is_said(call: Call, tmp_path: Path) -> None:
    code, said, complained = call(tmp_path, "--json")
    assert (code, json.loads(said)["files"]) == (2, 0)
    assert complained == f"{tmp_path}: empty: there is no bank file to read\n"


def test_a_path_that_leads_nowhere(call: Call, tmp_path: Path) -> None:
    assert call(tmp_path / "none") == (2, "", f"{tmp_path}/none: there is nothing [path_unknown]\n")


def test_what_is_refused_is_named_once_and_the_rest_is_taken(call: Call, town: Tenant, tmp_path: Path) -> None:
    whole = a_day(town, tmp_path, "1.xml").read_bytes()
    (tmp_path / "2.xml").write_bytes(whole[:-20])
    Camt("DE02120300000000202051", [Ntry("1.00")]).write(tmp_path, "3.xml")
    code, said, complained = call(tmp_path, "--json")
    assert (code, json.loads(said)["files"]) == (2, 1)
    cut_off, foreign = complained.splitlines()
    assert cut_off.startswith("2.xml:1: truncated in BkToCstmrStmt: ") and cut_off.count("truncated") == 1
    assert foreign == "3.xml: account DE02120300000000202051 is not one of the town's [account_unknown]"
