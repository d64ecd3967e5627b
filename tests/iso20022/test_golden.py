"""Dialects of banks, made anonymous and written by us, each with our reading beside it (`pytest --accept`)."""

import io
import json
import re
from pathlib import Path

import pytest

from tests.iso20022.mutations import grown
from tests.iso20022.support import GOLDEN, ROOT, reading
from zahlstelle import iso20022
from zahlstelle.iso20022 import _plans

pytestmark = pytest.mark.prove("inspect")

FILES = sorted(path for path in GOLDEN.iterdir() if path.suffix in (".xml", ".zip"))
EMPTY_ON_PURPOSE = {"no-statement.xml"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_reading_is_the_agreed_one(path: Path, request: pytest.FixtureRequest) -> None:
    told = reading(path.name, path.read_bytes())
    assert told["entries"] or path.name in EMPTY_ON_PURPOSE, "an empty reading is never agreed"
    written = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    agreed = path.with_name(path.name + ".json")
    if request.config.getoption("--accept", default=False):
        agreed.write_text(written, encoding="utf-8")
    assert written == agreed.read_text(encoding="utf-8")


def test_no_reading_without_its_file() -> None:
    assert {path.name + ".json" for path in FILES} == {path.name for path in GOLDEN.glob("*.json")}


@pytest.mark.parametrize("path", [one for one in FILES if one.suffix == ".xml"], ids=lambda path: path.name)
def test_quick_and_careful_reading_agree(path: Path) -> None:
    quick, careful = (list(iso20022.read(io.BytesIO(path.read_bytes()), "f", plain=plain)) for plain in (True, False))
    assert quick == careful


@pytest.mark.parametrize("path", [one for one in FILES if one.suffix == ".xml"], ids=lambda path: path.name)
def test_a_golden_file_grown_to_a_collective_entry_is_read_by_forms(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_plans, "HOT", 1)
    monkeypatch.setattr(_plans, "OFTEN", 1)
    data = grown(path.read_bytes())
    quick, careful = (list(iso20022.read(io.BytesIO(data), "f", plain=plain)) for plain in (True, False))
    assert quick == careful


SAME = ["bom", "utf-16", "crlf", "latin-1-declared", "prefix"]


@pytest.mark.parametrize("name", SAME)
def test_one_message_however_it_is_serialised(name: str) -> None:
    def plain(one: str) -> object:
        told = reading("f", (GOLDEN / f"{one}.xml").read_bytes())
        return told["entries"], told["statements"], told["deviations"]

    assert plain(name) == plain("bom")


@pytest.mark.parametrize("name", ["latin-1-undeclared", "no-namespace", "unknown-version"])
def test_what_differs_is_said_and_the_money_is_the_same(name: str) -> None:
    told = reading("f", (GOLDEN / f"{name}.xml").read_bytes())
    assert [one[0] for one in told["deviations"]] == [
        {"latin-1-undeclared": "not_utf8", "no-namespace": "no_namespace", "unknown-version": "unknown_version"}[name]
    ]
    agreed = reading("f", (GOLDEN / "bom.xml").read_bytes())["entries"]
    different = {"line", "version"}
    assert [{k: v for k, v in one.items() if k not in different} for one in told["entries"]] == [
        {k: v for k, v in one.items() if k not in different} for one in agreed
    ]


def test_every_deviation_is_explained_in_the_docs() -> None:
    """And none that is never said."""
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src/zahlstelle/iso20022").glob("*.py"))
    said = set(re.findall(r'(?:note\(|_note\(|tell\(|append\(\(|code, element, reason = )"([a-z0-9_]+)",', sources))
    page = (ROOT / "docs/bank-files.md").read_text("utf-8")
    table = page.split("| deviation | meaning |")[1].split("\n\n")[0]
    assert set(re.findall("`([a-z0-9_]+)`", table)) == said
