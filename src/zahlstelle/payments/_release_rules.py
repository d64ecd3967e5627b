"""When a person may say what became of what nobody knows, and what a later answer means. No IO."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from zahlstelle.kernel import Money

from ._rules import about
from ._socket import NeverSeen, NotStarted, ProviderStatus, RefundReport, RefundStatus, Report


class Word(StrEnum):
    """What a person has read in the provider's own portal."""

    PAID = "paid"  # the provider has the money of this payment
    NOT_MADE = "not_made"  # it has no such payment, or it came to nothing
    GIVEN_BACK = "given_back"  # the refund was carried out
    NOT_GIVEN_BACK = "not_given_back"  # it was not, and will not be


@dataclass(frozen=True, slots=True)
class Saying:
    """What a person says: of which attempt, or of which refund of it, with the provider's name for it and why."""

    attempt_id: UUID
    refund_id: UUID | None
    word: Word
    reference: str | None
    reason: str


class ReleaseState(StrEnum):
    """Where a release stands."""

    WAITING = "waiting"  # a second person must confirm it
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"  # the provider has answered meanwhile; its answer counts


class Answer(StrEnum):
    """What the provider says later of what was decided on a person's word."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"


OF_PAYMENT = frozenset({Word.PAID, Word.NOT_MADE})
OF_REFUND = frozenset({Word.GIVEN_BACK, Word.NOT_GIVEN_BACK})
# The one settles a claim without the provider's word, the other lets the same money be given back once more.
NEEDS_TWO = frozenset({Word.PAID, Word.NOT_GIVEN_BACK})

# What stands where the provider's own word would, and what a booking's text says then.
ON_WORD = "on_a_persons_word"
BY_WORD = ", auf Angabe der Kasse"

# As long as a citizen may still be at the provider; after it, the provider has been asked about ten times.
_PATIENCE = timedelta(minutes=90)
_LONG = timedelta(days=30)
_DAILY = timedelta(days=1)


def releasable_from(asked_at: datetime) -> datetime:
    """Say from when on a person may say what became of it."""
    return asked_at + _PATIENCE


def pause_on_word(since: timedelta) -> timedelta | None:
    """Say how long to wait before asking again about what stands on a person's word alone: a month long, every day."""
    return _DAILY if since < _LONG else None


def answer_to_payment(
    word: Word, said: Report | NeverSeen, *, attempt: str, merchant_id: str, amount: Money
) -> Answer | None:
    """Compare the provider's later answer with a person's word; None where it decides nothing."""
    if isinstance(said, NeverSeen):
        return _held_against(word is Word.NOT_MADE)
    match said.status:
        case ProviderStatus.PAID:
            right = about(said, attempt=attempt, merchant_id=merchant_id) and said.amount == amount
            return _held_against(word is Word.PAID and right)
        case ProviderStatus.DECLINED | ProviderStatus.CANCELLED | ProviderStatus.EXPIRED:
            return _held_against(word is Word.NOT_MADE)
        case _:
            return None


def answer_to_refund(
    word: Word, said: RefundReport | NotStarted | NeverSeen, *, refund: str, amount: Money
) -> Answer | None:
    """Compare the provider's later answer with a person's word; None where it decides nothing."""
    if not isinstance(said, RefundReport):
        return _held_against(word is Word.NOT_GIVEN_BACK)
    if said.reference not in (None, refund):
        return None  # about another refund
    match said.status:
        case RefundStatus.DONE:
            return _held_against(word is Word.GIVEN_BACK and said.amount in (None, amount))
        case RefundStatus.REFUSED:
            return _held_against(word is Word.NOT_GIVEN_BACK)
        case _:
            return None


def _held_against(agrees: bool) -> Answer:
    return Answer.AGREES if agrees else Answer.CONTRADICTS
