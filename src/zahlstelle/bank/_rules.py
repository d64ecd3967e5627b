"""When two sightings are one bank entry, and whether an entry's details explain it. No IO.

The same money is told up to three times: in camt.052 during the day, in camt.053 in the evening, in camt.054 with its
details; each may come first, twice, or days later. And two payers do pay the same fee on the same day. What decides is
the bank's own reference where there is a usable one, else everything both sightings say, counted per statement.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from zahlstelle.iso20022 import Detail, Entry, StatementHead
from zahlstelle.kernel import fact_id


class Breakdown(StrEnum):
    """How far an entry's details explain it."""

    NONE = "none"  # the bank gave no detail; the entry stands for itself
    SINGLE = "single"  # one transaction
    WHOLE = "whole"  # a collective entry whose details add up to it to the cent
    PENDING = "pending"  # a collective entry whose details come elsewhere
    BROKEN = "broken"  # details that do not add up: the entry stays whole, as a doubt


def breakdown(entry: Entry) -> Breakdown:
    """Say how far this sighting's own details explain the entry."""
    elsewhere = bool(entry.breakdown_message_id or entry.batch_message_id or entry.batch_payment_id)
    several = (entry.batch_count or 0) > 1
    if entry.detail_count <= 1 and (elsewhere or several):
        return Breakdown.PENDING
    if entry.detail_count == 0:
        return Breakdown.NONE
    if entry.batch_count is not None and entry.batch_count != entry.detail_count:
        return Breakdown.PENDING if entry.detail_count < entry.batch_count else Breakdown.BROKEN
    if entry.detail_count == 1:
        alone = entry.whole or entry.whole_with_charges or entry.unsized_count == 1
        return Breakdown.SINGLE if alone else Breakdown.BROKEN
    return Breakdown.WHOLE if entry.whole else Breakdown.BROKEN


EXPLAINED = (Breakdown.SINGLE, Breakdown.WHOLE)
NEAR = timedelta(days=10)  # report and statement name days this near where they mean one entry


def explains_more(now: Breakdown, seen: Breakdown) -> bool:
    """Say whether a sighting explains an entry better than what is known of it."""
    return seen in EXPLAINED and (now not in EXPLAINED or (now is Breakdown.SINGLE and seen is Breakdown.WHOLE))


@dataclass(frozen=True, slots=True)
class Content:
    """What a single transaction says, squeezed for comparison between dialects."""

    end_to_end_id: str = ""
    party_iban: str = ""
    text: str = ""
    tx_id: str = ""  # what banks between them call it: TxId, UETR
    uetr: str = ""

    def agrees(self, other: "Content") -> bool:
        """Say whether two readings can be the same transaction: nothing that both say differs."""
        pairs = zip(self.said(), other.said(), strict=True)
        return all(not ours or not theirs or ours == theirs for ours, theirs in pairs)

    @property
    def names(self) -> Sequence[str]:
        """What banks between them call the transaction."""
        return [name for name in (self.tx_id, self.uetr) if name]

    @property
    def silent(self) -> bool:
        """Whether it says neither who paid nor what for."""
        return not any(self.said()) and not self.names

    def is_another(self, other: "Content") -> bool:
        """Say whether the banks name two transactions: both say a TxId, or both a UETR, and it is not the same."""
        pairs = [(self.tx_id, other.tx_id), (self.uetr, other.uetr)]
        told = [ours == theirs for ours, theirs in pairs if ours and theirs]
        return bool(told) and not any(told)

    def said(self) -> tuple[str, str, str]:
        """Give what can be compared, place by place; empty where nothing is said."""
        return (self.end_to_end_id, self.party_iban, self.text)


NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NOTAVAILABLE", "NOREF", "0"})


def usable(reference: str | None) -> str:
    """Give a bank's reference where it tells anything, else nothing (banks write NONREF, NOTPROVIDED)."""
    text = (reference or "").strip()
    return "" if text.upper() in NO_REFERENCE else text


def content_of(detail: Detail) -> Content:
    """Squeeze what a detail says."""
    return content(detail.end_to_end_id, detail.party_iban, detail.remittance, (detail.tx_id, detail.uetr))


def content(
    end_to_end_id: str | None,
    party_iban: str | None,
    remittance: Iterable[str],
    transaction: tuple[str | None, str | None] = (None, None),
) -> Content:
    """Squeeze what is kept of a detail."""
    tx_id, uetr = (usable(name) for name in transaction)
    text = "".join("".join(remittance).split()).upper()
    return Content(usable(end_to_end_id), party_iban or "", text, tx_id, uetr)


@dataclass(frozen=True, slots=True)
class Digest:
    """What several details say together, place by place: how many say it, and a sum of what they say."""

    amounts: tuple[int, int]
    end_to_end_ids: tuple[int, int]
    party_ibans: tuple[int, int]
    texts: tuple[int, int]
    names: tuple[int, int]

    def agrees(self, other: "Digest") -> bool:
        """Say whether two readings can be the same details: nothing that as many say in both differs."""
        pairs = zip(self._said(), other._said(), strict=True)
        return all(ours[0] != theirs[0] or ours == theirs for ours, theirs in pairs)

    def _said(self) -> Sequence[tuple[int, int]]:
        return (self.amounts, self.end_to_end_ids, self.party_ibans, self.texts, self.names)


class Held(StrEnum):
    """Why an entry is kept and not booked."""

    ANNOUNCED = "announced"  # the bank does not call it booked yet, or names no day
    MAY_BE_REPEATED = "may_be_repeated"  # told before, perhaps, and nothing tells the two apart
    PART = "part"  # a part of another entry, told for its details
    NOT_IN_STATEMENT = "not_in_statement"  # the daily statement of its day does not know it


REPORT, STATEMENT, NOTICE = "camt.052", "camt.053", "camt.054"


@dataclass(slots=True)
class Sighting:
    """An entry as one statement tells it."""

    position: int  # in the whole file
    statement: UUID
    message: str
    message_id: str
    account: str
    entry: Entry
    content: Content | None  # of a single transaction
    retells: frozenset[UUID] = frozenset()  # statements that this one says again
    follows: frozenset[UUID] = frozenset()  # statements that this one continues, by its balances
    digest: Digest | None = None  # of its details, where it must be told from others
    said: str = ""  # the line of a daily statement, digested
    told_apart: bool = False  # by its reference, from every other line of its day in this statement

    @property
    def details(self) -> int:
        """How many details the line has of its own that say anything."""
        silent = self.content is not None and self.content.silent
        return 0 if silent else self.entry.detail_count

    @property
    def booked(self) -> bool:
        """Only what the bank calls booked, with its day, is money (ISO 20022, EntryStatus BOOK)."""
        return self.entry.status == "BOOK" and self.entry.booking_date is not None


def line_said(entry: Entry, told: Content | None) -> str:
    """Digest a line of a statement, to know it when the statement is told again."""
    said = (entry.signed_cents, entry.currency, entry.booking_date, usable(entry.bank_ref), entry.detail_count)
    # Short, as it stands beside every line: nobody gains by two lines that look alike.
    return hashlib.blake2b(repr((said, _spoken(told))).encode(), digest_size=16).hexdigest()


def _spoken(said: Content | None) -> object:
    return said and (said.end_to_end_id, said.party_iban, said.text, sorted(said.names))


@dataclass(slots=True)
class Known:
    """An entry that is known already, with where it was seen."""

    id: UUID
    side: str
    amount_cents: int
    currency: str
    booked_on: date | None
    booked: bool
    bank_ref: str
    breakdown: Breakdown
    content: Content | None
    seen_in: set[tuple[str, UUID]] = field(default_factory=set)
    held: Held | None = None
    confirmed: bool = False  # a daily statement tells of it
    bookings: int = 0
    difference: int | None = None  # what it is more than its details, where they do not add up
    digest: Digest | None = None
    points_to: str = ""  # the notification that has its details
    notices: set[str] = field(default_factory=set)  # notifications that tell of it
    reversal: bool = False
    told: list[Entry] = field(default_factory=list)  # how this file tells of it
    part: bool = False  # its reference or notification is that of a larger entry
    spent: bool = False  # told without a day, it explains a larger entry

    def told_in(self, message: str) -> bool:
        """Say whether a message of this kind tells of it."""
        return any(kind == message for kind, _ in self.seen_in)

    def told_only_by(self, message: str) -> bool:
        """Say whether no other kind of message tells of it."""
        return all(kind == message for kind, _ in self.seen_in)


class StatementDigest:
    """Collects what a statement says, so that the same statement in another file is known again.

    Names and moments of the message count only where it has no balances: a re-sent daily statement keeps its money,
    while two notifications may tell of two equal payments. Where all balances are the same, its number counts.
    """

    def __init__(self, message: str, message_id: str | None, head: StatementHead) -> None:
        self._hash = hashlib.sha256()
        account = head.account_iban or head.account_other
        self._add(message, account)
        if head.balances:
            self._add(*((b.type, b.amount_cents, b.side, b.day) for b in head.balances))
            if len({(b.amount_cents, b.side) for b in head.balances}) == 1:  # sheets that move nothing in sum
                self._add(head.electronic_sequence or head.legal_sequence)
        else:
            self._add(message_id, head.statement_id, head.electronic_sequence, head.created_at)

    def add(self, entry: Entry, told: Content | None) -> None:
        """Count an entry in."""
        shape = (entry.detail_count, entry.details_signed_cents, entry.batch_count, entry.breakdown_message_id)
        self._add(entry.signed_cents, entry.currency, entry.status, entry.booking_date, entry.bank_ref, shape)
        self._add(_spoken(told))

    def identity(self) -> str:
        """Give the statement's identity."""
        return self._hash.hexdigest()

    def _add(self, *said: object) -> None:
        self._hash.update(repr(said).encode())


def entry_fact(tenant_id: UUID, statement_identity: str, position: int) -> UUID:
    """Give the id of an entry that was first told at this place of this statement."""
    return fact_id("bank_entry", tenant_id, statement_identity, position)
