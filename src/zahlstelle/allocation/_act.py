"""What is done with a detail's money for each outcome of the decision table, and the reasons that are kept. No IO."""

from collections.abc import Callable, Mapping, Sequence

from zahlstelle.bank import ToDecide
from zahlstelle.payments import Attempt

from ._decisions import Allocate, Decided, Divide, Known, PaidOut, Seen
from ._exact import DAYS_LATE
from ._parts import FEES, OVERPAID, SMALL_DIFFERENCES, Part
from ._table import Amount, Then


def _allocate(item: ToDecide, seen: Seen, _known: Known) -> Decided:
    return Allocate(seen.claims[0], _reasons(item, seen, "Betrag gleich offenem Betrag"), seen.runner_up)


def _allocate_all(_item: ToDecide, seen: Seen, known: Known) -> Decided:
    parts = [Part(known.open_cents[claim.id], claim.id) for claim in seen.claims]
    numbers = [f"Kassenzeichen {claim.kassenzeichen}" for claim in seen.claims]
    return Divide(parts, [*numbers, seen.believed, "Betrag gleich der Summe der offenen Beträge"])


def _small_difference(item: ToDecide, seen: Seen, known: Known) -> Decided:
    claim, difference = seen.claims[0], item.detail.amount.cents - known.open_cents[seen.claims[0].id]
    parts = [Part(known.open_cents[claim.id], claim.id), Part(difference, claim.id, SMALL_DIFFERENCES)]
    return Divide(parts, _reasons(item, seen, f"Kleinbetragsdifferenz {euro(difference)}"), seen.runner_up)


def _part(item: ToDecide, seen: Seen, known: Known) -> Decided:
    claim = seen.claims[0]
    left = known.open_cents[claim.id] - item.detail.amount.cents
    reasons = _reasons(item, seen, f"Teilzahlung, offen bleiben {euro(left)}")
    return Divide([Part(item.detail.amount.cents, claim.id)], reasons, seen.runner_up)


def _rest_overpaid(item: ToDecide, seen: Seen, known: Known) -> Decided:
    claim = seen.claims[0]
    rest = item.detail.amount.cents - known.open_cents[claim.id]
    parts = [Part(known.open_cents[claim.id], claim.id), Part(rest, claim.id, OVERPAID)]
    return Divide(parts, _reasons(item, seen, f"Überzahlung {euro(rest)}"), seen.runner_up)


def _overpaid(item: ToDecide, seen: Seen, _known: Known) -> Decided:
    parts = [Part(item.detail.amount.cents, seen.claims[0].id, OVERPAID)]
    return Divide(parts, _reasons(item, seen, "Doppelzahlung: Die Forderung ist schon bezahlt"), seen.runner_up)


def _pay_out(_item: ToDecide, seen: Seen, _known: Known) -> Decided:
    assert seen.attempt is not None
    return PaidOut(seen.attempt, [_of_attempt(seen.attempt), "Betrag gleich bestätigtem Betrag"])


def _reopen(item: ToDecide, seen: Seen, _known: Known) -> Decided:
    original, detail = seen.original, item.detail
    assert original is not None
    parts = [Part(original.cents, original.claim, lines=original.lines)]
    charges = detail.amount.cents - original.cents
    reasons = [
        f"Kassenzeichen {original.kassenzeichen}",
        f"genau eine Zahlung über {euro(original.cents)}, gebucht am {original.on:%d.%m.%Y}",
        *([f"Rückgabegrund {detail.return_reason}"] if detail.return_reason else []),
    ]
    if charges:
        parts.append(Part(charges, original.claim, FEES))
        reasons.append(f"Entgelt der Bank {euro(charges)}")
    return Divide(parts, reasons)


DO: Mapping[Then, Callable[[ToDecide, Seen, Known], Decided]] = {
    Then.ALLOCATE: _allocate,
    Then.ALLOCATE_ALL: _allocate_all,
    Then.SMALL_DIFFERENCE: _small_difference,
    Then.PART: _part,
    Then.REST_OVERPAID: _rest_overpaid,
    Then.OVERPAID: _overpaid,
    Then.PAYOUT: _pay_out,
    Then.REOPEN: _reopen,
}


def _reasons(item: ToDecide, seen: Seen, amount: str) -> Sequence[str]:
    claim = seen.claims[0]
    late = (item.booked_on - claim.due_on).days if seen.signals.late and claim.due_on else 0
    reasons = [f"Kassenzeichen {claim.kassenzeichen}", seen.believed, amount]
    return [*reasons, DAYS_LATE.format(days=late)] if late else reasons


def why(seen: Seen, known: Known) -> Sequence[str]:
    """Say what was seen of money that waits."""
    if seen.attempt is not None:
        return [_of_attempt(seen.attempt)]
    reasons = [f"Kassenzeichen {claim.kassenzeichen}" for claim in seen.claims]
    if len(seen.claims) == 1 and seen.signals.amount is not Amount.EXACT:
        reasons.append(f"offen {euro(known.open_cents[seen.claims[0].id])}")
    if seen.runner_up:
        reasons.append(f"könnte auch {seen.runner_up['kassenzeichen']} sein")
    return reasons


def _of_attempt(attempt: Attempt) -> str:
    return f"Zahlung {attempt.provider_reference} bei {attempt.provider}"


def euro(cents: int) -> str:
    sign, whole = ("-" if cents < 0 else ""), abs(cents)
    return f"{sign}{whole // 100},{whole % 100:02d} €"
