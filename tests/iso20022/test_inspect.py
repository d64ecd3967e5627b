"""`bank inspect`: the promised lines, whole files only, and exit 2 with the place."""

import io
import json
import re
from pathlib import Path

import pytest

from tests.iso20022.support import GOLDEN, detail, entry, message
from zahlstelle.cli.bank_inspect import run_inspect

PROMISED = [
    "file",
    "message",
    "version",
    "account_iban",
    "statement_id",
    "entry_ref",
    "status",
    "side",
    "reversal",
    "amount_cents",
    "currency",
    "booking_date",
    "value_date",
    "bank_ref",
    "btc",
    "proprietary_code",
    "batch_count",
]
PROMISED_DETAIL = [
    "amount_cents",
    "currency",
    "side",
    "end_to_end_id",
    "mandate_id",
    "instruction_id",
    "tx_id",
    "bank_ref",
    "party_name",
    "party_iban",
    "reference",
    "reference_type",
    "remittance",
    "return_reason",
    "charges_cents",
]


def _run(*paths: Path | str, as_json: bool = True) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return run_inspect([str(path) for path in paths], as_json, out, err), out.getvalue(), err.getvalue()


def test_every_line_has_what_is_promised() -> None:
    code, out, _ = _run(GOLDEN)
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) > 20
    for line in lines:
        assert list(line)[: len(PROMISED)] == PROMISED
        assert list(line)[-1] == "details"
        for one in line["details"]:
            assert list(one)[: len(PROMISED_DETAIL)] == PROMISED_DETAIL


def test_an_example_in_full() -> None:
    code, out, err = _run(GOLDEN / "sparkasse-053-08.xml")
    line = json.loads(out)
    told = line["details"][0]
    assert (code, err) == (0, "")
    assert [line[one] for one in PROMISED[1:]] == [
        "camt.053", "001.08", "DE87123456781234567890", "053-2026-224", "1", "BOOK", "credit", False, 3700, "EUR",
        "2026-11-20", "2026-11-20", "NONREF", "PMNT/RCDT/ESCT", "NTRF+166+9310", None,
    ]  # fmt: skip
    assert [told[one] for one in PROMISED_DETAIL] == [
        3700, "EUR", "credit", "NOTPROVIDED", None, None, None, None, "Jürgen Größe-Müßig", "DE02120300000000202051",
        None, None, "Kassenz. 4711.0 815.3 Personalausweis", None, None,
    ]  # fmt: skip


def test_a_detail_shares_the_entry_s_side_only_where_it_cannot_have_one() -> None:
    without = "<TxDtls></TxDtls>"

    def side(version: str) -> str | None:
        (line,) = _lines(message(entry(without), version=version))
        return line["details"][0]["side"]  # type: ignore[no-any-return]

    assert (side("001.02"), side("001.08")) == ("credit", None)


def _lines(data: bytes) -> list[dict[str, object]]:  # type: ignore[type-arg, unused-ignore]
    from zahlstelle import iso20022

    return list(iso20022.entries(io.BytesIO(data), "f"))


def test_a_file_that_breaks_off_prints_nothing_of_itself_and_the_others_all(tmp_path: Path) -> None:
    good = message(entry(detail()))
    (tmp_path / "1.xml").write_bytes(good)
    (tmp_path / "2.xml").write_bytes(good[:-20])
    (tmp_path / "3.xml").write_bytes(message(entry(detail()) + entry(detail(amount="1.005"))))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "4.xml").write_bytes(good)
    (tmp_path / "notes.txt").write_text("not a bank file")
    code, out, err = _run(tmp_path)
    assert code == 2
    assert [Path(json.loads(line)["file"]).name for line in out.splitlines()] == ["1.xml", "4.xml"]
    assert re.findall(r"(\w+\.\w+)(?::(\d+))?: (\w+)", err) == [
        ("2.xml", "6", "truncated"),
        ("3.xml", "8", "amount_unreadable"),
        ("notes.txt", "", "passed"),
    ]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert _run(tmp_path / "none.xml")[0] == 2


def test_a_folder_without_a_bank_file_is_said(tmp_path: Path) -> None:
    assert _run(tmp_path) == (2, "", f"{tmp_path}: empty: there is no bank file to read\n")
    (tmp_path / "readme.txt").write_text("where the bank's files will lie")
    code, out, err = _run(tmp_path)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"{tmp_path}/readme.txt: passed over, not a bank file by name or beginning",
        f"{tmp_path}: empty: there is no bank file to read",
    ]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO((GOLDEN / "abholung.zip").read_bytes())

    monkeypatch.setattr("sys.stdin", Stdin())
    code, out, err = _run("-")
    assert (code, len(out.splitlines())) == (0, 4)
    assert "-/LIESMICH.txt: passed over, not a bank file by name or beginning\n" in err
    assert [line for line in err.splitlines() if ": note: " not in line and "LIESMICH" not in line] == []


def test_the_table_for_people() -> None:
    code, out, _ = _run(GOLDEN / "dk-053-08-ein-tag.xml", as_json=False)
    assert code == 0
    assert "camt.053 001.08  DE87123456781234567890  053-2026-224  6 entries  8 details  +291.30  -4457.90" in out
    assert "no_statement" in _run(GOLDEN / "no-statement.xml", as_json=False)[2]


def test_a_million_details_would_fit(tmp_path: Path) -> None:
    """Details are spooled: the line of a large entry is never held as one text."""
    data = message(entry(detail("0.01") * 20_000, amount="200.00"))
    (tmp_path / "large.xml").write_bytes(data)
    code, out, _ = _run(tmp_path / "large.xml")
    line = json.loads(out)
    assert (code, len(line["details"]), line["whole"]) == (0, 20_000, True)
