"""Refunds and chargebacks as they are sent and answered. No IO."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from zahlstelle.payments import Attempt, Dispute, Refund, RefundState, Wish

from ._schemas import MOST_CENTS, Id, Moment, OneAmount, Purpose, Told


class RefundIn(OneAmount):
    """Money to be given back. Exactly one of `amount` and `amount_cents`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": "10.00", "refundable_cents": 3700, "reason": "Gebühr zu hoch"}]}
    )

    refundable_cents: Annotated[int, Field(ge=0, le=MOST_CENTS)] = Field(
        description="What you believe can be given back at this moment; if it is another amount, nothing happens."
    )
    reason: Purpose = Field("Erstattung", description="Why; your town's treasury reads it, perhaps the payer too.")
    claim: Literal["cancelled", "reopened", "surplus"] | None = Field(
        None,
        description="What becomes of the claim: nothing is owed any more; it is owed again and can be paid anew; it is"
        " not concerned, since it was paid more than once. Without it: `surplus` where that is so, else `cancelled`.",
    )
    attempt_id: Id | None = Field(None, description="Which attempt, where several of this payment were captured.")
    claim_id: Id | None = Field(None, description="For which claim, where the payment pays several.")


class RefundOut(Told):
    """A refund (Erstattung) as it stands. All but `refused` count against what can be given back."""

    id: UUID
    payment_id: UUID
    attempt_id: UUID
    claim_id: UUID | None = Field(
        description="The claim it was given back for; null where the payment pays several and the refund was made at"
        " the provider."
    )
    status: RefundState
    amount_cents: int
    amount: str
    currency: str
    claim: Wish
    reason: str
    requested_at: Moment
    changed_at: Moment

    @classmethod
    def of(cls, refund: Refund) -> "RefundOut":
        """Say a refund in the words of the interface."""
        return cls(
            id=refund.id,
            payment_id=refund.payment_id,
            attempt_id=refund.attempt_id,
            claim_id=refund.claim_id,
            status=refund.state,
            amount_cents=refund.amount.cents,
            amount=refund.amount.plain,
            currency=refund.amount.currency,
            claim=refund.wish,
            reason=refund.text,
            requested_at=refund.requested_at,
            changed_at=refund.changed_at,
        )


class DisputeOut(Told):
    """A chargeback (Rückbelastung): the payer's bank took the money back. Of a basket, one for each claim."""

    id: UUID
    attempt_id: UUID
    claim_id: UUID
    amount_cents: int
    amount: str
    currency: str
    reference: str | None = Field(description="The provider's name for it.")
    answer_by: date | None = Field(description="The last day to answer it, where the provider tells one.")
    at: Moment


class RefundableClaimOut(Told):
    """What can still be given back for one claim of the payment."""

    claim_id: UUID
    refundable_cents: int


class RefundableOut(Told):
    """What was captured by an attempt, and what can still be given back of it."""

    attempt_id: UUID
    captured_cents: int
    refunded_cents: int
    disputed_cents: int
    refundable_cents: int
    claims: list[RefundableClaimOut]


class RefundList(Told):
    """What was given back of a payment, in order, and what can still be."""

    items: list[RefundOut]
    disputes: list[DisputeOut]
    attempts: list[RefundableOut]
    refundable_cents: int = Field(description="Of all attempts together.")

    @classmethod
    def of(cls, *, attempts: Sequence[Attempt], refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> "RefundList":
        """Say it in the words of the interface."""
        captured = [each for each in attempts if each.captured]
        return cls(
            items=[RefundOut.of(refund) for refund in refunds],
            disputes=[
                DisputeOut(
                    id=each.id,
                    attempt_id=each.attempt_id,
                    claim_id=each.claim_id,
                    amount_cents=each.amount.cents,
                    amount=each.amount.plain,
                    currency=each.amount.currency,
                    reference=each.provider_reference,
                    answer_by=each.answer_by,
                    at=each.at,
                )
                for each in disputes
            ],
            attempts=[
                RefundableOut(
                    attempt_id=each.id,
                    captured_cents=each.amount.cents,
                    refunded_cents=each.refunded_cents,
                    disputed_cents=each.disputed_cents,
                    refundable_cents=each.refundable.cents,
                    claims=[
                        RefundableClaimOut(claim_id=s.claim_id, refundable_cents=each.refundable_of(s).cents)
                        for s in each.shares
                    ],
                )
                for each in captured
            ],
            refundable_cents=sum(each.refundable.cents for each in captured),
        )
