"""What a town has decided about money that does not fit exactly: by claim type, with careful defaults."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from zahlstelle import claims
from zahlstelle.tenancy import Policy, Tenant


def small_difference(tenant: Tenant) -> int:
    """Tell up to how many cents a difference is small in this town; 0 where it has not said so."""
    return int(tenant.settings.get("small_difference_cents", 0))


def policies_of(tenant: Tenant, claim_ids: Sequence[UUID]) -> Mapping[UUID, Policy]:
    """Tell the policy of each claim: its service's, the town's where the service says nothing."""
    return claims.policies_of(tenant=tenant, claim_ids=claim_ids)
