"""One very large collective credit to measure with."""

import json
from pathlib import Path

import pytest
from lxml import etree
from tests.support.camt_files import cents, found, schema, text

from zahlstelle.kernel import CheckMethod, InputRefused, checkdigits
from zahlstelle.simulation import Town, collective_file


@pytest.mark.parametrize("family", ["053", "054"])
@pytest.mark.parametrize("version", ["02", "08"])
def test_the_file_is_valid_and_adds_up(tmp_path: Path, family: str, version: str) -> None:
    path = tmp_path / "big.xml"
    total = collective_file(500, path, family=family, version=version)
    root = etree.parse(str(path)).getroot()
    schema(f"camt.{family}.001.{version}").assertValid(root)
    (entry,) = found(root, "//Ntry")
    assert cents(entry, "Amt") == total == cents(entry, "NtryDtls/Btch/TtlAmt")
    amounts = found(entry, "NtryDtls/TxDtls/AmtDtls/TxAmt/Amt")
    assert len(amounts) == 500 and sum(cents(amount, ".") for amount in amounts) == total
    if family == "053":
        assert [cents(balance, "Amt") for balance in found(root, "//Bal")] == [0, total]


def test_every_detail_pays_its_claim(tmp_path: Path) -> None:
    town = Town(check=CheckMethod.LUHN, prefix="77")
    collective_file(300, tmp_path / "big.xml", claims_path=tmp_path / "claims.jsonl", town=town)
    claims = [json.loads(line) for line in (tmp_path / "claims.jsonl").read_text("utf-8").splitlines()]
    details = found(etree.parse(str(tmp_path / "big.xml")).getroot(), "//TxDtls")
    paid = {text(detail, "Refs/EndToEndId"): cents(detail, "Amt") for detail in details}
    assert paid == {claim["kassenzeichen"]: claim["amount_cents"] for claim in claims}
    assert all(checkdigits.is_valid(claim["kassenzeichen"], town.check) for claim in claims)


def test_some_details_may_name_nothing(tmp_path: Path) -> None:
    collective_file(100, tmp_path / "big.xml", unmatched_every=20)
    details = found(etree.parse(str(tmp_path / "big.xml")).getroot(), "//TxDtls")
    nameless = [detail for detail in details if text(detail, "Refs/EndToEndId") == "NOTPROVIDED"]
    assert len(nameless) == 5
    assert not any(character.isdigit() for detail in nameless for character in text(detail, "RmtInf/Ustrd") or "")


def test_a_detail_is_as_long_as_banks_write_it(tmp_path: Path) -> None:
    collective_file(1000, tmp_path / "big.xml")
    assert 750 <= (tmp_path / "big.xml").stat().st_size / 1000 <= 1000


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        collective_file(50, tmp_path / name, seed=5)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("wrong", [{"n_details": 0}, {"family": "052"}, {"version": "04"}])
def test_what_cannot_be_written_is_an_error(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(InputRefused):
        collective_file(**{"n_details": 5, "path": tmp_path / "big.xml", **wrong})  # type: ignore[arg-type]
