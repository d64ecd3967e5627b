"""Where providers tell of payments and refunds."""

from django.conf import settings

from zahlstelle.tenancy import Tenant


def notify_url(tenant: Tenant) -> str:
    """Give the address for a town's providers, with `{provider}` in it, which payments fill in."""
    return f"{settings.BASE_URL}/provider/{tenant.slug}/{{provider}}/notify"
