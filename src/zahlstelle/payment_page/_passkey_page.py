"""Passkeys in the wallet: one more, one less, and the way back for who has lost theirs."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zahlstelle import wallet
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant
from zahlstelle.web import limits, mail
from zahlstelle.web.addresses import EmailWrong, read_email
from zahlstelle.web.limits import What
from zahlstelle.web.visitor import digest_of, visitor_of

from . import _device, _keep
from ._frame import SeeOther, friendly, refused
from ._wallet_page import here, town_with_cards
from ._words import words_for


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def lost(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the e-mail address of who has lost their passkey. The answer is the same for every address."""
    tenant, _place = town_with_cards(slug)
    if not mail.offered():
        raise Http404
    if request.method != "POST":
        return render(request, "payment_page/passkey_lost.html", {"town": tenant, "sent": request.GET.get("gesendet")})
    typed = request.POST.get("email", "")
    try:
        email = read_email(typed)
    except EmailWrong as refusal:
        said = {"town": tenant, "email": typed, "words": words_for(refusal), "code": refusal.code}
        return render(request, "payment_page/passkey_lost.html", said, status=refusal.status)
    subject = digest_of(f"{tenant.id} {email.lower()}")
    limits.take(tenant=tenant, what=What.LINK, visitor=visitor_of(request), subject=subject, at=clock.now())
    _wish(tenant, email)
    return SeeOther(reverse("payment_page:passkey_lost", args=[tenant.slug]) + "?gesendet=ja")


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def link(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Open the wallet by a link, once. Opening the address alone spends nothing: programs that check mail do that."""
    tenant, _place = town_with_cards(slug)
    if request.method != "POST":
        return render(request, "payment_page/passkey_link.html", {"town": tenant, "token": token})
    try:
        opened = wallet.open_by_link(tenant=tenant, token=token, at=clock.now())
    except wallet.LinkRefused as refusal:
        return refused(request, refusal, tenant)
    response = SeeOther(here(tenant))
    _device.open_for(response, tenant, opened)
    return response


@require_POST
def ask_to_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the question for one more passkey to whose wallet is open."""
    tenant, place = town_with_cards(slug)
    return _keep.question(
        lambda: wallet.ask_to_add_passkey(tenant=tenant, opened=_opened(request, tenant), site=place, at=clock.now())
    )


@require_POST
@friendly
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add the passkey that answers, and let this device offer the cards."""
    tenant, place = town_with_cards(slug)
    opened, answer = _opened(request, tenant), request.POST.get("answer", "")
    device = wallet.add_passkey(tenant=tenant, opened=opened, answer=answer, site=place, at=clock.now())
    response = SeeOther(f"{here(tenant)}?passkey=neu")
    _device.remember(response, tenant, device)
    return response


@require_POST
@friendly
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a passkey away."""
    tenant, _place = town_with_cards(slug)
    wallet.remove_passkey(
        tenant=tenant,
        citizen=_opened(request, tenant).citizen,
        passkey_id=_passkey_id(request.POST.get("passkey", "")),
        device=_device.card_token(request, tenant) or "",
    )
    return SeeOther(f"{here(tenant)}?passkey=weg")


def _wish(tenant: Tenant, email: str) -> None:
    """Write the mail: plainly, so that a program that reads mail aloud reads it well."""
    address = settings.BASE_URL + reverse("payment_page:passkey_link", args=[tenant.slug, "TOKEN"])
    said = {"town": tenant.name, "address": address.replace("TOKEN", wallet.TOKEN)}
    wallet.wish_link(
        tenant=tenant,
        email=email,
        title=_("Ihr Link zu Ihren gemerkten Karten: %(town)s") % said,
        text=_(
            "Guten Tag,\n\nmit diesem Link öffnen Sie Ihre gemerkten Karten, einmal und innerhalb von 30 Minuten:\n\n"
            "%(address)s\n\nDort legen Sie einen neuen Passkey an und entfernen den alten.\n\n"
            "Haben Sie das nicht verlangt? Dann brauchen Sie nichts zu tun. Geben Sie den Link niemandem. "
            "Auf diese E-Mail können Sie nicht antworten.\n\n%(town)s\n"
        )
        % said,
        at=clock.now(),
    )


def _opened(request: HttpRequest, tenant: Tenant) -> wallet.Opened:
    """Say whose wallet is open. Raises PasskeyRefused."""
    opened = _device.opened(request, tenant)
    if opened is None:
        raise wallet.PasskeyRefused("the wallet was open for ten minutes and is closed now")
    return opened


def _passkey_id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as error:
        raise wallet.PasskeyRefused("this is no passkey") from error
