"""Real and test files of public repositories, read in place and counted a second time by a dumb counter.

They lie in the shared folder beside the repository (`ZAHLSTELLE_SHARED`). Where that is missing, this says so
loudly, and the golden files beside these tests stand alone.
"""

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from tests.iso20022.support import shared
from zahlstelle import iso20022
from zahlstelle.cli.bank_inspect import run_inspect
from zahlstelle.iso20022 import _plans

pytestmark = pytest.mark.prove("inspect")

SAMPLES = shared("samples", "camt")
FILES = sorted(SAMPLES.rglob("*.xml")) if SAMPLES else []


class SamplesMissing(UserWarning):
    """The shared bank file samples are not on this machine."""


def test_the_samples_are_there() -> None:
    if SAMPLES is None:
        print("WARNING: no shared bank file samples on this machine: set ZAHLSTELLE_SHARED to test against them")
        with pytest.warns(SamplesMissing):
            warnings.warn("bank file samples are missing", SamplesMissing, stacklevel=1)
        return
    assert len(FILES) > 100


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _below(element: ET.Element, *path: str) -> list[ET.Element]:
    found = [element]
    for name in path:
        found = [child for one in found for child in one if _local(child) == name]
    return found


def _hundredths(text: str) -> int:
    whole, _, fraction = text.strip().partition(".")
    assert not fraction[2:].strip("0")
    return int(whole or "0") * 100 + int(fraction[:2].ljust(2, "0"))


def _counted(data: bytes) -> Counter[str]:
    """Statements, entries, details and sums, counted without the reader."""
    told: Counter[str] = Counter()
    for body in [one for one in ET.fromstring(data).iter() if _local(one).startswith("BkToCstmr")]:
        for statement in [one for one in body if _local(one) in ("Rpt", "Stmt", "Ntfctn")]:
            told["statements"] += 1
            for entry in _below(statement, "Ntry"):
                side = _below(entry, "CdtDbtInd")[0].text
                told["entries"] += 1
                told[f"entry {side}"] += _hundredths(_below(entry, "Amt")[0].text or "")
                for detail in _below(entry, "NtryDtls", "TxDtls"):
                    told["details"] += 1
                    amounts = (
                        _below(detail, "Amt")
                        or _below(detail, "AmtDtls", "TxAmt", "Amt")
                        or [
                            one
                            for one in _below(detail, "AmtDtls", "InstdAmt", "Amt")
                            if one.get("Ccy") == _below(entry, "Amt")[0].get("Ccy")
                        ]
                    )
                    told["detail sums"] += _hundredths(amounts[0].text or "") if amounts else 0
                    told["references"] += len(_below(detail, "RmtInf", "Strd", "CdtrRefInf", "Ref"))
                    told["remittances"] += bool(_below(detail, "RmtInf", "Ustrd"))
                    reasons = _below(detail, "RtrInf", "Rsn", "Cd") + _below(detail, "RtrInf", "Rsn", "Prtry")
                    told["returns"] += bool(reasons)
    return told


def _read(data: bytes, *, plain: bool = True) -> Counter[str]:
    told: Counter[str] = Counter()
    for event in iso20022.read(io.BytesIO(data), "f", plain=plain):
        match event:
            case iso20022.StatementEnd():
                told["statements"] += 1
            case iso20022.EntryEnd(entry):
                told["entries"] += 1
                told["entry CRDT" if entry.side == "credit" else "entry DBIT"] += entry.amount_cents
            case iso20022.Detail():
                told["details"] += 1
                told["detail sums"] += event.amount_cents or 0
                told["references"] += len(event.references)
                told["remittances"] += bool(event.remittance)
                told["returns"] += event.return_reason is not None
    return told


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_read_as_counted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = path.read_bytes()
    if re.search(rb"camt\.05[234]", data) is None:
        with pytest.raises(iso20022.Unreadable) as no:
            _read(data)
        assert no.value.code == "not_camt"
        assert no.value.line == data[: data.index(b"<Document")].count(b"\n") + 1
        return
    counted = _counted(data)
    assert +_read(data) == +counted
    careful = list(iso20022.read(io.BytesIO(data), "f", plain=False))
    assert list(iso20022.read(io.BytesIO(data), "f")) == careful
    monkeypatch.setattr(_plans, "HOT", 1)  # forms from the second equal detail on
    monkeypatch.setattr(_plans, "OFTEN", 1)
    assert list(iso20022.read(io.BytesIO(data), "f")) == careful


def test_the_list_of_the_samples_says_the_same() -> None:
    listed = shared("samples", "README.md")
    if SAMPLES is None or listed is None:
        test_the_samples_are_there()
        return
    rows = re.findall(r"^\| (\S+\.xml) \|.*?\| camt\.05[234]\S* \| (\d+)/(\d+)/(\d+)/", listed.read_text(), re.M)
    assert len(rows) > 30
    for name, *numbers in rows:
        read = _read((SAMPLES / name).read_bytes())
        assert (name, [read["statements"], read["entries"], read["details"]]) == (name, list(map(int, numbers)))


def test_every_other_file_of_the_folder_is_read() -> None:
    if SAMPLES is None:
        test_the_samples_are_there()
        return
    out, err = io.StringIO(), io.StringIO()
    assert run_inspect([str(SAMPLES)], True, out, err) == 2
    refused = [line for line in err.getvalue().splitlines() if ": note: " not in line]
    assert len(refused) == 5
    assert all(re.search(r"\.xml:\d+: not_camt in Document: the message is (pain|camt\.055)", line) for line in refused)
    entries = sum(_counted(path.read_bytes())["entries"] for path in FILES)
    assert len(out.getvalue().splitlines()) == entries
