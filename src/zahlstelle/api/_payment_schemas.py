"""Payments, and what happened to them, as they are sent and answered. No IO."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from zahlstelle.events import Event
from zahlstelle.payments import Payment, PaymentStatus

from ._schemas import Given, Id, Moment, Number, Told, Url


class ClaimNamedIn(Given):
    """A claim of a basket. Exactly one of `claim_id` and `kassenzeichen`."""

    claim_id: Id | None = None
    kassenzeichen: Number | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.claim_id is None) == (self.kassenzeichen is None):
            raise ValueError("exactly one of claim_id and kassenzeichen is needed")
        return self


class PaymentIn(Given):
    """A payment to be started, of what is open. Exactly one of `claim_id`, `kassenzeichen` and `claims` (a basket)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kassenzeichen": "471100000019", "return_url": "https://dienst.example/zurueck"}]
        }
    )

    claim_id: Id | None = None
    kassenzeichen: Number | None = None
    claims: Annotated[list[ClaimNamedIn], Field(min_length=1, max_length=20)] | None = Field(
        None,
        description="Several claims, each once, paid together: one amount, one receipt. What is open of each is fixed"
        " when the payment is started.",
    )
    return_url: Url | None = Field(
        None, description="Where the citizen goes afterwards: exactly one of the addresses registered for the API key."
    )
    language: Literal["de", "de-x-leicht", "en"] = Field(
        "de",
        description="The language of the payment page; `de-x-leicht` is Leichte Sprache.",
    )

    @model_validator(mode="after")
    def _one_claim(self) -> Self:
        if [self.claim_id, self.kassenzeichen, self.claims].count(None) != 2:
            raise ValueError("exactly one of claim_id, kassenzeichen and claims is needed")
        return self


class PaidClaimOut(Told):
    """A claim that a payment pays, with its share of the amount."""

    claim_id: UUID
    amount_cents: int
    amount: str


class PaymentOut(Told):
    """A payment (Zahlvorgang) as it stands."""

    id: UUID
    claim_id: UUID | None = Field(description="The claim it pays; null where it pays several: see `claims`.")
    claims: list[PaidClaimOut] = Field(description="What it pays, in order.")
    status: PaymentStatus
    amount_cents: int
    amount: str
    currency: str
    return_url: str | None
    language: str
    created_at: Moment
    expires_at: Moment


class StartedPaymentOut(PaymentOut):
    """A payment just started. `next_url` is told this once: send the citizen there."""

    next_url: str


class PaymentPage(Told):
    """A page of payments, the newest first."""

    items: list[PaymentOut]
    next_cursor: str | None


def payment_fields(payment: Payment) -> Mapping[str, Any]:
    """Say a payment in the words of the interface."""
    return {
        "id": payment.id,
        "claim_id": payment.claim_ids[0] if len(payment.shares) == 1 else None,
        "claims": [
            PaidClaimOut(claim_id=one.claim_id, amount_cents=one.amount.cents, amount=one.amount.plain)
            for one in payment.shares
        ],
        "status": payment.status,
        "amount_cents": payment.amount.cents,
        "amount": payment.amount.plain,
        "currency": payment.amount.currency,
        "return_url": payment.return_url,
        "language": payment.language,
        "created_at": payment.created_at,
        "expires_at": payment.expires_at,
    }


class EventOut(Told):
    """Something that happened to a payment."""

    id: UUID
    name: str
    at: Moment
    data: dict[str, Any]


class EventList(Told):
    """What happened, in order."""

    items: list[EventOut]

    @classmethod
    def of(cls, events: Sequence[Event]) -> "EventList":
        """Say events in the words of the interface."""
        return cls(items=[EventOut(id=e.id, name=e.name, at=e.at, data=dict(e.payload)) for e in events])
