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


# A link to the wallet lives so long once its mail is written; a wish for one waits so long for the worker.
LINK_LIVES = timedelta(minutes=30)
WISHED_LINK_LIVES = timedelta(hours=1)


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


class LinkRefused(Refusal):
    """The link opens nothing: it is unknown, was used before, or is too old."""

    code = "link_refused"
    status = 403


class LastPasskey(Refusal):
    """The citizen's last passkey is not taken away alone: nobody could pay with the cards or delete them."""

    code = "last_passkey"
    status = 409


class Purpose(StrEnum):
    """What a passkey is asked for. An answer to one question answers no other."""

    REGISTER = "register"  # keep a card, with a new passkey
    KEEP = "keep"  # keep a card, with a passkey that is there
    PAY = "pay"
    OPEN = "open"  # look at the wallet
    ADD = "add"  # one more passkey for an open wallet


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
class Passkey:
    """A citizen's passkey. `by_link`: whoever made it had shown no more than a mailbox."""

    id: UUID
    made_at: datetime
    used_at: datetime | None
    by_link: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose wallet is open, and whether a link by e-mail opened it, or a passkey made by one."""

    citizen: UUID
    by_link: bool


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
    citizen: UUID | None = None
    by_link: bool = False


def must_prove(passkey: Passkey, kept_with: UUID | None, kept_by_link: bool) -> bool:
    """Say whether the provider has to make sure that it is the card's holder who charges it.

    A mailbox moves no money by itself: a passkey made by a link charges cards that were not kept with it, before or
    after, only with the security code or the bank's approval. Nor does an address that somebody else had typed before:
    so do other passkeys with a card that was kept with one made by a link (`kept_by_link`).
    """
    return kept_with != passkey.id and (passkey.by_link or kept_by_link)


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
