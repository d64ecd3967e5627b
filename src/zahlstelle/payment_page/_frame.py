"""What every view here shares: a refusal becomes a friendly page, a form is answered with 303."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from zahlstelle.kernel import Refusal
from zahlstelle.tenancy import Tenant

from ._words import words_for

P = ParamSpec("P")
_WAIT = 15 * 60  # seconds
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class SeeOther(HttpResponseRedirect):
    """Go on with GET (303). Leads nowhere but to http and https addresses."""

    status_code = 303


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
