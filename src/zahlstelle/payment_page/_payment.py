"""The payment page: whatever a citizen opens, reloads or goes back to, it shows where the payment stands now.

What the address says beyond the token is never believed; where an attempt is under way, the provider is asked.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zahlstelle import claims, payments, tenancy
from zahlstelle.claims import Claim
from zahlstelle.kernel import clock
from zahlstelle.payments import (
    PUBLIC,
    AlreadyBeingPaid,
    AlreadyPaid,
    Attempt,
    MethodUnknown,
    Payment,
    PaymentOver,
    PaymentStatus,
    PaymentUnknown,
    Status,
)
from zahlstelle.tenancy import Tenant
from zahlstelle.web.language import has_chosen, known

from . import _girocode, _receipt
from ._frame import SeeOther, friendly, refused
from ._words import Method, method_for, reason_for

_UNDER_WAY = frozenset({PaymentStatus.STARTED, PaymentStatus.CHECKING})
_PAYABLE = frozenset({PaymentStatus.CREATED, PaymentStatus.DECLINED, PaymentStatus.CANCELLED})
# An attempt just written down is still being started by another request: asking now would find nothing.
_STARTING = timedelta(seconds=30)
# So long the page that waits asks the provider itself; after that it looks at what the worker has learnt.
_EAGER = timedelta(minutes=2)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show where the payment stands, asking the provider first; or take the choice of a method."""
    tenant, payment = _opened(request, token)
    if request.method == "POST":
        return _choose(request, token, tenant, payment)
    _ask(tenant, payment)
    return _show(request, token, tenant, payment.id)


@require_safe
@friendly
def state(request: HttpRequest, token: str) -> HttpResponse:
    """Tell a page that waits: 204 while nothing has changed, else "load yourself anew"."""
    tenant, payment = _opened(request, token)
    _ask(tenant, payment, patience=_EAGER)
    if request.GET.get("seen") == _status(*_standing(tenant, payment.id)):
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
    """Start another payment of the same claim, for one whose time is over."""
    tenant, payment = _opened(request, token)
    started = payments.start_payment(
        tenant=tenant,
        claim_id=payment.claim_id,
        at=clock.now(),
        return_url=payment.return_url,
        language=payment.language,
    )
    return SeeOther(reverse("payment_page:pay", args=[started.token]))


@require_safe
@friendly
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out the receipt of a payment that is paid; for any other there is none."""
    tenant, payment = _opened(request, token)
    attempt = _latest(tenant, payment.id)
    if attempt is None or attempt.status is not Status.PAID:
        raise PaymentUnknown("there is a receipt only for what is paid")
    claim = claims.claim_by_id(tenant=tenant, claim_id=payment.claim_id)
    with translation.override(known(payment.language)):
        content = _receipt.pdf(_receipt.receipt_of(tenant, claim, payment, attempt, _unit(tenant, claim)))
    name = f"{'receipt' if payment.language == 'en' else 'quittung'}-{claim.kassenzeichen}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _opened(request: HttpRequest, token: str) -> tuple[Tenant, Payment]:
    """Find the payment, and speak its language unless the citizen has chosen one."""
    tenant, payment = payments.payment_by_token(token)
    if not has_chosen(request):
        translation.activate(known(payment.language))
    return tenant, payment


def _latest(tenant: Tenant, payment_id: UUID) -> Attempt | None:
    attempts = payments.attempts_of(tenant=tenant, payment_id=payment_id)
    return attempts[-1] if attempts else None


def _standing(tenant: Tenant, payment_id: UUID) -> tuple[Payment, Attempt | None]:
    """Read a payment and its latest attempt as of one moment, though a notification may move both in between."""
    attempt = _latest(tenant, payment_id)
    while True:
        payment = payments.payment_by_id(tenant=tenant, payment_id=payment_id)
        again = _latest(tenant, payment_id)
        if again == attempt:
            return payment, attempt
        attempt = again


def _ask(tenant: Tenant, payment: Payment, patience: timedelta | None = None) -> None:
    """Ask the provider about an attempt under way; with `patience`, only while it is younger than that."""
    attempt, now = _latest(tenant, payment.id), clock.now()
    if attempt is None or attempt.provider == "transfer" or PUBLIC[attempt.status] not in _UNDER_WAY:
        return
    if attempt.status is Status.INTENDED and now - attempt.started_at < _STARTING:
        return
    if patience is None or now - attempt.changed_at < patience:
        payments.refresh(tenant=tenant, attempt_id=attempt.id, at=now)


def _choose(request: HttpRequest, token: str, tenant: Tenant, payment: Payment) -> HttpResponse:
    method = request.POST.get("method", "")
    if method not in payments.methods(tenant=tenant):
        raise MethodUnknown(f"{method!r} is not offered here")
    result = reverse("payment_page:result", args=[token])
    if request.POST.get("instead"):
        _give_up_others(tenant, payment)
    try:
        if method == "transfer":
            payments.choose_transfer(tenant=tenant, payment_id=payment.id, at=clock.now())
            return SeeOther(result)
        return _to_provider(tenant, payment, method, result)
    except (AlreadyPaid, PaymentOver):
        return SeeOther(result)
    except AlreadyBeingPaid as refusal:
        return _being_paid(request, token, tenant, payment, method, refusal)


def _to_provider(tenant: Tenant, payment: Payment, method: str, result: str) -> HttpResponse:
    attempt = payments.begin(
        tenant=tenant,
        payment_id=payment.id,
        method=method,
        return_url=settings.BASE_URL + result,
        notify_url=f"{settings.BASE_URL}/provider/{tenant.slug}/{{provider}}/notify",
        at=clock.now(),
    )
    at_provider = attempt.status is Status.STARTED and attempt.redirect_url
    return SeeOther(attempt.redirect_url if at_provider and attempt.redirect_url else result)


def _being_paid(
    request: HttpRequest, token: str, tenant: Tenant, payment: Payment, method: str, refusal: AlreadyBeingPaid
) -> HttpResponse:
    """Where it is this very payment that is under way, show it; else say so, and offer to give the other one up."""
    own = _latest(tenant, payment.id)
    if own is not None and PUBLIC[own.status] in _UNDER_WAY:
        return SeeOther(reverse("payment_page:result", args=[token]))
    response = refused(request, refusal, tenant, token=token, method=method)
    return _with_form_targets(response, tenant)


def _give_up_others(tenant: Tenant, payment: Payment) -> None:
    for other in payments.payments_of_claim(tenant=tenant, claim_id=payment.claim_id):
        if other.id != payment.id and other.status in _UNDER_WAY:
            payments.cancel(tenant=tenant, payment_id=other.id, at=clock.now())


def _show(request: HttpRequest, token: str, tenant: Tenant, payment_id: UUID) -> HttpResponse:
    with tenancy.inside(tenant):
        name, shown = _contents(token, tenant, payment_id)
    return _with_form_targets(render(request, f"payment_page/{name}.html", shown), tenant)


def _contents(token: str, tenant: Tenant, payment_id: UUID) -> tuple[str, Mapping[str, Any]]:
    payment, attempt = _standing(tenant, payment_id)
    claim = claims.claim_by_id(tenant=tenant, claim_id=payment.claim_id)
    status = _status(payment, attempt)
    name, fill = _PAGES[_stage(payment, status, claim)]
    return name, {
        "town": tenant,
        "token": token,
        "payment": payment,
        "status": status,
        "claim": claim,
        "purpose": _purpose(tenant, claim),
        "unit": _unit(tenant, claim),
        "attempt": attempt,
        "method": method_for(attempt.method) if attempt else None,
        "back": _back(payment),
        **fill(tenant, payment, claim, attempt),
    }


def _status(payment: Payment, attempt: Attempt | None) -> PaymentStatus:
    """Say where the payment stands: an attempt just written down, its start not yet answered, is being checked."""
    starting = attempt is not None and attempt.status is Status.INTENDED
    return PaymentStatus.CHECKING if starting else payment.status


def _stage(payment: Payment, status: PaymentStatus, claim: Claim) -> str:
    """Say which page fits: the payment's status, unless its time is over or the fee was settled in another way."""
    if status not in _PAYABLE:
        return str(status)
    if claim.open < payment.amount:
        return "settled"
    return "expired" if payment.expires_at <= clock.now() else "choose"


def _choice(tenant: Tenant, payment: Payment, claim: Claim, attempt: Attempt | None) -> Mapping[str, Any]:
    reason = reason_for(attempt.decline_code) if attempt else ""
    return {"methods": _methods(tenant), "reason": reason}


def _transfer(tenant: Tenant, payment: Payment, claim: Claim, attempt: Attempt | None) -> Mapping[str, Any]:
    account = tenancy.bank_accounts(tenant=tenant)[0]
    code = _girocode.svg(account=account, amount=payment.amount, remittance=claim.kassenzeichen)
    others = [(key, method) for key, method in _methods(tenant) if key != "transfer"]
    return {"account": account, "girocode": code, "methods": others}


def _nothing(tenant: Tenant, payment: Payment, claim: Claim, attempt: Attempt | None) -> Mapping[str, Any]:
    return {}


Fill = Callable[[Tenant, Payment, Claim, Attempt | None], Mapping[str, Any]]
_PAGES: Mapping[str, tuple[str, Fill]] = {
    "choose": ("choose", _choice),
    "settled": ("settled", _nothing),
    PaymentStatus.STARTED: ("started", _nothing),
    PaymentStatus.CHECKING: ("checking", _nothing),
    PaymentStatus.AWAITING_TRANSFER: ("transfer", _transfer),
    PaymentStatus.PAID: ("paid", _nothing),
    PaymentStatus.EXPIRED: ("expired", _nothing),
}


def _methods(tenant: Tenant) -> list[tuple[str, Method]]:
    return [(key, method_for(key)) for key in payments.methods(tenant=tenant)]


def _purpose(tenant: Tenant, claim: Claim) -> str:
    """Say what is paid for; the name of a service in the page's language."""
    if claim.service:
        service = claims.service_by_key(tenant=tenant, key=claim.service)
        if claim.purpose == service.named("de"):
            return service.named(translation.get_language())
    return claim.purpose


def _unit(tenant: Tenant, claim: Claim) -> str | None:
    return claims.service_by_key(tenant=tenant, key=claim.service).unit if claim.service else None


def _back(payment: Payment) -> str | None:
    """Make the link back to the online service: it learns the payment's id and asks for the rest."""
    if payment.return_url is None:
        return None
    parts = urlsplit(payment.return_url)
    query = "&".join(filter(None, [parts.query, urlencode({"payment_id": str(payment.id)})]))
    return urlunsplit(parts._replace(query=query))


def _with_form_targets(response: HttpResponse, tenant: Tenant) -> HttpResponse:
    """Let the forms of this page end at the providers, and at whatever https site those pass the citizen on to."""
    addresses = (urlsplit(access.base_url) for access in tenancy.provider_accesses(tenant=tenant))
    origins = {f"{address.scheme}://{address.netloc}" for address in addresses if address.scheme == "http"}
    response.form_targets = " ".join(["https:", *sorted(origins)])  # type: ignore[attr-defined]
    return response
