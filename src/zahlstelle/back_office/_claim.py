"""One claim's whole life, and the search for it."""

from collections.abc import Sequence
from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from zahlstelle import claims, treasury
from zahlstelle.claims import normalised
from zahlstelle.kernel import clock
from zahlstelle.ledger import BookedLine
from zahlstelle.tenancy import Permission
from zahlstelle.web.letters import NothingToAskFor, sheet

from ._desk import Desk, at_the_desk, page

_LONGEST = 35


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def search(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Lead to the claim whose Kassenzeichen was typed, however it was spaced."""
    number = normalised(request.GET.get("kassenzeichen", ""))
    if not (number.isascii() and number.isalnum()) or len(number) > _LONGEST:
        return page(request, desk, "not_found", {"asked": request.GET.get("kassenzeichen", "")[:80]})
    return redirect("kasse:claim", town=desk.tenant.slug, kassenzeichen=number)


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def claim(request: HttpRequest, desk: Desk, kassenzeichen: str) -> HttpResponse:
    """Show a claim's whole life in one timeline."""
    try:
        life = treasury.claim_life(tenant=desk.tenant, kassenzeichen=kassenzeichen)
    except claims.ClaimUnknown:
        return page(request, desk, "not_found", {"asked": kassenzeichen[:80]}, status=404)
    return page(request, desk, "claim", {"life": life, "claim": life.claim, "journal": _by_entry(life.journal)})


@require_safe
@at_the_desk(Permission.OPEN_CLAIMS)
def letter(request: HttpRequest, desk: Desk, kassenzeichen: str) -> HttpResponse:
    """Hand out the sheet that goes with a letter about the claim; where nothing is open, back to the claim."""
    found = claims.claim_by_kassenzeichen(tenant=desk.tenant, kassenzeichen=kassenzeichen)
    try:
        content = sheet(tenant=desk.tenant, claim=found, on=clock.today())
    except NothingToAskFor:
        messages.warning(request, _("Hier ist nichts mehr offen: Es gibt kein Beiblatt."))
        return redirect("kasse:claim", town=desk.tenant.slug, kassenzeichen=kassenzeichen)
    headers = {"Content-Disposition": f'attachment; filename="beiblatt-{found.kassenzeichen}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _by_entry(lines: Sequence[BookedLine]) -> Sequence[tuple[BookedLine, Sequence[BookedLine]]]:
    groups = [list(group) for _, group in groupby(lines, key=lambda line: line.entry)]
    return [(group[0], group) for group in groups]
