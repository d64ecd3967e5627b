"""The pain.008.001.08 of a collection (Lastschrifteinzug), in the German banks' subset: CORE, one batch (PmtInf) for
each sequence type and day.

The same input gives the same bytes. Elements stand in the order of the schema; names and texts are written in the
characters every bank in the SEPA area takes.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from xml.sax.saxutils import escape

from ._refusals import Unwritable
from ._write import _amount, _code, _id

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_CREDITOR_ID = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}")
# The characters of the EPC's implementation guidelines; an id must not begin or end with a slash nor hold two in a row.
_PLAIN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "&": "+"})
_NAME, _TEXT, _BATCHES = 70, 140, 999

SequenceType = Literal["OOFF", "FRST", "RCUR", "FNAL"]


@dataclass(frozen=True, slots=True)
class CollectionHead:
    """Who collects, into which account. `note` stands in a comment, for people."""

    message_id: str  # at most 31 characters: a batch's id is this and its number
    created_at: datetime
    creditor_name: str
    creditor_iban: str
    creditor_bic: str
    creditor_id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DebitOrder:
    """One debit. What comes back from the bank are `instruction_id` and `end_to_end_id`."""

    sequence: SequenceType
    collect_on: date
    amount_cents: int
    instruction_id: str
    end_to_end_id: str
    mandate_id: str
    signed_on: date
    debtor_name: str
    debtor_iban: str
    remittance: str


def write_pain008(head: CollectionHead, orders: Sequence[DebitOrder]) -> bytes:
    """Write the whole file. Raises Unwritable for what cannot be said in it without changing its meaning."""
    if not orders:
        raise Unwritable("details_differ", "NbOfTxs", "a collection without a debit")
    if head.created_at.tzinfo is None:
        raise Unwritable("moment_refused", "GrpHdr/CreDtTm", "a moment without an offset")
    return "".join(_pieces(head, orders)).encode()


def sayable_reference(value: str) -> bool:
    """Say whether a reference comes through every bank unchanged: at most 35 of the plain characters."""
    slashes = value.startswith("/") or value.endswith("/") or "//" in value
    return 1 <= len(value) <= 35 and not _PLAIN.search(value) and not slashes and value == value.strip()


def _pieces(head: CollectionHead, orders: Sequence[DebitOrder]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    if head.note:
        yield f"<!-- {_plain(head.note).replace('--', '- -')} -->\n"
    yield f'<Document xmlns="{NAMESPACE}">\n<CstmrDrctDbtInitn>\n<GrpHdr>{_id("MsgId", head.message_id)}'
    yield f"<CreDtTm>{head.created_at.isoformat(timespec='seconds')}</CreDtTm>{_sums(orders)}"
    yield f"<InitgPty>{_name(head.creditor_name)}</InitgPty></GrpHdr>\n"
    ordered = sorted(orders, key=_batch)
    for number, (_, batch) in enumerate(itertools.groupby(ordered, key=_batch), 1):
        if number > _BATCHES:
            raise Unwritable("length_refused", "PmtInfId", "too many batches")
        yield from _payment(head, number, list(batch))
    yield "</CstmrDrctDbtInitn>\n</Document>\n"


def _batch(order: DebitOrder) -> tuple[date, str]:
    return order.collect_on, order.sequence


def _payment(head: CollectionHead, number: int, orders: Sequence[DebitOrder]) -> Iterator[str]:
    first = orders[0]
    yield "".join((
        f"<PmtInf>{_id('PmtInfId', f'{head.message_id}-{number:03d}')}<PmtMtd>DD</PmtMtd><BtchBookg>true</BtchBookg>",
        _sums(orders),
        "<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl><LclInstrm><Cd>CORE</Cd></LclInstrm>",
        f"<SeqTp>{first.sequence}</SeqTp></PmtTpInf><ReqdColltnDt>{first.collect_on.isoformat()}</ReqdColltnDt>",
        f"<Cdtr>{_name(head.creditor_name)}</Cdtr>",
        f"<CdtrAcct><Id>{_code('IBAN', head.creditor_iban, _IBAN)}</Id></CdtrAcct>",
        f"<CdtrAgt><FinInstnId>{_code('BICFI', head.creditor_bic, _BIC)}</FinInstnId></CdtrAgt>",
        "<ChrgBr>SLEV</ChrgBr><CdtrSchmeId><Id><PrvtId><Othr>",
        f"{_code('Id', head.creditor_id, _CREDITOR_ID)}<SchmeNm><Prtry>SEPA</Prtry></SchmeNm>",
        "</Othr></PrvtId></Id></CdtrSchmeId>\n",
    ))  # fmt: skip
    yield from map(_debit, orders)
    yield "</PmtInf>\n"


def _debit(order: DebitOrder) -> str:
    return "".join((
        f"<DrctDbtTxInf><PmtId>{_reference('InstrId', order.instruction_id)}",
        f"{_reference('EndToEndId', order.end_to_end_id)}</PmtId>",
        f'<InstdAmt Ccy="EUR">{_above_zero(order.amount_cents)}</InstdAmt>',
        f"<DrctDbtTx><MndtRltdInf>{_reference('MndtId', order.mandate_id)}",
        f"<DtOfSgntr>{order.signed_on.isoformat()}</DtOfSgntr></MndtRltdInf></DrctDbtTx>",
        "<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>",
        f"<Dbtr>{_name(order.debtor_name)}</Dbtr>",
        f"<DbtrAcct><Id>{_code('IBAN', order.debtor_iban, _IBAN)}</Id></DbtrAcct>",
        f"<RmtInf><Ustrd>{escape(_plain(order.remittance)[:_TEXT].rstrip())}</Ustrd></RmtInf>",
        "</DrctDbtTxInf>\n",
    ))  # fmt: skip


def _sums(orders: Sequence[DebitOrder]) -> str:
    total = _amount(sum(order.amount_cents for order in orders), "CtrlSum")
    return f"<NbOfTxs>{len(orders)}</NbOfTxs><CtrlSum>{total}</CtrlSum>"


def _above_zero(cents: int) -> str:
    if not 0 < cents <= 99_999_999_999:
        raise Unwritable("amount_refused", "InstdAmt", f"{cents} hundredths")
    return _amount(cents, "InstdAmt")


def _reference(element: str, value: str) -> str:
    if not sayable_reference(value):
        raise Unwritable("character_refused", element, "not a reference that every bank takes")
    return _id(element, value)


def _name(value: str) -> str:
    name = _plain(value)[:_NAME].rstrip()
    if not name:
        raise Unwritable("character_refused", "Nm", "a name without a character that every bank takes")
    return f"<Nm>{escape(name)}</Nm>"


def _plain(text: str) -> str:
    """Say a text in the plain characters: umlauts in two letters, accents left out, anything else a full stop."""
    said = unicodedata.normalize("NFC", text).translate(_GERMAN)
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", said) if not unicodedata.combining(sign))
    return _PLAIN.sub(".", " ".join(bare.split()))
