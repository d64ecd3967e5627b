"""Payments and refunds that somebody must look at, each with where to look."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zahlstelle import treasury
from zahlstelle.tenancy import Permission

from ._desk import Desk, at_the_desk, page


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def unsure(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List them, the oldest first, each with what it is and what to do."""
    return page(request, desk, "unsure", {"found": treasury.unsure(tenant=desk.tenant)})
