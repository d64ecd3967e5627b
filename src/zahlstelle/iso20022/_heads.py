"""Heads into records: message, statement and entry, everything that stands around the details."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias, TypeVar

from . import _details, _values
from ._codes import is_return
from ._details import Context, Trouble
from ._records import Balance, Detail, Entry, EntryHead, MessageHead, Statement, StatementHead
from ._refusals import Reason
from ._shapes import Node, tree

Note = Callable[[str, int | None, str | None, str], None]  # code, line, element, reason
T = TypeVar("T")
_STATUS_CHANGES = "001.07"  # a text before, a choice of codes after


# Texts of an entry in the order in which `entry` takes them; several paths: the first that is there.
_ENTRY_TEXTS: tuple[tuple[str, ...], ...] = (
    ("NtryRef",),
    ("RvslInd",),
    ("AcctSvcrRef",),
    ("BkTxCd/Domn/Cd",),
    ("BkTxCd/Domn/Fmly/Cd",),
    ("BkTxCd/Domn/Fmly/SubFmlyCd",),
    ("BkTxCd/Prtry/Cd",),
    ("BkTxCd/Prtry/Issr",),
    ("AddtlInfInd/MsgNmId",),
    ("AddtlInfInd/MsgId",),
    ("AddtlNtryInf",),
)


class Shape:
    """The tags of a head, and what was already looked up in them."""

    def __init__(self, tags: Sequence[str]) -> None:
        self.root = tree(tags, unfinished=True)
        self.places: dict[tuple[str, ...], int] = {}
        self.batches = [*self.root.all("NtryDtls", "Btch"), *self.root.all("Btch")]
        self.charges = _details.charges(self.root)
        self.entry_texts = itemgetter(*(self.root.at_any(*paths) for paths in _ENTRY_TEXTS))

    def place(self, *paths: str) -> int:
        """The token of the text at the first of `paths` that is there."""
        known = self.places.get(paths)
        if known is None:
            known = self.places[paths] = self.root.at_any(*paths)
        return known


class Scribe:
    """An element that may still be open, its texts, and where to say what is unusual about it."""

    def __init__(
        self, tokens: Sequence[str], lines: Sequence[int], note: Note, shape: Shape, version: str | None
    ) -> None:
        self.tokens, self.lines, self.tell, self.shape = tokens, lines, note, shape
        self.root, self.version = shape.root, version

    @property
    def line(self) -> int:
        return self.lines[0]

    def text(self, *paths: str) -> str | None:
        """The text at the first of `paths` that is there; None where it is missing or empty."""
        return self.tokens[self.shape.place(*paths)].strip() or None

    def text_in(self, node: Node, *paths: str) -> str | None:
        """The same, below `node`."""
        return self.tokens[node.at_any(*paths)].strip() or None

    def note(self, code: str, element: str, reason: str, token: int = 0) -> None:
        self.tell(code, self.lines[token // 2 - 1] if token else self.line, element, reason)

    def day(self, path: str) -> date | None:
        """The day of a Dt/DtTm choice; a moment with an offset falls on its day in Europe/Berlin."""
        return self._day(self.shape.place(f"{path}/Dt"), self.shape.place(f"{path}/DtTm"), path)

    def day_in(self, node: Node, path: str) -> date | None:
        """The same, below `node`."""
        return self._day(node.at_any(f"{path}/Dt"), node.at_any(f"{path}/DtTm"), path)

    def bound(self, path: str) -> date | None:
        """The day of one end of a period, written as a day (FrDt) or as a moment (FrDtTm)."""
        return self._day(self.shape.place(path), self.shape.place(f"{path}Tm"), path)

    def _day(self, day: int, moment: int, path: str) -> date | None:
        return self._read(day, path, _values.day) or self._read(moment, path, _values.berlin_day)

    def moment(self, path: str) -> datetime | None:
        return self._read(self.shape.place(path), path, _values.moment)

    def _read(self, token: int, path: str, make: Callable[[str], T]) -> T | None:
        text = self.tokens[token].strip()
        if not text:
            return None
        try:
            return make(text)
        except ValueError as why:
            self.note("date_unreadable", path, str(why), token)
        try:  # a spoilt time does not spoil the day: 2024-03-05T23:07:11:735
            return make(text[:10]) if make is _values.day else _values.day(text[:10])  # type: ignore[return-value]
        except ValueError:
            return None


Maker: TypeAlias = Callable[[Scribe], T]


def message(scribe: Scribe, known: MessageHead) -> MessageHead:
    """What the group header adds to a message of `known` kind and version."""
    text = scribe.text
    message_id = text("GrpHdr/MsgId")
    created = scribe.root.at_any("GrpHdr/CreDtTm")
    if message_id is None:
        scribe.note("no_message_id", "GrpHdr/MsgId", "the message has no id")
    if not scribe.tokens[created].strip():
        scribe.note("no_creation_time", "GrpHdr/CreDtTm", "the message does not say when it was made")
    last = text("GrpHdr/MsgPgntn/LastPgInd")
    return MessageHead(
        file=known.file,
        line=known.line,
        message=known.message,
        version=known.version,
        message_id=message_id,
        created_at=_moment(scribe, "GrpHdr/CreDtTm"),
        page_number=text("GrpHdr/MsgPgntn/PgNb"),
        last_page=None if last is None else last in ("true", "1"),
        additional_info=text("GrpHdr/AddtlInf"),
    )


def _moment(scribe: Scribe, path: str) -> datetime | None:
    found = scribe.moment(path)
    return found if isinstance(found, datetime) else None


def statement(scribe: Scribe) -> StatementHead:
    """The head of a statement: which account, which period, which balances."""
    text = scribe.text
    return StatementHead(
        line=scribe.line,
        statement_id=text("Id"),
        electronic_sequence=text("ElctrncSeqNb"),
        legal_sequence=text("LglSeqNb"),
        created_at=_moment(scribe, "CreDtTm"),
        from_on=scribe.bound("FrToDt/FrDt"),
        to_on=scribe.bound("FrToDt/ToDt"),
        copy_duplicate=text("CpyDplctInd"),
        account_iban=_account_iban(scribe),
        account_other=text("Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id", "Acct/Id/BBAN"),
        account_currency=text("Acct/Ccy"),
        owner_name=text("Acct/Ownr/Nm"),
        servicer_bic=text("Acct/Svcr/FinInstnId/BICFI", "Acct/Svcr/FinInstnId/BIC", "Acct/Svcr/FinInstnId/CmbndId/BIC"),
        balances=tuple(_balance(scribe, node) for node in scribe.root.all("Bal")),
    )


def _account_iban(scribe: Scribe) -> str | None:
    iban = scribe.text("Acct/Id/IBAN")
    if iban is not None and not _details.is_iban(iban):
        scribe.note("iban_unusual", "Acct/Id/IBAN", "not the pattern of an IBAN")
    return iban


def _balance(scribe: Scribe, node: Node) -> Balance:
    amount = node.first("Amt")
    if amount is None:
        raise Trouble(Reason.AMOUNT_UNREADABLE, 0, "Bal/Amt", "a balance without an amount")
    side = _details.side_of(scribe.tokens, node.at("CdtDbtInd"), "Bal/CdtDbtInd")
    if side is None:
        scribe.note("balance_without_side", "Bal/CdtDbtInd", "a balance without a sign", amount.text)
    return Balance(
        type=scribe.text_in(node, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "Tp/Cd", "Tp/Prtry"),
        amount_cents=_details.money(scribe.tokens, amount.text, "Bal/Amt"),
        currency=amount.currency,
        side=side,
        day=scribe.day_in(node, "Dt"),
    )


def entry(scribe: Scribe, number: int) -> EntryHead:
    """The head of an entry. Raises Trouble where its amount or side is missing or cannot be read."""
    root, tokens = scribe.root, scribe.tokens
    amount = root.first("Amt")
    if amount is None:
        raise Trouble(Reason.AMOUNT_UNREADABLE, 0, "Ntry/Amt", "the entry names no amount before its details")
    side = _details.side_of(tokens, scribe.shape.place("CdtDbtInd"), "Ntry/CdtDbtInd")
    if side is None:
        raise Trouble(Reason.SIDE_UNREADABLE, 0, "Ntry/CdtDbtInd", "the entry is neither credit nor debit")
    batches = scribe.shape.batches
    (
        entry_ref, reversal, bank_ref, domain, family, sub_family, code, issuer, breakdown_message, breakdown_id, info,
    ) = [text.strip() or None for text in scribe.shape.entry_texts(tokens)]  # fmt: skip
    btc = _details.joined_code(domain, family, sub_family)
    if btc is None and code is None:
        scribe.note("no_bank_code", "Ntry/BkTxCd", "the entry has no bank transaction code")
    return EntryHead(
        line=scribe.line,
        number=number,
        amount_cents=_details.money(tokens, amount.text, "Ntry/Amt"),
        currency=amount.currency,
        side=side,
        entry_ref=entry_ref,
        status=_status(scribe),
        reversal=reversal in ("true", "1"),
        booking_date=scribe.day("BookgDt"),
        value_date=scribe.day("ValDt"),
        bank_ref=bank_ref,
        btc=btc,
        proprietary_code=code,
        proprietary_issuer=issuer,
        batch_count=_batch_count(scribe, batches),
        batch_cents=_batch_cents(scribe, batches, amount.currency),
        batch_message_id=next(filter(None, (scribe.text_in(one, "MsgId") for one in batches)), None),
        batch_payment_id=next(filter(None, (scribe.text_in(one, "PmtInfId") for one in batches)), None),
        breakdown_message=breakdown_message,
        breakdown_message_id=breakdown_id,
        charges_cents=_details.charged(tokens, scribe.shape.charges, amount.currency, "Ntry/Chrgs"),
        additional_info=info,
    )


def _status(scribe: Scribe) -> str | None:
    """BOOK, PDNG, INFO ...: the schema has changed between text (.02) and Cd (.08); banks mix both."""
    status = scribe.text("Sts/Cd", "Sts/Prtry", "Sts")
    if status is None:
        scribe.note("no_status", "Ntry/Sts", "an entry without a status")
    elif scribe.version is not None and scribe.version != _STATUS_CHANGES:
        coded = scribe.text("Sts/Cd", "Sts/Prtry") is not None
        if coded != (scribe.version > _STATUS_CHANGES):
            scribe.note("status_unusual", "Ntry/Sts", f"not written as {scribe.version} has it")
    return status


def _batch_count(scribe: Scribe, batches: list[Node]) -> int | None:
    """How many transactions the bank says are in the entry; all batches of an entry together."""
    said = [text for one in batches if (text := scribe.text_in(one, "NbOfTxs")) is not None]
    if not all(text.isascii() and text.isdecimal() and len(text) <= 15 for text in said):
        scribe.note("batch_count_unreadable", "Btch/NbOfTxs", f"{said[0][:20]!r} is not a count")
        return None
    return sum(map(int, said)) if said else None


def _batch_cents(scribe: Scribe, batches: list[Node], currency: str | None) -> int | None:
    totals = [total for one in batches for total in one.all("TtlAmt")]
    if not totals or any(total.currency not in (None, currency) for total in totals):
        return None
    return sum(_details.money(scribe.tokens, total.text, "Ntry/NtryDtls/Btch/TtlAmt") for total in totals)


def context(head: EntryHead, around: StatementHead) -> Context:
    """What the details of an entry take from it and from its statement."""
    sub_family = (head.btc or "").rpartition("/")[2]
    returned = is_return(sub_family, head.proprietary_code, head.proprietary_issuer)
    return Context(head.currency, head.side, around.account_iban or around.account_other, returned)


@dataclass(slots=True)
class EntrySums:
    """What the details of one entry come to, counted while they pass."""

    details: int = 0
    unsized: int = 0
    signed: int = 0
    charges: int = 0

    def add(self, detail: Detail, around: Context) -> None:
        self.details += 1
        if detail.amount_cents is None or detail.currency != around.currency:
            self.unsized += 1
        elif (detail.side or around.side) == "credit":
            self.signed += detail.amount_cents
        else:
            self.signed -= detail.amount_cents
        if detail.charges_cents:
            self.charges += detail.charges_cents

    def add_run(self, details: int, signed: int) -> None:
        """Details that all have amounts in the entry's currency and no charges."""
        self.details = details
        self.signed += signed

    def close(self, head: EntryHead, note: Note) -> Entry:
        """The entry with its sums. Where details or the bank's own counts differ, that is noted."""
        summed = self.details > 0 and not self.unsized
        whole = summed and self.signed == head.signed_cents
        with_charges = summed and (whole or self.signed - self.charges == head.signed_cents)
        if summed and not with_charges:
            said = f"details come to {self.signed}, the entry to {head.signed_cents} hundredths"
            note("details_differ", head.line, "Ntry/NtryDtls", said)
        if self.details > 1 and head.batch_count is not None and head.batch_count != self.details:
            said = f"{head.batch_count} transactions said, {self.details} found"
            note("batch_count_differs", head.line, "Ntry/NtryDtls/Btch/NbOfTxs", said)
        return Entry(
            **_entry_head(head),
            detail_count=self.details,
            unsized_count=self.unsized,
            details_signed_cents=self.signed,
            details_charges_cents=self.charges,
            whole=whole,
            whole_with_charges=with_charges,
        )


@dataclass(slots=True)
class StatementSums:
    """What the entries of one statement come to."""

    entries: int = 0
    credit: int = 0
    debit: int = 0
    booked: int = 0  # signed, of entries that are booked
    currencies: set[str | None] = field(default_factory=set)

    def add(self, entry: Entry) -> None:
        self.entries += 1
        self.currencies.add(entry.currency)
        if entry.side == "credit":
            self.credit += entry.amount_cents
        else:
            self.debit += entry.amount_cents
        if entry.status == "BOOK":
            self.booked += entry.signed_cents

    def close(self, head: StatementHead, note: Note) -> Statement:
        """The statement with its sums. Where its balances do not follow from each other, that is noted."""
        moved = self._moved(head.balances)
        if moved is not None and moved != self.booked:
            said = f"the balances move by {moved}, the booked entries come to {self.booked} hundredths"
            note("balances_differ", head.line, "Bal", said)
        return Statement(
            **_statement_head(head),
            entry_count=self.entries,
            credit_cents=self.credit,
            debit_cents=self.debit,
            balanced=None if moved is None else moved == self.booked,
        )

    def _moved(self, balances: Sequence[Balance]) -> int | None:
        """Closing minus opening balance; None where one is missing or twice, without a sign, or in other money."""
        opening = [one for one in balances if one.type in ("OPBD", "PRCD")]
        closing = [one for one in balances if one.type == "CLBD"]
        both = opening + closing
        if len(opening) != 1 or len(closing) != 1 or any(one.side is None for one in both):
            return None
        if len(self.currencies | {one.currency for one in both}) != 1:
            return None
        return closing[0].signed_cents - opening[0].signed_cents


def _copier(kind: type[EntryHead] | type[StatementHead]) -> Callable[[object], dict[str, Any]]:
    names = [one.name for one in fields(kind)]
    values = attrgetter(*names)
    return lambda head: dict(zip(names, values(head), strict=True))


_entry_head = _copier(EntryHead)
_statement_head = _copier(StatementHead)
