"""The book: balances, whether it is sound, and one entry of the journal."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from zahlstelle import ledger, treasury
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Permission

from ._desk import Desk, at_the_desk, page
from ._pages import page_number, stretch

_LINES = 200


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk(Permission.SEE_MONEY)
def book(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show balances and the last check; a POST checks the whole book now."""
    if request.method == "POST":
        treasury.inspect_book(tenant=desk.tenant, at=clock.now(), actor=str(desk.person.id))
        return redirect("kasse:book", town=desk.tenant.slug)
    return page(request, desk, "book", {"book": treasury.book(tenant=desk.tenant)})


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def journal_entry(request: HttpRequest, desk: Desk, entry: UUID) -> HttpResponse:
    """Show one journal entry in SOLL and HABEN."""
    offset = (page_number(request) - 1) * _LINES
    lines, total = ledger.entry_lines(tenant=desk.tenant, entry=entry, offset=offset, limit=_LINES)
    said = {"head": lines[0], "lines": lines, "part": stretch(request, _LINES, total)}
    return page(request, desk, "journal_entry", {**said, "accounts": ledger.account_names(tenant=desk.tenant)})
