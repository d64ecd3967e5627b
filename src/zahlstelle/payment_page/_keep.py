"""A card kept for the next time: the box while paying, the passkey after it, and one button the next time."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_POST

from zahlstelle import payments, wallet
from zahlstelle.kernel import Refusal, berlin_day, clock
from zahlstelle.payments import AlreadyBeingPaid, AlreadyPaid, CardKeeping, Payment, PaymentOver, Status
from zahlstelle.tenancy import Tenant
from zahlstelle.wallet import Site
from zahlstelle.web.addresses import read_email
from zahlstelle.web.language import has_chosen, known
from zahlstelle.web.notifications import notify_url

from . import _consent_words, _device, _starts
from ._frame import SeeOther, friendly
from ._words import words_for

_BACK = "zurueck"


def site() -> Site | None:
    """Say where passkeys belong to; None where browsers allow none."""
    return wallet.site_of(settings.BASE_URL)


def browser(request: HttpRequest) -> str:
    """Name the browser by what it has already, the secret against forged forms: nothing more is left on the device."""
    return request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")


def possible(tenant: Tenant) -> bool:
    """Say whether a card can be kept in this town."""
    return keeping_of(tenant) is not None


def keeping_of(tenant: Tenant) -> CardKeeping | None:
    """Say how cards are kept in this town; None where they are not, or where no passkey can be asked."""
    return payments.card_keeping(tenant=tenant) if site() is not None else None


def shown(request: HttpRequest, tenant: Tenant, page: str, known_so_far: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add to a payment's page what it shows of kept cards."""
    keeping = keeping_of(tenant) if page in ("choose", "paid") else None
    if keeping is None:
        return {}
    if page == "choose":
        label, hint = _consent_words.box(tenant, keeping)
        again = _card_here(request, tenant)
        return {"keep_label": label, "keep_hint": hint, "again": again, "asks_code": keeping.asks_code}
    attempt = known_so_far["attempt"]
    wish = wallet.wish_of(
        tenant=tenant, payment_id=known_so_far["payment"].id, browser=browser(request), at=clock.now()
    )
    unfinished = wish == "open" and attempt.keep and attempt.status is Status.PAID
    return {"keep_step": _consent_words.step(tenant, keeping) if unfinished else None, "kept": wish == "kept"}


def wish(request: HttpRequest, tenant: Tenant, payment: Payment, method: str) -> bool:
    """Write down that the box was ticked, with the words beside it; says whether the card may be kept."""
    keeping = keeping_of(tenant) if method == "card" and request.POST.get("keep") == "yes" else None
    if keeping is None:
        return False
    return wallet.wish_to_keep(
        tenant=tenant,
        payment_id=payment.id,
        browser=browser(request),
        version=_consent_words.VERSION,
        words="\n".join(_consent_words.box(tenant, keeping)),
        language=known(translation.get_language()),
        at=clock.now(),
    )


def way_back(request: HttpRequest, payment: Payment) -> str:
    """Mark the way back from the provider, so that only the browser that left comes back: nobody else can write it."""
    return "?" + urlencode({_BACK: _mark(request, payment)})


def note_way_back(request: HttpRequest, tenant: Tenant, payment: Payment) -> None:
    """Note that the provider sent this browser back, if it did."""
    if constant_time_compare(request.GET.get(_BACK, ""), _mark(request, payment)):
        wallet.came_back(tenant=tenant, payment_id=payment.id, browser=browser(request), at=clock.now())


def _mark(request: HttpRequest, payment: Payment) -> str:
    return signing.Signer(salt="zahlstelle.way_back").signature(f"{payment.id} {browser(request)}")


@require_POST
def ask_to_keep(request: HttpRequest, token: str) -> HttpResponse:
    """Give the question to a passkey, to keep the card: a new one for an e-mail address, or one that is there."""
    tenant, payment, place = _opened(request, token)
    about: dict[str, Any] = {
        "tenant": tenant,
        "payment_id": payment.id,
        "browser": browser(request),
        "site": place,
        "at": clock.now(),
    }
    if request.POST.get("there"):
        return question(lambda: wallet.ask_passkey_to_keep(**about))
    return question(lambda: wallet.ask_for_new_passkey(email=read_email(request.POST.get("email", "")), **about))


@require_POST
@friendly
def keep(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the card for whoever answers, and let this device offer it."""
    tenant, payment, place = _opened(request, token)
    keeping = keeping_of(tenant)
    if keeping is None:
        raise wallet.NothingToKeep("no card is kept in this town any more")
    device = wallet.keep_card(
        tenant=tenant,
        payment_id=payment.id,
        browser=browser(request),
        answer=request.POST.get("answer", ""),
        words="\n".join(_consent_words.step(tenant, keeping)),
        site=place,
        at=clock.now(),
    )
    response = SeeOther(reverse("payment_page:result", args=[token]) + "#gemerkt")
    _device.remember(response, tenant, device)
    return response


@require_POST
@friendly
def keep_not(request: HttpRequest, token: str) -> HttpResponse:
    """Take the wish back: the provider forgets the card at once."""
    tenant, payment, _place = _opened(request, token)
    wallet.drop_wish(tenant=tenant, payment_id=payment.id, browser=browser(request), at=clock.now())
    return SeeOther(reverse("payment_page:result", args=[token]))


@require_POST
def ask_to_pay(request: HttpRequest, token: str) -> HttpResponse:
    """Give the question to the passkey of whose device this is."""
    tenant, payment, place = _opened(request, token)
    device = _device.card_token(request, tenant) or ""
    return question(
        lambda: wallet.ask_passkey_to_pay(
            tenant=tenant, payment_id=payment.id, device=device, site=place, at=clock.now()
        )
    )


@require_POST
@friendly
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Charge the card for its own holder; where the bank wants to see them, on to the bank."""
    tenant, payment, place = _opened(request, token)
    _starts.count(request, tenant, payment)
    result = reverse("payment_page:result", args=[token])
    try:
        attempt = wallet.pay_with_card(
            tenant=tenant,
            payment_id=payment.id,
            answer=request.POST.get("answer", ""),
            site=place,
            return_url=settings.BASE_URL + result,
            notify_url=notify_url(tenant),
            at=clock.now(),
        )
    except (AlreadyPaid, PaymentOver, AlreadyBeingPaid):
        return SeeOther(result)
    asks = attempt.status is Status.STARTED and attempt.redirect_url
    return SeeOther(attempt.redirect_url if asks and attempt.redirect_url else result)


@require_POST
@friendly
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    """Let this device offer nobody's card any more."""
    tenant, _payment, _place = _opened(request, token)
    wallet.forget_device(tenant=tenant, device=_device.card_token(request, tenant) or "")
    response = SeeOther(reverse("payment_page:pay", args=[token]))
    _device.forget(response, tenant)
    return response


def question(ask: Callable[[], str]) -> HttpResponse:
    """Answer a script with a question to a passkey, or with the words of a refusal."""
    try:
        return JsonResponse({"question": json.loads(ask())})
    except Refusal as refusal:
        title, text = words_for(refusal)
        return JsonResponse({"code": refusal.code, "title": str(title), "text": str(text)}, status=refusal.status)


def _card_here(request: HttpRequest, tenant: Tenant) -> wallet.Card | None:
    device = _device.card_token(request, tenant)
    found = wallet.remembered(tenant=tenant, device=device, on=berlin_day(clock.now())) if device else None
    return found.card if found else None


def _opened(request: HttpRequest, token: str) -> tuple[Tenant, Payment, Site]:
    """Find the payment and where passkeys belong to. Raises PaymentUnknown, NothingToKeep."""
    tenant, payment = payments.payment_by_token(token)
    if not has_chosen(request):
        translation.activate(known(payment.language))
    place = site()
    if place is None:
        raise wallet.NothingToKeep("no passkey belongs to this address")
    return tenant, payment, place
