"""The camt.054.001.08 for a collective credit: one entry, one detail per payment.

Read by finance systems (HKR) as what the bank would have sent had it known the single payments. The same
input gives the same bytes. Elements stand in the order of the schema.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import BinaryIO
from xml.sax.saxutils import escape

from ._codes import is_return
from ._records import Side
from ._refusals import Unwritable

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
MAX_HUNDREDTHS = 10**15  # 18 digits in all, five of them decimals
PIECE = 140  # Max140Text
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INDICATOR: dict[Side, str] = {"credit": "CRDT", "debit": "DBIT"}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_UETR = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}")
_DK_CODE = re.compile(r"(?:N[A-Z0-9]{3}\+)?([0-9]{3})(?:\+[^<>&]*)?")
_COPY = 1 << 20

# Geschäftsvorfallcode -> family and sub-family of ISO's code below PMNT. A code that is not here is said alone.
_ISO_CODES: Mapping[str, tuple[str, str]] = {
    "105": ("RDDT", "ESDD"),
    "108": ("IDDT", "UPDD"),
    "109": ("IDDT", "UPDD"),
    "116": ("ICDT", "ESCT"),
    "117": ("ICDT", "STDO"),
    "152": ("RCDT", "STDO"),
    "159": ("ICDT", "RRTN"),
    "166": ("RCDT", "ESCT"),
    "168": ("RRCT", "ESCT"),
    "171": ("IDDT", "ESDD"),
}


@dataclass(frozen=True, slots=True)
class NoticeHead:
    """Who tells whom, about which account."""

    message_id: str
    created_at: datetime
    notification_id: str
    account_iban: str
    currency: str = "EUR"
    owner_name: str | None = None
    servicer_bic: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """The collective credit (Summengutschrift) as it was booked."""

    amount_cents: int
    booking_date: date
    value_date: date
    count: int  # how many payments it holds
    side: Side = "credit"
    entry_ref: str | None = None
    bank_ref: str | None = None
    additional_info: str | None = None
    code: str | None = None  # Geschäftsvorfallcode


@dataclass(frozen=True, slots=True)
class NoticeDetail:
    """One payment of the collective credit. The Kassenzeichen becomes its EndToEndId.

    The party is who stands on the other side: who paid a credit, who got a debit.
    """

    amount_cents: int
    kassenzeichen: str
    remittance: str | None = None
    party_name: str | None = None
    party_iban: str | None = None
    party_bic: str | None = None
    tx_id: str | None = None
    bank_ref: str | None = None
    side: Side = "credit"
    instruction_id: str | None = None
    mandate_id: str | None = None
    uetr: str | None = None
    reference: str | None = None  # structured, e.g. RF18...
    code: str | None = None  # Geschäftsvorfallcode as the bank wrote it, e.g. NTRF+166+00931
    return_reason: str | None = None


def write_camt054(head: NoticeHead, entry: NoticeEntry, details: Iterable[NoticeDetail]) -> bytes:
    """The whole file. Raises Unwritable: see `camt054_pieces`."""
    return b"".join(camt054_pieces(head, entry, details))


def write_camt054_by_content(
    to: BinaryIO, head: NoticeHead, entry: NoticeEntry, details: Iterable[NoticeDetail]
) -> str:
    """Write the file to `to` and give its message id, which follows from everything the file says.

    `head.message_id` need only tell apart what is equal in every other word; `entry.count` is counted here. Details
    wait in a temporary file, so a hundred thousand need no memory. Raises Unwritable: see `camt054_pieces`.
    """
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as waiting:
        count = signed = 0
        for detail in details:
            count += 1
            signed += detail.amount_cents if detail.side == "credit" else -detail.amount_cents
            piece = _detail(detail, head.currency).encode()
            digest.update(piece)
            waiting.write(piece)
        entry = replace(entry, count=count)
        _adds_up(entry, count, signed)
        digest.update(_opening(head, entry).encode() + _closing(entry).encode())
        message_id = f"ZS{digest.hexdigest()[:32]}"
        to.write(_opening(replace(head, message_id=message_id, notification_id=message_id), entry).encode())
        waiting.seek(0)
        shutil.copyfileobj(waiting, to, _COPY)
        to.write(_closing(entry).encode())
    return message_id


def sayable_id(value: str | None) -> bool:
    """Say whether an id can be written as it is."""
    return value is not None and 1 <= len(value) <= 35 and _cleaned(value) == value


def sayable_iban(value: str | None) -> bool:
    """Say whether a text has the shape of an IBAN."""
    return value is not None and _IBAN.fullmatch(value) is not None


def camt054_pieces(head: NoticeHead, entry: NoticeEntry, details: Iterable[NoticeDetail]) -> Iterator[bytes]:
    """The file in pieces, to be written as they come; a hundred thousand details need no memory.

    Ids are written as they are or refused: too long, empty, or with characters XML forbids. In names and
    texts such characters become blanks, runs of blanks become one, names end after 140 characters (a name is
    never a key), and a remittance is cut into pieces of 140. Raises Unwritable, at the latest at the
    end: `details_differ` where the details do not come to the entry's amount and count.
    """
    yield _opening(head, entry).encode()
    count = signed = 0
    for detail in details:
        count += 1
        signed += detail.amount_cents if detail.side == "credit" else -detail.amount_cents
        yield _detail(detail, head.currency).encode()
    _adds_up(entry, count, signed)
    yield _closing(entry).encode()


def _adds_up(entry: NoticeEntry, count: int, signed: int) -> None:
    if signed != (entry.amount_cents if entry.side == "credit" else -entry.amount_cents):
        raise Unwritable("details_differ", "Ntry/Amt", f"details come to {signed}, the entry to {entry.amount_cents}")
    if count != entry.count:
        raise Unwritable("details_differ", "Btch/NbOfTxs", f"{entry.count} payments said, {count} given")


def _opening(head: NoticeHead, entry: NoticeEntry) -> str:
    if head.created_at.tzinfo is None:
        raise Unwritable("moment_refused", "GrpHdr/CreDtTm", "a moment without an offset")
    if not _CURRENCY.fullmatch(head.currency):
        raise Unwritable("currency_refused", "Acct/Ccy", "three capital letters")
    created = head.created_at.isoformat(timespec="seconds")
    side, amount = _INDICATOR[entry.side], _amount(entry.amount_cents, "Ntry/Amt")
    owner = _text("Nm", head.owner_name)
    servicer = f"<FinInstnId>{_code('BICFI', head.servicer_bic, _BIC)}</FinInstnId>" if head.servicer_bic else ""
    return "".join((
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<Document xmlns="{NAMESPACE}">\n<BkToCstmrDbtCdtNtfctn>\n',
        f"<GrpHdr>{_id('MsgId', head.message_id)}<CreDtTm>{created}</CreDtTm></GrpHdr>\n",
        f"<Ntfctn>{_id('Id', head.notification_id)}<CreDtTm>{created}</CreDtTm>\n",
        f"<Acct><Id>{_code('IBAN', head.account_iban, _IBAN)}</Id><Ccy>{head.currency}</Ccy>",
        f"<Ownr>{owner}</Ownr>" if owner else "",
        f"<Svcr>{servicer}</Svcr>" if servicer else "",
        "</Acct>\n<Ntry>",
        _id("NtryRef", entry.entry_ref) if entry.entry_ref is not None else "",
        f'<Amt Ccy="{head.currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>',
        f"<BookgDt><Dt>{entry.booking_date.isoformat()}</Dt></BookgDt>",
        f"<ValDt><Dt>{entry.value_date.isoformat()}</Dt></ValDt>",
        _id("AcctSvcrRef", entry.bank_ref) if entry.bank_ref is not None else "",
        _bank_code(entry.code, "166" if entry.side == "credit" else "116"),
        f"\n<NtryDtls><Btch><NbOfTxs>{entry.count}</NbOfTxs>",
        f'<TtlAmt Ccy="{head.currency}">{amount}</TtlAmt><CdtDbtInd>{side}</CdtDbtInd></Btch>\n',
    ))  # fmt: skip


def _closing(entry: NoticeEntry) -> str:
    info = _text("AddtlNtryInf", entry.additional_info, 500)
    return f"</NtryDtls>{info}</Ntry>\n</Ntfctn>\n</BkToCstmrDbtCdtNtfctn>\n</Document>\n"


def _detail(detail: NoticeDetail, currency: str) -> str:
    parties, agents = _party(detail)
    pieces = "".join(f"<Ustrd>{escape(piece)}</Ustrd>" for piece in _cut(_cleaned(detail.remittance or "")))
    if detail.reference is not None:
        pieces += f"<Strd><CdtrRefInf>{_id('Ref', detail.reference)}</CdtrRefInf></Strd>"
    return "".join((
        "<TxDtls><Refs>",
        _id("AcctSvcrRef", detail.bank_ref) if detail.bank_ref is not None else "",
        _id("InstrId", detail.instruction_id) if detail.instruction_id is not None else "",
        _id("EndToEndId", detail.kassenzeichen),
        f"<UETR>{detail.uetr}</UETR>" if detail.uetr is not None and _UETR.fullmatch(detail.uetr) else "",
        _id("TxId", detail.tx_id) if detail.tx_id is not None else "",
        _id("MndtId", detail.mandate_id) if detail.mandate_id is not None else "",
        f'</Refs><Amt Ccy="{currency}">{_amount(detail.amount_cents, "TxDtls/Amt")}</Amt>',
        f"<CdtDbtInd>{_INDICATOR[detail.side]}</CdtDbtInd>",
        _detail_code(detail),
        f"<RltdPties>{parties}</RltdPties>" if parties else "",
        f"<RltdAgts>{agents}</RltdAgts>" if agents else "",
        f"<RmtInf>{pieces}</RmtInf>" if pieces else "",
        f"<RtrInf><Rsn>{_reason(detail.return_reason)}</Rsn></RtrInf>" if detail.return_reason else "",
        "</TxDtls>\n",
    ))  # fmt: skip


def _party(detail: NoticeDetail) -> tuple[str, str]:
    """The other side and its bank. A return keeps the roles of the payment it returns (Anlage 3)."""
    name = _text("Nm", detail.party_name)
    turned = bool(name or detail.party_iban) and _returns(detail)
    role = "Dbtr" if (detail.side == "credit") is not turned else "Cdtr"
    party = f"<{role}><Pty>{name}</Pty></{role}>" if name else ""
    if detail.party_iban is not None:
        party += f"<{role}Acct><Id>{_code('IBAN', detail.party_iban, _IBAN)}</Id></{role}Acct>"
    if detail.party_bic is None:
        return party, ""
    return party, f"<{role}Agt><FinInstnId>{_code('BICFI', detail.party_bic, _BIC)}</FinInstnId></{role}Agt>"


def _returns(detail: NoticeDetail) -> bool:
    return bool(detail.return_reason) or is_return(None, detail.code)


def _detail_code(detail: NoticeDetail) -> str:
    usual = "NTRF+166" if detail.side == "credit" else "NTRF+116"
    return _bank_code(detail.code, None if detail.return_reason else usual)


@lru_cache(maxsize=1024)
def _bank_code(told: str | None, usual: str | None) -> str:
    """Write the bank's own Geschäftsvorfallcode of the DK, else the usual one; and ISO's code where it is known."""
    code = told if told is not None and len(told) <= 35 and _DK_CODE.fullmatch(told) else usual
    if code is None or (shape := _DK_CODE.fullmatch(code)) is None:
        return ""
    family, sub_family = _ISO_CODES.get(shape[1], ("", ""))
    iso = (
        f"<Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn>" if family else ""
    )
    return f"<BkTxCd>{iso}<Prtry><Cd>{_cleaned(code)}</Cd><Issr>DK</Issr></Prtry></BkTxCd>"


def _reason(reason: str) -> str:
    said = _cleaned(reason)
    return f"<Cd>{escape(said)}</Cd>" if len(said) <= 4 else f"<Prtry>{escape(said[:35].rstrip())}</Prtry>"


def _amount(cents: int, element: str) -> str:
    if not 0 <= cents < MAX_HUNDREDTHS:
        raise Unwritable("amount_refused", element, f"{cents} hundredths")
    return f"{cents // 100}.{cents % 100:02d}"


def _id(element: str, value: str) -> str:
    """Max35Text that must come through unchanged."""
    if not 1 <= len(value) <= 35:
        raise Unwritable("length_refused", element, f"{len(value)} characters, 1 to 35 are allowed")
    if _cleaned(value) != value:
        raise Unwritable("character_refused", element, "blanks at an end or in a row, or characters XML forbids")
    return f"<{element}>{escape(value)}</{element}>"


def _code(element: str, value: str, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(value):
        raise Unwritable("code_refused", element, f"not the shape of {element}")
    return f"<{element}>{value}</{element}>"


def _text(element: str, value: str | None, length: int = PIECE) -> str:
    cleaned = _cleaned(value or "")[:length].rstrip()
    return f"<{element}>{escape(cleaned)}</{element}>" if cleaned else ""


def _cleaned(value: str) -> str:
    """A text for people: what XML forbids becomes a blank, runs of blanks become one."""
    return " ".join((value if value.isprintable() else _FORBIDDEN.sub(" ", value)).split())


def _cut(text: str) -> Iterator[str]:
    """Pieces of 140 that give the text again when joined without anything between them.

    `text` is cleaned: it ends with no blank and has none in a row, so no piece is a blank alone.
    """
    for start in range(0, len(text), PIECE):
        yield text[start : start + PIECE]
