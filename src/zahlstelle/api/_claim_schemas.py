"""Claims as they are sent and answered. No IO."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from zahlstelle.claims import Claim, ClaimStatus, DraftLine, LineKind, NewClaim
from zahlstelle.kernel import Money

from ._schemas import Amount, Cents, Day, Given, Kind, Moment, Name, Number, OneAmount, Posting, Purpose, Short, Told


class LineIn(OneAmount):
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


class ClaimIn(Given):
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


class LineOut(Told):
    """A line of a claim."""

    number: int
    text: str
    amount_cents: int
    amount: str
    posting: dict[str, Any]
    kind: Kind


class LetterOut(Told):
    """What a letter about the claim prints, so that it can be paid online."""

    code: str = Field(description="Belongs to this Kassenzeichen and is printed beside it.")
    url: str = Field(description="The payment link: opens what is to be paid. To be sent to the debtor only.")
    qr_svg_url: str = Field(description="The link as a QR code to print, as SVG; fetched with your API key.")
    qr_png_url: str = Field(description="The same as PNG.")
    pdf_url: str = Field(description="A sheet that tells how to pay, as PDF; there is none once nothing is open.")


class ClaimOut(Told):
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


class ClaimPage(Told):
    """A page of claims, the newest first."""

    items: list[ClaimOut]
    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null on the last.")
