"""Which money pays which claim: the references in a detail and the decision table. No IO.

Money is posted by itself only where one valid reference names one open claim and the amount is exactly what is open of
it. Never by amount alone. Everything else is a doubt with a name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from zahlstelle.bank import Breakdown, ToDecide
from zahlstelle.claims import OpenAmount, Pool
from zahlstelle.kernel import checkdigits
from zahlstelle.payments import Attempt, Status

RULE_VERSION = "2026-11"


class Doubt(StrEnum):
    """Why money waits in suspense (Verwahrung)."""

    NO_REFERENCE = "no_reference"
    UNKNOWN_REFERENCE = "unknown_reference"
    CHECK_DIGIT_WRONG = "check_digit_wrong"
    SEVERAL_REFERENCES = "several_references"
    ALREADY_SETTLED = "already_settled"
    LESS_THAN_OPEN = "less_than_open"
    MORE_THAN_OPEN = "more_than_open"
    PAYMENT_UNDER_WAY = "payment_under_way"
    PAYMENT_NOT_CONFIRMED = "payment_not_confirmed"
    PAYMENT_AMOUNT_DIFFERS = "payment_amount_differs"
    ALREADY_PAID_OUT = "already_paid_out"
    DETAILS_MISSING = "details_missing"
    DETAILS_DO_NOT_ADD_UP = "details_do_not_add_up"
    MONEY_GOES_OUT = "money_goes_out"
    RETURNED = "returned"
    FOREIGN_CURRENCY = "foreign_currency"
    REFERENCE_UNSURE = "reference_unsure"
    PAID_LATE = "paid_late"
    REST_WAITS = "rest_waits"
    TAKEN_BACK = "taken_back"


DOUBT_WORDS: Mapping[Doubt, str] = {
    Doubt.NO_REFERENCE: "Der Zahler hat kein Kassenzeichen angegeben.",
    Doubt.UNKNOWN_REFERENCE: "Das Kassenzeichen ist gültig, aber es gibt dazu keine Forderung.",
    Doubt.CHECK_DIGIT_WRONG: "Die Prüfziffer stimmt nicht: Das Kassenzeichen ist vertippt.",
    Doubt.SEVERAL_REFERENCES: "Die Zahlung nennt mehrere Kassenzeichen.",
    Doubt.ALREADY_SETTLED: "Die Forderung ist schon bezahlt.",
    Doubt.LESS_THAN_OPEN: "Es kam weniger, als offen ist.",
    Doubt.MORE_THAN_OPEN: "Es kam mehr, als offen ist.",
    Doubt.PAYMENT_UNDER_WAY: "Für die Forderung läuft gerade eine Online-Zahlung. Ihr Ausgang entscheidet.",
    Doubt.PAYMENT_NOT_CONFIRMED: "Der Zahlungsdienstleister hat diese Zahlung noch nicht bestätigt.",
    Doubt.PAYMENT_AMOUNT_DIFFERS: "Der Zahlungsdienstleister hat einen anderen Betrag ausgezahlt als bestätigt.",
    Doubt.ALREADY_PAID_OUT: "Der Zahlungsdienstleister hat diese Zahlung schon einmal ausgezahlt.",
    Doubt.DETAILS_MISSING: "Sammelbuchung: Die Einzelumsätze sind noch nicht da.",
    Doubt.DETAILS_DO_NOT_ADD_UP: "Sammelbuchung: Die Einzelumsätze ergeben nicht den gebuchten Betrag.",
    Doubt.MONEY_GOES_OUT: "Abgang vom Konto: Bitte prüfen.",
    Doubt.RETURNED: "Rückgabe oder Rücklastschrift: Bitte prüfen.",
    Doubt.FOREIGN_CURRENCY: "Fremde Währung.",
    Doubt.REFERENCE_UNSURE: "Das Kassenzeichen hat keine Prüfziffer, und nichts anderes bestätigt es.",
    Doubt.PAID_LATE: "Die Zahlung kam nach der Fälligkeit.",
    Doubt.REST_WAITS: "Rest einer von Hand aufgeteilten Zahlung.",
    Doubt.TAKEN_BACK: "Die Zuordnung wurde von Hand zurückgenommen.",
}

# What another fact can settle later without a person: the worker tries these again.
RETRIED = frozenset({Doubt.UNKNOWN_REFERENCE, Doubt.PAYMENT_UNDER_WAY, Doubt.PAYMENT_NOT_CONFIRMED})


@dataclass(frozen=True, slots=True)
class References:
    """What a detail names: whole words that may be a Kassenzeichen, and what looks like one but is mistyped."""

    candidates: Set[str]
    pooled: Set[str]  # those with the shape and the check digit of a pool
    mistyped: Set[str]


# A Kassenzeichen that no pool knows is believed only as a whole field or a whole word, and never when short.
_WORD = re.compile(r"(?<!\w)[A-Z0-9]{8,35}(?!\w)")
_GROUPS = re.compile(r"\d+(?:[ ./\-]{1,3}\d+)*")
_SEPARATORS = re.compile(r"[\s./\-]+")


def references_in(
    *, end_to_end_id: str | None, reference: str | None, remittance: Sequence[str], pools: Iterable[Pool]
) -> References:
    """Find what a detail names. Pieces of a remittance text are read joined both ways: banks cut it anywhere."""
    fields = [_SEPARATORS.sub("", text).upper() for text in (end_to_end_id, reference) if text]
    fields += [text[4:] for text in fields if checkdigits.rf_is_valid(text)]
    texts = [text for text in (end_to_end_id, reference, " ".join(remittance), "".join(remittance)) if text]
    candidates = {text for text in fields if 6 <= len(text) <= 35}
    pooled: set[str] = set()
    mistyped: set[str] = set()
    by_length: dict[int, list[Pool]] = {}
    for pool in pools:
        by_length.setdefault(pool.length, []).append(pool)
    for text in texts:
        candidates.update(_WORD.findall(text.upper()))
        for number in _numbers(text, by_length.keys()):
            own = [pool for pool in by_length[len(number)] if pool.shaped(number)]
            if any(pool.valid(number) for pool in own):
                pooled.add(number)
            elif own:
                mistyped.add(number)
    return References(candidates | pooled, pooled, mistyped - pooled)


def _numbers(text: str, lengths: Set[int] | Iterable[int]) -> Iterable[str]:
    """Give every run of neighbouring digit groups whose digits together have one of the lengths."""
    wanted = set(lengths)
    longest = max(wanted, default=0)
    for match in _GROUPS.finditer(text):
        groups = re.findall(r"\d+", match.group())
        for start in range(len(groups)):
            number = ""
            for group in groups[start:]:
                number += group
                if len(number) in wanted:
                    yield number
                if len(number) > longest:
                    break


@dataclass(frozen=True, slots=True)
class Allocate:
    """The money pays this claim."""

    claim: OpenAmount
    reasons: Sequence[str]


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


Decided = Allocate | PaidOut | Suspend


@dataclass(slots=True)
class Known:
    """What is known of the claims and attempts that a batch of details names; open amounts go down as it is used."""

    claims: Mapping[str, OpenAmount]
    open_cents: dict[UUID, int]
    attempts: Mapping[str, Attempt]
    clearing_cents: dict[UUID, int]
    under_way: Set[UUID] = field(default_factory=frozenset)  # claims with an online payment whose outcome is open


def decide(item: ToDecide, named: References, known: Known) -> Decided:
    """Decide what becomes of a detail's money: the decision table, from top to bottom."""
    detail = item.detail
    if item.breakdown is Breakdown.PENDING:
        return Suspend(Doubt.DETAILS_MISSING)
    if item.breakdown is Breakdown.BROKEN:
        return Suspend(Doubt.DETAILS_DO_NOT_ADD_UP)
    if detail.return_reason or item.reversal or item.returned:
        return Suspend(Doubt.RETURNED, _only(named, known))
    if detail.side != "credit":
        return Suspend(Doubt.MONEY_GOES_OUT)
    if detail.amount.currency != "EUR":
        return Suspend(Doubt.FOREIGN_CURRENCY)
    attempt = next(
        (known.attempts[r] for r in (detail.instruction_id, detail.tx_id) if r and r in known.attempts), None
    )
    if attempt is not None:
        return _payout(item, attempt, known)
    return _claim(item, named, known)


def _payout(item: ToDecide, attempt: Attempt, known: Known) -> Decided:
    reasons = [f"Zahlung {attempt.provider_reference} bei {attempt.provider}"]
    if attempt.status not in (Status.PAID, Status.SURPLUS):
        return Suspend(Doubt.PAYMENT_NOT_CONFIRMED, reasons=reasons)
    if attempt.amount != item.detail.amount:
        return Suspend(Doubt.PAYMENT_AMOUNT_DIFFERS, reasons=reasons)
    if known.clearing_cents.get(attempt.id, 0) != attempt.amount.cents:
        return Suspend(Doubt.ALREADY_PAID_OUT, reasons=reasons)
    return PaidOut(attempt, [*reasons, "Betrag gleich bestätigtem Betrag"])


def _claim(item: ToDecide, named: References, known: Known) -> Decided:
    found = sorted(number for number in named.candidates if number in known.claims)
    if len({*found, *named.pooled}) + len(named.mistyped) > 1:
        return Suspend(Doubt.SEVERAL_REFERENCES)
    if not found:
        return _nobody(named)
    claim, number = known.claims[found[0]], found[0]
    is_open, came = known.open_cents[claim.id], item.detail.amount.cents
    if claim.currency != item.detail.amount.currency:
        return Suspend(Doubt.FOREIGN_CURRENCY, number)
    if is_open == 0:
        return Suspend(Doubt.ALREADY_SETTLED, number)
    if claim.id in known.under_way:
        return Suspend(Doubt.PAYMENT_UNDER_WAY, number)
    if came != is_open:
        return Suspend(Doubt.LESS_THAN_OPEN if came < is_open else Doubt.MORE_THAN_OPEN, number)
    valid = "Prüfziffer stimmt" if number in named.pooled else "ganzes Feld oder Wort"
    return Allocate(claim, [f"Kassenzeichen {number}", valid, "Betrag gleich offenem Betrag"])


def _nobody(named: References) -> Suspend:
    if named.pooled:
        return Suspend(Doubt.UNKNOWN_REFERENCE, next(iter(named.pooled)))
    if named.mistyped:
        return Suspend(Doubt.CHECK_DIGIT_WRONG, next(iter(named.mistyped)))
    return Suspend(Doubt.NO_REFERENCE)


def _only(named: References, known: Known) -> str | None:
    found = [number for number in named.candidates if number in known.claims]
    return found[0] if len(found) == 1 else None
