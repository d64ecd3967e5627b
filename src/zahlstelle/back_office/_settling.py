"""Settle one item of the worklist: by a proposal in one click, by a split, or to another account."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zahlstelle import allocation, treasury
from zahlstelle.allocation import Rest
from zahlstelle.kernel import Refusal, clock
from zahlstelle.tenancy import Permission, Tenant
from zahlstelle.treasury import Waiting

from . import _words
from ._desk import Desk, at_the_desk, page
from ._split import Split, read_split
from ._wanted import Asked, asked

_ACCOUNTS = {"credit": ("overpaid", "fees"), "debit": ("fees", "overpaid")}
_BOOKS = ("vorschlag", "aufteilen", "konto")


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk(Permission.SEE_MONEY, POST=Permission.SETTLE_DOUBTS)
def item(request: HttpRequest, desk: Desk, detail: UUID) -> HttpResponse:
    """Show one item with its proposals and forms; a POST settles it, or changes the split that is being made."""
    said = request.POST if request.method == "POST" else QueryDict()
    look = asked(request.POST if request.method == "POST" else request.GET)
    found = treasury.waiting(tenant=desk.tenant, detail=detail)
    if found is None:
        return _gone(request, desk, detail, look)
    if said.get("tun") in _BOOKS:
        return _settle(request, desk, found, look)
    return _show(request, desk, found, look, read_split(desk.tenant, said, found.item.amount.cents, _first(found)))


def _first(found: Waiting) -> Sequence[tuple[UUID, int]]:
    """Begin the split with what the first proposal says where that leaves something open to decide."""
    best = found.proposals[0] if found.proposals else None
    return [(share.claim_id, share.cents) for share in best.shares] if best and best.rest is not Rest.NONE else []


def _settle(request: HttpRequest, desk: Desk, found: Waiting, look: Asked) -> HttpResponse:
    said, detail = request.POST, found.item.detail
    split = read_split(desk.tenant, said, found.item.amount.cents)
    if said["tun"] == "aufteilen" and (split.unreadable or not split.rows):
        words = _("Bitte wählen Sie mindestens eine Forderung und geben Sie je Forderung einen Betrag in Euro an.")
        return _show(request, desk, found, look, split, error=words, status=422)
    after = allocation.next_waiting(tenant=desk.tenant, wanted=look.wanted, after=detail)
    try:
        _book(desk.tenant, detail, said, split, str(desk.person.id))
    except Refusal as refusal:
        if refusal.code == "detail_not_waiting":
            return _gone(request, desk, detail, look)
        if refusal.code not in _words.NO:
            raise
        status = 422 if refusal.status == 404 else refusal.status
        return _show(request, desk, found, look, split, error=_words.NO[refusal.code], status=status)
    undo = reverse("kasse:decided", args=(desk.tenant.slug, detail))
    messages.success(request, _said(found, said), extra_tags=undo)
    rest_waits = said.get("rest") == Rest.WAITS and said["tun"] == "aufteilen"
    return redirect(_onward(desk, said, look, detail if rest_waits else after))


def _book(tenant: Tenant, detail: UUID, said: QueryDict, split: Split, by: str) -> None:
    at = clock.now()
    if said["tun"] == "konto":
        account, note = said.get("konto", ""), said.get("vermerk", "")[:500]
        allocation.settle_to(tenant=tenant, detail=detail, account=account, by=by, at=at, note=note)
        return
    rest = split.rest
    shares = split.shares if said["tun"] == "aufteilen" else _proposed(said)
    allocation.settle(tenant=tenant, detail=detail, shares=shares, by=by, at=at, note=split.note, rest=rest)


def _proposed(said: QueryDict) -> Sequence[tuple[UUID, int]]:
    """Read `anteil=ID:cents`; what cannot be read is no share, and the sum is wrong then."""
    shares = []
    for text in said.getlist("anteil"):
        claim, _, cents = text.partition(":")
        try:
            shares.append((UUID(claim), int(cents)))
        except ValueError:
            return []
    return shares


def _said(found: Waiting, said: QueryDict) -> str:
    from ._tags import euro

    who = (found.detail.party_name if found.detail else None) or _("unbekannt")
    return _("Geklärt: %(amount)s von %(who)s.") % {"amount": euro(found.item.amount), "who": who}


def _onward(desk: Desk, said: Mapping[str, str], look: Asked, after: UUID | None) -> str:
    """Go on with the next item; back to the list where the list was left, or where nothing is left.

    The part of the page that is named is where the keyboard goes on.
    """
    place, query = desk.tenant.slug, look.query.rstrip("&")
    if said.get("von") == "liste" or after is None:
        number = said.get("seite", "")
        more = f"seite={number}" if number.isdigit() else ""
        address, query = reverse("kasse:suspense", args=(place,)), "&".join(filter(None, (query, more)))
        part = f"betrag-{after}" if after else "inhalt"
    else:
        address, part = reverse("kasse:item", args=(place, after)), "inhalt"
    return f"{address}?{query}#{part}" if query else f"{address}#{part}"


def _gone(request: HttpRequest, desk: Desk, detail: UUID, look: Asked) -> HttpResponse:
    """Say that it does not wait any more, and lead to what was decided."""
    if treasury.decided(tenant=desk.tenant, detail=detail) is None:
        return page(request, desk, "missing", status=404)
    if request.method == "POST":
        messages.warning(request, _words.NO["detail_not_waiting"])
    return redirect("kasse:decided", town=desk.tenant.slug, detail=detail)


def _show(
    request: HttpRequest,
    desk: Desk,
    found: Waiting,
    look: Asked,
    split: Split,
    error: Any = None,
    status: int = 200,
) -> HttpResponse:
    credit = found.item.side == "credit"
    said = {
        "one": found,
        "age": found.age(clock.today()),
        "look": look,
        "split": split,
        "error": error,
        "focus": "" if error else _focus(request.POST.get("tun", ""), split),
        "verb": request.POST.get("tun", ""),
        "accounts": _ACCOUNTS[found.item.side if credit else "debit"],
        "rests": _rests(desk.tenant, credit),
        "next": allocation.next_waiting(tenant=desk.tenant, wanted=look.wanted, after=found.item.detail),
    }
    return page(request, desk, "item", said, status=status)


def _focus(verb: str, split: Split) -> str:
    """Say where the keyboard goes on after a button of the split: to what it brought, or to what comes next."""
    if split.searched:
        return "gefunden" if split.found else "suche"
    if verb.startswith("nimm:"):
        return "betrag"
    if verb.startswith("weg:") or (verb in ("suchen", "weiter", "rechnen") and not split.rows):
        return "suche"
    if verb in ("weiter", "rechnen"):
        return "rest" if split.left_cents else "buchen"
    return ""


def _rests(tenant: Tenant, credit: bool) -> Sequence[Rest]:
    rests = [Rest.NONE, Rest.WAITS, Rest.OVERPAID if credit else Rest.FEES]
    return [*rests, Rest.SMALL_DIFFERENCE] if allocation.small_difference(tenant=tenant) else rests
