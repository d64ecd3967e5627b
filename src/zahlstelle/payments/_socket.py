"""What a provider adapter offers: it translates, it never decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
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
    """A town's contract with the provider, as its adapter needs it."""

    merchant_id: str
    secret: Secret
    base_url: str


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


@dataclass(frozen=True, slots=True)
class Started:
    """The provider took it; the citizen goes on at `redirect_url`."""

    provider_reference: str
    redirect_url: str


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
class Report:
    """What the provider says when asked. `reference` is the attempt's id as it was handed over."""

    status: ProviderStatus
    provider_reference: str
    merchant_id: str
    reference: str
    amount: Money | None
    decline_code: str | None
    vendor_word: str


@dataclass(frozen=True, slots=True)
class Notification:
    """A signed hint that something changed: reason enough to ask, never a fact."""

    provider_reference: str | None
    reference: str | None
    message_id: str


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
