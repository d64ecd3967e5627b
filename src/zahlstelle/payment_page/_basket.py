"""A basket (mehrere Gebühren, eine Zahlung): another fee joins a payment that has not begun, or one leaves it.

A payment never changes: one with the other fees is made, and the citizen goes on there. Which payment the next fee
joins is known on the device by a cookie of this town's pages, set only when the citizen asks for another fee, and gone
when the fee has joined or the browser is closed.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_POST

from zahlstelle import claims, payments
from zahlstelle.kernel import clock
from zahlstelle.payments import Payment, PaymentStatus, PaymentUnknown
from zahlstelle.tenancy import Tenant
from zahlstelle.web.language import known

from ._fees import fees_of
from ._frame import SeeOther, friendly

_GROWS = frozenset({PaymentStatus.CREATED, PaymentStatus.DECLINED, PaymentStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Basket:
    """The payment that the next fee joins."""

    token: str
    payment: Payment


def grows(payment: Payment) -> bool:
    """Say whether fees may join or leave: nothing is under way, and no online service waits for just this payment."""
    return payment.status in _GROWS and payment.return_url is None and payment.expires_at > clock.now()


def of_visitor(request: HttpRequest, tenant: Tenant) -> Basket | None:
    """Find the payment that the citizen wants another fee for."""
    token = request.COOKIES.get(_cookie(tenant))
    if not token:
        return None
    try:
        town, payment = payments.payment_by_token(token)
    except PaymentUnknown:
        return None
    return Basket(token, payment) if town.id == tenant.id and grows(payment) else None


def shown(request: HttpRequest, tenant: Tenant) -> dict[str, Any]:
    """What a town's page says of the basket, where there is one."""
    basket = of_visitor(request, tenant)
    return {"basket": basket, "basket_fees": fees_of(tenant, basket.payment)} if basket else {}


def to_payment(request: HttpRequest, tenant: Tenant, claim_id: UUID, *, discreet: bool = False) -> HttpResponse:
    """Start a payment of what is open of a claim, with the fees of the basket before it, and go there.

    What is settled of the basket meanwhile is left out. Raises ClaimUnknown, AlreadyPaid, BasketUnsound.
    """
    basket = of_visitor(request, tenant) if not request.POST.get("alone") else None
    before = _open_of(tenant, basket.payment) if basket else []
    if basket and before == list(basket.payment.claim_ids) and claim_id in before:
        response = SeeOther(reverse("payment_page:pay", args=[basket.token]))  # it is in the basket
    else:
        discreet = discreet or bool(basket and basket.payment.discreet)
        response = _start(tenant, [*(claim for claim in before if claim != claim_id), claim_id], discreet)
    if basket:
        response.delete_cookie(_cookie(tenant), path=_path(tenant), samesite="Lax")
    return response


@require_POST
@friendly
def more(request: HttpRequest, token: str) -> HttpResponse:
    """Go and find another fee for this payment."""
    tenant, payment = payments.payment_by_token(token)
    if not grows(payment):
        return SeeOther(reverse("payment_page:pay", args=[token]))
    response = SeeOther(_path(tenant))
    response.set_cookie(
        _cookie(tenant),
        token,
        path=_path(tenant),
        secure=settings.BASE_URL.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
@friendly
def without(request: HttpRequest, token: str) -> HttpResponse:
    """Take a fee out of the basket; the last one stays."""
    tenant, payment = payments.payment_by_token(token)
    left = [claim for claim in _open_of(tenant, payment) if str(claim) != request.POST.get("claim")]
    if not grows(payment) or not left or len(left) == len(payment.shares):
        return SeeOther(reverse("payment_page:pay", args=[token]))
    return _start(tenant, left, payment.discreet)


def _open_of(tenant: Tenant, payment: Payment) -> list[UUID]:
    found = (claims.claim_by_id(tenant=tenant, claim_id=claim_id) for claim_id in payment.claim_ids)
    return [claim.id for claim in found if not claim.open.is_zero]


def _start(tenant: Tenant, claim_ids: list[UUID], discreet: bool) -> SeeOther:
    started = payments.start_basket(
        tenant=tenant,
        claim_ids=claim_ids,
        at=clock.now(),
        language=known(translation.get_language()),
        discreet=discreet,
    )
    return SeeOther(reverse("payment_page:pay", args=[started.token]))


def _path(tenant: Tenant) -> str:
    return reverse("payment_page:town", args=[tenant.slug])


def _cookie(tenant: Tenant) -> str:
    return f"weitere-{tenant.slug}"
