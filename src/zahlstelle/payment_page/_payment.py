"""The payment page: whatever a citizen opens, reloads or goes back to, it shows where the payment stands now.

What the address says beyond the token is never believed; where an attempt is under way, the provider is asked.
"""

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zahlstelle import payments, tenancy
from zahlstelle.kernel import clock
from zahlstelle.payments import (
    PUBLIC,
    AlreadyBeingPaid,
    AlreadyPaid,
    BasketChanged,
    CardToken,
    ClickToPayResult,
    MethodUnknown,
    Payment,
    PaymentOver,
    Status,
)
from zahlstelle.tenancy import Tenant
from zahlstelle.web import limits
from zahlstelle.web.language import has_chosen, known
from zahlstelle.web.notifications import notify_url

from . import _keep, _receipt, _starts
from ._fees import fees_of
from ._frame import SeeOther, friendly, refused
from ._standing import EAGER, UNDER_WAY, ask, contents, latest, standing, status_of


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show where the payment stands, asking the provider first; or take the choice of a method."""
    tenant, payment = _opened(request, token)
    if request.method == "POST":
        return _choose(request, token, tenant, payment)
    _keep.note_way_back(request, tenant, payment)
    instead = ask(tenant, payment)
    if instead is not None and instead.status is Status.STARTED and instead.redirect_url:
        return SeeOther(instead.redirect_url)  # the bank wants to see the payer: no second choice of a method
    return _show(request, token, tenant, payment.id)


@require_safe
@friendly
def state(request: HttpRequest, token: str) -> HttpResponse:
    """Tell a page that waits: 204 while nothing has changed, else "load yourself anew"."""
    tenant, payment = _opened(request, token)
    ask(tenant, payment, patience=EAGER)
    if request.GET.get("seen") == status_of(*standing(tenant, payment.id)):
        return HttpResponse(status=204)
    return HttpResponse(headers={"HX-Refresh": "true"})


@require_POST
@friendly
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Give the payment up; where the provider has it, its word counts."""
    tenant, payment = _opened(request, token)
    payments.cancel(tenant=tenant, payment_id=payment.id, at=clock.now())
    return SeeOther(reverse("payment_page:result", args=[token]))


@require_POST
@friendly
def anew(request: HttpRequest, token: str) -> HttpResponse:
    """Start another payment of what is still open of the same fees, for one whose time is over, or that changed."""
    tenant, payment = _opened(request, token)
    fees = fees_of(tenant, payment)
    left = [fee.claim.id for fee in fees if not fee.claim.open.is_zero]
    started = payments.start_basket(
        tenant=tenant,
        claim_ids=left or payment.claim_ids,
        at=clock.now(),
        return_url=payment.return_url,
        language=payment.language,
        discreet=payment.discreet,
    )
    return SeeOther(reverse("payment_page:pay", args=[started.token]))


@require_safe
@friendly
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out the receipt of a payment that is paid; for any other there is none."""
    tenant, payment = _opened(request, token)
    name, content = _receipt.file_of(tenant, payment)
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _opened(request: HttpRequest, token: str) -> tuple[Tenant, Payment]:
    """Find the payment, and speak its language unless the citizen has chosen one."""
    tenant, payment = payments.payment_by_token(token)
    if not has_chosen(request):
        translation.activate(known(payment.language))
    return tenant, payment


def _choose(request: HttpRequest, token: str, tenant: Tenant, payment: Payment) -> HttpResponse:
    method = request.POST.get("method", "")
    if method not in payments.methods(tenant=tenant):
        raise MethodUnknown(f"{method!r} is not offered here")
    result = reverse("payment_page:result", args=[token])
    if request.POST.get("instead"):
        _give_up_others(tenant, payment)
    try:
        if method == "sepa_debit":
            return SeeOther(reverse("payment_page:debit", args=[token]))
        if method == "transfer":
            payments.choose_transfer(tenant=tenant, payment_id=payment.id, at=clock.now())
            return SeeOther(result)
        if payments.has_card_fields(tenant=tenant, method=method) and not _goes_on(tenant, payment, method):
            return SeeOther(reverse("payment_page:card", args=[token]))
        return to_provider(request, tenant, payment, method, result)
    except (AlreadyPaid, BasketChanged, PaymentOver):
        return SeeOther(result)
    except AlreadyBeingPaid as refusal:
        return _being_paid(request, token, tenant, payment, method, refusal)


def _goes_on(tenant: Tenant, payment: Payment, method: str) -> bool:
    """Say whether the citizen has begun with this method and can go on with it at the provider."""
    attempt = latest(tenant, payment.id)
    return attempt is not None and attempt.status is Status.STARTED and attempt.method == method


def to_provider(
    request: HttpRequest,
    tenant: Tenant,
    payment: Payment,
    method: str,
    result: str,
    card: CardToken | ClickToPayResult | None = None,
) -> HttpResponse:
    """Begin at the provider, and send the citizen to where it goes on.

    Starts that are not paid are counted, so that nobody tries stolen cards here.
    """
    before = {attempt.id for attempt in payments.attempts_of(tenant=tenant, payment_id=payment.id)}
    tried = _starts.count(request, tenant, payment)
    keep = _keep.wish(request, tenant, payment, method)
    attempt = payments.begin(
        tenant=tenant,
        payment_id=payment.id,
        method=method,
        return_url=settings.BASE_URL + result + (_keep.way_back(request, payment) if keep else ""),
        notify_url=notify_url(tenant),
        keep=keep,
        at=clock.now(),
        card=card,
    )
    if attempt.id in before:
        limits.taken_back(tenant=tenant, tried=tried)  # taken up again, not begun
    at_provider = attempt.status is Status.STARTED and attempt.redirect_url
    return SeeOther(attempt.redirect_url if at_provider and attempt.redirect_url else result)


def _being_paid(
    request: HttpRequest, token: str, tenant: Tenant, payment: Payment, method: str, refusal: AlreadyBeingPaid
) -> HttpResponse:
    """Where it is this very payment that is under way, show it; else say so, and offer to give the other one up."""
    own = latest(tenant, payment.id)
    if own is not None and PUBLIC[own.status] in UNDER_WAY:
        return SeeOther(reverse("payment_page:result", args=[token]))
    response = refused(request, refusal, tenant, token=token, method=method)
    return with_form_targets(response, tenant)


def _give_up_others(tenant: Tenant, payment: Payment) -> None:
    others = [
        other
        for claim_id in payment.claim_ids
        for other in payments.payments_of_claim(tenant=tenant, claim_id=claim_id)
    ]
    for other in {other.id: other for other in others}.values():
        if other.id != payment.id and other.status in UNDER_WAY:
            payments.cancel(tenant=tenant, payment_id=other.id, at=clock.now())


def _show(request: HttpRequest, token: str, tenant: Tenant, payment_id: UUID) -> HttpResponse:
    with tenancy.inside(tenant):
        name, shown = contents(token, tenant, payment_id)
        shown = {**shown, **_keep.shown(request, tenant, name, shown)}
    return with_form_targets(render(request, f"payment_page/{name}.html", shown), tenant)


def with_form_targets(response: HttpResponse, tenant: Tenant) -> HttpResponse:
    """Let the forms of this page end at the providers, and at whatever https site those pass the citizen on to."""
    addresses = (urlsplit(access.base_url) for access in tenancy.provider_accesses(tenant=tenant))
    origins = {f"{address.scheme}://{address.netloc}" for address in addresses if address.scheme == "http"}
    response.form_targets = " ".join(["https:", *sorted(origins)])  # type: ignore[attr-defined]
    return response
