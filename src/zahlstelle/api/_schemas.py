"""What is sent and what is answered, as the OpenAPI document says it. No IO."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from zahlstelle.claims import Claim, ClaimStatus, DraftLine, LineKind, NewClaim
from zahlstelle.events import Event
from zahlstelle.kernel import Money
from zahlstelle.payments import Attempt, Dispute, Payment, PaymentStatus, Refund, RefundState, Wish

MOST_CENTS = 99_999_999_999  # 999,999,999.99 EUR: what a SEPA credit transfer can carry
_AMOUNT = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _speakable(text: str) -> str:
    if not text.strip():
        raise ValueError("must say something")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValueError("must be one line without control characters")
    return text


def _amount(text: str) -> str:
    if not _AMOUNT.fullmatch(text):
        raise ValueError('must be a decimal string with at most two decimals, such as "37.00"')
    return text


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("must be a day such as 2026-10-05")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("is no day of the calendar") from error


def read_id(text: str) -> UUID | None:
    """Read an id of ours in its one spelling; None for anything else."""
    return UUID(text) if _UUID.fullmatch(text) else None


def _id(value: object) -> UUID:
    found = value if isinstance(value, UUID) else read_id(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("must be an id such as 0199b4c1-7a52-7d3e-9f10-2b6a4c8d1e55")
    return found


Line1 = AfterValidator(_speakable)
Purpose = Annotated[str, Field(min_length=1, max_length=200), Line1]
Name = Annotated[str, Field(min_length=1, max_length=200), Line1]
Short = Annotated[str, Field(min_length=1, max_length=100), Line1]
Number = Annotated[str, Field(min_length=1, max_length=60), Line1]
Url = Annotated[str, Field(min_length=1, max_length=2000), Line1]
Cents = Annotated[int, Field(le=MOST_CENTS, ge=-MOST_CENTS, json_schema_extra={"minimum": 1})]
Amount = Annotated[
    str,
    AfterValidator(_amount),
    Field(json_schema_extra={"pattern": r"^[0-9]{1,9}(\.[0-9]{1,2})?$", "examples": ["37.00"]}),
]
Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]
Id = Annotated[UUID, BeforeValidator(_id, json_schema_input_type=UUID)]
Posting = Annotated[dict[Short, Annotated[str, Field(max_length=200)]], Field(max_length=40)]
Kind = Literal["fine", "principal", "costs", "late_filing", "interest", "late_fee"]
Moment = Annotated[datetime, PlainSerializer(lambda at: at.astimezone(UTC).isoformat().replace("+00:00", "Z"), str)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class _OneAmount(_Given):
    """Exactly one of `amount` and `amount_cents`."""

    amount: Amount | None = None
    amount_cents: Cents | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.amount is None) == (self.amount_cents is None):
            raise ValueError("exactly one of amount and amount_cents is needed")
        return self

    @property
    def money(self) -> Money:
        """Say the amount, whichever way it was told."""
        return Money.parse(self.amount) if self.amount is not None else Money(self.amount_cents or 0)


class LineIn(_OneAmount):
    """A line of the claim with its posting data (Buchungsdaten). Exactly one of `amount` and `amount_cents`."""

    text: Purpose
    posting: Posting = Field(
        default_factory=dict,
        description="Posting data as text: leading zeros of an account matter.",
        examples=[{"product": "122010", "account": "431100"}],
    )
    kind: Kind = Field(
        default="principal",
        description="What the line is; decides its place in the order of repayment when less comes than is open.",
    )


class ClaimIn(_Given):
    """A claim to be opened. At most one of `amount` and `amount_cents`; without both: the fee of `service`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"service": "personalausweis", "purpose": "Personalausweis", "debtor_name": "Erika Mustermann"},
                {
                    "amount": "41.50",
                    "purpose": "Personalausweis und Meldebescheinigung",
                    "external_reference": "case-2026-4711",
                    "due_on": "2026-12-31",
                    "lines": [
                        {"text": "Personalausweis", "amount": "37.00", "posting": {"account": "431100"}},
                        {"text": "Meldebescheinigung", "amount_cents": 450, "posting": {"account": "431200"}},
                    ],
                },
            ]
        }
    )

    amount: Amount | None = Field(None, description="The amount as a decimal string; a JSON number is refused.")
    amount_cents: Cents | None = Field(None, description="The amount in cents, a whole number.")
    currency: Literal["EUR"] = "EUR"
    purpose: Purpose = Field(description="What is paid for, as the citizen reads it.")
    service: Short | None = Field(None, description="Key of the service in the town's catalogue.")
    kassenzeichen: Number | None = Field(
        None, description="Your own Kassenzeichen. Without one the town's pool gives the next."
    )
    debtor_name: Name | None = None
    due_on: Day | None = None
    external_reference: Short | None = Field(None, description="Your own reference, for you to find the claim again.")
    lines: Annotated[list[LineIn], Field(max_length=100)] = Field(
        default_factory=list, description="The lines add up to the amount. Without lines: one, over all of it."
    )

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if self.amount is not None and self.amount_cents is not None:
            raise ValueError("at most one of amount and amount_cents")
        if self.amount is None and self.amount_cents is None and self.service is None:
            raise ValueError("one of amount, amount_cents and service is needed")
        return self

    @property
    def money(self) -> Money | None:
        """Say the amount, whichever way it was told; None asks for the service's fee."""
        if self.amount_cents is not None:
            return Money(self.amount_cents)
        return None if self.amount is None else Money.parse(self.amount)

    def as_claim(self) -> NewClaim:
        """Say it in the words of the claims room."""
        return NewClaim(
            amount=self.money,
            purpose=self.purpose,
            service=self.service,
            kassenzeichen=self.kassenzeichen,
            debtor_name=self.debtor_name,
            due_on=self.due_on,
            external_reference=self.external_reference,
            lines=[DraftLine(line.text, line.money, line.posting, LineKind(line.kind)) for line in self.lines],
        )


class LineOut(_Told):
    """A line of a claim."""

    number: int
    text: str
    amount_cents: int
    amount: str
    posting: dict[str, Any]
    kind: Kind


class LetterOut(_Told):
    """What a letter about the claim prints, so that it can be paid online."""

    code: str = Field(description="Belongs to this Kassenzeichen and is printed beside it.")
    url: str = Field(description="The payment link: opens what is to be paid. To be sent to the debtor only.")
    qr_svg_url: str = Field(description="The link as a QR code to print, as SVG; fetched with your API key.")
    qr_png_url: str = Field(description="The same as PNG.")
    pdf_url: str = Field(description="A sheet that tells how to pay, as PDF; there is none once nothing is open.")


class ClaimOut(_Told):
    """A claim (Forderung) as it stands."""

    id: UUID
    kassenzeichen: str
    status: ClaimStatus
    amount_cents: int
    amount: str
    open_cents: int = Field(description="What is still to be paid.")
    currency: str
    purpose: str
    service: str | None
    debtor_name: str | None
    due_on: date | None
    external_reference: str | None
    opened_at: Moment
    lines: list[LineOut]
    letter: LetterOut

    @classmethod
    def of(cls, claim: Claim, letter: LetterOut) -> "ClaimOut":
        """Say a claim in the words of the interface."""
        return cls(
            id=claim.id,
            kassenzeichen=claim.kassenzeichen,
            status=claim.status,
            amount_cents=claim.amount.cents,
            amount=claim.amount.plain,
            open_cents=claim.open.cents,
            currency=claim.amount.currency,
            purpose=claim.purpose,
            service=claim.service,
            debtor_name=claim.debtor_name,
            due_on=claim.due_on,
            external_reference=claim.external_reference,
            opened_at=claim.opened_at,
            lines=[
                LineOut(
                    number=line.number,
                    text=line.text,
                    amount_cents=line.amount.cents,
                    amount=line.amount.plain,
                    posting=dict(line.posting),
                    kind=line.kind.value,
                )
                for line in claim.lines
            ],
            letter=letter,
        )


class ClaimPage(_Told):
    """A page of claims, the newest first."""

    items: list[ClaimOut]
    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null on the last.")


class ClaimNamedIn(_Given):
    """A claim of a basket. Exactly one of `claim_id` and `kassenzeichen`."""

    claim_id: Id | None = None
    kassenzeichen: Number | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.claim_id is None) == (self.kassenzeichen is None):
            raise ValueError("exactly one of claim_id and kassenzeichen is needed")
        return self


class PaymentIn(_Given):
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


class PaidClaimOut(_Told):
    """A claim that a payment pays, with its share of the amount."""

    claim_id: UUID
    amount_cents: int
    amount: str


class PaymentOut(_Told):
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


class PaymentPage(_Told):
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


class RefundIn(_OneAmount):
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


class RefundOut(_Told):
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


class DisputeOut(_Told):
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


class RefundableClaimOut(_Told):
    """What can still be given back for one claim of the payment."""

    claim_id: UUID
    refundable_cents: int


class RefundableOut(_Told):
    """What was captured by an attempt, and what can still be given back of it."""

    attempt_id: UUID
    captured_cents: int
    refunded_cents: int
    disputed_cents: int
    refundable_cents: int
    claims: list[RefundableClaimOut]


class RefundList(_Told):
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


class EventOut(_Told):
    """Something that happened to a payment."""

    id: UUID
    name: str
    at: Moment
    data: dict[str, Any]


class EventList(_Told):
    """What happened, in order."""

    items: list[EventOut]

    @classmethod
    def of(cls, events: Sequence[Event]) -> "EventList":
        """Say events in the words of the interface."""
        return cls(items=[EventOut(id=e.id, name=e.name, at=e.at, data=dict(e.payload)) for e in events])
