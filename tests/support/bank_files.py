"""Bank files for tests, said in few words; written by hand after the dialects German banks use (camt.053/054 .08)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile


@dataclass
class Tx:
    """One transaction inside an entry."""

    amount: str
    text: str | Sequence[str] = ""
    end_to_end: str = "NOTPROVIDED"
    tx_id: str = ""
    instruction: str = ""
    name: str = "Erika Mustermann"
    iban: str = "DE02120300000000202051"
    side: str = "CRDT"
    reason: str = ""
    currency: str = "EUR"
    charges: str = ""
    original: str = ""
    mandate: str = ""

    def xml(self) -> str:
        pieces = [self.text] if isinstance(self.text, str) else self.text
        refs = [("InstrId", self.instruction), ("EndToEndId", self.end_to_end), ("TxId", self.tx_id)]
        refs.append(("MndtId", self.mandate))
        refs_xml = "".join(f"<{tag}>{escape(value)}</{tag}>" for tag, value in refs if value)
        party, account = ("Dbtr", "DbtrAcct") if self.side == "CRDT" else ("Cdtr", "CdtrAcct")
        reason = f"<RtrInf><Rsn><Cd>{self.reason}</Cd></Rsn></RtrInf>" if self.reason else ""
        amount = f'<Amt Ccy="{self.currency}">{self.amount}</Amt>' if self.amount else ""
        if self.original:
            amount += f'<AmtDtls><InstdAmt><Amt Ccy="EUR">{self.original}</Amt></InstdAmt></AmtDtls>'
        charges = f'<Chrgs><Rcrd><Amt Ccy="EUR">{self.charges}</Amt></Rcrd></Chrgs>' if self.charges else ""
        return (
            f"<TxDtls><Refs>{refs_xml}</Refs>{amount}<CdtDbtInd>{self.side}</CdtDbtInd>{charges}"
            f"<RltdPties><{party}><Pty><Nm>{escape(self.name)}</Nm></Pty></{party}>"
            f"<{account}><Id><IBAN>{self.iban}</IBAN></Id></{account}></RltdPties>"
            f"<RmtInf>{''.join(f'<Ustrd>{escape(p)}</Ustrd>' for p in pieces if p)}</RmtInf>{reason}</TxDtls>"
        )


@dataclass
class Ntry:
    """One entry. `elsewhere` names the camt.054 that has its details."""

    amount: str
    details: Sequence[Tx] = ()
    ref: str = "NONREF"
    day: str = "2026-10-05"
    side: str = "CRDT"
    status: str = "BOOK"
    elsewhere: str = ""
    count: int = 0
    info: str = ""
    code: str = "166"

    def xml(self) -> str:
        ref = f"<AcctSvcrRef>{self.ref}</AcctSvcrRef>" if self.ref else ""
        days = f"<BookgDt><Dt>{self.day}</Dt></BookgDt><ValDt><Dt>{self.day}</Dt></ValDt>" if self.day else ""
        elsewhere = (
            f"<AddtlInfInd><MsgNmId>camt.054.001.08</MsgNmId><MsgId>{self.elsewhere}</MsgId></AddtlInfInd>"
            if self.elsewhere
            else ""
        )
        batch = f"<Btch><NbOfTxs>{self.count}</NbOfTxs></Btch>" if self.count else ""
        inner = batch + "".join(tx.xml() for tx in self.details)
        return (
            f'<Ntry><Amt Ccy="EUR">{self.amount}</Amt><CdtDbtInd>{self.side}</CdtDbtInd>'
            f"<Sts><Cd>{self.status}</Cd></Sts>"
            f"{days}{ref}<BkTxCd><Prtry><Cd>{self.code}</Cd><Issr>DK</Issr></Prtry></BkTxCd>{elsewhere}"
            f"{f'<NtryDtls>{inner}</NtryDtls>' if inner else ''}"
            f"{f'<AddtlNtryInf>{escape(self.info)}</AddtlNtryInf>' if self.info else ''}</Ntry>"
        )


@dataclass
class Camt:
    """A message with one statement of one account."""

    iban: str
    entries: Sequence[Ntry] = field(default_factory=list)
    kind: str = "053"
    message_id: str = "M1"
    statement_id: str = "S1"
    balances: tuple[str, str] | None = None
    doctype: str = ""
    balance_day: str = "2026-10-05"
    opening_day: str = ""
    sequence: str = ""
    created: str = "2026-10-05T18:00:00+02:00"

    def xml(self) -> bytes:
        root, part = {
            "052": ("BkToCstmrAcctRpt", "Rpt"),
            "053": ("BkToCstmrStmt", "Stmt"),
            "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        }[self.kind]
        balances = ""
        if self.balances:
            balances = "".join(
                f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>'
                f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
                for code, amount, day in zip(
                    ("OPBD", "CLBD"),
                    self.balances,
                    (self.opening_day or self.balance_day, self.balance_day),
                    strict=True,
                )
            )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>{self.doctype}'
            f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{self.kind}.001.08"><{root}>'
            f"<GrpHdr><MsgId>{self.message_id}</MsgId><CreDtTm>{self.created}</CreDtTm></GrpHdr>"
            f"<{part}><Id>{self.statement_id}</Id>"
            f"{f'<ElctrncSeqNb>{self.sequence}</ElctrncSeqNb>' if self.sequence else ''}"
            f"<CreDtTm>{self.created}</CreDtTm>"
            f"<Acct><Id><IBAN>{self.iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}"
            f"{''.join(entry.xml() for entry in self.entries)}</{part}></{root}></Document>"
        ).encode()

    def write(self, folder: Path, name: str = "file.xml") -> Path:
        path = folder / name
        path.write_bytes(self.xml())
        return path


def zipped(path: Path, *messages: Camt) -> Path:
    """Write messages as a German bank delivers them: one ZIP, one member each."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for number, message in enumerate(messages, 1):
            archive.writestr(f"2026-10-05_C{message.kind[1:]}_{message.iban}_EUR_{number:06d}.xml", message.xml())
    return path
