"""A bank file as the JSON lines that `zahlstelle bank inspect --json` promises."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import date
from typing import IO, Any, BinaryIO

from ._reader import read
from ._records import (
    Detail,
    Deviation,
    Entry,
    EntryEnd,
    EntryStart,
    MessageHead,
    Side,
    StatementEnd,
    StatementHead,
    StatementStart,
)

_IN_MEMORY = 4 * 1024 * 1024
_SIDE_OF_DETAILS_FROM = "001.04"  # before, a detail has no side of its own and shares the entry's


def json_pieces(stream: BinaryIO, name: str, deviations: list[Deviation] | None = None) -> Iterator[str]:
    """One JSON line per entry, in pieces to be joined: an entry may have more details than fit in memory.

    What the file does otherwise than the standard is added to `deviations`. Raises Unreadable; what was
    yielded until then is to be thrown away.
    """
    inherits: bool = False
    entry_side: Side | None = None
    message, statement = MessageHead("", 0, "", None), StatementHead(0)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="\n") as details:
        for event in read(stream, name):
            match event:
                case Detail():
                    details.write("," if details.tell() else "")
                    details.write(_compact(detail_json(event, entry_side if inherits else None)))
                case EntryStart(entry):
                    details.seek(0)
                    details.truncate()
                    entry_side = entry.side
                case EntryEnd(entry):
                    yield _compact(entry_json(message, statement, entry))[:-1] + ',"details":['
                    yield from _all_of(details)
                    yield "]}\n"
                case StatementStart(message, statement):
                    inherits = (message.version or "") < _SIDE_OF_DETAILS_FROM and message.version is not None
                case StatementEnd():
                    pass
                case Deviation():
                    if deviations is not None:
                        deviations.append(event)


def entries(stream: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    """The same, entry by entry as dictionaries; for files whose entries fit in memory."""
    line = ""
    for piece in json_pieces(stream, name):
        line += piece
        if piece.endswith("]}\n"):
            yield json.loads(line)
            line = ""


def entry_json(message: MessageHead, statement: StatementHead, entry: Entry) -> dict[str, Any]:
    """An entry without its details. Missing is None; days are written as in ISO 8601."""
    return {
        "file": message.file,
        "message": message.message,
        "version": message.version,
        "account_iban": statement.account_iban,
        "statement_id": statement.statement_id,
        "entry_ref": entry.entry_ref,
        "status": entry.status,
        "side": entry.side,
        "reversal": entry.reversal,
        "amount_cents": entry.amount_cents,
        "currency": entry.currency,
        "booking_date": _day(entry.booking_date),
        "value_date": _day(entry.value_date),
        "bank_ref": entry.bank_ref,
        "btc": entry.btc,
        "proprietary_code": entry.proprietary_code,
        "batch_count": entry.batch_count,
        "line": entry.line,
        "message_id": message.message_id,
        "account_other": statement.account_other,
        "batch_message_id": entry.batch_message_id,
        "batch_payment_id": entry.batch_payment_id,
        "breakdown_message_id": entry.breakdown_message_id,
        "charges_cents": entry.charges_cents,
        "additional_info": entry.additional_info,
        "whole": entry.whole,
    }


def detail_json(detail: Detail, inherited: Side | None) -> dict[str, Any]:
    """A detail. `inherited` is the entry's side where a detail of this version cannot carry its own."""
    return {
        "amount_cents": detail.amount_cents,
        "currency": detail.currency,
        "side": detail.side or inherited,
        "end_to_end_id": detail.end_to_end_id,
        "mandate_id": detail.mandate_id,
        "instruction_id": detail.instruction_id,
        "tx_id": detail.tx_id,
        "bank_ref": detail.bank_ref,
        "party_name": detail.party_name,
        "party_iban": detail.party_iban,
        "reference": detail.reference,
        "reference_type": detail.reference_type,
        "remittance": " ".join(piece.strip() for piece in detail.remittance) or None,
        "return_reason": detail.return_reason,
        "charges_cents": detail.charges_cents,
        "uetr": detail.uetr,
        "party_bic": detail.party_bic,
        "original_cents": detail.original_cents,
        "original_currency": detail.original_currency,
        "proprietary_code": detail.proprietary_code,
        "btc": detail.btc,
        "proprietary_refs": dict(detail.proprietary_refs),
        "umsatz_id": detail.umsatz_id,
        "counter_cents": detail.counter_cents,
        "counter_currency": detail.counter_currency,
        "exchange_rate": detail.exchange_rate,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _all_of(spool: IO[str]) -> Iterator[str]:
    spool.seek(0)
    while piece := spool.read(65_536):
        yield piece
