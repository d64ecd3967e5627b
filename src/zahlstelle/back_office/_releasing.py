"""Say what became of a payment or refund that nobody knows of, confirm it, and deal with a contradiction."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zahlstelle import payments, tenancy, treasury
from zahlstelle.kernel import Refusal, clock
from zahlstelle.payments import Release, ReleaseState, Word
from zahlstelle.tenancy import Permission

from . import _words
from ._desk import Desk, at_the_desk, page

_LONGEST = 500


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk(Permission.SEE_MONEY, POST=Permission.SETTLE_DOUBTS)
def release(request: HttpRequest, desk: Desk, attempt: UUID, refund: UUID | None = None) -> HttpResponse:
    """Show what is unclear and what has been said of it; a POST says, confirms, takes back or deals with it."""
    known = payments.attempts_by_id(tenant=desk.tenant, attempts=[attempt]).get(attempt)
    if known is None or (refund and refund not in _refunds(desk, known.payment_id)):
        return page(request, desk, "missing", status=404)
    if request.method != "POST":
        return _show(request, desk, attempt, refund)
    try:
        said = _act(request, desk, attempt, refund)
    except Refusal as refusal:
        if refusal.code not in _words.NO:
            raise
        status = 422 if refusal.status == 404 else refusal.status
        return _show(request, desk, attempt, refund, error=_words.NO[refusal.code], status=status)
    messages.success(request, said)
    return redirect("kasse:unsure", town=desk.tenant.slug)


def _act(request: HttpRequest, desk: Desk, attempt: UUID, refund: UUID | None) -> Any:
    """Make the one call; say what came of it."""
    said, by, at = request.POST, str(desk.person.id), clock.now()
    verb = said.get("tun", "")
    if verb == "sagen":
        words = payments.OF_REFUND if refund else payments.OF_PAYMENT
        word = next((each for each in words if each == said.get("wort")), None)
        if word is None:
            raise payments.ReleaseIncomplete("say what the provider's portal shows")
        made = payments.release(
            tenant=desk.tenant,
            attempt_id=attempt,
            refund_id=refund,
            word=word,
            reference=said.get("bezug", "")[:200],
            reason=said.get("grund", "")[:_LONGEST],
            by=by,
            at=at,
        )
        return _outcome(made)
    release_id = _id(said.get("klaerung", ""))
    if verb == "bestaetigen":
        return _outcome(payments.confirm_release(tenant=desk.tenant, release_id=release_id, by=by, at=at))
    if verb == "zuruecknehmen":
        payments.withdraw(tenant=desk.tenant, release_id=release_id, by=by, at=at)
        return _("Zurückgenommen. Der Ausgang ist weiter unbekannt.")
    note = said.get("vermerk", "")[:_LONGEST]
    payments.deal_with(tenant=desk.tenant, release_id=release_id, note=note, by=by, at=at)
    return _("Als erledigt vermerkt.")


def _outcome(made: Release | None) -> Any:
    if made is None or made.state is ReleaseState.OVERTAKEN:
        return _("Der Zahlungsdienstleister hat eben selbst geantwortet. Es gilt seine Antwort.")
    if made.state is ReleaseState.WAITING:
        return _("Eingetragen. Jetzt muss eine zweite Person bestätigen.")
    return _words.RELEASED[made.word]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise payments.ReleaseUnknown("there is no such release") from error


def _refunds(desk: Desk, payment_id: UUID) -> set[UUID]:
    return {each.id for each in payments.refunds_of(tenant=desk.tenant, payment_id=payment_id)}


def _show(
    request: HttpRequest, desk: Desk, attempt: UUID, refund: UUID | None, error: Any = None, status: int = 200
) -> HttpResponse:
    found = treasury.unclear(tenant=desk.tenant, attempt=attempt, refund=refund)
    people = tenancy.names_of_people(tenant=desk.tenant)
    said = {
        "one": found,
        "error": error,
        "said": request.POST,
        "too_early": clock.now() < found.releasable_from,
        "words": [Word.GIVEN_BACK, Word.NOT_GIVEN_BACK] if refund else [Word.PAID, Word.NOT_MADE],
        "two": payments.NEEDS_TWO,
        "people": people,
        "me": str(desk.person.id),
        "history": [(each, people.get(each.made_by, ""), people.get(each.ended_by or "", "")) for each in found.said],
    }
    return page(request, desk, "release", said, status=status)
