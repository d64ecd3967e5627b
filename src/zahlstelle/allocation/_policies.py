"""What a town has decided for itself: its policy, and what it calls a small difference."""

from zahlstelle.tenancy import Policy, Tenant


def policy_of(*, tenant: Tenant) -> Policy:
    """Tell the town's policy: what holds for claims whose service says nothing else."""
    return Policy().with_changes(tenant.settings.get("policy", {}))


def small_difference(*, tenant: Tenant) -> int:
    """Tell up to how many cents a difference is small in this town; 0 where it has not said so."""
    return int(tenant.settings.get("small_difference_cents", 0))
