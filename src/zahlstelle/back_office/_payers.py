"""Learned payers: what their proposals would have been worth, and switching them on or off."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zahlstelle import allocation, tenancy
from zahlstelle.allocation import LEAST_TRIALS, LearnedTooLittle
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Permission

from ._desk import Desk, at_the_desk, page


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk(Permission.SEE_MONEY, POST=Permission.SETTLE_DOUBTS)
def payers(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the measured precision; a POST shows their proposals from now on (`zeigen=ja`), or no longer."""
    if request.method != "POST":
        return _show(request, desk)
    if request.POST.get("zeigen") not in ("ja", "nein"):
        return _show(request, desk, error=_("Bitte schalten Sie ein oder aus."), status=422)
    shown = request.POST["zeigen"] == "ja"
    try:
        allocation.show_learned_payers(tenant=desk.tenant, shown=shown, by=str(desk.person.id), at=clock.now())
    except LearnedTooLittle as refusal:
        words = _("Noch wurde nicht oft genug geprobt. Es bleibt, wie es war.")
        return _show(request, desk, error=words, status=refusal.status)
    messages.success(request, _("Eingeschaltet.") if shown else _("Ausgeschaltet."))
    return redirect("kasse:payers", town=desk.tenant.slug)


def _show(request: HttpRequest, desk: Desk, error: str = "", status: int = 200) -> HttpResponse:
    learned = allocation.learned_payers(tenant=desk.tenant)
    people = tenancy.names_of_people(tenant=desk.tenant)
    said = {
        "learned": learned,
        "by": people.get(learned.switched_by or "", learned.switched_by),
        "least": LEAST_TRIALS,
        "missing": max(0, LEAST_TRIALS - learned.trials),
        "error": error,
    }
    return page(request, desk, "payers", said, status=status)
