"""How likely a claim is what a payer meant: signals with points, and the reasons beside them. No IO.

Points order proposals for a person and never post anything. The amount alone proposes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from zahlstelle.claims import Candidate

from ._names import NameMatch, compare_names

NAMED, NEAR = 55, 40
_AMOUNT, _SMALL = 25, 20
_NAMES = {
    NameMatch.AGREES: (15, "Name des Zahlers stimmt"),
    NameMatch.SIMILAR: (12, "Name des Zahlers ist ähnlich"),
    NameMatch.RELATED: (6, "Teil des Namens stimmt"),
}
PAYER = 12
_DUE = 3
LEAST = 30


@dataclass(frozen=True, slots=True)
class Hint:
    """What speaks for a claim beside its amount and name: the number in words and points."""

    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Score:
    """Points, 0 to 100, and why."""

    points: int
    reasons: Sequence[str]


def score(
    claim: Candidate, came: int, payer: str | None, on: date, hints: Sequence[Hint], small_difference: int = 0
) -> Score:
    """Add up what speaks for a claim."""
    points, reasons = sum(hint.points for hint in hints), [hint.reason for hint in hints]
    if came == claim.open_cents:
        points, reasons = points + _AMOUNT, [*reasons, "Betrag gleich offenem Betrag"]
    elif abs(came - claim.open_cents) <= small_difference:
        points, reasons = points + _SMALL, [*reasons, "Kleinbetragsdifferenz"]
    else:
        reasons.append("mehr als offen" if came > claim.open_cents else "weniger als offen")
    if told := _NAMES.get(compare_names(payer, claim.debtor_name)):
        points, reasons = points + told[0], [*reasons, told[1]]
    if claim.due_on is not None and abs((on - claim.due_on).days) <= 14:
        points, reasons = points + _DUE, [*reasons, "um die Fälligkeit gezahlt"]
    return Score(min(points, 100), reasons)
