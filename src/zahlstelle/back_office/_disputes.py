"""Chargebacks: what was taken back, why, until when it can be answered, and what to do."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zahlstelle import payments, treasury
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Permission

from ._desk import Desk, at_the_desk, page
from ._pages import stretch

_LINES = 50


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def disputes(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List them, the next deadline first."""
    part = stretch(request, _LINES, payments.disputes_counted(tenant=desk.tenant))
    found = treasury.disputes(tenant=desk.tenant, on=clock.today(), limit=_LINES, offset=part.offset)
    return page(request, desk, "disputes", {"found": found, "part": part})
