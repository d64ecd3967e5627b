"""The installation's list of towns and a town's public page: pay by Kassenzeichen, or for a service."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from zahlstelle import claims, tenancy
from zahlstelle.claims import ClaimUnknown, NewClaim, Service, ServiceUnknown
from zahlstelle.kernel import Money, Refusal, clock, new_token
from zahlstelle.payments import AlreadyPaid
from zahlstelle.tenancy import Tenant
from zahlstelle.web import limits
from zahlstelle.web.limits import What
from zahlstelle.web.visitor import digest_of, visitor_of

from . import _basket, _letter
from ._card_numbers import without_card_number
from ._frame import friendly
from ._once import open_once
from ._words import AmountTooHigh, CardNumberTyped, LetterCodeMissing, NameTooLong, NothingToPay, words_for

_MOST = Money(99_999_999)
_NAME_LENGTH = 70
_ABOUT_THE_NAME = (NameTooLong, CardNumberTyped)


@require_safe
def towns(request: HttpRequest) -> HttpResponse:
    """List the towns of this installation."""
    return render(request, "payment_page/towns.html", {"towns": tenancy.all_tenants()})


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def town(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a town's page, or go from a Kassenzeichen to its payment."""
    tenant = tenancy.tenant_by_slug(slug)
    if request.method != "POST":
        return _town_page(request, tenant)
    typed, code = request.POST.get("kassenzeichen", ""), request.POST.get("code", "").strip()
    try:
        if code or _letter.code_needed(tenant):
            number = claims.checked(typed, claims.pools(tenant=tenant))
            return _basket.to_payment(request, tenant, _letter.opened(request, tenant, number, code).id)
        return _pay_by_kassenzeichen(request, tenant, typed)
    except Refusal as refusal:
        return _town_page(request, tenant, refusal)


def _pay_by_kassenzeichen(request: HttpRequest, tenant: Tenant, typed: str) -> HttpResponse:
    """Take a number without its letter's code: every try counts, and the payment does not say what it is for."""
    subject = digest_of(claims.normalised(typed))
    visitor = visitor_of(request)
    tried = limits.take(tenant=tenant, what=What.NUMBER, visitor=visitor, subject=subject, at=clock.now())
    number = claims.checked(typed, claims.pools(tenant=tenant))
    try:
        found = claims.claim_by_kassenzeichen(tenant=tenant, kassenzeichen=number)
        answer = _basket.to_payment(request, tenant, found.id, discreet=True)
    except (ClaimUnknown, AlreadyPaid) as refusal:
        raise NothingToPay("nothing is open under this Kassenzeichen") from refusal
    limits.succeeded(tenant=tenant, tried=tried)
    return answer


def _town_page(request: HttpRequest, tenant: Tenant, refusal: Refusal | None = None) -> HttpResponse:
    language = translation.get_language()
    shown = {
        "town": tenant,
        "services": [_shown(service, language) for service in claims.services(tenant=tenant)],
        "typed": request.POST.get("kassenzeichen", ""),
        "typed_code": request.POST.get("code", ""),
        "code_needed": _letter.code_needed(tenant),
        "code_wrong": isinstance(refusal, LetterCodeMissing),
        "number_wrong": refusal is not None and not isinstance(refusal, LetterCodeMissing),
        **_basket.shown(request, tenant),
    }
    return _form(request, "payment_page/town.html", shown, refusal)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def service(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Show one service of the catalogue, or open a claim for it and go on to its payment."""
    tenant = tenancy.tenant_by_slug(slug)
    wanted = claims.service_by_key(tenant=tenant, key=key)
    if not wanted.public:
        raise ServiceUnknown(f"{key!r} is not offered to the public")
    if request.method != "POST":
        return _service_page(request, tenant, wanted)
    try:
        return _basket.to_payment(request, tenant, _open(request, tenant, wanted))
    except Refusal as refusal:
        return _service_page(request, tenant, wanted, refusal)


def _open(request: HttpRequest, tenant: Tenant, wanted: Service) -> UUID:
    claim = NewClaim(
        amount=wanted.fee if wanted.fee is not None else _amount(request.POST.get("amount", "")),
        purpose=wanted.named("de"),
        service=wanted.key,
        debtor_name=_name(request.POST.get("name", "")),
        origin="public",
    )
    return open_once(tenant=tenant, form=request.POST.get("form", ""), claim=claim, at=clock.now())


def _amount(typed: str) -> Money:
    amount = Money.parse_german(typed)
    if amount > _MOST:
        raise AmountTooHigh(f"more than {_MOST} is not taken online")
    return amount


def _name(typed: str) -> str | None:
    name = " ".join("".join(c if c.isprintable() else " " for c in without_card_number(typed)).split())
    if len(name) > _NAME_LENGTH:
        raise NameTooLong(f"a name has {_NAME_LENGTH} characters at most")
    return name or None


def _service_page(
    request: HttpRequest, tenant: Tenant, wanted: Service, refusal: Refusal | None = None
) -> HttpResponse:
    shown = {
        "town": tenant,
        "service": _shown(wanted, translation.get_language()),
        "form": request.POST.get("form") or new_token(),
        "name": "" if isinstance(refusal, CardNumberTyped) else request.POST.get("name", ""),
        "amount": request.POST.get("amount", ""),
        **_basket.shown(request, tenant),
    }
    return _form(request, "payment_page/service.html", shown, refusal)


def _shown(service: Service, language: str) -> dict[str, object]:
    return {
        "key": service.key,
        "name": service.named(language),
        "description": service.described(language),
        "unit": service.unit,
        "fee": service.fee,
    }


def _form(request: HttpRequest, template: str, shown: dict[str, object], refusal: Refusal | None) -> HttpResponse:
    """Show a form, with what was refused said beside its field."""
    if refusal is None:
        return render(request, template, shown)
    said = {"words": words_for(refusal), "code": refusal.code, "name_wrong": isinstance(refusal, _ABOUT_THE_NAME)}
    return render(request, template, {**shown, **said}, status=refusal.status)
