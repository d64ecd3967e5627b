"""What a person is proposed for money that went out: claims that returns open again, and charges of the bank."""

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from zahlstelle import bank, claims, payments
from zahlstelle.bank import BankEntry, ToDecide
from zahlstelle.claims import Candidate
from zahlstelle.payments import Attempt
from zahlstelle.tenancy import Tenant

from ._act import euro
from ._decisions import Given
from ._knowledge import originals_of
from ._look import original_of
from ._parts import Proposal, Rest, Share
from ._references import named_by

_BANK_FEES = frozenset({"805", "806", "807", "808", "809", "810", "811", "812", "813", "814", "815", "816"})
_CHARGE = re.compile(r"\b(?:entgelt|geb(?:ü|ue)hr|abschluss)", re.IGNORECASE)


def went_out(tenant: Tenant, items: Sequence[ToDecide], cents: Mapping[UUID, int]) -> Mapping[UUID, Sequence[Proposal]]:
    """Propose which claims returns open again, and charges of the bank."""
    if not items:
        return {}
    entries = bank.entries_by_id(tenant=tenant, entries=list({item.detail.entry for item in items}))
    charges = {item.detail.id: fee for item in items if (fee := _fee(entries[item.detail.entry]))}
    others = [item for item in items if item.detail.id not in charges]
    found = {
        id_: [_charge(f"Entgelt der Bank (Geschäftsvorfall {fee})", 70, cents[id_])] for id_, fee in charges.items()
    }
    pools = claims.pools(tenant=tenant)
    named = [named_by(item.detail, pools) for item in others]
    told = claims.open_amounts(tenant=tenant, numbers=sorted({number for one in named for number in one.candidates}))
    known = {claim.kassenzeichen: claim for claim in told}
    given = originals_of(tenant, others, named, known, hold=False)
    attempts = _attempts(tenant, others)
    opened = [payment.claim for payments_given in given.values() for payment in payments_given]
    opened += [claim for attempt in attempts.values() for claim in attempt.claim_ids]
    owed = {claim.id: claim for claim in claims.candidates_named(tenant=tenant, ids=opened, limit=len(opened))}
    for item in others:
        id_, entry = item.detail.id, entries[item.detail.entry]
        exact = original_of(item, given.get(id_, ()))
        proposals = [_of_return(owed[p.claim], p, item, cents[id_], p is exact) for p in given.get(id_, ())]
        proposals += _of_attempts(item, cents[id_], attempts, owed)
        said = " ".join((*item.detail.remittance, entry.additional_info or ""))
        if not proposals and not item.detail.return_reason and _CHARGE.search(said):
            proposals.append(_charge("Der Text nennt ein Entgelt", 40, cents[id_]))
        found[id_] = sorted(proposals, key=first)
    return found


def _fee(entry: BankEntry) -> str | None:
    return min(_BANK_FEES.intersection((entry.proprietary_code or "").split("+")), default=None)


def _charge(why: str, points: int, cents: int) -> Proposal:
    return Proposal([], points, [why], Rest.FEES, cents)


def _of_return(claim: Candidate, payment: Given, item: ToDecide, cents: int, exact: bool) -> Proposal:
    back = min(payment.cents, item.detail.original_cents or payment.cents, cents)
    why = [f"Zahlung über {euro(payment.cents)}, gebucht am {payment.on:%d.%m.%Y}"]
    if cents > back:
        why.append(f"Entgelt der Bank {euro(cents - back)}")
    points = 90 if exact else 75 if cents == back else 60
    rest = Rest.FEES if cents > back else Rest.NONE
    return Proposal([share_of(claim, back)], points, why, rest, cents - back)


def _named_attempts(item: ToDecide) -> Sequence[str]:
    return [reference for reference in (item.detail.instruction_id, item.detail.tx_id) if reference]


def _attempts(tenant: Tenant, items: Sequence[ToDecide]) -> Mapping[str, Attempt]:
    references = sorted({reference for item in items for reference in _named_attempts(item)})
    return payments.attempts_by_provider_reference(tenant=tenant, references=references)


def _of_attempts(
    item: ToDecide, cents: int, attempts: Mapping[str, Attempt], owed: Mapping[UUID, Candidate]
) -> Sequence[Proposal]:
    """Propose the claim of a provider's payment that was charged back."""
    proposals = []
    for reference in dict.fromkeys(_named_attempts(item)):
        if (attempt := attempts.get(reference)) is None:
            continue
        shares = _charged_back(attempt, cents, owed)
        if back := sum(share.cents for share in shares):
            why = [f"Rückbelastung der Zahlung {attempt.provider_reference} bei {attempt.provider}"]
            rest = Rest.FEES if cents > back else Rest.NONE
            proposals.append(Proposal(shares, 70 if cents == back else 55, why, rest, cents - back))
    return proposals


def _charged_back(attempt: Attempt, cents: int, owed: Mapping[UUID, Candidate]) -> Sequence[Share]:
    """Say which claims a chargeback may open again; those of a basket only all of them, each by what it was paid.

    A share that paid no claim, because that was settled already, opens none: a person divides it.
    """
    if any(share.surplus for share in attempt.shares):
        return []
    settled = [(claim, claim.amount_cents - claim.open_cents) for claim in map(owed.__getitem__, attempt.claim_ids)]
    if len(settled) == 1:
        ((claim, paid),) = settled
        back = min(attempt.amount.cents, cents, paid)
        return [share_of(claim, back)] if back > 0 else []
    amounts = {share.claim_id: share.amount.cents for share in attempt.shares}
    if cents < attempt.amount.cents or any(paid < amounts[claim.id] for claim, paid in settled):
        return []
    return [share_of(claim, amounts[claim.id]) for claim, _ in settled]


# --- shared with what comes in ---


def first(proposal: Proposal) -> tuple[int, Sequence[str]]:
    """Order proposals, the likeliest first."""
    return -proposal.score, [share.kassenzeichen for share in proposal.shares]


def share_of(claim: Candidate, cents: int) -> Share:
    """Say a part of a proposal."""
    return Share(claim.id, claim.kassenzeichen, cents, claim.open_cents, claim.purpose, claim.debtor_name)
