"""Barriers that citizens reported: read, answered, done."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zahlstelle import tenancy
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Permission
from zahlstelle.web import feedback

from ._desk import Desk, at_the_desk, page


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk(Permission.SEE_MONEY, POST=Permission.OPEN_CLAIMS)
def reports(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what citizens reported, what waits first; a POST notes that one (`meldung`) is taken care of."""
    if request.method != "POST":
        return _show(request, desk)
    try:
        chosen = UUID(request.POST.get("meldung", ""))
    except ValueError:
        return _show(request, desk, status=422)
    feedback.answered(tenant=desk.tenant, feedback_id=chosen, by=str(desk.person.id), at=clock.now())
    messages.success(request, _("Als erledigt vermerkt."))
    return redirect("kasse:feedback", town=desk.tenant.slug)


def _show(request: HttpRequest, desk: Desk, status: int = 200) -> HttpResponse:
    people = tenancy.names_of_people(tenant=desk.tenant)
    listed = feedback.listed(tenant=desk.tenant)
    said = {
        "reports": [(each, people.get(each.answered_by or "", each.answered_by)) for each in listed],
        "may_answer": desk.may(Permission.OPEN_CLAIMS),
    }
    return page(request, desk, "feedback", said, status=status)
