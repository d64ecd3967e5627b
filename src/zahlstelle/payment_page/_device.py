"""What stands on a citizen's device, and only after consent (TDDDG § 25): which card to offer, whose wallet is open."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from zahlstelle.tenancy import Tenant
from zahlstelle.wallet import Opened

_YEAR = 365 * 24 * 60 * 60
OPEN_SECONDS = 600
_SALT = "zahlstelle.wallet"


def card_token(request: HttpRequest, tenant: Tenant) -> str | None:
    """Read the device's token for this town."""
    return request.COOKIES.get(_card(tenant))


def remember(response: HttpResponse, tenant: Tenant, token: str) -> None:
    """Let the device offer a card from now on."""
    response.set_cookie(_card(tenant), token, max_age=_YEAR, secure=_secure(), httponly=True, samesite="Lax")


def forget(response: HttpResponse, tenant: Tenant) -> None:
    """Leave nothing of this town's wallet on the device."""
    response.delete_cookie(_card(tenant), samesite="Lax")
    close(response, tenant)


def open_for(response: HttpResponse, tenant: Tenant, opened: Opened) -> None:
    """Leave the wallet open for its citizen for ten minutes, on its own pages alone."""
    signed = signing.dumps([str(tenant.id), str(opened.citizen), opened.by_link], salt=_SALT)
    response.set_cookie(
        _wallet(tenant),
        signed,
        max_age=OPEN_SECONDS,
        path=reverse("payment_page:wallet", args=[tenant.slug]),
        secure=_secure(),
        httponly=True,
        samesite="Strict",
    )


def opened(request: HttpRequest, tenant: Tenant) -> Opened | None:
    """Say whose wallet is open; None where none is, or where it was opened too long ago or in another town."""
    try:
        town, citizen, by_link = signing.loads(
            request.COOKIES.get(_wallet(tenant), ""), salt=_SALT, max_age=OPEN_SECONDS
        )
    except (signing.BadSignature, ValueError):
        return None
    return Opened(UUID(citizen), bool(by_link)) if town == str(tenant.id) else None


def close(response: HttpResponse, tenant: Tenant) -> None:
    """Close the wallet."""
    response.delete_cookie(_wallet(tenant), path=reverse("payment_page:wallet", args=[tenant.slug]), samesite="Strict")


def _card(tenant: Tenant) -> str:
    return f"karte-{tenant.slug}"


def _wallet(tenant: Tenant) -> str:
    return f"karten-{tenant.slug}"


def _secure() -> bool:
    return settings.BASE_URL.startswith("https://")
