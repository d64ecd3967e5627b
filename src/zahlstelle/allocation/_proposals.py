"""What a person is proposed for waiting money: claims it may pay, the likeliest first, each with its reasons."""

from collections.abc import Sequence
from uuid import UUID

from zahlstelle import bank, claims
from zahlstelle.claims import Candidate
from zahlstelle.tables.allocation import SuspenseRow
from zahlstelle.tenancy import Tenant, inside

from ._parts import Proposal, Rest, Share
from ._rules import references_in


def proposals_for(*, tenant: Tenant, detail: UUID, limit: int = 3) -> Sequence[Proposal]:
    """Propose what could be done with a waiting detail; empty where nothing is known, or it does not wait any more."""
    with inside(tenant):
        waits = SuspenseRow.objects.filter(tenant_id=tenant.id, detail=detail).first()
        told = bank.details_by_id(tenant=tenant, details=[detail]).get(detail)
        if waits is None or told is None:
            return []
        named = references_in(
            end_to_end_id=told.end_to_end_id,
            reference=told.reference,
            remittance=told.remittance,
            pools=claims.pools(tenant=tenant),
        )
        found = claims.candidates_named(tenant=tenant, numbers=sorted(named.candidates))
        return [_named(claim, waits.amount_cents) for claim in found if claim.open_cents][:limit]


def _named(claim: Candidate, cents: int) -> Proposal:
    share = Share(
        claim.id,
        claim.kassenzeichen,
        min(cents, claim.open_cents),
        claim.open_cents,
        claim.purpose,
        claim.debtor_name,
    )
    rest = cents - share.cents
    reasons = [f"Kassenzeichen {claim.kassenzeichen}"]
    return Proposal([share], 90 if not rest else 60, reasons, Rest.OVERPAID if rest else Rest.NONE, rest)
