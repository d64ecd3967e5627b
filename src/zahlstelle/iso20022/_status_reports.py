"""What the bank says to an order before it is booked: pain.002, by group, batch and transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal

from . import _elements
from ._elements import Element, hundredths
from ._orders import control_cents, count
from ._refusals import Reason, Unreadable
from ._values import moment

StatusLevel = Literal["group", "batch", "transaction"]

_BODIES = frozenset({"CstmrPmtStsRpt", "pain.002.001.02"})
_GROUP, _BATCH, _TRANSACTION = "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts"
_WANTED = frozenset({"GrpHdr", _GROUP, _BATCH, _TRANSACTION}) | _BODIES


@dataclass(frozen=True, slots=True)
class StatusReason:
    """Why: an ISO code (AC01, MD07, FF05 ...) or the bank's own word, and what it adds."""

    code: str | None
    proprietary: str | None
    info: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One pain.002 (GrpHdr)."""

    file: str
    line: int
    version: str | None
    message_id: str | None
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """What the bank says to a whole message (group), to one of its batches, or to one transaction.

    `status` is the bank's word: RJCT is a no; ACCP, ACSP, ACSC, ACTC, ACWC are steps of a yes; PART says that the
    levels below differ; PDNG is open. None where the level names none: then only the levels below speak. A rejected
    group or batch need not list its transactions: all of them are rejected. Missing is None, never a guess.
    """

    report: StatusReport
    line: int
    level: StatusLevel
    status: str | None
    reasons: tuple[StatusReason, ...]
    original_message_id: str | None  # our MsgId
    original_message: str | None  # "pain.008.001.08", as the bank names it
    original_payment_id: str | None  # our PmtInfId; None at the level of the group
    original_count: int | None
    original_cents: int | None  # control sum of group or batch
    status_id: str | None = None
    end_to_end_id: str | None = None
    instruction_id: str | None = None
    uetr: str | None = None
    bank_ref: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    mandate_id: str | None = None
    debtor_name: str | None = None
    debtor_iban: str | None = None
    creditor_name: str | None = None
    creditor_iban: str | None = None
    remittance: tuple[str, ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether this level is refused as a whole."""
        return self.status == "RJCT"


def read_status_report(stream: BinaryIO, name: str) -> Iterator[Status]:
    """Every status of a pain.002: the group, then each batch, followed by its transactions.

    Raises Unreadable: `not_pain` for another message, and everything that is unreadable in a bank file. What was
    yielded until then is part of a file that is not whole, and is to be thrown away.
    """
    reading = _Reading(name)
    for found in _elements.found(stream, name, _WANTED):
        yield from reading.take(found)
    if not reading.messages:
        raise Unreadable(Reason.NOT_PAIN, name, None, None, "no pain.002 in the file")


class _Reading:
    """The report and the levels that stand around what is read."""

    def __init__(self, name: str) -> None:
        self.name, self.messages = name, 0
        self._begin()

    def _begin(self) -> None:
        self.head: Element | None = None
        self.group: Element | None = None
        self.batch_told: Element | None = None
        self.group_told = False

    def take(self, found: _elements.Found) -> Iterator[Status]:
        element = found.element
        if element.name in _BODIES:
            if self.group is None:
                raise Unreadable(
                    Reason.NOT_PAIN, self.name, element.line, _GROUP, "the report names no original message"
                )
            yield from self._group(found)
            self.messages += 1
            self._begin()
        elif not any(one.name in _BODIES for one in found.around):
            raise Unreadable(Reason.NOT_PAIN, self.name, element.line, element.name, "outside a pain.002")
        elif element.name == "GrpHdr":
            self.head = element
        elif element.name == _GROUP:
            self.group = element
        else:
            yield from self._group(found)
            yield from self._below(found)

    def _group(self, found: _elements.Found) -> Iterator[Status]:
        if not self.group_told:
            self.group_told = True
            yield self._status(self.group or Element(_GROUP, found.element.line), "group", found, None)

    def _below(self, found: _elements.Found) -> Iterator[Status]:
        batch = next((one for one in (*found.around, found.element) if one.name == _BATCH), None)
        if batch is not None and batch is not self.batch_told:
            self.batch_told = batch
            yield self._status(batch, "batch", found, batch)
        if found.element.name == _TRANSACTION:
            yield self._status(found.element, "transaction", found, batch)

    def _status(self, one: Element, level: StatusLevel, found: _elements.Found, batch: Element | None) -> Status:
        group = self.group or Element(_GROUP, one.line)
        report, payment = self._report(found), None if level == "group" else (batch or one).word("OrgnlPmtInfId")
        original = group.word("OrgnlMsgId"), group.word("OrgnlMsgNmId"), payment
        reasons = tuple(map(_reason, one.all("StsRsnInf")))
        if level != "transaction":
            return Status(
                report, one.line, level, one.word("GrpSts" if level == "group" else "PmtInfSts"), reasons, *original,
                original_count=count(one, self.name, "OrgnlNbOfTxs"),
                original_cents=control_cents(one, self.name, "OrgnlCtrlSum"),
            )  # fmt: skip
        amount = one.first("OrgnlTxRef/Amt/InstdAmt", "OrgnlTxRef/IntrBkSttlmAmt")
        return Status(
            report, one.line, level, one.word("TxSts"), reasons, *original, original_count=None, original_cents=None,
            status_id=one.word("StsId"),
            end_to_end_id=one.word("OrgnlEndToEndId"),
            instruction_id=one.word("OrgnlInstrId"),
            uetr=one.word("OrgnlUETR"),
            bank_ref=one.word("AcctSvcrRef"),
            amount_cents=None if amount is None else hundredths(amount, self.name, "TxInfAndSts/OrgnlTxRef/Amt"),
            currency=None if amount is None else amount.currency,
            mandate_id=one.word("OrgnlTxRef/MndtRltdInf/MndtId", "OrgnlTxRef/MndtRltdInf/DrctDbtMndt/MndtId"),
            debtor_name=one.word("OrgnlTxRef/Dbtr/Nm", "OrgnlTxRef/Dbtr/Pty/Nm"),
            debtor_iban=one.word("OrgnlTxRef/DbtrAcct/Id/IBAN"),
            creditor_name=one.word("OrgnlTxRef/Cdtr/Nm", "OrgnlTxRef/Cdtr/Pty/Nm"),
            creditor_iban=one.word("OrgnlTxRef/CdtrAcct/Id/IBAN"),
            remittance=one.words("OrgnlTxRef/RmtInf/Ustrd"),
        )  # fmt: skip

    def _report(self, found: _elements.Found) -> StatusReport:
        head = self.head or Element("GrpHdr", found.element.line)
        created = head.word("CreDtTm")
        try:
            at = None if created is None else moment(created)
        except ValueError:
            at = None
        return StatusReport(self.name, head.line, found.version, head.word("MsgId"), at)


def _reason(one: Element) -> StatusReason:
    return StatusReason(
        one.word("Rsn/Cd", "StsRsn/Cd"), one.word("Rsn/Prtry", "StsRsn/Prtry"),
        one.words("AddtlInf") or one.words("AddtlStsRsnInf"),
    )  # fmt: skip
