"""The statement on accessibility (Erklärung zur Barrierefreiheit, BITV 2.0) and the form to report a barrier."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from zahlstelle import tenancy
from zahlstelle.kernel import InputRefused, Refusal, clock, new_token
from zahlstelle.tenancy import Tenant
from zahlstelle.web import feedback, limits
from zahlstelle.web.addresses import EmailWrong, read_email
from zahlstelle.web.feedback import FeedbackEmpty, FeedbackTooLong
from zahlstelle.web.limits import TooManyTries, What
from zahlstelle.web.statement import statement_of
from zahlstelle.web.visitor import digest_of, visitor_of

from ._card_numbers import without_card_number
from ._frame import SeeOther, friendly
from ._words import CardNumberTyped, words_for

_FIELD: Mapping[type[Refusal], str] = {
    FeedbackEmpty: "text",
    FeedbackTooLong: "text",
    CardNumberTyped: "text",
    TooManyTries: "text",
    EmailWrong: "email",
}


@require_safe
def of_all(request: HttpRequest) -> HttpResponse:
    """Say what is true of every town's pages, and lead to the towns' own statements."""
    shown = {"towns": tenancy.all_tenants(), "statement": statement_of({})}
    return render(request, "payment_page/accessibility.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def accessibility(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a town's statement, or take a report of a barrier."""
    tenant = tenancy.tenant_by_slug(slug)
    if request.method != "POST":
        return _page(request, tenant)
    try:
        _report(request, tenant)
    except (InputRefused, TooManyTries) as refusal:
        return _page(request, tenant, refusal)
    return SeeOther(reverse("payment_page:accessibility", args=[slug]) + "?danke=1")


def _report(request: HttpRequest, tenant: Tenant) -> None:
    said = {name: request.POST.get(name, "") for name in ("text", "place", "name")}
    email = request.POST.get("email", "").strip()
    form = request.POST.get("form", "")
    visitor, now = visitor_of(request), clock.now()
    limits.take(tenant=tenant, what=What.FEEDBACK, visitor=visitor, subject=digest_of(form), at=now)
    feedback.report(
        tenant=tenant,
        form=form,
        email=read_email(email) if email else "",
        language=translation.get_language(),
        at=now,
        **{name: without_card_number(text) for name, text in said.items()},
    )


def _page(request: HttpRequest, tenant: Tenant, refusal: Refusal | None = None) -> HttpResponse:
    keep = not isinstance(refusal, CardNumberTyped)
    shown = {
        "town": tenant,
        "statement": statement_of(tenant.settings),
        "thanks": "danke" in request.GET,
        "form": request.POST.get("form") or new_token(),
        "said": {name: request.POST.get(name, "") if keep else "" for name in ("text", "place", "name", "email")},
        "wrong": {_FIELD[type(refusal)]: words_for(refusal)} if refusal else {},
        "code": refusal.code if refusal else "",
    }
    return render(request, "payment_page/accessibility.html", shown, status=refusal.status if refusal else 200)
