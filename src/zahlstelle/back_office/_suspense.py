"""What waits in suspense (Verwahrung): the worklist, each item with its proposals."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zahlstelle import treasury
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Permission

from ._desk import Desk, at_the_desk, page
from ._pages import page_number, stretch
from ._wanted import asked

_SIZE = 20


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def suspense(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what waits: all, one doubt (`grund`), what fits a text or amount (`suche`); oldest or largest first."""
    look = asked(request.GET)
    offset = (page_number(request) - 1) * _SIZE
    found = treasury.suspense(tenant=desk.tenant, wanted=look.wanted, offset=offset, limit=_SIZE)
    today = clock.today()
    said = {
        "found": found,
        "waiting": [(one, one.age(today)) for one in found.waiting],
        "look": look,
        "all": sum(part.count for part in found.totals),
        "credit_cents": sum(part.credit_cents for part in found.totals),
        "debit_cents": sum(part.debit_cents for part in found.totals),
        "part": stretch(request, _SIZE, found.count),
    }
    return page(request, desk, "suspense", said)
