"""The worklist of doubts: each with all that a person needs to settle it, and what can be taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from zahlstelle import allocation, bank, claims, ledger, payments, tenancy
from zahlstelle.allocation import DoubtTotal, Proposal, StandingShare, SuspenseItem, Wanted
from zahlstelle.bank import BankDetail, BankEntry
from zahlstelle.claims import Candidate, OpenAmount
from zahlstelle.kernel import berlin_day
from zahlstelle.tenancy import Tenant, inside

_CREDIT = "credit"
_PROPOSED = 3


@dataclass(frozen=True, slots=True)
class Waiting:
    """Money in suspense with all that a person needs to decide.

    `named` is the claim whose Kassenzeichen it names. `same_amount` are claims of which exactly so much is open:
    context, never a reason.
    """

    item: SuspenseItem
    detail: BankDetail | None
    entry: BankEntry
    named: OpenAmount | None
    same_amount: Sequence[OpenAmount]
    proposals: Sequence[Proposal] = ()

    def age(self, today: date) -> int:
        """How many days it has waited."""
        return max(0, (today - (self.entry.booked_on or berlin_day(self.item.since))).days)


@dataclass(frozen=True, slots=True)
class SuspensePage:
    """What waits, by doubt, how much of it is looked at, and a stretch of that."""

    totals: Sequence[DoubtTotal]
    count: int
    waiting: Sequence[Waiting]


def suspense(*, tenant: Tenant, wanted: Wanted, offset: int, limit: int) -> SuspensePage:
    """Tell what waits in suspense, each with its proposals."""
    with inside(tenant):
        items = allocation.worklist(tenant=tenant, wanted=wanted, offset=offset, limit=limit)
        count = allocation.how_many(tenant=tenant, wanted=wanted)
        return SuspensePage(allocation.doubts(tenant=tenant), count, _with_context(tenant, items))


def waiting(*, tenant: Tenant, detail: UUID) -> Waiting | None:
    """Tell one item of the worklist; None where it does not wait any more."""
    with inside(tenant):
        item = allocation.waiting_item(tenant=tenant, detail=detail)
        return _with_context(tenant, [item])[0] if item else None


def _with_context(tenant: Tenant, items: Sequence[SuspenseItem]) -> Sequence[Waiting]:
    details = bank.details_by_id(tenant=tenant, details=[item.detail for item in items])
    entries = bank.entries_by_id(tenant=tenant, entries=[item.entry for item in items])
    named = _by_number(tenant, [item.candidate for item in items if item.candidate])
    cents = [item.amount.cents for item in items if item.side == _CREDIT]
    same = claims.open_with_amounts(tenant=tenant, cents=cents)
    proposals = allocation.proposals_of(tenant=tenant, details=[item.detail for item in items], limit=_PROPOSED)
    return [
        Waiting(
            item,
            details.get(item.detail),
            entries[item.entry],
            named.get(item.candidate or ""),
            [claim for claim in same.get(item.amount.cents, []) if claim.kassenzeichen != item.candidate]
            if item.side == _CREDIT
            else [],
            proposals.get(item.detail, ()),
        )
        for item in items
    ]


def _by_number(tenant: Tenant, numbers: Sequence[str]) -> Mapping[str, OpenAmount]:
    return {claim.kassenzeichen: claim for claim in claims.open_amounts(tenant=tenant, numbers=numbers)}


@dataclass(frozen=True, slots=True)
class DecidedPart:
    """A part of a detail's money as it was decided: whose claim or which account, why and by whom."""

    share: StandingShare
    kassenzeichen: Sequence[str]  # of a basket there are several
    account: str
    by: str | None  # a person's name; None: the rules


@dataclass(frozen=True, slots=True)
class Decided:
    """A detail whose money was allocated, with every part that stands."""

    detail: BankDetail
    entry: BankEntry
    parts: Sequence[DecidedPart]


def decided(*, tenant: Tenant, detail: UUID) -> Decided | None:
    """Tell what was decided about a detail's money and stands; None where nothing does."""
    with inside(tenant):
        told = bank.details_by_id(tenant=tenant, details=[detail]).get(detail)
        shares = allocation.standing_shares(tenant=tenant, detail=detail)
        if told is None or not shares:
            return None
        entry = bank.entry_by_id(tenant=tenant, entry_id=told.entry)
        return Decided(told, entry, _decided_parts(tenant, shares))


def _decided_parts(tenant: Tenant, shares: Sequence[StandingShare]) -> Sequence[DecidedPart]:
    attempts = payments.attempts_by_id(tenant=tenant, attempts=[s.attempt_id for s in shares if s.attempt_id])
    owed = [s.claim_id for s in shares if s.claim_id] + [c for a in attempts.values() for c in a.claim_ids]
    numbers = claims.kassenzeichen_of(tenant=tenant, claim_ids=owed)
    accounts = ledger.account_names(tenant=tenant)
    people = tenancy.names_of_people(tenant=tenant)
    parts = []
    for share in shares:
        attempt = attempts.get(share.attempt_id) if share.attempt_id else None
        paid = attempt.claim_ids if attempt else [share.claim_id] if share.claim_id else []
        code = f"clearing:{attempt.provider}" if attempt else share.account or "receivable"
        named = [numbers[claim] for claim in paid if claim in numbers]
        parts.append(DecidedPart(share, named, accounts.get(code, code), people.get(share.decided_by)))
    return parts


def claims_for_split(*, tenant: Tenant, chosen: Sequence[UUID], text: str) -> tuple[list[Candidate], list[Candidate]]:
    """Give the chosen claims in their order, and what a search finds besides them."""
    with inside(tenant):
        known = {claim.id: claim for claim in claims.candidates_named(tenant=tenant, ids=chosen)} if chosen else {}
        found = claims.search_claims(tenant=tenant, text=text, limit=10) if text.strip() else []
        return [known[id_] for id_ in chosen if id_ in known], [claim for claim in found if claim.id not in known]
