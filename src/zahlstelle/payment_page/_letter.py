"""A letter's link: Kassenzeichen and code open what is to be paid, typed by hand or read from the QR code."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from zahlstelle import claims, tenancy
from zahlstelle.claims import Claim, ClaimUnknown, LetterCodeWrong
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant
from zahlstelle.web import limits
from zahlstelle.web.limits import What
from zahlstelle.web.visitor import digest_of, visitor_of

from . import _basket
from ._fees import purpose_of, unit_of
from ._frame import friendly
from ._words import LetterCodeMissing


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def letter(request: HttpRequest, slug: str, number: str, code: str) -> HttpResponse:
    """Show what the letter asks for; a press of the button starts the payment. To look alone starts nothing."""
    tenant = tenancy.tenant_by_slug(slug)
    claim = opened(request, tenant, claims.normalised(number), code)
    if request.method == "POST" and not claim.open.is_zero:
        return _basket.to_payment(request, tenant, claim.id)
    said = {"town": tenant, "claim": claim, "purpose": purpose_of(tenant, claim), "unit": unit_of(tenant, claim)}
    shown = {**said, **_basket.shown(request, tenant)}
    return render(request, "payment_page/letter.html", shown)


def opened(request: HttpRequest, tenant: Tenant, number: str, code: str) -> Claim:
    """Find the claim of a Kassenzeichen and its code. Raises LetterCodeMissing, LetterCodeWrong, TooManyTries.

    A number nobody has answers like a wrong code, so that a code tells nothing about numbers.
    """
    if not code:
        raise LetterCodeMissing("this town asks for the code of the letter")
    visitor, subject = visitor_of(request), digest_of(number)
    tried = limits.take(tenant=tenant, what=What.CODE, visitor=visitor, subject=subject, at=clock.now())
    fits = claims.letter_code_fits(tenant=tenant, kassenzeichen=number, typed=code)
    try:
        found = claims.claim_by_kassenzeichen(tenant=tenant, kassenzeichen=number)
    except ClaimUnknown:
        fits = False
    if not fits:
        raise LetterCodeWrong("Kassenzeichen and code do not belong together")
    limits.succeeded(tenant=tenant, tried=tried)
    return found


def code_needed(tenant: Tenant) -> bool:
    """Say whether the town takes no Kassenzeichen without its code (setting `kassenzeichen_alone = false`)."""
    return tenant.settings.get("kassenzeichen_alone") is False
