"""What the tests of bank messages share: small messages, samples, and a reading to compare."""

from __future__ import annotations

import io
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from zahlstelle import iso20022

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
ROOT = HERE.parent.parent


def shared(*parts: str) -> Path | None:
    """A file of the material shared between repositories, if this machine has it."""
    named = os.environ.get("ZAHLSTELLE_SHARED")
    places = [Path(named)] if named else [above / "shared" for above in ROOT.parents]
    return next((found for place in places if (found := place.joinpath(*parts)).exists()), None)


def events(data: bytes, *, plain: bool = True) -> list[iso20022.Event]:
    return list(iso20022.read(io.BytesIO(data), "file.xml", plain=plain))


def refusal(data: bytes, *, plain: bool = True) -> iso20022.Unreadable:
    """The refusal that reading `data` ends in."""
    try:
        read = events(data, plain=plain)
    except iso20022.Unreadable as no:
        return no
    raise AssertionError(f"read without a word: {read}")


def reading(name: str, data: bytes) -> dict[str, Any]:
    """Everything that is read, as it stands beside the golden file."""
    told: dict[str, Any] = {"entries": [], "statements": [], "deviations": []}
    for member, stream in iso20022.documents(data, name):
        content = stream.read()
        told["entries"] += list(iso20022.entries(io.BytesIO(content), member))
        for event in iso20022.read(io.BytesIO(content), member):
            match event:
                case iso20022.StatementEnd(statement):
                    told["statements"].append(_plain(asdict(statement)))
                case iso20022.Deviation():
                    told["deviations"].append([event.code, event.line, event.element, event.reason])
    return told


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in values.items() if value is not None}
    return json.loads(json.dumps(known, default=str))  # type: ignore[no-any-return]


def message(entries: str = "", *, kind: str = "053", version: str = "001.08", namespace: str | None = None) -> bytes:
    """A small message around `entries`."""
    body, part = {
        "052": ("BkToCstmrAcctRpt", "Rpt"),
        "053": ("BkToCstmrStmt", "Stmt"),
        "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }[kind]
    if version < "001.07":
        entries = entries.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>")
    uri = namespace or f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{uri}"><{body}>'
        f"<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-11-20T08:00:00+01:00</CreDtTm></GrpHdr>"
        f"<{part}><Id>S</Id><Acct><Id><IBAN>DE87123456781234567890</IBAN></Id></Acct>\n"
        f"{entries}</{part}></{body}></Document>\n"
    ).encode()


def entry(details: str = "", amount: str = "10.00", side: str = "CRDT", head: str = "") -> str:
    """An entry with `details`, three lines up to them."""
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt>\n<CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>{head}\n'
        f"<BkTxCd><Prtry><Cd>166</Cd></Prtry></BkTxCd><Avlbty/><NtryDtls>{details}</NtryDtls></Ntry>\n"
    )


def detail(amount: str = "10.00", more: str = "", end_to_end: str = "E", side: str = "CRDT") -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>"
        f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}</TxDtls>'
    )
