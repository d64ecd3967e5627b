"""What was decided about an amount, and taking it back (Storno)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zahlstelle import allocation, treasury
from zahlstelle.kernel import Refusal, clock
from zahlstelle.tenancy import Permission

from . import _words
from ._desk import Desk, at_the_desk, page

_LONGEST = 500


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk(Permission.SEE_MONEY, POST=Permission.SETTLE_DOUBTS)
def decided(request: HttpRequest, desk: Desk, detail: UUID) -> HttpResponse:
    """Show what an amount pays, and who decided it; a POST takes all of it back, with a reason."""
    found = treasury.decided(tenant=desk.tenant, detail=detail)
    waits = allocation.waiting_item(tenant=desk.tenant, detail=detail)
    if found is None and waits is None:
        return page(request, desk, "missing", status=404)
    if request.method != "POST":
        return page(request, desk, "decided", {"found": found, "waits": waits, "id": detail})
    reason = request.POST.get("grund", "")[:_LONGEST]
    try:
        allocation.take_back(tenant=desk.tenant, detail=detail, by=str(desk.person.id), at=clock.now(), reason=reason)
    except Refusal as refusal:
        if refusal.code not in _words.NO:
            raise
        said = {"found": found, "waits": waits, "id": detail, "error": _words.NO[refusal.code], "reason": reason}
        return page(request, desk, "decided", said, status=refusal.status)
    messages.success(request, _("Zurückgenommen. Der Betrag wartet wieder in Verwahrung."))
    return redirect("kasse:item", town=desk.tenant.slug, detail=detail)
