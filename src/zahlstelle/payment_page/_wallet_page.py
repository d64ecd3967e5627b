"""A citizen's wallet in one town: which cards are kept, what was consented to, delete it, take it along."""

import json
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zahlstelle import tenancy, wallet
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant
from zahlstelle.wallet import Deletion, Site, StoredCardUnknown

from . import _device, _keep
from ._frame import SeeOther, friendly

_DELETED = {Deletion.DONE: "ja", Deletion.SOON: "bald", Deletion.HERE: "hier"}


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the open wallet, or the door to it; or open it for the passkey that answers."""
    tenant, place = _town(slug)
    if request.method == "POST":
        answer = request.POST.get("answer", "")
        citizen = wallet.open_wallet(tenant=tenant, answer=answer, site=place, at=clock.now())
        response = SeeOther(_here(tenant))
        _device.open_for(response, tenant, citizen)
        return response
    return _show(request, tenant, _device.opened(request, tenant))


@require_POST
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the question to any passkey of this town."""
    tenant, place = _town(slug)
    return _keep.question(lambda: wallet.ask_passkey_to_open(tenant=tenant, site=place, at=clock.now()))


@require_POST
@friendly
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete one card, or everything; at the provider too."""
    tenant, _place = _town(slug)
    citizen = _device.opened(request, tenant)
    if citizen is None:
        return SeeOther(_here(tenant))
    which = None if request.POST.get("everything") else [_card_id(request.POST.get("card", ""))]
    done = wallet.delete_cards(tenant=tenant, citizen=citizen, card_ids=which, at=clock.now())
    gone = not wallet.is_known(tenant=tenant, citizen=citizen)
    response = SeeOther(f"{_here(tenant)}?geloescht={_DELETED[done]}")
    if gone:
        _device.forget(response, tenant)
    return response


@require_safe
@friendly
def account(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out everything that is kept of the citizen, as JSON."""
    tenant, _place = _town(slug)
    citizen = _device.opened(request, tenant)
    if citizen is None:
        return SeeOther(_here(tenant))
    told = wallet.account(tenant=tenant, citizen=citizen)
    content = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="karten.json"'}
    return HttpResponse(content, content_type="application/json", headers=headers)


@require_POST
@friendly
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """Close the wallet."""
    tenant, _place = _town(slug)
    response = SeeOther(_here(tenant))
    _device.close(response, tenant)
    return response


def _show(request: HttpRequest, tenant: Tenant, citizen: UUID | None) -> HttpResponse:
    told = {"town": tenant, "deleted": request.GET.get("geloescht", "")}
    if citizen is None or not wallet.is_known(tenant=tenant, citizen=citizen):
        return render(request, "payment_page/wallet_door.html", told)
    cards, consents = wallet.cards(tenant=tenant, citizen=citizen), wallet.consents(tenant=tenant, citizen=citizen)
    keeping = _keep.keeping_of(tenant)
    told |= {"cards": cards, "consents": consents, "forgets": keeping is not None and keeping.forgets}
    return render(request, "payment_page/wallet.html", told)


def _town(slug: str) -> tuple[Tenant, Site]:
    """Find a town that keeps cards, and where passkeys belong to; elsewhere there is no wallet."""
    tenant = tenancy.tenant_by_slug(slug)
    place = _keep.site()
    if place is None or not _keep.possible(tenant):
        raise Http404
    return tenant, place


def _card_id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as error:
        raise StoredCardUnknown("this is no card") from error


def _here(tenant: Tenant) -> str:
    return reverse("payment_page:wallet", args=[tenant.slug])
