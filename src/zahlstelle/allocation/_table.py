"""The decision table: which signals of a detail lead to what. Read from top to bottom, the first row that fits decides.

It is printed into docs/allocation.md, and a test compares both. No IO.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ._doubts import Doubt


class Kind(StrEnum):
    """What kind of money a detail is."""

    WITHOUT_DETAILS = "a collective entry whose details come elsewhere"
    DOES_NOT_ADD_UP = "a collective entry whose details do not add up"
    GIVEN_BACK = "a debit that gives a payment back"
    COMES_BACK = "a credit that comes back"
    GOES_OUT = "another debit"
    FOREIGN = "not in euro"
    PAYOUT = "a provider's payout of one payment"
    COMES_IN = "a payment that came in"


class Original(StrEnum):
    """Whether the payment is known that a return gives back."""

    EXACT = "one, and original + charges is the amount"
    UNCLEAR = "none, several, or another amount"


class Payout(StrEnum):
    """How a payout fits what the provider has taken."""

    FITS = "what is owed"
    NOT_CONFIRMED = "not confirmed as paid"
    DIFFERS = "another amount"
    NOT_OWED = "not owed any more"


class Named(StrEnum):
    """What the payment names."""

    NOTHING = "nothing"
    MISTYPED = "a wrong check digit"
    UNKNOWN = "a valid number without a claim"
    SURE = "one claim, sure"
    UNSURE = "one claim, not sure"
    SEVERAL_SURE = "several claims, all sure"
    SEVERAL = "several, not all of them sure"


class Amount(StrEnum):
    """How the amount compares with what is open of the claim, or of all claims named together."""

    EXACT = "exactly what is open"
    SMALL_DIFFERENCE = "a small difference"
    LESS = "less"
    MORE = "more"
    NOTHING_OPEN = "nothing is open"


class Then(StrEnum):
    """What is done without a person."""

    ALLOCATE = "allocated to the claim"
    ALLOCATE_ALL = "allocated to all of the claims, each with what is open"
    SMALL_DIFFERENCE = "the claim is settled, the difference booked to `small_differences`"
    PART = "counted on the claim, which stays open with the rest"
    REST_OVERPAID = "the claim is settled, the rest booked to `overpaid`"
    OVERPAID = "booked to `overpaid`"
    PAYOUT = "allocated to the provider's clearing"
    REOPEN = "the claim is open again with the original amount, the charges go to `fees`"


@dataclass(frozen=True, slots=True)
class Signals:
    """What is seen of a detail. A signal that does not apply is None."""

    kind: Kind
    original: Original | None = None
    payout: Payout | None = None
    named: Named | None = None
    under_way: bool = False
    amount: Amount | None = None
    late: bool = False
    policy: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: the signals it asks for (those not named do not matter) and what follows."""

    then: Then | Doubt
    kind: Kind | None = None
    original: Original | None = None
    payout: Payout | None = None
    named: tuple[Named, ...] = ()
    under_way: bool = False
    amount: tuple[Amount, ...] = ()
    late: bool = False
    policy: tuple[str, str] | None = None

    def fits(self, seen: Signals) -> bool:
        """Say whether all that the row asks for is seen."""
        return (
            (self.kind is None or self.kind is seen.kind)
            and (not self.named or seen.named in self.named)
            and (not self.amount or seen.amount in self.amount)
            and (self.original is None or self.original is seen.original)
            and (self.payout is None or self.payout is seen.payout)
            and (not self.under_way or seen.under_way)
            and (not self.late or seen.late)
            and (self.policy is None or seen.policy.get(self.policy[0]) == self.policy[1])
        )


_ONE = (Named.SURE,)
_ANY = (Amount.EXACT, Amount.SMALL_DIFFERENCE, Amount.LESS, Amount.MORE)
TABLE: Sequence[Row] = (
    Row(Doubt.DETAILS_MISSING, kind=Kind.WITHOUT_DETAILS),
    Row(Doubt.DETAILS_DO_NOT_ADD_UP, kind=Kind.DOES_NOT_ADD_UP),
    Row(Then.REOPEN, kind=Kind.GIVEN_BACK, original=Original.EXACT),
    Row(Doubt.RETURNED, kind=Kind.GIVEN_BACK),
    Row(Doubt.RETURNED, kind=Kind.COMES_BACK),
    Row(Doubt.MONEY_GOES_OUT, kind=Kind.GOES_OUT),
    Row(Doubt.FOREIGN_CURRENCY, kind=Kind.FOREIGN),
    Row(Doubt.PAYMENT_NOT_CONFIRMED, kind=Kind.PAYOUT, payout=Payout.NOT_CONFIRMED),
    Row(Doubt.PAYMENT_AMOUNT_DIFFERS, kind=Kind.PAYOUT, payout=Payout.DIFFERS),
    Row(Doubt.ALREADY_PAID_OUT, kind=Kind.PAYOUT, payout=Payout.NOT_OWED),
    Row(Then.PAYOUT, kind=Kind.PAYOUT, payout=Payout.FITS),
    Row(Doubt.NO_REFERENCE, named=(Named.NOTHING,)),
    Row(Doubt.CHECK_DIGIT_WRONG, named=(Named.MISTYPED,)),
    Row(Doubt.UNKNOWN_REFERENCE, named=(Named.UNKNOWN,)),
    Row(Doubt.SEVERAL_REFERENCES, named=(Named.SEVERAL,)),
    Row(Doubt.SEVERAL_REFERENCES, named=(Named.SEVERAL_SURE,), under_way=True),
    Row(Then.ALLOCATE_ALL, named=(Named.SEVERAL_SURE,), amount=(Amount.EXACT,)),
    Row(Doubt.SEVERAL_REFERENCES, named=(Named.SEVERAL_SURE,)),
    Row(Then.OVERPAID, named=_ONE, amount=(Amount.NOTHING_OPEN,), policy=("double_payment", "to_overpaid")),
    Row(Doubt.ALREADY_SETTLED, named=(Named.SURE, Named.UNSURE), amount=(Amount.NOTHING_OPEN,)),
    Row(Doubt.PAYMENT_UNDER_WAY, named=(Named.SURE, Named.UNSURE), under_way=True),
    Row(Doubt.REFERENCE_UNSURE, named=(Named.UNSURE,), amount=(Amount.EXACT, Amount.SMALL_DIFFERENCE)),
    Row(Doubt.PAID_LATE, named=_ONE, amount=_ANY, late=True, policy=("late_payment", "suspend")),
    Row(Then.ALLOCATE, named=_ONE, amount=(Amount.EXACT,)),
    Row(Then.SMALL_DIFFERENCE, named=_ONE, amount=(Amount.SMALL_DIFFERENCE,)),
    Row(Then.PART, named=_ONE, amount=(Amount.LESS,), policy=("part_payment", "accept")),
    Row(Doubt.LESS_THAN_OPEN, amount=(Amount.LESS,)),
    Row(Then.REST_OVERPAID, named=_ONE, amount=(Amount.MORE,), policy=("overpayment", "rest_to_overpaid")),
    Row(Doubt.MORE_THAN_OPEN, amount=(Amount.MORE,)),
)


def outcome(seen: Signals) -> Then | Doubt:
    """Read the table. A detail that no row fits is a defect of the table."""
    for row in TABLE:
        if row.fits(seen):
            return row.then
    raise LookupError(f"no row of the decision table fits {seen}")


def as_markdown() -> str:
    """Print the table for docs/allocation.md."""
    lines = ["| # | money | names | amount | and | then |", "| ---: | --- | --- | --- | --- | --- |"]
    for number, row in enumerate(TABLE, 1):
        kind = row.kind or Kind.COMES_IN
        more = [f"original: {row.original}"] if row.original else []
        more += [str(row.payout)] if row.payout else []
        more += ["an online payment is under way"] if row.under_way else []
        more += ["after the due day"] if row.late else []
        more += [f'policy `{row.policy[0]} = "{row.policy[1]}"`'] if row.policy else []
        then = f"suspense: `{row.then}`" if isinstance(row.then, Doubt) else f"**{row.then}**"
        cells = (str(number), kind, " or ".join(row.named), " or ".join(row.amount), "; ".join(more), then)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
