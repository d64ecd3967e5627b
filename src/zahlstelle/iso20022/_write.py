"""The camt.054.001.08 for a collective credit: one entry, one detail per payment.

Read by finance systems (HKR) as what the bank would have sent had it known the single payments. The same
input gives the same bytes. Elements stand in the order of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from xml.sax.saxutils import escape

from ._records import Side
from ._refusals import Unwritable

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
MAX_HUNDREDTHS = 10**15  # 18 digits in all, five of them decimals
PIECE = 140  # Max140Text
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE = re.compile(r"\s+")
_INDICATOR: dict[Side, str] = {"credit": "CRDT", "debit": "DBIT"}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")


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


@dataclass(frozen=True, slots=True)
class NoticeDetail:
    """One payment of the collective credit. The Kassenzeichen becomes its EndToEndId."""

    amount_cents: int
    kassenzeichen: str
    remittance: str | None = None
    debtor_name: str | None = None
    debtor_iban: str | None = None
    debtor_bic: str | None = None
    tx_id: str | None = None
    bank_ref: str | None = None
    side: Side = "credit"


def write_camt054(head: NoticeHead, entry: NoticeEntry, details: Iterable[NoticeDetail]) -> bytes:
    """The whole file. Raises Unwritable: see `camt054_pieces`."""
    return b"".join(camt054_pieces(head, entry, details))


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
    if signed != (entry.amount_cents if entry.side == "credit" else -entry.amount_cents):
        raise Unwritable("details_differ", "Ntry/Amt", f"details come to {signed}, the entry to {entry.amount_cents}")
    if count != entry.count:
        raise Unwritable("details_differ", "Btch/NbOfTxs", f"{entry.count} payments said, {count} given")
    yield _closing(entry).encode()


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
        _bank_code(entry.side, "166" if entry.side == "credit" else "116"),
        f"\n<NtryDtls><Btch><NbOfTxs>{entry.count}</NbOfTxs>",
        f'<TtlAmt Ccy="{head.currency}">{amount}</TtlAmt><CdtDbtInd>{side}</CdtDbtInd></Btch>\n',
    ))  # fmt: skip


def _closing(entry: NoticeEntry) -> str:
    info = _text("AddtlNtryInf", entry.additional_info, 500)
    return f"</NtryDtls>{info}</Ntry>\n</Ntfctn>\n</BkToCstmrDbtCdtNtfctn>\n</Document>\n"


def _detail(detail: NoticeDetail, currency: str) -> str:
    name = _text("Nm", detail.debtor_name)
    debtor = f"<Dbtr><Pty>{name}</Pty></Dbtr>" if name else ""
    if detail.debtor_iban is not None:
        debtor += f"<DbtrAcct><Id>{_code('IBAN', detail.debtor_iban, _IBAN)}</Id></DbtrAcct>"
    bank = f"<FinInstnId>{_code('BICFI', detail.debtor_bic, _BIC)}</FinInstnId>" if detail.debtor_bic else ""
    pieces = "".join(f"<Ustrd>{escape(piece)}</Ustrd>" for piece in _cut(_cleaned(detail.remittance or "")))
    return "".join((
        "<TxDtls><Refs>",
        _id("AcctSvcrRef", detail.bank_ref) if detail.bank_ref is not None else "",
        _id("EndToEndId", detail.kassenzeichen),
        _id("TxId", detail.tx_id) if detail.tx_id is not None else "",
        f'</Refs><Amt Ccy="{currency}">{_amount(detail.amount_cents, "TxDtls/Amt")}</Amt>',
        f"<CdtDbtInd>{_INDICATOR[detail.side]}</CdtDbtInd>",
        _bank_code(detail.side, "NTRF+166" if detail.side == "credit" else "NTRF+116"),
        f"<RltdPties>{debtor}</RltdPties>" if debtor else "",
        f"<RltdAgts><DbtrAgt>{bank}</DbtrAgt></RltdAgts>" if bank else "",
        f"<RmtInf>{pieces}</RmtInf>" if pieces else "",
        "</TxDtls>\n",
    ))  # fmt: skip


def _bank_code(side: Side, gvc: str) -> str:
    """SEPA credit transfer, received or issued, in both codes: ISO's and the Geschäftsvorfallcode of the DK."""
    family = "RCDT" if side == "credit" else "ICDT"
    return (
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>"
        f"<Prtry><Cd>{gvc}</Cd><Issr>DK</Issr></Prtry></BkTxCd>"
    )


def _amount(cents: int, element: str) -> str:
    if not 0 <= cents < MAX_HUNDREDTHS:
        raise Unwritable("amount_refused", element, f"{cents} hundredths")
    return f"{cents // 100}.{cents % 100:02d}"


def _id(element: str, value: str) -> str:
    """Max35Text that must come through unchanged."""
    if not 1 <= len(value) <= 35:
        raise Unwritable("length_refused", element, f"{len(value)} characters, 1 to 35 are allowed")
    if _FORBIDDEN.search(value) or value != value.strip() or _SPACE.sub(" ", value) != value:
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
    return _SPACE.sub(" ", _FORBIDDEN.sub(" ", value)).strip()


def _cut(text: str) -> Iterator[str]:
    """Pieces of 140 that give the text again when joined without anything between them.

    `text` is cleaned: it ends with no blank and has none in a row, so no piece is a blank alone.
    """
    for start in range(0, len(text), PIECE):
        yield text[start : start + PIECE]
