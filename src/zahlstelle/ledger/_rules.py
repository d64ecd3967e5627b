"""What a sound entry is. No IO."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from zahlstelle.kernel import Money, fact_id, numbered_id


class Side(StrEnum):
    """The side of a line; amounts are always above zero."""

    SOLL = "SOLL"  # debit
    HABEN = "HABEN"  # credit

    @property
    def other(self) -> "Side":
        return Side.HABEN if self is Side.SOLL else Side.SOLL


class UnsoundEntry(Exception):
    """An entry that must not be booked: a defect of ours, never an anticipated "no"."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: an account's code, a side, an amount above zero, and what it is about."""

    account: str
    side: Side
    amount: Money
    subject: UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """A booking. `occasion` names the business fact; the same occasion is booked once."""

    occasion: str
    booked_on: date
    recorded_at: datetime
    text: str
    lines: Sequence[Line]
    reverses: UUID | None = None

    def __post_init__(self) -> None:
        if len(self.lines) < 2:
            raise UnsoundEntry(f"{self.occasion}: an entry has two lines at least")
        totals: dict[str, int] = defaultdict(int)
        for line in self.lines:
            if line.amount.cents <= 0:
                raise UnsoundEntry(f"{self.occasion}: {line.amount} is not above zero")
            totals[line.amount.currency] += line.amount.cents * (1 if line.side is Side.SOLL else -1)
        if any(totals.values()):
            raise UnsoundEntry(f"{self.occasion}: does not balance, {dict(totals)}")


def entry_id(tenant_id: UUID, occasion: str) -> UUID:
    """Give the id an occasion's entry always has. Occasions of numbered parts keep their number, and so their order."""
    if _NUMBERED.search(occasion):
        return numbered_id(fact_id("journal_entry", tenant_id, occasion[:-8]), int(occasion[-8:], 16))
    return fact_id("journal_entry", tenant_id, occasion)


_NUMBERED = re.compile(r":[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")


def storno(original: Entry, original_id: UUID, *, occasion: str, on: date, at: datetime, text: str) -> Entry:
    """Make the entry that takes another one back: the same lines on the other side."""
    lines = [Line(line.account, line.side.other, line.amount, line.subject) for line in original.lines]
    return Entry(occasion, on, at, text, lines, reverses=original_id)
