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
        return Breakdown.BROKEN
    if entry.detail_count == 1:
        alone = entry.whole or entry.whole_with_charges or entry.unsized_count == 1
        return Breakdown.SINGLE if alone else Breakdown.BROKEN
    return Breakdown.WHOLE if entry.whole else Breakdown.BROKEN


_KNOWN = {Breakdown.SINGLE, Breakdown.WHOLE}


def explains_more(now: Breakdown, seen: Breakdown) -> bool:
    """Say whether a sighting explains an entry better than what is known of it."""
    return seen in _KNOWN and (now not in _KNOWN or (now is Breakdown.SINGLE and seen is Breakdown.WHOLE))


@dataclass(frozen=True, slots=True)
class Content:
    """What a single transaction says, squeezed for comparison between dialects."""

    end_to_end_id: str = ""
    party_iban: str = ""
    text: str = ""
    transaction: frozenset[str] = frozenset()  # what banks between them call it: TxId, UETR

    def agrees(self, other: "Content") -> bool:
        """Say whether two readings can be the same transaction: nothing that both say differs."""
        pairs = zip(self._said(), other._said(), strict=True)
        return all(not ours or not theirs or ours == theirs for ours, theirs in pairs)

    def shares(self, other: "Content") -> int:
        """Count what both say alike."""
        alike = sum(bool(ours) and ours == theirs for ours, theirs in zip(self._said(), other._said(), strict=True))
        return alike + bool(self.transaction & other.transaction)

    def _said(self) -> tuple[str, str, str]:
        return (self.end_to_end_id, self.party_iban, self.text)


_NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NOTAVAILABLE", "NOREF", "0"})


def usable(reference: str | None) -> str:
    """Give a bank's reference where it tells anything, else nothing (banks write NONREF, NOTPROVIDED)."""
    text = (reference or "").strip()
    return "" if text.upper() in _NO_REFERENCE else text


def content_of(detail: Detail) -> Content:
    """Squeeze what a detail says."""
    return content(detail.end_to_end_id, detail.party_iban, detail.remittance, (detail.tx_id, detail.uetr))


def content(
    end_to_end_id: str | None, party_iban: str | None, remittance: Iterable[str], transaction: Iterable[str | None] = ()
) -> Content:
    """Squeeze what is kept of a detail."""
    names = frozenset(usable(name) for name in transaction) - {""}
    return Content(usable(end_to_end_id), party_iban or "", "".join("".join(remittance).split()).upper(), names)


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
    retells: frozenset[UUID] = frozenset()  # statements of the same balances, which this one says again

    @property
    def booked(self) -> bool:
        """Only what the bank calls booked, with its day, is money (ISO 20022, EntryStatus BOOK)."""
        return self.entry.status == "BOOK" and self.entry.booking_date is not None


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


_NEAR = timedelta(days=10)


def same_entry(sighting: Sighting, candidates: Sequence[Known]) -> Known | None:
    """Find the known entry a sighting tells of; None where it tells of a new one.

    Candidates have the same account, side, amount and currency. Within one statement two lines are two entries.
    """
    free = [known for known in candidates if (sighting.message, sighting.statement) not in known.seen_in]
    reference = usable(sighting.entry.bank_ref)
    by_reference = [
        known
        for known in free
        if reference and known.bank_ref == reference and _agree(sighting, known) and _near(sighting, known)
    ]
    if by_reference:
        return _closest(sighting, by_reference)
    fresh = [
        known
        for known in free
        if _agree(sighting, known) and _same_day(sighting, known) and not _told_before(sighting, known)
    ]
    by_transaction = [known for known in fresh if _same_transaction(sighting, known)]
    if by_transaction:
        return _closest(sighting, by_transaction)
    weak = [known for known in fresh if not (reference and known.bank_ref)]
    return _closest(sighting, weak) if weak else None


def _closest(sighting: Sighting, candidates: Sequence[Known]) -> Known:
    """Choose what says most alike; then what says nothing either; then what is booked, before what is only held."""

    def distance(known: Known) -> tuple[int, bool, bool]:
        ours, theirs = sighting.content, known.content
        alike = ours.shares(theirs) if ours is not None and theirs is not None else 0
        return -alike, (ours is None) != (theirs is None), not known.booked

    return min(candidates, key=distance)


def _same_transaction(sighting: Sighting, known: Known) -> bool:
    """Say whether both name one transaction between banks; each message may have its own reference for it."""
    if sighting.content is None or known.content is None:
        return False
    return bool(sighting.content.transaction & known.content.transaction)


def ambiguous(sighting: Sighting, candidates: Sequence[Known]) -> bool:
    """Say whether a new entry may be an old one told again: then it is kept, and not booked as money.

    Two lines of one statement are two entries. A daily statement (camt.053) is the bank's final word and never
    ambiguous; reports and notifications without a usable reference are, when the same has been told before.
    """
    if sighting.message == "camt.053" or usable(sighting.entry.bank_ref):
        return False
    elsewhere = [known for known in candidates if (sighting.message, sighting.statement) not in known.seen_in]
    return any(_agree(sighting, known) and _same_day(sighting, known) for known in elsewhere)


def _told_before(sighting: Sighting, known: Known) -> bool:
    """Reports of the day (camt.052) repeat themselves; the other messages tell a thing once."""
    return sighting.message != "camt.052" and _in_another(sighting, known)


def _in_another(sighting: Sighting, known: Known) -> bool:
    """Say whether another message of the same kind told of it; the same statement said again is no other."""
    return any(
        message == sighting.message and statement not in sighting.retells for message, statement in known.seen_in
    )


def _agree(sighting: Sighting, known: Known) -> bool:
    if sighting.content is None or known.content is None:
        return True
    return sighting.content.agrees(known.content)


def _near(sighting: Sighting, known: Known) -> bool:
    day = sighting.entry.booking_date
    if sighting.message == "camt.053" and _in_another(sighting, known):  # a day is told once: another day, other money
        return day == known.booked_on
    return day is None or known.booked_on is None or abs(day - known.booked_on) <= _NEAR


def _same_day(sighting: Sighting, known: Known) -> bool:
    day = sighting.entry.booking_date
    if day is None or known.booked_on is None:
        return sighting.content is not None and known.content is not None and bool(sighting.content.end_to_end_id)
    return day == known.booked_on


class StatementDigest:
    """Collects what a statement says, so that the same statement in another file is known again.

    Names and moments of the message count only where it has no balances: a re-sent daily statement keeps its money,
    while two notifications may tell of two equal payments.
    """

    def __init__(self, message: str, message_id: str | None, head: StatementHead) -> None:
        self._hash = hashlib.sha256()
        account = head.account_iban or head.account_other
        self._add(message, account)
        if head.balances:
            self._add(*((b.type, b.amount_cents, b.side, b.day) for b in head.balances))
        else:
            self._add(message_id, head.statement_id, head.electronic_sequence, head.created_at)

    def add(self, entry: Entry, told: Content | None) -> None:
        """Count an entry in."""
        shape = (entry.detail_count, entry.details_signed_cents, entry.batch_count, entry.breakdown_message_id)
        self._add(entry.signed_cents, entry.currency, entry.status, entry.booking_date, entry.bank_ref, shape, told)

    def identity(self) -> str:
        """Give the statement's identity."""
        return self._hash.hexdigest()

    def _add(self, *said: object) -> None:
        self._hash.update(repr(said).encode())


def entry_fact(tenant_id: UUID, statement_identity: str, position: int) -> UUID:
    """Give the id of an entry that was first told at this place of this statement."""
    return fact_id("bank_entry", tenant_id, statement_identity, position)
