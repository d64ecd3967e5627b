"""Paying by a card typed into fields of the provider's own: the page shows them and takes a token, never a number."""

import re

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST

from zahlstelle import payments, tenancy
from zahlstelle.kernel import Refusal, Secret
from zahlstelle.payments import AlreadyBeingPaid, AlreadyPaid, CardToken, ClickToPayResult, Payment, PaymentOver
from zahlstelle.tenancy import Tenant
from zahlstelle.web.language import has_chosen, known

from ._card_numbers import without_card_number
from ._frame import SeeOther, friendly
from ._payment import to_provider, with_form_targets
from ._standing import contents
from ._words import CardTokenWrong

METHOD = "card"
_TOKEN, _BRAND = re.compile(r"[A-Za-z0-9-]{8,40}", re.ASCII), re.compile(r"[A-Za-z0-9]{1,20}", re.ASCII)
# The schemes' result is a signed text (JWS) in three parts; the town's name there is a word.
_RESULT = re.compile(r"[A-Za-z0-9_-]{4,1000}\.[A-Za-z0-9_-]{4,15000}\.[A-Za-z0-9_-]{4,1000}", re.ASCII)
_DPA = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def card(request: HttpRequest, token: str) -> HttpResponse:
    """Show the provider's fields, or take what they made of the card."""
    tenant, payment = payments.payment_by_token(token)
    if not has_chosen(request):
        translation.activate(known(payment.language))
    if request.method != "POST":
        return _fields(request, token, tenant, payment)
    result = reverse("payment_page:result", args=[token])
    try:
        return to_provider(request, tenant, payment, METHOD, result, _taken(request))
    except (AlreadyPaid, PaymentOver):
        return SeeOther(result)
    except AlreadyBeingPaid:
        if not payments.attempts_of(tenant=tenant, payment_id=payment.id):
            raise
        return SeeOther(result)


@require_POST
def renew(request: HttpRequest, token: str) -> JsonResponse:
    """Give the page another pass for the fields, where its own has run out."""
    try:
        tenant, _payment = payments.payment_by_token(token)
        return JsonResponse({"session": payments.card_fields(tenant=tenant, method=METHOD).session.reveal()})
    except Refusal as refusal:
        return JsonResponse({"code": refusal.code}, status=refusal.status)


def _taken(request: HttpRequest) -> CardToken | ClickToPayResult:
    """Read what the script says of the card. Raises CardNumberTyped for what may be a number, CardTokenWrong."""
    token, brand = request.POST.get("card_token", ""), request.POST.get("card_brand", "")
    if request.POST.get("card_mode") in ("clickToPay", "register"):  # the provider's words
        dpa = request.POST.get("card_dpa") or None
        if not _RESULT.fullmatch(token) or not _BRAND.fullmatch(brand) or (dpa and not _DPA.fullmatch(dpa)):
            raise CardTokenWrong("that is no result of Click to Pay")
        return ClickToPayResult(Secret(token), brand, dpa)
    if not re.search("[a-z]", token, re.IGNORECASE):  # letters make it a token, whatever its digits look like
        without_card_number(token)
    if not _TOKEN.fullmatch(token) or not _BRAND.fullmatch(brand):
        raise CardTokenWrong("that is no token of a card")
    return CardToken(Secret(token), brand)


def _fields(request: HttpRequest, token: str, tenant: Tenant, payment: Payment) -> HttpResponse:
    with tenancy.inside(tenant):
        name, shown = contents(token, tenant, payment.id)
    if name != "choose" or not payments.has_card_fields(tenant=tenant, method=METHOD):
        return SeeOther(reverse("payment_page:pay", args=[token]))
    fields = payments.card_fields(tenant=tenant, method=METHOD)
    shown = {**shown, "fields": fields, "session": fields.session.reveal()}
    response = with_form_targets(render(request, "payment_page/card.html", shown), tenant)
    response.card_fields = fields.origin  # type: ignore[attr-defined]
    return response
