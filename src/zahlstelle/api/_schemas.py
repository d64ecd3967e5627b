"""The words that what is sent and what is answered are made of, as the OpenAPI document says them. No IO."""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from zahlstelle.kernel import Money

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


class Given(BaseModel):
    """What is sent: nothing unknown, nothing guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Told(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


class OneAmount(Given):
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
