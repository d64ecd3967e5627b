"""Writes the bank's messages: statement (camt.053.001.08) and breakdown (camt.054.001.08). Pure.

Shapes after the German banks' rules (Anlage 3 of the DFÜ agreement): a collective credit stands as one entry
in the statement and points with AddtlInfInd to the camt.054 that lists its single payments.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lxml import etree

from ._clock import BERLIN

# Kind of entry -> (domain, family, sub-family) and the German business code (GVC) of the entry.
CODES: dict[str, tuple[tuple[str, str, str], str]] = {
    "payout": (("PMNT", "RCDT", "ESCT"), "194"),
    "transfer": (("PMNT", "RCDT", "ESCT"), "166"),
    "refunds": (("PMNT", "RDDT", "ESDD"), "105"),
    "chargebacks": (("PMNT", "RDDT", "ESDD"), "105"),
    "fee": (("ACMT", "MDOP", "CHRG"), "805"),
    "plain": (("PMNT", "RCDT", "ESCT"), "166"),
    "plain_debit": (("PMNT", "RDDT", "ESDD"), "105"),
}
# Code of each single transaction inside a collective entry.
SINGLE = {"payout": "166", "refunds": "105", "chargebacks": "105"}
SWIFT = {
    "payout": "NTRF",
    "transfer": "NTRF",
    "refunds": "NDDT",
    "chargebacks": "NDDT",
    "fee": "NCHG",
    "plain": "NTRF",
    "plain_debit": "NDDT",
}
TEXTS = {
    "payout": "SAMMELGUTSCHRIFT",
    "transfer": "GUTSCHRIFT",
    "refunds": "SAMMELLASTSCHRIFT",
    "chargebacks": "SAMMELLASTSCHRIFT",
    "fee": "ENTGELT",
    "plain": "GUTSCHRIFT",
    "plain_debit": "LASTSCHRIFT",
}


@dataclass(frozen=True, slots=True)
class Account:
    """The town's account at the test bank."""

    iban: str
    bic: str
    owner: str
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Detail:
    """One payment of a card holder, or one refund, inside a collective entry."""

    amount_cents: int
    end_to_end_id: str
    instruction_id: str
    tx_id: str
    party_name: str | None
    remittance: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement on the account; `side` is CRDT or DBIT. Only a collective one has `details`."""

    kind: str
    side: str
    amount_cents: int
    booked_on: date
    value_on: date
    bank_ref: str
    party_name: str | None
    party_iban: str | None
    remittance: str
    end_to_end_id: str
    details: tuple[Detail, ...] = ()
    breakdown_id: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One day's statement: closing balance = opening balance + credits - debits."""

    message_id: str
    number: int
    day: date
    created_at: datetime
    account: Account
    opening_cents: int
    closing_cents: int
    entries: tuple[Entry, ...]


def write_statement(statement: Statement) -> bytes:
    """The camt.053.001.08 of one day."""
    root, body = _document("camt.053.001.08", "BkToCstmrStmt", statement.message_id, statement.created_at)
    stmt = _add(body, "Stmt")
    _add(stmt, "Id", statement.message_id)
    _add(stmt, "ElctrncSeqNb", str(statement.number))
    _add(stmt, "LglSeqNb", str(statement.number))
    _add(stmt, "CreDtTm", _moment(statement.created_at))
    _account(stmt, statement.account)
    _balance(stmt, "OPBD", statement.opening_cents, statement)
    _balance(stmt, "CLBD", statement.closing_cents, statement)
    for entry in statement.entries:
        node = _entry(stmt, entry, statement.account, pointer=entry.breakdown_id)
        details = _add(node, "NtryDtls")
        if entry.details:
            _batch(details, entry)
        _whole_entry(details, entry)
        _add(node, "AddtlNtryInf", TEXTS[entry.kind])
    return _bytes(root)


def write_breakdown(entry: Entry, account: Account, created_at: datetime) -> bytes:
    """The camt.054.001.08 of one collective entry: the same entry, and one TxDtls for each payment in it."""
    if entry.breakdown_id is None:
        raise ValueError(f"{entry.bank_ref} is no collective entry")
    root, body = _document("camt.054.001.08", "BkToCstmrDbtCdtNtfctn", entry.breakdown_id, created_at)
    notification = _add(body, "Ntfctn")
    _add(notification, "Id", entry.breakdown_id)
    _add(notification, "CreDtTm", _moment(created_at))
    _account(notification, account)
    node = _entry(notification, entry, account)
    details = _add(node, "NtryDtls")
    _batch(details, entry)
    for detail in entry.details:
        _single(details, entry, detail)
    _add(node, "AddtlNtryInf", TEXTS[entry.kind])
    return _bytes(root)


def _document(message: str, name: str, message_id: str, created_at: datetime) -> tuple[etree._Element, etree._Element]:
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{message}"
    names: Any = {None: namespace}
    root = etree.Element(f"{{{namespace}}}Document", nsmap=names)
    body = _add(root, name)
    header = _add(body, "GrpHdr")
    _add(header, "MsgId", message_id)
    _add(header, "CreDtTm", _moment(created_at))
    return root, body


def _account(parent: etree._Element, account: Account) -> None:
    node = _add(parent, "Acct")
    _add(_add(node, "Id"), "IBAN", account.iban)
    _add(node, "Ccy", account.currency)
    _add(_add(node, "Ownr"), "Nm", account.owner)
    _add(_add(_add(node, "Svcr"), "FinInstnId"), "BICFI", account.bic)


def _balance(parent: etree._Element, code: str, cents: int, statement: Statement) -> None:
    node = _add(parent, "Bal")
    _add(_add(_add(node, "Tp"), "CdOrPrtry"), "Cd", code)
    _amount(node, abs(cents), statement.account.currency)
    _add(node, "CdtDbtInd", "CRDT" if cents >= 0 else "DBIT")
    _add(_add(node, "Dt"), "Dt", statement.day.isoformat())


def _entry(parent: etree._Element, entry: Entry, account: Account, *, pointer: str | None = None) -> etree._Element:
    node = _add(parent, "Ntry")
    _add(node, "NtryRef", entry.bank_ref)
    _amount(node, entry.amount_cents, account.currency)
    _add(node, "CdtDbtInd", entry.side)
    _add(_add(node, "Sts"), "Cd", "BOOK")
    _add(_add(node, "BookgDt"), "Dt", entry.booked_on.isoformat())
    _add(_add(node, "ValDt"), "Dt", entry.value_on.isoformat())
    _add(node, "AcctSvcrRef", entry.bank_ref)
    _code(node, entry.kind, CODES[entry.kind][1])
    if pointer:
        elsewhere = _add(node, "AddtlInfInd")
        _add(elsewhere, "MsgNmId", "camt.054.001.08")
        _add(elsewhere, "MsgId", pointer)
    return node


def _code(parent: etree._Element, kind: str, proprietary: str) -> None:
    node = _add(parent, "BkTxCd")
    code, family, sub = CODES[kind][0]
    domain = _add(node, "Domn")
    _add(domain, "Cd", code)
    families = _add(domain, "Fmly")
    _add(families, "Cd", family)
    _add(families, "SubFmlyCd", sub)
    own = _add(node, "Prtry")
    _add(own, "Cd", proprietary)
    _add(own, "Issr", "DK")


def _batch(parent: etree._Element, entry: Entry) -> None:
    node = _add(parent, "Btch")
    _add(node, "NbOfTxs", str(len(entry.details)))
    _amount(node, entry.amount_cents, "EUR", "TtlAmt")
    _add(node, "CdtDbtInd", entry.side)


def _whole_entry(parent: etree._Element, entry: Entry) -> None:
    """The one TxDtls that German rules want for every entry, also for one that is broken up elsewhere."""
    node = _add(parent, "TxDtls")
    _add(_add(node, "Refs"), "EndToEndId", entry.end_to_end_id)
    _amount(node, entry.amount_cents, "EUR")
    _add(node, "CdtDbtInd", entry.side)
    _code(node, entry.kind, f"{SWIFT[entry.kind]}+{CODES[entry.kind][1]}+00931")
    _party(node, entry.side, entry.party_name, entry.party_iban)
    _remittance(node, entry.remittance)


def _single(parent: etree._Element, entry: Entry, detail: Detail) -> None:
    node = _add(parent, "TxDtls")
    refs = _add(node, "Refs")
    _add(refs, "InstrId", detail.instruction_id)
    _add(refs, "EndToEndId", detail.end_to_end_id)
    _add(refs, "TxId", detail.tx_id)
    _amount(node, detail.amount_cents, "EUR")
    _add(node, "CdtDbtInd", entry.side)
    _code(node, entry.kind, f"{SWIFT[entry.kind]}+{SINGLE[entry.kind]}+00931")
    _party(node, entry.side, detail.party_name, None)
    _remittance(node, detail.remittance)


def _party(parent: etree._Element, side: str, name: str | None, iban: str | None) -> None:
    """The other side: who paid a credit, who took a debit."""
    if not name and not iban:
        return
    role = "Dbtr" if side == "CRDT" else "Cdtr"
    parties = _add(parent, "RltdPties")
    if name:
        _add(_add(_add(parties, role), "Pty"), "Nm", name)
    if iban:
        _add(_add(_add(parties, role + "Acct"), "Id"), "IBAN", iban)


def _remittance(parent: etree._Element, text: str) -> None:
    """The Verwendungszweck; one Ustrd holds 140 signs."""
    node = _add(parent, "RmtInf")
    for start in range(0, len(text), 140):
        _add(node, "Ustrd", text[start : start + 140])


def _amount(parent: etree._Element, cents: int, currency: str, name: str = "Amt") -> None:
    _add(parent, name, f"{cents // 100}.{cents % 100:02d}").set("Ccy", currency)


def _moment(moment: datetime) -> str:
    return moment.astimezone(BERLIN).isoformat(timespec="seconds")


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    node = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    node.text = text
    return node


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
