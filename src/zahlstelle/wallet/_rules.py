"""What a wallet is: a citizen's cards and consents in one town, and where a passkey can be asked. No IO."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from zahlstelle.kernel import BERLIN, Refusal

QUESTION_LIVES = timedelta(minutes=5)
# So long after the wish, made while paying, a citizen may finish it with a passkey; then the card is forgotten.
WISH_LIVES = timedelta(hours=2)
# A payment may turn out to be paid days later: so long we look whether the provider kept a card nobody finished.
LOOKED_AFTER = timedelta(days=8)
# A card that was not used for so long leaves by itself, as one that has expired does.
UNUSED = timedelta(days=730)


class PasskeyRefused(Refusal):
    """The answer of the passkey does not fit the question: unknown, too late, used before, or for something else."""

    code = "passkey_refused"
    status = 403


class StoredCardUnknown(Refusal):
    """The citizen has no such card here that can be charged."""

    code = "stored_card_unknown"
    status = 404


class NothingToKeep(Refusal):
    """No card waits to be kept: it was not wished, not paid, or the time for it is over."""

    code = "nothing_to_keep"


class Purpose(StrEnum):
    """What a passkey is asked for. An answer to one question answers no other."""

    REGISTER = "register"  # keep a card, with a new passkey
    KEEP = "keep"  # keep a card, with a passkey that is there
    PAY = "pay"
    OPEN = "open"  # look at the wallet


class Deletion(StrEnum):
    """How far a deletion has come; of several cards the least."""

    DONE = "done"  # nobody keeps the cards any more
    SOON = "soon"  # the provider is asked until it has forgotten them
    HERE = "here"  # nothing is left here; the provider cannot be asked to forget


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys belong to: the installation's host, and the origin that browsers tell of."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card kept at the provider, as its holder knows it."""

    id: UUID
    brand: str
    last_four: str
    expires_on: date
    kept_at: datetime
    used_at: datetime | None

    def usable(self, on: date) -> bool:
        """Say whether it can be charged on a day."""
        return on <= self.expires_on


@dataclass(frozen=True, slots=True)
class Consent:
    """What a citizen consented to, and until when."""

    version: str
    words: str
    language: str
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a passkey: what was asked, and for what."""

    id: UUID
    purpose: Purpose
    payment: UUID | None
    card: UUID | None
    email: str | None
    challenge: str


def next_look(asked_at: datetime, at: datetime) -> datetime | None:
    """Say when to look again whether the provider kept a card that nobody finished; None: never."""
    return at + timedelta(days=1) if at < asked_at + LOOKED_AFTER else None


def leaves_at(expires_on: date, last_used_at: datetime) -> datetime:
    """Say when a card leaves by itself: after its last day, or unused for two years."""
    after_its_last_day = datetime.combine(expires_on + timedelta(days=1), time.min, BERLIN)
    return min(after_its_last_day, last_used_at + UNUSED)


def pause_before_forgetting(checks: int) -> timedelta:
    """Say how long to wait before the provider is asked again to forget a card."""
    return timedelta(minutes=min(5 << min(checks, 12), 24 * 60))
