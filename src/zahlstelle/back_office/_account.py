"""Log in, log out, choose the town."""

from collections.abc import Sequence

from django.contrib import auth
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from zahlstelle import tenancy
from zahlstelle.kernel import clock
from zahlstelle.tenancy import LoginPaused, LoginRefused, Permission, Person, Role, Tenant, may, towns_of
from zahlstelle.web.visitor import address_of

from ._desk import page

_HOME = "kasse:choose"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for e-mail and password; a new session begins with the right answer."""
    with translation.override("de"):
        target = request.POST.get("next") or request.GET.get("next") or ""
        if request.user.is_authenticated:
            return _onward(request, target)
        if request.method != "POST":
            return page(request, None, "log_in", {"next": target})
        email = request.POST.get("email", "")
        try:
            person = tenancy.log_in(
                email=email,
                password=request.POST.get("password", ""),
                address=address_of(request),
                at=clock.now(),
            )
        except (LoginRefused, LoginPaused) as refusal:
            said = {"next": target, "email": email, "error": _words(refusal)}
            return page(request, None, "log_in", said, status=refusal.status)
        auth.login(request, person)
        return _onward(request, target)


def _words(refusal: LoginRefused | LoginPaused) -> str:
    if isinstance(refusal, LoginPaused):
        return _("Zu viele Versuche. Bitte warten Sie eine Viertelstunde und versuchen Sie es dann noch einmal.")
    return _("E-Mail-Adresse und Passwort passen nicht zusammen. Bitte prüfen Sie beides.")


def _onward(request: HttpRequest, target: str) -> HttpResponse:
    known = target.startswith("/kasse/") and url_has_allowed_host_and_scheme(target, {request.get_host()})
    return redirect(target if known else _HOME)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    auth.logout(request)
    return redirect("kasse:log_in")


@require_http_methods(["GET", "HEAD"])
def choose_town(request: HttpRequest) -> HttpResponse:
    """Lead to the person's town, or list the towns where there are several; who only runs towns is led there."""
    person = request.user
    if not isinstance(person, Person):
        return redirect_to_login(request.get_full_path())
    with translation.override("de"):
        towns = _towns(person)
        if not towns and any(may(membership.role, Permission.RUN_TOWNS) for membership in towns_of(person.id)):
            return redirect("operator:towns")
        if len(towns) == 1:
            return redirect("kasse:today", town=towns[0][0].slug)
        return page(request, None, "choose", {"towns": towns, "person": person})


def _towns(person: Person) -> Sequence[tuple[Tenant, Sequence[Role]]]:
    found: dict[str, tuple[Tenant, list[Role]]] = {}
    for membership in towns_of(person.id):
        if not may(membership.role, Permission.SEE_MONEY):
            continue  # a door that would say 403 is not shown
        found.setdefault(membership.tenant.slug, (membership.tenant, []))[1].append(membership.role)
    return list(found.values())
