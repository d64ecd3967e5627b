"""What every view here shares: a refusal becomes a friendly page, a form is answered with 303."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from zahlstelle import payments
from zahlstelle.kernel import Refusal, clock
from zahlstelle.tenancy import Tenant
from zahlstelle.web.language import known

from ._words import words_for

P = ParamSpec("P")
_WAIT = 15 * 60  # seconds
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class SeeOther(HttpResponseRedirect):
    """Go on with GET (303). Leads nowhere but to http and https addresses."""

    status_code = 303


def to_payment(tenant: Tenant, claim_id: UUID, *, discreet: bool = False) -> HttpResponse:
    """Start a payment of what is open of a claim and go there. Raises ClaimUnknown, AlreadyPaid."""
    language = known(translation.get_language())
    started = payments.start_payment(
        tenant=tenant, claim_id=claim_id, at=clock.now(), language=language, discreet=discreet
    )
    return SeeOther(reverse("payment_page:pay", args=[started.token]))


def friendly(view: View[P]) -> View[P]:
    """Answer a refusal of a room with words people understand."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            return refused(request, refusal)

    return answer


def refused(request: HttpRequest, refusal: Refusal, town: Tenant | None = None, **more: Any) -> HttpResponse:
    """Say a refusal on a page of its own."""
    said = {"town": town, "words": words_for(refusal), "code": refusal.code, **more}
    response = render(request, "payment_page/refused.html", said, status=refusal.status)
    if refusal.status == 429:
        response.headers["Retry-After"] = str(_WAIT)
    return response
