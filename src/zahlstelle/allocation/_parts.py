"""The parts a detail's money is divided into, and what a person is proposed. No IO."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from zahlstelle.kernel import InputRefused

RECEIVABLE = "receivable"
OVERPAID = "overpaid"
FEES = "fees"
SMALL_DIFFERENCES = "small_differences"


class Rest(StrEnum):
    """Where what is not shared out goes."""

    NONE = "none"  # there is none: the shares are the whole amount
    WAITS = "waits"  # it stays in suspense
    OVERPAID = "overpaid"  # it is owed back to the payer
    FEES = "fees"  # the bank's charges
    SMALL_DIFFERENCE = "small_difference"  # within the town's tolerance, booked for what it is


ACCOUNT_OF: dict[Rest, str] = {
    Rest.OVERPAID: OVERPAID,
    Rest.FEES: FEES,
    Rest.SMALL_DIFFERENCE: SMALL_DIFFERENCES,
}


class SharesDiffer(InputRefused):
    """The shares do not add up to the amount that waits, and nothing is said about the rest."""

    code = "shares_differ"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a detail's money, in the direction in which the detail moved it.

    `claim` is whose claim it is about. On the account `receivable` it settles the claim (or opens it again, where money
    went out). Only a small difference is below zero: the claim is settled with a little more than came.
    """

    cents: int
    claim: UUID | None = None
    account: str = RECEIVABLE
    lines: Sequence[tuple[int, int]] | None = None  # (number, cents) of the claim's lines; None: all that was open


@dataclass(frozen=True, slots=True)
class Share:
    """A claim's share in a proposal, with what a person needs to recognise it."""

    claim_id: UUID
    kassenzeichen: str
    cents: int
    open_cents: int
    purpose: str
    debtor_name: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be done with waiting money (Vorschlag), how sure that is (0 to 100) and why.

    `shares`, and of what they leave `rest` with `rest_cents`, are what `settle` takes.
    """

    shares: Sequence[Share]
    score: int
    reasons: Sequence[str]
    rest: Rest = Rest.NONE
    rest_cents: int = 0


def divide(
    waits: int, shares: Sequence[tuple[UUID, int]], rest: Rest, *, goes_out: bool = False, tolerance: int = 0
) -> Sequence[Part]:
    """Divide what waits into parts, to the cent. Raises SharesDiffer.

    `tolerance` is the largest small difference of the town, either way.
    """
    if any(cents <= 0 for _, cents in shares) or len({claim for claim, _ in shares}) != len(shares):
        raise SharesDiffer("each claim has one share, above zero")
    left = waits - sum(cents for _, cents in shares)
    parts = [Part(cents, claim) for claim, cents in shares]
    about = shares[0][0] if len(shares) == 1 else None
    match rest:
        case Rest.NONE if left == 0 and shares:
            return parts
        case Rest.WAITS if left > 0 and shares:
            return parts
        case Rest.OVERPAID if left > 0 and not goes_out:
            return [*parts, Part(left, about, OVERPAID)]
        case Rest.FEES if left > 0 and goes_out:
            return [*parts, Part(left, about, FEES)]
        case Rest.SMALL_DIFFERENCE if 0 < abs(left) <= tolerance and shares:
            return [*parts, Part(left, about, SMALL_DIFFERENCES)]
    raise SharesDiffer(f"{waits} cents wait, {waits - left} are shared out; the rest cannot be {rest!r}")
