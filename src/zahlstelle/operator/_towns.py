"""The towns an operator runs, and whether they are well."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_safe

from zahlstelle import tenancy, treasury
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Permission, Person, Tenant, may


@require_safe
def towns(request: HttpRequest) -> HttpResponse:
    """List the towns in which the person is an operator; nobody sees another."""
    person = request.user
    if not isinstance(person, Person):
        return redirect("operator:log_in")
    at = clock.now()
    told = [(town, treasury.health(tenant=town, at=at)) for town in _run_by(person)]
    with translation.override("de"):
        return render(request, "operator/towns.html", {"towns": told}, status=200 if told else 403)


def _run_by(person: Person) -> list[Tenant]:
    own = {m.tenant.slug: m.tenant for m in tenancy.towns_of(person.id) if may(m.role, Permission.RUN_TOWNS)}
    return [own[slug] for slug in sorted(own)]
