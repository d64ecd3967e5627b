"""What is read stands where the schemas have it: every path in some version, every field in every version."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.iso20022.support import shared
from zahlstelle.iso20022 import _details

FOLDER = shared("specs", "xsd")
SCHEMAS = sorted(FOLDER.glob("camt.05[234].*.xsd")) if FOLDER else []
XS = "{http://www.w3.org/2001/XMLSchema}"
# Names of the first version, whose schema is not at hand, and of banks that mix versions.
FIRST_VERSION = ("CmbndId", "RtrInf/RtrRsn")
SINCE = {"Refs/UETR": "001.08", "Refs/AcctSvcrTxId": "001.04"}


class SchemasMissing(UserWarning):
    """The shared schemas are not on this machine."""


def test_the_schemas_are_there() -> None:
    if FOLDER is None:
        print("WARNING: no shared schemas on this machine: set ZAHLSTELLE_SHARED to test against them")
        with pytest.warns(SchemasMissing):
            warnings.warn("schemas are missing", SchemasMissing, stacklevel=1)
        return
    assert len(SCHEMAS) >= 18


class _Schema:
    def __init__(self, path: Path) -> None:
        root = etree.parse(str(path)).getroot()
        self.types = {one.get("name"): one for one in root.iter(f"{XS}complexType")}
        self.version = path.name.removesuffix(".xsd").partition(".")[2].partition(".")[2]
        document = next(one for one in root if one.tag == f"{XS}element")
        self.root = str(document.get("type"))

    def children(self, kind: str) -> dict[str, str]:
        found = self.types.get(kind)
        return {} if found is None else {one.get("name"): one.get("type") for one in found.iter(f"{XS}element")}

    def below(self, kind: str, *steps: str) -> str | None:
        for step in steps:
            following = self.children(kind)
            wanted = next(iter(following.values()), None) if step == "*" else following.get(step)
            if wanted is None:
                return None
            kind = wanted
        return kind

    def detail(self) -> str:
        body = self.below(self.root, "*") or ""
        part = next(kind for name, kind in self.children(body).items() if name in ("Rpt", "Stmt", "Ntfctn"))
        return self.below(part, "Ntry", "NtryDtls", "TxDtls") or ""


def _fields() -> Iterator[tuple[str, ...]]:
    yield from _details._TEXTS
    yield ("RmtInf/Ustrd",)
    yield ("RmtInf/Strd/CdtrRefInf/Ref",)
    yield ("RmtInf/Strd/CdtrRefInf/Tp/CdOrPrtry/Cd",)
    yield ("AmtDtls/TxAmt/Amt",)
    yield ("AmtDtls/InstdAmt/Amt",)
    yield ("AmtDtls/CntrValAmt/Amt",)
    yield ("AmtDtls/TxAmt/CcyXchg/XchgRate",)
    yield ("Chrgs/Rcrd/Amt", "Chrgs/Amt")
    yield ("RtrInf/AddtlInf",)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_every_field_has_its_place_in_every_version(path: Path) -> None:
    schema = _Schema(path)
    detail = schema.detail()
    for paths in _fields():
        if schema.version < SINCE.get(paths[0], ""):
            continue
        assert any(schema.below(detail, *one.split("/")) for one in paths), (schema.version, paths)


def test_no_path_is_read_that_no_version_has() -> None:
    if FOLDER is None:
        test_the_schemas_are_there()
        return
    schemas = [(one, one.detail()) for one in map(_Schema, SCHEMAS)]
    for paths in _fields():
        for one in paths:
            if not any(name in one for name in FIRST_VERSION):
                assert any(schema.below(detail, *one.split("/")) for schema, detail in schemas), one
