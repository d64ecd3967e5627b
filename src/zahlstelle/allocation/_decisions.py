"""What can be decided about a detail's money, and what must be known for it. No IO."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from zahlstelle.claims import OpenAmount
from zahlstelle.payments import Attempt
from zahlstelle.tenancy import Policy

from ._doubts import Doubt
from ._parts import Part
from ._table import Signals


@dataclass(frozen=True, slots=True)
class Allocate:
    """The money pays this claim: exactly what is open of it."""

    claim: OpenAmount
    reasons: Sequence[str]
    runner_up: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Divide:
    """The money is divided: over several claims, or between a claim and an account of the book."""

    parts: Sequence[Part]
    reasons: Sequence[str]
    runner_up: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PaidOut:
    """The money is a provider's payout of this attempt."""

    attempt: Attempt
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Suspend:
    """The money waits for a person, or for another fact."""

    doubt: Doubt
    candidate: str | None = None
    reasons: Sequence[str] = ()


Decided = Allocate | Divide | PaidOut | Suspend


@dataclass(frozen=True, slots=True)
class Given:
    """A payment that a return may give back: one detail that paid one claim, and still stands."""

    claim: UUID
    kassenzeichen: str
    cents: int
    on: date
    lines: Sequence[tuple[int, int]] | None = None


@dataclass(slots=True)
class Known:
    """What is known of the claims and attempts that a batch of details names; open amounts go down as it is used."""

    claims: Mapping[str, OpenAmount]
    open_cents: dict[UUID, int]
    attempts: Mapping[str, Attempt]
    clearing_cents: dict[UUID, int]
    collected: Mapping[str, Sequence[UUID]] = field(default_factory=dict)  # claims by our debits' names and mandates
    under_way: Set[UUID] = field(default_factory=frozenset)  # claims with an online payment whose outcome is open
    policies: Mapping[str, Policy] = field(default_factory=dict)  # by what the service says
    small_difference: int = 0
    near: Mapping[str, Sequence[OpenAmount]] = field(default_factory=dict)  # claims one mistake from a number
    originals: Mapping[UUID, Sequence[Given]] = field(default_factory=dict)  # of details that give money back
    given_back: set[tuple[UUID, int]] = field(default_factory=set)  # what this batch has opened again


@dataclass(frozen=True, slots=True)
class Seen:
    """A detail's signals, with what they are about."""

    signals: Signals
    claims: Sequence[OpenAmount] = ()
    attempt: Attempt | None = None
    original: Given | None = None
    candidate: str | None = None
    believed: str = ""
    runner_up: Mapping[str, Any] | None = None
