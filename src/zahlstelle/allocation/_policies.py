"""What a town calls a small difference."""

from zahlstelle.tenancy import Tenant


def small_difference(*, tenant: Tenant) -> int:
    """Tell up to how many cents a difference is small in this town; 0 where it has not said so."""
    return int(tenant.settings.get("small_difference_cents", 0))
