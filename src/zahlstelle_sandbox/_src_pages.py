"""The schemes' own pages: the card facilitator's, which asks the citizen, and the outbox of the one-time codes."""

import json
import sqlite3
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, request

from . import _card_pages, _src_checkout, _src_flows, _src_profiles, _src_rules, _src_sessions
from ._cards import BY_NUMBER, BY_SLUG
from ._clock import now
from ._context import sandbox
from ._pages import Page, language, own_forms_only, page
from ._src_api import remember, scheme_named, suffer
from ._src_checkout import Done
from ._src_rules import Refused, Scheme
from ._src_wishes import Wish

pages = Blueprint("src_pages", __name__, url_prefix="/src")
pages.before_request(own_forms_only)
_SCRIPT = Path(__file__).parent / "src_scripts" / "facilitator.js"
# Any merchant's page may show the facilitator in a frame; its own script, and nothing else, runs in it.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors http: https:"
)
_ENDS = {"change_card": "CHANGE_CARD", "add_card": "ADD_CARD", "cancel": "CANCEL"}


@pages.errorhandler(Refused)
def _refused(refused: Refused) -> tuple[str, int]:
    return page("message.html", language(), title="sorry_title", detail=refused.message, back=None), refused.status


@pages.get("/facilitator.js")
def script() -> Response:
    return Response(_SCRIPT.read_text(), mimetype="text/javascript")


@pages.get("/outbox")
def outbox() -> Page:
    """The codes that a real scheme would have sent by mail."""
    with sandbox().store.reading() as connection:
        return page("src_outbox.html", language(), codes=codes(connection, None))


def codes(connection: sqlite3.Connection, email: str | None) -> list[dict[str, Any]]:
    """The codes that were sent, the newest first."""
    rows = connection.execute(
        "SELECT scheme, email, code, sent_at, expires_at, used FROM src_code WHERE email = coalesce(?, email)"
        " ORDER BY number DESC LIMIT 50",
        [email and _src_rules.address(email)],
    ).fetchall()
    return [dict(row) | {"used": bool(row["used"])} for row in rows]


@pages.get("/<scheme>/facilitator/<flow>")
def facilitator(scheme: str, flow: str) -> Page | Response:
    found = scheme_named(scheme)
    suffer(found)
    with sandbox().store.reading() as connection:
        session, wish = _src_flows.waiting(connection, found.name, flow)
        return _shown(connection, found, session, wish, {})


@pages.post("/<scheme>/facilitator/<flow>")
def answer(scheme: str, flow: str) -> Page | Response:
    """Take the citizen's answer: a refusal of the scheme is told to the page that asked, a slip to the citizen."""
    found = scheme_named(scheme)
    behaviour = suffer(found)
    at, action = now(), request.form.get("action")
    with sandbox().store.writing() as connection:
        session, wish = _src_flows.waiting(connection, found.name, flow)
        if action in _ENDS:
            _src_flows.end(connection, flow)
            return _told(session, found, Done({"dcfActionCode": _ENDS[action]}))
        if action != "continue":
            raise Refused("INVALID_PARAMETER", "action: continue, change_card, add_card or cancel", 422)
        if errors := _wrong(found, session, wish):
            return _shown(connection, found, session, wish, errors)
        done = _completed(connection, found, session, _answered(found, session, wish), at, behaviour.src_replay)
        _src_flows.end(connection, flow)
    return _told(session, found, done)


def _completed(
    connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, wish: Wish, at: datetime, replay: bool
) -> Done:
    """The checkout's end. What is refused is undone, and told to the page that asked: it goes on without us."""
    connection.execute("SAVEPOINT answer")
    try:
        _src_sessions.get(connection, scheme, session["session"], at)
        known_by = request.cookies.get(scheme.cookie)
        return _src_checkout.complete(connection, scheme, session, wish, known_by, at, replay=replay)
    except Refused as refused:
        connection.execute("ROLLBACK TO answer")
        return Done({"dcfActionCode": "ERROR", "error": refused.body()})


def _answered(scheme: Scheme, session: sqlite3.Row, wish: Wish) -> Wish:
    """The wish with what the citizen typed and ticked."""
    typed: dict[str, Any] = {}
    if not wish.names_card:
        card = _src_rules.test_card(scheme, _card_pages.entered())
        expiry = _card_pages.read_expiry(request.form.get("expiry", ""))
        holder = request.form.get("holder", "").strip() or None
        typed = {"slug": card.scenario.slug, "expiry": expiry, "holder": holder}
    if _asks_address(session, wish):
        typed["email"] = request.form["email"].strip()
    terms = wish.accepts_terms or request.form.get("terms") == "yes"
    return replace(
        wish, **typed, accepts_terms=terms, remembers=wish.remembers or request.form.get("remember") == "yes"
    )


def _wrong(scheme: Scheme, session: sqlite3.Row, wish: Wish) -> dict[str, str]:
    """The key of an error text for each wrong field."""
    errors = {} if wish.names_card else _wrong_card(scheme)
    if _asks_address(session, wish):
        try:
            _src_rules.address(request.form.get("email", ""))
        except Refused:
            errors["email"] = "email_error"
    if _asks_terms(session, wish) and request.form.get("terms") != "yes":
        errors["terms"] = "terms_error"
    return errors


def _wrong_card(scheme: Scheme) -> dict[str, str]:
    errors = _card_pages.wrong(_card_pages.entered())
    if "number" not in errors:
        try:
            _src_rules.test_card(scheme, _card_pages.entered())
        except Refused:
            errors["number"] = "number_scheme_error"
    return errors


def _asks_address(session: sqlite3.Row, wish: Wish) -> bool:
    return session["consumer"] is None and not wish.email


def _asks_terms(session: sqlite3.Row, wish: Wish) -> bool:
    return session["consumer"] is None and not wish.accepts_terms


def _shown(
    connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, wish: Wish, errors: dict[str, str]
) -> Response:
    dpa = connection.execute("SELECT name FROM src_dpa WHERE src_dpa_id = ?", [session["src_dpa_id"]]).fetchone()
    typed = {name: request.form.get(name, "") for name in ("expiry", "cvc", "holder", "email")}
    number = _card_pages.entered()
    shown = page(
        "src_facilitator.html",
        language(session),
        scheme=scheme,
        session=session,
        payee=dpa["name"],
        card=_card_of(connection, scheme, session, wish),
        asks_address=_asks_address(session, wish),
        asks_terms=_asks_terms(session, wish),
        asks_remember=not wish.remembers,
        alone=not session["asks"],
        values=typed | ({"number": BY_NUMBER[number].grouped} if number in BY_NUMBER else {}),
        errors=errors,
    )
    response = make_response(shown, 422 if errors else 200)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def _card_of(connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, wish: Wish) -> dict[str, str] | None:
    slug = wish.slug
    if wish.card_id:
        owner = _src_profiles.get(connection, scheme, session["consumer"])
        slug = _src_profiles.card(connection, owner, wish.card_id)["slug"]
    return {"brand": BY_SLUG[slug].brand, "last4": BY_SLUG[slug].last4} if slug else None


def _told(session: sqlite3.Row, scheme: Scheme, done: Done) -> Response:
    """A page that tells the page which asked, and only its origin."""
    said = json.dumps({"flow": session["flow"], "answer": done.answer})
    shown = page("src_done.html", language(session), said=said, origin=session["origin"])
    response = make_response(shown)
    response.headers["Content-Security-Policy"] = _POLICY
    if done.secret:
        remember(response, scheme, done.secret)
    return response
