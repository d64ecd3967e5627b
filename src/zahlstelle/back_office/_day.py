"""Today's money, and one entry of the account."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zahlstelle import treasury
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Permission
from zahlstelle.treasury import Day

from ._desk import Desk, at_the_desk, page
from ._pages import page_number, stretch

_ENTRIES = 200
_DETAILS = 100


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def today(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show a day's money: the asked day, else the latest one with money."""
    present, asked = clock.today(), asked_day(request.GET.get("tag", ""))
    day = treasury.day(tenant=desk.tenant, day=asked or treasury.last_day(tenant=desk.tenant, today=present))
    part = stretch(request, _ENTRIES, len(day.entries))
    said = {
        "day": day,
        "present": present,
        "instead": asked is None and day.day != present,
        "entries": day.entries[part.offset : part.offset + part.size],
        "part": part,
        "bar": _bar(day),
    }
    return page(request, desk, "today", said)


_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


def asked_day(text: str) -> date | None:
    """Read `20.11.2026` as people type it, or `2026-11-20` as links say it; None for anything else."""
    if typed := _GERMAN.fullmatch(text.strip()):
        day, month, year = typed.groups()
        text = f"{year}-{int(month):02d}-{int(day):02d}"
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _bar(day: Day) -> dict[str, Any]:
    """Say how wide the allocated part of the bar is, in thousandths, and the rate in words.

    A rate of 100 % is only said where nothing waits; it is rounded down, never up.
    """
    incoming = day.incoming
    cents = incoming.allocated_cents + incoming.suspended_cents
    details = incoming.allocated + incoming.suspended
    rate = 1000 * incoming.allocated // details if details else 0
    return {
        "incoming": incoming,
        "details": details,
        "outgoing": day.suspended - incoming.suspended,
        "width": 1000 * incoming.allocated_cents // cents if cents else 0,
        "rest": 1000 - (1000 * incoming.allocated_cents // cents) if cents else 0,
        "rate": f"{rate // 10},{rate % 10}" if rate % 10 else f"{rate // 10}",
    }


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def entry(request: HttpRequest, desk: Desk, entry: UUID) -> HttpResponse:
    """Show an entry with all its details, a hundred a page."""
    offset = (page_number(request) - 1) * _DETAILS
    found = treasury.entry(tenant=desk.tenant, entry_id=entry, offset=offset, limit=_DETAILS)
    part = stretch(request, _DETAILS, found.size.details)
    return page(request, desk, "entry", {"found": found, "part": part})
