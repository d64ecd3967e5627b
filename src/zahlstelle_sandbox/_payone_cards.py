"""PAYONE's hosted tokenisation: a script for the merchant's page, fields for a card in a frame, and a token for it.

The card's number goes from the frame to the sandbox and nowhere else; of it a token stays, which names a test card.
"""

import secrets
import sqlite3
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from . import _behaviour, _payone_click_to_pay
from ._card_pages import entered, wrong
from ._cards import BY_NUMBER, BY_SLUG, Card
from ._clock import now, written
from ._context import sandbox
from ._pages import Page, language, own_forms_only, page
from ._payone_rules import Refused
from ._problems import Problem
from ._store import insert

fields = Blueprint("payone_cards", __name__, url_prefix="/payone")
fields.before_request(own_forms_only)
_FRAME = ("fields", "schemes")
_SCRIPTS = Path(__file__).parent / "payone_scripts"
# Any merchant's page may show the fields; their own script, and nothing else, runs in them.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors http: https:"
)
_BRANDS = {"Visa": "V", "Mastercard": "M"}


def give_pass(connection: sqlite3.Connection, merchant_id: str, at: datetime) -> dict[str, Any]:
    """A short-lived pass with which a merchant's page may show the fields (the AuthenticationToken)."""
    name, until = secrets.token_urlsafe(32), at + timedelta(seconds=_behaviour.current(connection).pass_seconds)
    insert(connection, "payone_pass", name=name, merchant_id=merchant_id, expires_at=written(until))
    moments = {"creationDate": written(at), "expirationDate": written(until)}
    return {"token": name, "id": str(uuid.uuid4())} | moments


def card_of(connection: sqlite3.Connection, merchant_id: str, token: str, brand: str) -> tuple[Card, str | None]:
    """The card a token stands for, and its holder. Raises Refused for another merchant's, and for another brand."""
    row = connection.execute(
        "SELECT * FROM payone_token WHERE token = ? AND merchant_id = ?", [token, merchant_id]
    ).fetchone()
    if row is None or BY_SLUG[row["card"]].brand != brand:
        raise Refused(400, "INVALID_VALUE", "no card of this token and product", "paymentProcessingToken")
    return BY_SLUG[row["card"]], row["holder"]


@fields.get("/hosted-tokenization-sdk.js")
def script() -> Response:
    return _script("hosted-tokenization-sdk.js")


@fields.get("/frame/<name>.js")
def script_of_frame(name: str) -> Response:
    if name not in _FRAME:
        raise NotFound
    return _script(f"{name}.js")


@fields.get("/fields")
def show() -> tuple[str, int, dict[str, str]]:
    """The frame: fields for a card, and before them the card schemes where the merchant's page wants Click to Pay.

    A pass that is none, or too old, is told to that page and nobody else.
    """
    order, expired = None, False
    try:
        merchant_id = _merchant_of_pass(request.args.get("pass", ""))
    except Problem:
        expired = True
    else:
        order = _order(merchant_id) if request.args.get("ctp") == "1" else None
    shown = page("payone_fields.html", language(), order=order, expired=expired)
    return shown, 403 if expired else 200, {"Content-Security-Policy": _POLICY}


@fields.get("/pass")
def check_pass() -> tuple[str, int]:
    """Whether a pass still holds: a result of the schemes is made within its time, like a token."""
    _merchant_of_pass(request.args.get("pass", ""))
    return "", 204


def _order(merchant_id: str) -> dict[str, Any]:
    amount, currency = request.args.get("amount", ""), request.args.get("currency", "")
    with sandbox().store.writing() as connection:
        return _payone_click_to_pay.order(connection, merchant_id, amount, currency, language())


@fields.post("/fields")
def take() -> Page | Response | dict[str, Any]:
    """Make a token of a test card; what is wrong is said field by field, in the reader's words."""
    merchant_id = _merchant_of_pass(request.form.get("pass", ""))
    number = entered()
    if errors := wrong(number):
        return {"errors": errors}
    card, token = BY_NUMBER[number], str(uuid.uuid4())
    holder = request.form.get("holder", "").strip() or None
    with sandbox().store.writing() as connection:
        row = {"token": token, "merchant_id": merchant_id, "card": card.scenario.slug, "holder": holder}
        insert(connection, "payone_token", **row)
    return {"token": token, "cardType": _BRANDS[card.brand], "cardNumber": f"{'X' * 12}{card.last4}"}


def _merchant_of_pass(name: str) -> str:
    with sandbox().store.reading() as connection:
        row = connection.execute(
            "SELECT merchant_id FROM payone_pass WHERE name = ? AND expires_at > ?", [name, written(now())]
        ).fetchone()
    if row is None:
        raise Problem(403, "unauthorised", "The pass is none, or its time is over.")
    return str(row["merchant_id"])


def _script(name: str) -> Response:
    # A page that holds a script against its hash may only do so if the script allows it to be read.
    headers = {"Access-Control-Allow-Origin": "*"}
    return Response((_SCRIPTS / name).read_text(), mimetype="text/javascript", headers=headers)
