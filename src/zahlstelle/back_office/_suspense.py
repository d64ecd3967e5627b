"""What waits in suspense (Verwahrung), with what a person needs to decide."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zahlstelle import treasury
from zahlstelle.allocation import Doubt
from zahlstelle.tenancy import Permission

from ._desk import Desk, at_the_desk, page
from ._pages import page_number, stretch

_SIZE = 50
_LARGEST = "betrag"


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def suspense(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what waits: all, or one doubt (`?grund=`); the oldest or the largest first (`?ordnung=betrag`)."""
    doubt = _doubt(request.GET.get("grund", ""))
    largest = request.GET.get("ordnung") == _LARGEST
    found = treasury.suspense(
        tenant=desk.tenant,
        doubt=doubt,
        largest_first=largest,
        offset=(page_number(request) - 1) * _SIZE,
        limit=_SIZE,
    )
    total = sum(part.count for part in found.totals if doubt is None or part.doubt is doubt)
    return page(
        request,
        desk,
        "suspense",
        {
            "found": found,
            "doubt": doubt,
            "largest": largest,
            "all": sum(part.count for part in found.totals),
            "credit_cents": sum(part.credit_cents for part in found.totals),
            "debit_cents": sum(part.debit_cents for part in found.totals),
            "part": stretch(request, _SIZE, total),
        },
    )


def _doubt(name: str) -> Doubt | None:
    return Doubt(name) if name in list(Doubt) else None
