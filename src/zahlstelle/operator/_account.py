"""Log in and log out. The same people as at the treasury, led to the operator's page."""

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from zahlstelle import tenancy
from zahlstelle.kernel import clock
from zahlstelle.tenancy import LoginPaused, LoginRefused
from zahlstelle.web.visitor import address_of


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for e-mail and password; a new session begins with the right answer."""
    if request.user.is_authenticated:
        return redirect("operator:towns")
    if request.method != "POST":
        return _page(request)
    try:
        person = tenancy.log_in(
            email=request.POST.get("email", ""),
            password=request.POST.get("password", ""),
            address=address_of(request),
            at=clock.now(),
        )
    except (LoginRefused, LoginPaused) as refusal:
        return _page(request, refusal)
    auth.login(request, person)
    return redirect("operator:towns")


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    auth.logout(request)
    return redirect("operator:log_in")


def _page(request: HttpRequest, refusal: LoginRefused | LoginPaused | None = None) -> HttpResponse:
    told = {"code": refusal.code if refusal else "", "email": request.POST.get("email", "")}
    with translation.override("de"):
        return render(request, "operator/log_in.html", told, status=refusal.status if refusal else 200)
