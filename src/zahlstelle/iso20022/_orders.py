"""Our own orders to the bank read back: pain.008 (collections, Lastschriften) and pain.001 (transfers)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, Literal

from . import _elements
from ._elements import Element, hundredths
from ._refusals import Reason, Unreadable
from ._values import day, moment

OrderKind = Literal["collection", "transfer"]

_BODIES: dict[str, tuple[str, OrderKind]] = {
    "CstmrDrctDbtInitn": ("pain.008", "collection"),
    "CstmrCdtTrfInitn": ("pain.001", "transfer"),
}
_ORDERS = frozenset({"DrctDbtTxInf", "CdtTrfTxInf"})
_WANTED = _ORDERS | {"PmtInf"} | frozenset(_BODIES)


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """One pain.008 or pain.001 (GrpHdr): what we called it and what it says it holds."""

    file: str
    line: int
    message: str  # pain.008 or pain.001
    version: str | None  # "001.08"; None where the file names no namespace
    kind: OrderKind
    message_id: str | None
    created_at: datetime | None
    order_count: int | None
    control_cents: int | None
    initiator_name: str | None


@dataclass(frozen=True, slots=True)
class OrderBatch:
    """One Sammler of a message (PmtInf): the bank books it as one entry, or each order alone (`batch_booking`)."""

    message: OrderMessage
    line: int
    payment_id: str | None  # PmtInfId, which the bank repeats in Btch/PmtInfId
    batch_booking: bool | None
    order_count: int | None
    control_cents: int | None
    due_on: date | None  # ReqdColltnDt or ReqdExctnDt
    own_name: str | None
    own_iban: str | None
    own_bic: str | None
    creditor_id: str | None  # Gläubiger-Identifikationsnummer
    sequence_type: str | None  # FRST, RCUR, OOFF, FNAL
    local_instrument: str | None  # CORE, B2B, INST


@dataclass(frozen=True, slots=True)
class Order:
    """One payment we ordered. In a collection the debtor pays us, in a transfer we pay the creditor.

    Missing is None, never a guess. `amount_cents` are hundredths of `currency`.
    """

    batch: OrderBatch
    line: int
    number: int  # counts from one inside its batch
    amount_cents: int
    currency: str | None
    end_to_end_id: str | None
    instruction_id: str | None
    uetr: str | None
    mandate_id: str | None
    mandate_signed_on: date | None
    creditor_id: str | None  # of the order, else of its batch
    sequence_type: str | None
    local_instrument: str | None
    debtor_name: str | None
    debtor_iban: str | None
    debtor_bic: str | None
    ultimate_debtor_name: str | None
    creditor_name: str | None
    creditor_iban: str | None
    creditor_bic: str | None
    ultimate_creditor_name: str | None
    reference: str | None
    reference_type: str | None
    remittance: tuple[str, ...]
    purpose: str | None


def read_orders(stream: BinaryIO, name: str) -> Iterator[Order]:
    """Every order of a pain.008 or pain.001, in the order of the file, with its batch and message.

    Raises Unreadable: `not_pain` for another message, `amount_unreadable`, `control_sum_differs` where number or
    sum of the orders is not what batch or message say, and everything that is unreadable in a bank file. What was
    yielded until then is part of a file that is not whole, and is to be thrown away.
    """
    reading = _Reading(name)
    for found in _elements.found(stream, name, _WANTED):
        if found.element.name in _ORDERS:
            yield reading.order(found)
        elif found.element.name == "PmtInf":
            reading.close_batch(found)
        else:
            reading.close_message(found)
    if not reading.messages:
        raise Unreadable(Reason.NOT_PAIN, name, None, None, "no pain.001 or pain.008 in the file")


class _Reading:
    """Where in the file we are, and what the orders have come to."""

    def __init__(self, name: str) -> None:
        self.name, self.messages = name, 0
        self.message: OrderMessage | None = None
        self.batch: OrderBatch | None = None
        self.in_batch = self.in_message = _Sum()

    def order(self, found: _elements.Found) -> Order:
        batch = self._batch(found)
        path = "DrctDbtTxInf/InstdAmt" if batch.message.kind == "collection" else "CdtTrfTxInf/Amt/InstdAmt"
        amount = found.element.first("InstdAmt", "Amt/InstdAmt")
        if amount is None:
            raise Unreadable(Reason.AMOUNT_UNREADABLE, self.name, found.element.line, path, "no amount")
        value = hundredths(amount, self.name, path)
        self.in_batch = self.in_batch.plus(1, value)
        self.in_message = self.in_message.plus(1, value)
        return _order(found.element, batch, self.in_batch.count, value, amount.currency)

    def close_batch(self, found: _elements.Found) -> None:
        batch = self._batch(found)
        self._compare(self.in_batch, batch.order_count, batch.control_cents, batch.line, "PmtInf")
        self.batch, self.in_batch = None, _Sum()

    def close_message(self, found: _elements.Found) -> None:
        message = self._message(found.element, found)
        self._compare(self.in_message, message.order_count, message.control_cents, message.line, "GrpHdr")
        self.messages += 1
        self.message, self.in_message = None, _Sum()

    def _batch(self, found: _elements.Found) -> OrderBatch:
        if self.batch is None:
            chain = [*found.around, found.element]
            body = next((one for one in chain if one.name in _BODIES), None)
            own = next((one for one in chain if one.name == "PmtInf"), None)
            if body is None or own is None:
                where = found.element
                raise Unreadable(Reason.NOT_PAIN, self.name, where.line, where.name, "outside a pain.001 or pain.008")
            self.batch = _batch(own, self._message(body, found), self.name)
        return self.batch

    def _message(self, body: Element, found: _elements.Found) -> OrderMessage:
        if self.message is None:
            self.message = _message(body, found.version, self.name)
        return self.message

    def _compare(self, read: _Sum, count: int | None, sum_: int | None, line: int, element: str) -> None:
        if (count is not None and count != read.count) or (sum_ is not None and sum_ != read.cents):
            said = f"{count} orders of {sum_} hundredths said, {read.count} of {read.cents} found"
            raise Unreadable(Reason.CONTROL_SUM_DIFFERS, self.name, line, element, said)


@dataclass(frozen=True, slots=True)
class _Sum:
    count: int = 0
    cents: int = 0

    def plus(self, count: int, cents: int) -> _Sum:
        return _Sum(self.count + count, self.cents + cents)


def _message(body: Element, version: str | None, name: str) -> OrderMessage:
    message, kind = _BODIES[body.name]
    return OrderMessage(
        file=name,
        line=body.line,
        message=message,
        version=version,
        kind=kind,
        message_id=body.word("GrpHdr/MsgId"),
        created_at=_moment(body.word("GrpHdr/CreDtTm")),
        order_count=count(body, name, "GrpHdr/NbOfTxs"),
        control_cents=control_cents(body, name, "GrpHdr/CtrlSum"),
        initiator_name=body.word("GrpHdr/InitgPty/Nm"),
    )


def _batch(own: Element, message: OrderMessage, name: str) -> OrderBatch:
    side = "Cdtr" if message.kind == "collection" else "Dbtr"
    booking = own.word("BtchBookg")
    return OrderBatch(
        message=message,
        line=own.line,
        payment_id=own.word("PmtInfId"),
        batch_booking=None if booking is None else booking in ("true", "1"),
        order_count=count(own, name, "NbOfTxs"),
        control_cents=control_cents(own, name, "CtrlSum"),
        due_on=_day(own.word("ReqdColltnDt", "ReqdExctnDt/Dt", "ReqdExctnDt/DtTm", "ReqdExctnDt")),
        own_name=own.word(f"{side}/Nm"),
        own_iban=own.word(f"{side}Acct/Id/IBAN"),
        own_bic=_bic(own, f"{side}Agt"),
        creditor_id=own.word("CdtrSchmeId/Id/PrvtId/Othr/Id", "CdtrSchmeId/Id/OrgId/Othr/Id"),
        sequence_type=own.word("PmtTpInf/SeqTp"),
        local_instrument=own.word("PmtTpInf/LclInstrm/Cd", "PmtTpInf/LclInstrm/Prtry"),
    )


def _order(one: Element, batch: OrderBatch, number: int, cents: int, currency: str | None) -> Order:
    collects = batch.message.kind == "collection"
    mandate = "DrctDbtTx/MndtRltdInf"
    reference = one.first("RmtInf/Strd/CdtrRefInf")
    return Order(
        batch=batch,
        line=one.line,
        number=number,
        amount_cents=cents,
        currency=currency,
        end_to_end_id=one.word("PmtId/EndToEndId"),
        instruction_id=one.word("PmtId/InstrId"),
        uetr=one.word("PmtId/UETR"),
        mandate_id=one.word(f"{mandate}/MndtId"),
        mandate_signed_on=_day(one.word(f"{mandate}/DtOfSgntr")),
        creditor_id=one.word("DrctDbtTx/CdtrSchmeId/Id/PrvtId/Othr/Id") or batch.creditor_id,
        sequence_type=one.word("PmtTpInf/SeqTp") or batch.sequence_type,
        local_instrument=one.word("PmtTpInf/LclInstrm/Cd", "PmtTpInf/LclInstrm/Prtry") or batch.local_instrument,
        debtor_name=one.word("Dbtr/Nm") if collects else batch.own_name,
        debtor_iban=one.word("DbtrAcct/Id/IBAN") if collects else batch.own_iban,
        debtor_bic=_bic(one, "DbtrAgt") if collects else batch.own_bic,
        ultimate_debtor_name=one.word("UltmtDbtr/Nm"),
        creditor_name=batch.own_name if collects else one.word("Cdtr/Nm"),
        creditor_iban=batch.own_iban if collects else one.word("CdtrAcct/Id/IBAN"),
        creditor_bic=batch.own_bic if collects else _bic(one, "CdtrAgt"),
        ultimate_creditor_name=one.word("UltmtCdtr/Nm"),
        reference=None if reference is None else reference.word("Ref"),
        reference_type=None if reference is None else reference.word("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry"),
        remittance=one.words("RmtInf/Ustrd"),
        purpose=one.word("Purp/Cd", "Purp/Prtry"),
    )


def count(element: Element, name: str, path: str) -> int | None:
    """A number of transactions as it is said; a word that is no number is refused with its place."""
    found = element.first(path)
    text = "" if found is None else found.text.strip()
    if found is None or not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise Unreadable(Reason.CONTROL_SUM_DIFFERS, name, found.line, path, f"{text[:20]!r} is not a count")
    return int(text)


def control_cents(element: Element, name: str, path: str) -> int | None:
    """A control sum in hundredths as it is said; one that cannot be read is refused with its place."""
    found = element.first(path)
    return None if found is None or not found.text.strip() else hundredths(found, name, path)


def _bic(element: Element, agent: str) -> str | None:
    return element.word(f"{agent}/FinInstnId/BICFI", f"{agent}/FinInstnId/BIC")


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else day(text[:10])
    except ValueError:
        return None


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else moment(text)
    except ValueError:
        return None
