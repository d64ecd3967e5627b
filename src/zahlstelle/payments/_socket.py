"""What a provider adapter offers: it translates, it never decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from zahlstelle.kernel import Money, Refusal, Secret


class ProviderStatus(StrEnum):
    """What a provider says of a payment, in our words."""

    OPEN = "open"  # the citizen has not finished
    PENDING = "pending"  # the provider works on it
    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # the provider does not know, or used a word we have never heard


@dataclass(frozen=True, slots=True)
class MerchantAccess:
    """A town's contract with the provider, as its adapter needs it.

    `settings` and `secrets` are what only this provider has, e.g. a project number for each method.
    """

    merchant_id: str
    secret: Secret
    base_url: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CardToken:
    """A card as the provider's own fields have turned it into a token, and its brand in the provider's word."""

    token: Secret
    brand: str


@dataclass(frozen=True, slots=True)
class ClickToPayResult:
    """What the card schemes made of a citizen's answer (EMV Click to Pay): signed, and encrypted to the provider.

    Nobody here can read it, and it is not kept. It is good once, for one amount and one merchant, and not for long.
    `brand` is the provider's word for the scheme, `dpa` the scheme's name for the town, where the script tells it;
    `expiry` the card's last month as the script says it (MMYY).
    """

    result: Secret
    brand: str
    dpa: str | None = None
    expiry: str | None = None


Card = CardToken | ClickToPayResult


@dataclass(frozen=True, slots=True)
class CardFields:
    """What a page needs to show a provider's own fields for a card: its script, held against its hash, and a pass.

    `origin` is where the fields come from, `mode` the provider's word for test or live. With `click_to_pay` the fields
    also ask the card schemes, and their script yields a CardToken or a ClickToPayResult.
    """

    script: str
    integrity: str
    origin: str
    session: Secret
    mode: str
    click_to_pay: bool = False


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Ask the provider to take a payment. `attempt_id` is its idempotency key, at every retry the same."""

    attempt_id: UUID
    merchant: MerchantAccess
    kassenzeichen: str
    amount: Money
    description: str
    method: str
    return_url: str
    notify_url: str
    language: str
    expires_at: datetime
    challenge: bool = False  # ask for strong customer authentication: the issuer refused to go without (soft decline)
    keep: bool = False  # the citizen lets the provider keep the means of payment, to be charged again
    card: Card | None = None  # what the provider's fields on our page made of the card


@dataclass(frozen=True, slots=True)
class Started:
    """The provider took it; the citizen goes on at `redirect_url`."""

    provider_reference: str
    redirect_url: str
    authentication: "Authentication | None" = None


@dataclass(frozen=True, slots=True)
class NotStarted:
    """The provider said no; certainly nothing happened."""

    reason: str


@dataclass(frozen=True, slots=True)
class NeverSeen:
    """The provider is certain that it has no such payment."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer, a broken one, or an error of the provider: the outcome is not known."""

    reason: str


@dataclass(frozen=True, slots=True)
class Authentication:
    """How the payer was authenticated (PSD2 art. 97; EMV 3-D Secure): what was asked for and what came of it.

    `trans_status` and `eci` are the card scheme's own words ("Y", "A", "05"); `liability` says who bears a
    fraudulent payment: "issuer" or "merchant". None: the provider does not say.
    """

    exemption_requested: str | None = None
    exemption_applied: str | None = None
    trans_status: str | None = None
    eci: str | None = None
    liability: str | None = None
    challenged: bool | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What the provider says when asked. `reference` is the attempt's id as it was handed over.

    `soft_declined`: the issuer declined only because the payer was not authenticated (code 65 or 1A).
    """

    status: ProviderStatus
    provider_reference: str
    merchant_id: str
    reference: str
    amount: Money | None
    decline_code: str | None
    vendor_word: str
    authentication: Authentication | None = None
    soft_declined: bool = False


@dataclass(frozen=True, slots=True)
class Notification:
    """A signed hint that something changed: reason enough to ask, never a fact.

    `authentication` is kept where the provider says it nowhere else; no money hangs on it. `word` is for a provider
    that cannot be asked at all: then what it tells is all there is, and goes into the same reducer. The adapter has
    checked that it is about this attempt and this money.
    """

    provider_reference: str | None
    reference: str | None
    message_id: str
    authentication: Authentication | None = None
    word: Report | None = None


class ForgedNotification(Refusal):
    """The notification's signature is wrong or too old; it is not looked at."""

    code = "notification_forged"
    status = 401


class Provider(Protocol):
    """A provider adapter."""

    name: str
    methods: frozenset[str]

    def start(self, request: StartRequest) -> Started | NotStarted | NoAnswer:
        """Ask the provider to take a payment."""
        ...

    def status(
        self, *, merchant: MerchantAccess, reference: str, provider_reference: str | None
    ) -> Report | NeverSeen | NoAnswer:
        """Ask the provider what became of a payment."""
        ...

    def read_notification(
        self, *, merchant: MerchantAccess, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check a notification's signature and say whom it is about. Raises ForgedNotification."""
        ...

    def cancel(self, *, merchant: MerchantAccess, provider_reference: str) -> Report | NoAnswer:
        """Ask the provider to give up a payment that is not finished."""
        ...


@runtime_checkable
class WantsToRead(Protocol):
    """What an adapter has whose provider repeats a notification until it reads this word in the answer."""

    notification_answer: str


@runtime_checkable
class NotifiesByQuery(Protocol):
    """What an adapter has whose provider notifies by GET: the query is handed to it as the body."""

    notifies_by_query: bool


@dataclass(frozen=True, slots=True)
class KeptInstrument:
    """A means of payment that the provider keeps: its own name for it, and what people know it by. Never a number.

    `expires_on` is the last day on which it can be charged.
    """

    handle: str = field(repr=False)
    brand: str
    last_four: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class NothingKept:
    """The provider is certain that it keeps nothing of this payment, or has nothing (more) under this handle."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The provider keeps it no more."""


@dataclass(frozen=True, slots=True)
class CannotForget:
    """The provider has no call for it: it goes on keeping it, under a name that is forgotten here."""


INSTRUMENT_GONE = "instrument_gone"  # the reason of NotStarted where the provider no longer has what should be charged


@runtime_checkable
class KeepsInstruments(Protocol):
    """What an adapter offers whose provider keeps a means of payment for one merchant and charges it again.

    It is kept while paying: `StartRequest.keep`. Charging again is asked by the citizen, who is there.
    """

    def kept(self, *, merchant: MerchantAccess, provider_reference: str) -> KeptInstrument | NothingKept | NoAnswer:
        """Ask what was kept while this payment was made."""
        ...

    def charge_kept(self, request: StartRequest, *, handle: str) -> Started | NotStarted | NoAnswer:
        """Charge it. An empty `redirect_url`: nobody wants to see the payer, ask what became of it."""
        ...


@runtime_checkable
class ForgetsInstruments(Protocol):
    """What an adapter offers besides whose provider forgets what it keeps when it is asked to."""

    def forget(self, *, merchant: MerchantAccess, handle: str) -> Forgotten | NothingKept | NoAnswer:
        """Ask the provider to forget it for good. Twice is once."""
        ...


@runtime_checkable
class KeepsByContract(Protocol):
    """What an adapter has besides where the contract says whether something is kept, and how it is charged."""

    def keeps(self, merchant: MerchantAccess) -> bool:
        """Say whether something is kept under this contract."""
        ...

    def asks_code(self, merchant: MerchantAccess) -> bool:
        """Say whether its holder types the security code (CVC) at each charge."""
        ...


@runtime_checkable
class HasCardFields(Protocol):
    """What an adapter has whose provider takes cards by fields of its own on our page."""

    card_methods: frozenset[str]

    def card_fields(self, merchant: MerchantAccess) -> CardFields | NoAnswer:
        """Ask for what a page needs to show the fields once."""
        ...


@runtime_checkable
class OffersClickToPay(HasCardFields, Protocol):
    """What an adapter has whose card fields also offer Click to Pay, where the town's contract has it.

    `card_fields` gives the short-lived pass; the script yields one opaque result; `start` hands it on like a card.
    """

    def offers_click_to_pay(self, merchant: MerchantAccess) -> bool:
        """Say whether this contract has it."""
        ...


class RefundStatus(StrEnum):
    """What a provider says of a refund, in our words."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"  # certainly no money went back
    UNKNOWN = "unknown"  # the provider used a word we have never heard


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Ask the provider to give money of a captured payment back. `refund_id` is its idempotency key, always the same.

    `reference` is the attempt's id as it was handed over at the start, `captured` what was captured in all.
    """

    refund_id: UUID
    merchant: MerchantAccess
    provider_reference: str
    reference: str
    method: str
    amount: Money
    captured: Money
    text: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class RefundReport:
    """What the provider says of a refund. `reference` is the refund's id as it was handed over, if it is told."""

    status: RefundStatus
    refund_reference: str | None
    reference: str | None
    amount: Money | None
    vendor_word: str


@runtime_checkable
class Refunds(Protocol):
    """What an adapter offers whose provider gives captured money back."""

    def refund(self, request: RefundRequest) -> RefundReport | NotStarted | NoAnswer:
        """Ask for a refund. The same `refund_id` again is the same refund."""
        ...

    def refund_status(
        self, request: RefundRequest, *, refund_reference: str | None
    ) -> RefundReport | NeverSeen | NoAnswer:
        """Ask what became of a refund; by the provider's name for it where there is one."""
        ...


class ItemKind(StrEnum):
    """What a line of a provider's settlement report is, in our words."""

    PAYMENT = "payment"
    FEE = "fee"
    REFUND = "refund"
    CHARGEBACK = "chargeback"  # the card holder's bank took the money back
    CHARGEBACK_FEE = "chargeback_fee"
    ADJUSTMENT = "adjustment"  # anything else: a person must say what it is


@dataclass(frozen=True, slots=True)
class ReportedItem:
    """A line of a settlement report. `cents` are above zero where they come to the town, below where they cost it.

    `provider_reference` and `reference` name the payment it is about, as the provider and as we call it;
    `item_reference` is the line's own name where it has one: a refund's, a chargeback's; `answer_by` is the last day
    on which a chargeback may be answered, where the provider tells one.
    """

    kind: ItemKind
    cents: int
    provider_reference: str | None = None
    reference: str | None = None
    item_reference: str | None = None
    text: str = ""
    answer_by: date | None = None


@dataclass(frozen=True, slots=True)
class PayoutReport:
    """A settlement report (Abrechnung): what a payout is made of, gross.

    `payout` is the name that stands in the bank's text, `reference` the report's own: a corrected report of the same
    payout has another one. `cents` is what the payout moves on the account, all its transfers together.
    """

    payout: str
    reference: str
    day: date
    currency: str
    cents: int
    items: Sequence[ReportedItem]


@runtime_checkable
class Settles(Protocol):
    """What an adapter offers whose provider gives settlement reports."""

    def payout_reports(
        self, *, merchant: MerchantAccess, since: date | None, known: frozenset[str], at: datetime
    ) -> Sequence[PayoutReport] | NoAnswer:
        """Ask for the reports of payouts from a day on (None: all there are), the oldest first, but for those known."""
        ...

    def payouts_named(self, text: str) -> Sequence[str]:
        """Find what looks like a payout of this provider in a bank's text."""
        ...
