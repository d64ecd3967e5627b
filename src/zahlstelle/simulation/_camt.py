"""Writes camt.052, .053 and .054 in versions .001.02 and .001.08, as German banks fill them.

Sources: DK Anlage 3 to the DFÜ-Abkommen, chapter 7, as summed up in public; the ISO 20022 schemas.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape

from zahlstelle.kernel import BERLIN

from . import _dialects as dialects
from ._facts import Detail, Entry
from ._people import Party
from ._town import Town

_ROOT = {
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
_DOMAIN = {
    "166": ("PMNT", "RCDT", "ESCT"),
    "168": ("PMNT", "RRCT", "ESCT"),
    "152": ("PMNT", "RCDT", "STDO"),
    "194": ("PMNT", "RCDT", "ESCT"),
    "171": ("PMNT", "IDDT", "ESDD"),
    "192": ("PMNT", "IDDT", "ESDD"),
    "109": ("PMNT", "IDDT", "UPDD"),
    "105": ("PMNT", "RDDT", "ESDD"),
    "159": ("PMNT", "ICDT", "RRTN"),
    "191": ("PMNT", "ICDT", "ESCT"),
    "805": ("ACMT", "MDOP", "CHRG"),
}
BOOKED, PENDING = "BOOK", "PDNG"


@dataclass(slots=True)
class Message:
    """One camt message about the town's account: which entries it shows, and how much of each."""

    order: str  # C52, C53, C54, C5N: the order type under which the bank delivers it
    version: str  # "02" | "08"
    message_id: str
    sequence: int
    at: datetime  # local time of the bank
    entries: list[Entry]
    opening_cents: int | None = None
    previous_day: date | None = None
    day: date | None = None
    pending: frozenset[str] = field(default_factory=frozenset)
    copy: bool = False  # CpyDplctInd=DUPL
    bank: dialects.Bank = dialects.Bank.PLAIN

    @property
    def family(self) -> str:
        """Name the camt family: an advice (C5N) is a camt.054 as well."""
        return {"C52": "052", "C53": "053"}.get(self.order, "054")

    @property
    def is_advice(self) -> bool:
        """Say whether this is an instant credit advice: the same money appears in the statement again."""
        return self.order == "C5N"

    def shows_details_of(self, entry: Entry) -> bool:
        """Say whether a reader of this message sees the entry's single movements."""
        return self.family == "054" or not (entry.separate or entry.own_batch)


def document(message: Message, town: Town) -> str:
    """Write the message."""
    return "".join(head(message, town)) + "".join(_entries(message, town)) + foot(message)


def head(message: Message, town: Town, moved_cents: int | None = None) -> Iterator[str]:
    """Write everything before the first entry. `moved_cents`: the sum of entries made only later."""
    root, part = _ROOT[message.family]
    name = f"camt.{message.family}.001.{message.version}"
    end = _end(message)
    yield f'<?xml version="1.0" encoding="UTF-8"?>{end}'
    yield f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{name}"><{root}>{end}'
    yield f"<GrpHdr><MsgId>{message.message_id}</MsgId><CreDtTm>{_moment(message)}</CreDtTm>"
    yield f"<MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn></GrpHdr>{end}"
    yield f"<{part}><Id>{message.order}{message.sequence:06d}-{message.at:%Y%m%d}</Id>"
    yield f"<ElctrncSeqNb>{message.sequence}</ElctrncSeqNb>"
    if message.order == "C53":
        yield f"<LglSeqNb>{message.sequence}</LglSeqNb>"
    yield f"<CreDtTm>{_moment(message)}</CreDtTm>"
    if message.copy:
        yield "<CpyDplctInd>DUPL</CpyDplctInd>"
    yield f"<Acct><Id><IBAN>{town.iban}</IBAN></Id><Ccy>EUR</Ccy>"
    yield f"<Ownr><Nm>{escape(town.name, False)}</Nm></Ownr>"
    yield f"<Svcr><FinInstnId>{_bic(town.bic, message.version)}</FinInstnId></Svcr></Acct>{end}"
    yield from _balances(message, moved_cents)


def foot(message: Message) -> str:
    """Write everything after the last entry."""
    root, part = _ROOT[message.family]
    return f"</{part}>{_end(message)}</{root}></Document>{_end(message)}"


def _end(message: Message) -> str:
    """End a line: the older version comes in one line."""
    return "" if message.version == "02" else "\n"


def _moment(message: Message) -> str:
    local = message.at.replace(tzinfo=BERLIN)
    return message.at.isoformat() if message.version == "02" else local.isoformat()


def _balances(message: Message, moved_cents: int | None) -> Iterator[str]:
    if message.opening_cents is None or message.day is None:
        return
    moved = sum(signed(entry) for entry in message.entries) if moved_cents is None else moved_cents
    closing = message.opening_cents + moved
    opening = ("PRCD", message.previous_day) if message.version == "02" else ("OPBD", message.day)
    for code, day, cents in ((*opening, message.opening_cents), ("CLBD", message.day, closing)):
        yield f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount(abs(cents))}"
        yield f"<CdtDbtInd>{'DBIT' if cents < 0 else 'CRDT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        yield _end(message)


def signed(entry: Entry) -> int:
    """Give the entry's amount with its direction, in cents."""
    return entry.amount_cents if entry.side == "credit" else -entry.amount_cents


def amount(cents: int, tag: str = "Amt") -> str:
    """Write an amount."""
    return f'<{tag} Ccy="EUR">{cents // 100}.{cents % 100:02d}</{tag}>'


def direction(side: str) -> str:
    """Write the direction."""
    return f"<CdtDbtInd>{'CRDT' if side == 'credit' else 'DBIT'}</CdtDbtInd>"


def _bic(bic: str, version: str) -> str:
    tag = "BIC" if version == "02" else "BICFI"
    return f"<{tag}>{bic}</{tag}>"


def _code(gvc: str, own: str, with_domain: bool = True) -> str:
    domain, family, sub = _DOMAIN[gvc]
    iso = f"<Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn>"
    return f"<BkTxCd>{iso if with_domain else ''}<Prtry><Cd>{own}</Cd><Issr>DK</Issr></Prtry></BkTxCd>"


def _entries(message: Message, town: Town) -> Iterator[str]:
    for entry in message.entries:
        details = _details(message, entry, town)
        yield from entry_around(message, entry, entry.amount_cents, len(entry.details), details)


def entry_around(message: Message, entry: Entry, cents: int, count: int, details: Iterable[str]) -> Iterator[str]:
    """Write one entry around its details, which may be made while they are written."""
    old = message.version == "02"
    status = PENDING if entry.bank_ref in message.pending else BOOKED
    yield f"<Ntry>{amount(cents)}{direction(entry.side)}"
    yield f"<Sts>{status}</Sts>" if old else f"<Sts><Cd>{status}</Cd></Sts>"
    if status == BOOKED and not message.is_advice:
        yield f"<BookgDt><Dt>{entry.booking_date}</Dt></BookgDt>"
    yield f"<ValDt><Dt>{entry.booking_date}</Dt></ValDt>"
    if not message.is_advice:
        yield f"<AcctSvcrRef>{entry.bank_ref}</AcctSvcrRef>"
    yield _code(entry.gvc, entry.gvc) if dialects.has_entry_code(message.bank) else "<BkTxCd/>"
    if entry.separate and message.family != "054":
        name = f"camt.054.001.{message.version}"
        yield f"<AddtlInfInd><MsgNmId>{name}</MsgNmId><MsgId>{entry.notification_id}</MsgId></AddtlInfInd>"
    yield f"<NtryDtls>{_batch(entry, cents, count) if count > 1 or entry.separate or entry.own_batch else ''}"
    yield from details
    yield f"</NtryDtls><AddtlNtryInf>{escape(entry.text, False)}</AddtlNtryInf></Ntry>{_end(message)}"


def _batch(entry: Entry, cents: int, count: int) -> str:
    if entry.own_batch:
        return f"<Btch><MsgId>{entry.own_batch}</MsgId><PmtInfId>{entry.own_batch}-1</PmtInfId></Btch>"
    return f"<Btch><NbOfTxs>{count}</NbOfTxs>{amount(cents, 'TtlAmt')}{direction(entry.side)}</Btch>"


def _details(message: Message, entry: Entry, town: Town) -> Iterator[str]:
    if not message.shows_details_of(entry):
        text = f"SAMMLER {len(entry.details)} POSTEN" if entry.separate else "SAMMELAUFTRAG"
        yield f"<TxDtls>{_code(entry.gvc, f'NTRF+{entry.gvc}')}"
        yield f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>{_end(message)}"
        return
    write = detail_writer(message, entry, town)
    for detail in entry.details:
        yield write(detail)


def detail_writer(message: Message, entry: Entry, town: Town) -> Callable[[Detail], str]:
    """Make the function that writes one detail of this entry, in this message's version."""
    old, end, bank = message.version == "02", _end(message), message.bank
    with_domain = dialects.has_domain(bank, message.version)
    side = direction(entry.side)
    ours = Party(town.name, town.iban, town.bic)
    party = _party_02 if old else _party_08
    reference = f"<AcctSvcrRef>{entry.bank_ref}</AcctSvcrRef>" if old and not message.is_advice else ""
    prefix = "NDDT" if entry.gvc in ("105", "171", "192") else "NRTI" if entry.gvc in ("109", "159") else "NTRF"

    def write(detail: Detail) -> str:
        theirs_first = entry.side == "credit" or bool(detail.return_reason)
        debtor, creditor = (detail.party, ours) if theirs_first else (ours, detail.party)
        original = detail.amount_cents - detail.charge_cents
        instructed = f"<InstdAmt>{amount(original)}</InstdAmt>" if dialects.says_instructed(bank, detail) else ""
        return (
            f"<TxDtls>{_references(detail, reference, dialects.own_reference(bank, entry, detail))}"
            f"{'' if old else amount(detail.amount_cents) + side}"
            f"<AmtDtls>{instructed}<TxAmt>{amount(detail.amount_cents)}</TxAmt></AmtDtls>"
            f"{_code(detail.gvc, f'{prefix}+{detail.gvc}', with_domain)}{_charges(detail, old)}"
            f"<RltdPties>{party('Dbtr', debtor)}{party('Cdtr', creditor)}</RltdPties>"
            f"<RltdAgts><DbtrAgt><FinInstnId>{_bic(debtor.bic, message.version)}</FinInstnId></DbtrAgt>"
            "</RltdAgts>"
            f"{_remittance(dialects.lines_of(bank, detail.remittance))}{_return(detail)}</TxDtls>{end}"
        )

    return write


def _references(detail: Detail, bank_reference: str, own: str) -> str:
    parts = [bank_reference]
    for tag, value in (
        ("InstrId", detail.instruction_id),
        ("EndToEndId", detail.end_to_end_id),
        ("TxId", detail.tx_id),
        ("MndtId", detail.mandate_id),
    ):
        if value:
            parts.append(f"<{tag}>{value}</{tag}>")
    return f"<Refs>{''.join(parts)}{own}</Refs>"


def _charges(detail: Detail, old: bool) -> str:
    if not detail.charge_cents:
        return ""
    record = f"{amount(detail.charge_cents)}<CdtDbtInd>DBIT</CdtDbtInd>"
    return f"<Chrgs>{record if old else f'<Rcrd>{record}</Rcrd>'}</Chrgs>"


def _party_02(tag: str, party: Party) -> str:
    name = escape(party.name[:70], False)
    return f"<{tag}><Nm>{name}</Nm></{tag}><{tag}Acct><Id><IBAN>{party.iban}</IBAN></Id></{tag}Acct>"


def _party_08(tag: str, party: Party) -> str:
    name = escape(party.name[:70], False)
    return f"<{tag}><Pty><Nm>{name}</Nm></Pty></{tag}><{tag}Acct><Id><IBAN>{party.iban}</IBAN></Id></{tag}Acct>"


def _remittance(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    text = "".join(f"<Ustrd>{escape(line, False)}</Ustrd>" for line in lines)
    return f"<RmtInf>{text}</RmtInf>"


def _return(detail: Detail) -> str:
    if not detail.return_reason:
        return ""
    return f"<RtrInf><Rsn><Cd>{detail.return_reason}</Cd></Rsn></RtrInf>"
