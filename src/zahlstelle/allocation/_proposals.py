"""What a person is proposed for waiting money: claims it may pay, the likeliest first, each with its reasons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from zahlstelle import bank, claims, payments
from zahlstelle.bank import BankDetail, ToDecide
from zahlstelle.claims import Candidate, Pool
from zahlstelle.tables.allocation import SuspenseRow
from zahlstelle.tenancy import Tenant, inside

from ._act import euro
from ._decisions import Given
from ._knowledge import originals_of
from ._look import original_of
from ._names import patterns_of
from ._parts import Proposal, Rest, Share
from ._payers import debtors_of_payer
from ._policies import small_difference
from ._references import References, near_pool_numbers, references_in
from ._scoring import LEAST, NAMED, NEAR, Hint, Score, score

_BANK_FEES = frozenset({"805", "806", "807", "808", "809", "810", "811", "812", "813", "814", "815", "816"})
_CHARGE = re.compile(r"\b(?:entgelt|geb(?:ü|ue)hr|abschluss)", re.IGNORECASE)
_MOST_CLAIMS = 20
_AT_ONCE = 500


def proposals_for(*, tenant: Tenant, detail: UUID, limit: int = 3) -> Sequence[Proposal]:
    """Propose what could be done with a waiting detail; empty where nothing is known, or it does not wait any more."""
    with inside(tenant):
        waits = SuspenseRow.objects.filter(tenant_id=tenant.id, detail=detail).first()
        if waits is None:
            return []
        batches = bank.details_to_decide(tenant=tenant, entries=[waits.entry], details=[detail])
        item = next((item for batch in batches for item in batch), None)
        if item is None or item.detail.amount.currency != "EUR":
            return []
        propose = _credit if item.detail.side == "credit" else _debit
        return propose(tenant, item, waits.amount_cents)[:limit]


def count_proposed(tenant: Tenant, entries: Sequence[UUID]) -> int:
    """Count what waits of these entries and names, or nearly names, a claim: there a person is proposed one."""
    with inside(tenant):
        waiting = SuspenseRow.objects.filter(tenant_id=tenant.id, entry__in=entries, currency="EUR")
        details = list(waiting.order_by("detail").values_list("detail", flat=True))
        pools = claims.pools(tenant=tenant) if details else []
        parts = (details[start : start + _AT_ONCE] for start in range(0, len(details), _AT_ONCE))
        return sum(_count(tenant, part, pools) for part in parts)


def _count(tenant: Tenant, details: Sequence[UUID], pools: Sequence[Pool]) -> int:
    numbers = {}
    for detail in bank.details_by_id(tenant=tenant, details=details).values():
        near = _near(detail, pools) if detail.side == "credit" else {}
        numbers[detail.id] = {*named_by(detail, pools).candidates, *near}
    known = claims.open_amounts(tenant=tenant, numbers=sorted(set().union(*numbers.values())))
    told = {claim.kassenzeichen for claim in known}
    return sum(not told.isdisjoint(named) for named in numbers.values())


def _near(detail: BankDetail, pools: Sequence[Pool]) -> Mapping[str, str]:
    return near_pool_numbers(
        end_to_end_id=detail.end_to_end_id, reference=detail.reference, remittance=detail.remittance, pools=pools
    )


def named_by(detail: BankDetail, pools: Sequence[Pool]) -> References:
    """Find what a detail names."""
    return references_in(
        end_to_end_id=detail.end_to_end_id, reference=detail.reference, remittance=detail.remittance, pools=pools
    )


# --- money that came in --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """A claim that may be meant, and what speaks for it."""

    claim: Candidate
    hints: list[Hint]


def _credit(tenant: Tenant, item: ToDecide, cents: int) -> Sequence[Proposal]:
    if item.detail.return_reason or item.reversal or item.returned:
        why = ["Was ausgezahlt werden sollte, kam zurück: Es wird wieder geschuldet"]
        return [Proposal([], 60, why, Rest.OVERPAID, cents)]
    pools = claims.pools(tenant=tenant)
    named = named_by(item.detail, pools)
    found = _candidates(tenant, item.detail, cents, named, pools)
    tolerance = small_difference(tenant=tenant)
    proposals = [*_together(cents, named, found)]
    for candidate in found.values():
        told = score(
            candidate.claim, cents, item.detail.party_name, item.booked_on, candidate.hints, small_difference=tolerance
        )
        if proposal := _of_claim(candidate.claim, cents, told, tolerance):
            proposals.append(proposal)
    return sorted((p for p in proposals if p.score >= LEAST), key=_first)


def _first(proposal: Proposal) -> tuple[int, Sequence[str]]:
    return -proposal.score, [share.kassenzeichen for share in proposal.shares]


def _candidates(
    tenant: Tenant, detail: BankDetail, cents: int, named: References, pools: Sequence[Pool]
) -> Mapping[UUID, _Found]:
    found: dict[UUID, _Found] = {}

    def note(claim: Candidate, hint: Hint | None) -> None:
        hints = found.setdefault(claim.id, _Found(claim, [])).hints
        if hint is not None:
            hints.append(hint)

    near = dict(_near(detail, pools))
    near |= {other: "zwei Ziffern vertauscht" for others in named.silent.values() for other in others}
    for claim in claims.candidates_named(tenant=tenant, numbers=sorted({*named.candidates, *near})):
        if claim.kassenzeichen in named.candidates:
            note(claim, Hint(NAMED, f"Kassenzeichen {claim.kassenzeichen} steht in der Zahlung"))
        else:
            mistake = near[claim.kassenzeichen]
            note(claim, Hint(NEAR, f"Kassenzeichen {claim.kassenzeichen} ist ähnlich: {mistake}"))
    patterns = patterns_of(detail.party_name or "")
    for claim in claims.candidates_of_amount(tenant=tenant, cents=cents, patterns=patterns):
        note(claim, None)
    for claim, hint in debtors_of_payer(tenant, detail.party_iban):
        note(claim, hint)
    return found


def _of_claim(claim: Candidate, cents: int, told: Score, tolerance: int) -> Proposal | None:
    if not claim.open_cents:
        if not any("steht in der Zahlung" in reason for reason in told.reasons):
            return None
        why = [f"Kassenzeichen {claim.kassenzeichen}", "Doppelzahlung: Die Forderung ist schon bezahlt"]
        return Proposal([], min(told.points, 60), why, Rest.OVERPAID, cents)
    difference = cents - claim.open_cents
    if difference and abs(difference) <= tolerance:
        return Proposal([_share(claim, claim.open_cents)], told.points, told.reasons, Rest.SMALL_DIFFERENCE, difference)
    share, rest = min(cents, claim.open_cents), max(difference, 0)
    return Proposal([_share(claim, share)], told.points, told.reasons, Rest.OVERPAID if rest else Rest.NONE, rest)


def _share(claim: Candidate, cents: int) -> Share:
    return Share(claim.id, claim.kassenzeichen, cents, claim.open_cents, claim.purpose, claim.debtor_name)


def _together(cents: int, named: References, found: Mapping[UUID, _Found]) -> Sequence[Proposal]:
    """Propose all claims together that the payment names, or nearly names, where their sum fits."""
    told = [f.claim for f in found.values() if f.claim.kassenzeichen in named.candidates and f.claim.open_cents]
    near = [f.claim for f in found.values() if f.hints and f.claim not in told and f.claim.open_cents]
    for group in (told, *([*told, one] for one in near)):
        if 2 <= len(group) <= _MOST_CLAIMS and sum(claim.open_cents for claim in group) == cents:
            points = 95 if group is told else 80
            numbers = [f"Kassenzeichen {claim.kassenzeichen}" for claim in group]
            why = [*numbers, "Betrag gleich der Summe der offenen Beträge"]
            return [Proposal([_share(claim, claim.open_cents) for claim in group], points, why)]
    return []


# --- money that went out -------------------------------------------------------------------------------------------


def _debit(tenant: Tenant, item: ToDecide, cents: int) -> Sequence[Proposal]:
    """Propose which claims a return opens again, and charges of the bank."""
    entry = bank.entry_by_id(tenant=tenant, entry_id=item.detail.entry)
    if fee := _BANK_FEES.intersection((entry.proprietary_code or "").split("+")):
        return [Proposal([], 70, [f"Entgelt der Bank (Geschäftsvorfall {min(fee)})"], Rest.FEES, cents)]
    named = named_by(item.detail, claims.pools(tenant=tenant))
    told = claims.open_amounts(tenant=tenant, numbers=sorted(named.candidates))
    known = {claim.kassenzeichen: claim for claim in told}
    given = originals_of(tenant, [item], [named], known, hold=False).get(item.detail.id, ())
    exact = original_of(item, given)
    proposals = [_of_return(tenant, payment, item, cents, payment is exact) for payment in given]
    proposals += _of_attempts(tenant, item, cents)
    said = " ".join((*item.detail.remittance, entry.additional_info or ""))
    if not proposals and not item.detail.return_reason and _CHARGE.search(said):
        proposals.append(Proposal([], 40, ["Der Text nennt ein Entgelt"], Rest.FEES, cents))
    return sorted(proposals, key=_first)


def _of_return(tenant: Tenant, payment: Given, item: ToDecide, cents: int, exact: bool) -> Proposal:
    back = min(payment.cents, item.detail.original_cents or payment.cents, cents)
    (claim,) = claims.candidates_named(tenant=tenant, ids=[payment.claim])
    why = [f"Zahlung über {euro(payment.cents)}, gebucht am {payment.on:%d.%m.%Y}"]
    if cents > back:
        why.append(f"Entgelt der Bank {euro(cents - back)}")
    points = 90 if exact else 75 if cents == back else 60
    rest = Rest.FEES if cents > back else Rest.NONE
    return Proposal([_share(claim, back)], points, why, rest, cents - back)


def _of_attempts(tenant: Tenant, item: ToDecide, cents: int) -> Sequence[Proposal]:
    """Propose the claim of a provider's payment that was charged back."""
    references = [r for r in (item.detail.instruction_id, item.detail.tx_id) if r]
    attempts = payments.attempts_by_provider_reference(tenant=tenant, references=references)
    proposals = []
    for attempt in attempts.values():
        (claim,) = claims.candidates_named(tenant=tenant, ids=[attempt.claim_id])
        back = min(attempt.amount.cents, cents, claim.amount_cents - claim.open_cents)
        if back > 0:
            why = [f"Rückbelastung der Zahlung {attempt.provider_reference} bei {attempt.provider}"]
            rest = Rest.FEES if cents > back else Rest.NONE
            proposals.append(Proposal([_share(claim, back)], 70 if cents == back else 55, why, rest, cents - back))
    return proposals
