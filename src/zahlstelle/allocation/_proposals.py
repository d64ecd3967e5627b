"""What a person is proposed for waiting money: claims it may pay, the likeliest first, each with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from zahlstelle import bank, claims
from zahlstelle.bank import BankDetail, ToDecide
from zahlstelle.claims import AmountOfPayer, Candidate, Pool
from zahlstelle.tables.allocation import SuspenseRow
from zahlstelle.tenancy import Tenant, inside

from ._names import beginnings_of
from ._parts import Proposal, Rest
from ._payers import debtors_of_payers
from ._policies import small_difference
from ._proposals_out import first, share_of, went_out
from ._references import References, named_by, near_pool_numbers
from ._scoring import LEAST, NAMED, NEAR, Hint, Score, score

_MOST_CLAIMS = 20
_AT_ONCE = 500


def proposals_for(*, tenant: Tenant, detail: UUID, limit: int = 3) -> Sequence[Proposal]:
    """Propose what could be done with a waiting detail; empty where nothing is known, or it does not wait any more."""
    return proposals_of(tenant=tenant, details=[detail], limit=limit).get(detail, [])


def proposals_of(*, tenant: Tenant, details: Sequence[UUID], limit: int = 3) -> Mapping[UUID, Sequence[Proposal]]:
    """Propose what could be done with each of these details; see `proposals_for`. A page asks once, not for each."""
    with inside(tenant):
        waits = SuspenseRow.objects.filter(tenant_id=tenant.id, detail__in=details, currency="EUR")
        cents = dict(waits.values_list("detail", "amount_cents"))
        items = bank.named_to_decide(tenant=tenant, details=sorted(cents)) if cents else []
        came = [item for item in items if item.detail.side == "credit"]
        went = [item for item in items if item.detail.side != "credit"]
        found = {**_came(tenant, came, cents), **went_out(tenant, went, cents)}
        return {detail: proposals[:limit] for detail, proposals in found.items() if proposals}


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


@dataclass(slots=True)
class _Found:
    """A claim that may be meant, and what speaks for it."""

    claim: Candidate
    hints: list[Hint]


def _came(tenant: Tenant, items: Sequence[ToDecide], cents: Mapping[UUID, int]) -> Mapping[UUID, Sequence[Proposal]]:
    back = {item.detail.id for item in items if item.detail.return_reason or item.reversal or item.returned}
    coming = [item.detail for item in items if item.detail.id not in back]
    tolerance = small_difference(tenant=tenant)
    look = _look(tenant, coming, cents)
    return {
        item.detail.id: [_came_back(cents[item.detail.id])]
        if item.detail.id in back
        else _credit(item, cents[item.detail.id], look, tolerance)
        for item in items
    }


def _came_back(cents: int) -> Proposal:
    why = ["Was ausgezahlt werden sollte, kam zurück: Es wird wieder geschuldet"]
    return Proposal([], 60, why, Rest.OVERPAID, cents)


def _credit(item: ToDecide, cents: int, look: "_Look", tolerance: int) -> Sequence[Proposal]:
    named = look.named[item.detail.id]
    found = _candidates(item.detail, cents, look)
    proposals = [*_together(cents, named, found)]
    for candidate in found.values():
        told = score(
            candidate.claim, cents, item.detail.party_name, item.booked_on, candidate.hints, small_difference=tolerance
        )
        if proposal := _of_claim(candidate.claim, cents, told, tolerance):
            proposals.append(proposal)
    return sorted((p for p in proposals if p.score >= LEAST), key=first)


@dataclass(frozen=True, slots=True)
class _Look:
    """What was looked up for all credits of a page: what they name, or nearly name, and claims by each way to them."""

    named: Mapping[UUID, References]
    near: Mapping[UUID, Mapping[str, str]]
    by_number: Mapping[str, Candidate]
    of_amount: Mapping[AmountOfPayer, Sequence[Candidate]]
    of_payer: Mapping[str, Sequence[tuple[Candidate, Hint]]]


def _look(tenant: Tenant, details: Sequence[BankDetail], cents: Mapping[UUID, int]) -> _Look:
    pools = claims.pools(tenant=tenant) if details else []
    named = {detail.id: named_by(detail, pools) for detail in details}
    near = {detail.id: _near_or_swapped(detail, named[detail.id], pools) for detail in details}
    numbers = sorted({number for detail in details for number in (*named[detail.id].candidates, *near[detail.id])})
    known = claims.candidates_named(tenant=tenant, numbers=numbers, limit=len(numbers)) if numbers else []
    asked = [_asked(detail, cents) for detail in details]
    return _Look(
        named,
        near,
        {claim.kassenzeichen: claim for claim in known},
        claims.candidates_of_amounts(tenant=tenant, asked=asked),
        debtors_of_payers(tenant, [detail.party_iban for detail in details]),
    )


def _asked(detail: BankDetail, cents: Mapping[UUID, int]) -> AmountOfPayer:
    return AmountOfPayer(cents[detail.id], beginnings_of(detail.party_name or ""))


def _near_or_swapped(detail: BankDetail, named: References, pools: Sequence[Pool]) -> Mapping[str, str]:
    swapped = {other: "zwei Ziffern vertauscht" for others in named.silent.values() for other in others}
    return {**_near(detail, pools), **swapped}


def _candidates(detail: BankDetail, cents: int, look: _Look) -> Mapping[UUID, _Found]:
    found: dict[UUID, _Found] = {}

    def note(claim: Candidate, hint: Hint | None) -> None:
        hints = found.setdefault(claim.id, _Found(claim, [])).hints
        if hint is not None:
            hints.append(hint)

    named, near = look.named[detail.id].candidates, look.near[detail.id]
    for number in sorted({*named, *near} & look.by_number.keys()):
        if number in named:
            note(look.by_number[number], Hint(NAMED, f"Kassenzeichen {number} steht in der Zahlung"))
        else:
            note(look.by_number[number], Hint(NEAR, f"Kassenzeichen {number} ist ähnlich: {near[number]}"))
    for claim in look.of_amount.get(_asked(detail, {detail.id: cents}), ()):
        note(claim, None)
    for claim, hint in look.of_payer.get(detail.party_iban or "", ()):
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
        return Proposal(
            [share_of(claim, claim.open_cents)], told.points, told.reasons, Rest.SMALL_DIFFERENCE, difference
        )
    share, rest = min(cents, claim.open_cents), max(difference, 0)
    return Proposal([share_of(claim, share)], told.points, told.reasons, Rest.OVERPAID if rest else Rest.NONE, rest)


def _together(cents: int, named: References, found: Mapping[UUID, _Found]) -> Sequence[Proposal]:
    """Propose all claims together that the payment names, or nearly names, where their sum fits."""
    told = [f.claim for f in found.values() if f.claim.kassenzeichen in named.candidates and f.claim.open_cents]
    near = [f.claim for f in found.values() if f.hints and f.claim not in told and f.claim.open_cents]
    for group in (told, *([*told, one] for one in near)):
        if 2 <= len(group) <= _MOST_CLAIMS and sum(claim.open_cents for claim in group) == cents:
            points = 95 if group is told else 80
            numbers = [f"Kassenzeichen {claim.kassenzeichen}" for claim in group]
            why = [*numbers, "Betrag gleich der Summe der offenen Beträge"]
            return [Proposal([share_of(claim, claim.open_cents) for claim in group], points, why)]
    return []
