"""One claim's whole life, and the search for it."""

from collections.abc import Sequence
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from zahlstelle import claims, treasury
from zahlstelle.claims import normalised
from zahlstelle.ledger import BookedLine
from zahlstelle.tenancy import Permission

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


def _by_entry(lines: Sequence[BookedLine]) -> Sequence[tuple[BookedLine, Sequence[BookedLine]]]:
    groups = [list(group) for _, group in groupby(lines, key=lambda line: line.entry)]
    return [(group[0], group) for group in groups]
