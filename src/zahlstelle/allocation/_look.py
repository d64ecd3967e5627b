"""What is seen of a detail: its signals, and what they are about. No IO."""

from collections.abc import Mapping, Sequence
from typing import Any

from zahlstelle.bank import Breakdown, ToDecide
from zahlstelle.claims import OpenAmount
from zahlstelle.payments import Attempt, Status
from zahlstelle.tenancy import Policy

from ._decisions import Given, Known, Seen
from ._names import NameMatch, compare_names
from ._references import SEPARATORS, References, usable
from ._table import Amount, Kind, Named, Original, Payout, Signals


def look(item: ToDecide, named: References, known: Known) -> Seen:
    """See what a detail is and what it names."""
    detail = item.detail
    if item.breakdown is Breakdown.PENDING:
        return Seen(Signals(Kind.WITHOUT_DETAILS))
    if item.breakdown is Breakdown.BROKEN:
        return Seen(Signals(Kind.DOES_NOT_ADD_UP))
    if detail.return_reason or item.reversal or item.returned:
        return _look_at_return(item, named, known)
    if detail.side != "credit":
        return Seen(Signals(Kind.GOES_OUT), candidate=_only(named, known))
    if detail.amount.currency != "EUR":
        return Seen(Signals(Kind.FOREIGN), candidate=_only(named, known))
    attempt = next(
        (known.attempts[r] for r in (detail.instruction_id, detail.tx_id) if r and r in known.attempts), None
    )
    if attempt is not None:
        return _look_at_payout(item, attempt, known)
    return _look_at_payment(item, named, known)


def _look_at_return(item: ToDecide, named: References, known: Known) -> Seen:
    if item.detail.side == "credit" or item.detail.amount.currency != "EUR":
        return Seen(Signals(Kind.COMES_BACK), candidate=_only(named, known))
    original = original_of(item, known.originals.get(item.detail.id, ()))
    if original is not None and (original.claim, original.cents) in known.given_back:
        original = None
    told = Original.EXACT if original else Original.UNCLEAR
    return Seen(Signals(Kind.GIVEN_BACK, original=told), original=original, candidate=_only(named, known))


def original_of(item: ToDecide, given: Sequence[Given]) -> Given | None:
    """Find the one payment a return gives back; None where there is any doubt.

    The amount that is opened again is the original one. What the bank took beyond it must be charges it names.
    """
    detail = item.detail
    charges = detail.charges_cents or 0
    cents = detail.original_cents if detail.original_cents is not None else detail.amount.cents - charges
    if cents <= 0 or charges < 0 or cents + charges != detail.amount.cents:
        return None
    fitting = [payment for payment in given if payment.cents == cents and payment.on <= item.booked_on]
    return fitting[0] if len(fitting) == 1 else None


def _look_at_payout(item: ToDecide, attempt: Attempt, known: Known) -> Seen:
    if attempt.status not in (Status.PAID, Status.SURPLUS, Status.CHARGED_BACK):
        fits = Payout.NOT_CONFIRMED
    elif attempt.amount != item.detail.amount:
        fits = Payout.DIFFERS
    elif known.clearing_cents.get(attempt.id, 0) != attempt.amount.cents:
        fits = Payout.NOT_OWED
    else:
        fits = Payout.FITS
    return Seen(Signals(Kind.PAYOUT, payout=fits), attempt=attempt)


def _look_at_payment(item: ToDecide, named: References, known: Known) -> Seen:
    found = sorted(number for number in named.candidates if number in known.claims)
    claims = [known.claims[number] for number in found]
    stray = {*named.pooled} - {*found} | {*named.mistyped}
    if not found:
        if len(stray) > 1:
            return Seen(Signals(Kind.COMES_IN, named=Named.SEVERAL))
        return _nobody(named)
    if any(claim.currency != "EUR" for claim in claims):
        return Seen(Signals(Kind.FOREIGN), claims, candidate=found[0])
    if len(found) > 1 or stray:
        sure = not stray and all(_sure(number, named, known) for number in found)
        sure = sure and all(known.open_cents[claim.id] for claim in claims)
        signals = Signals(
            Kind.COMES_IN,
            named=Named.SEVERAL_SURE if sure else Named.SEVERAL,
            under_way=any(claim.id in known.under_way for claim in claims),
            amount=_amount(item.detail.amount.cents, sum(known.open_cents[claim.id] for claim in claims), 0),
        )
        return Seen(signals, claims, believed="Prüfziffern stimmen")
    return _look_at_claim(item, claims[0], named, known)


def _look_at_claim(item: ToDecide, claim: OpenAmount, named: References, known: Known) -> Seen:
    number = claim.kassenzeichen
    ours = _our_collection(item, claim, known)
    sure, believed, runner_up = (True, "eigener Einzug", None) if ours else _believe(item, claim, named, known)
    amount = _amount(item.detail.amount.cents, known.open_cents[claim.id], known.small_difference)
    # What no check digit confirms, the amount must.
    sure = sure and (ours or number in named.checked or amount is Amount.EXACT)
    policy = known.policies[claim.policy] if claim.policy in known.policies else Policy()
    signals = Signals(
        Kind.COMES_IN,
        named=Named.SURE if sure else Named.UNSURE,
        under_way=claim.id in known.under_way and not ours,
        amount=amount,
        late=claim.due_on is not None and item.booked_on > claim.due_on,
        policy=_words(policy),
    )
    return Seen(signals, [claim], candidate=number, believed=believed, runner_up=runner_up)


def _our_collection(item: ToDecide, claim: OpenAmount, known: Known) -> bool:
    """Say whether money is what we ourselves collected for this claim: by the debit's own name, else by its mandate.

    A mandate may be for many claims, and be collected by elsewhere too: it decides only where no name says otherwise.
    """
    detail = item.detail
    for name in (detail.instruction_id, detail.end_to_end_id):
        if name and name in known.collected:
            return claim.id in known.collected[name]
    told = SEPARATORS.sub("", usable(detail.end_to_end_id))
    if told and told != claim.kassenzeichen:
        return False
    return detail.mandate_id is not None and claim.id in known.collected.get(detail.mandate_id, ())


def _words(policy: Policy) -> Mapping[str, str]:
    return {
        "part_payment": policy.part_payment,
        "overpayment": policy.overpayment,
        "double_payment": policy.double_payment,
        "late_payment": policy.late_payment,
    }


def _amount(came: int, is_open: int, small: int) -> Amount:
    if is_open == 0:
        return Amount.NOTHING_OPEN
    if came == is_open:
        return Amount.EXACT
    if abs(came - is_open) <= small:
        return Amount.SMALL_DIFFERENCE
    return Amount.LESS if came < is_open else Amount.MORE


def _sure(number: str, named: References, known: Known) -> bool:
    """Whether the number alone can be believed: it has a check digit, and no silent mistake leads to another claim."""
    return number in named.checked and not _silent_others(number, named, known)


def _silent_others(number: str, named: References, known: Known) -> Sequence[OpenAmount]:
    """List claims whose number becomes this one by a swap that the check digit does not notice."""
    others = (known.claims.get(other) for other in named.silent.get(number, ()))
    return [other for other in others if other is not None]


def _could_be(other: OpenAmount, came: int, known: Known) -> bool:
    """Say whether the money fits another claim too, also one that is settled: people do pay twice."""
    is_open = known.open_cents.get(other.id, other.open_cents)
    return came == (is_open or other.amount_cents)


def _believe(
    item: ToDecide, claim: OpenAmount, named: References, known: Known
) -> tuple[bool, str, Mapping[str, Any] | None]:
    """Say whether a number is believed, why, and which other claim it could have been."""
    number, came = claim.kassenzeichen, item.detail.amount.cents
    name = compare_names(item.detail.party_name, claim.debtor_name)
    if number in named.checked:
        rivals = [other for other in _silent_others(number, named, known) if _could_be(other, came, known)]
        if not rivals:
            return True, "Prüfziffer stimmt", None
    else:
        rivals = [other for other in known.near.get(number, ()) if _could_be(other, came, known)]
    rival = _rival(rivals)
    if name is NameMatch.AGREES:
        same = [r for r in rivals if compare_names(item.detail.party_name, r.debtor_name) is not NameMatch.DIFFERS]
        same = [r for r in same if r.debtor_name]
        return not same, "Name des Zahlers stimmt", rival
    if number in named.whole and number not in named.checked and not rivals:
        return name is NameMatch.UNKNOWN, "ganzes Feld", rival
    return False, "", rival


def _rival(rivals: Sequence[OpenAmount]) -> Mapping[str, Any] | None:
    if not rivals:
        return None
    why = ["eine Ziffer anders oder zwei vertauscht", "gleicher Betrag"]
    return {"kassenzeichen": rivals[0].kassenzeichen, "score": 60, "reasons": why}


def _nobody(named: References) -> Seen:
    if named.pooled:
        return Seen(Signals(Kind.COMES_IN, named=Named.UNKNOWN), candidate=next(iter(named.pooled)))
    if named.mistyped:
        return Seen(Signals(Kind.COMES_IN, named=Named.MISTYPED), candidate=next(iter(named.mistyped)))
    return Seen(Signals(Kind.COMES_IN, named=Named.NOTHING))


def _only(named: References, known: Known) -> str | None:
    found = [number for number in named.candidates if number in known.claims]
    return found[0] if len(found) == 1 else None
