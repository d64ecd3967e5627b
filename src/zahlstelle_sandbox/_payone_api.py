"""PAYONE's Commerce Platform as its description has it, strictly: what does not fit is refused with its error."""

import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from . import (
    _merchants,
    _payments,
    _payone_answers,
    _payone_cards,
    _payone_click_to_pay,
    _payone_rules,
    _refunds,
)
from ._cards import Card
from ._checks import strict, text, url
from ._clock import now, written
from ._context import json_body, sandbox
from ._payments_api import _base_url, faulty
from ._payone_rules import CARDS, PRODUCTS, Refused
from ._problems import Problem
from ._rules import Status
from ._scheduler import settle
from ._store import insert

payone = Blueprint("payone", __name__, url_prefix="/v1/<merchant_id>")
_CHECKOUT = "/commerce-cases/<case_id>/checkouts/<checkout_id>"
_EXECUTION = f"{_CHECKOUT}/payment-executions/<execution_id>"
# PayPal and Wero end what nobody finishes after a time of their own.
_PATIENCE = timedelta(minutes=90)
Answer = tuple[int, dict[str, Any]]
Work = Callable[[sqlite3.Connection, sqlite3.Row, datetime], Answer]
_SECRET = text(200, r"[\x21-\x7e]{24,200}")


def put_account(connection: sqlite3.Connection, merchant_id: str, body: Any) -> None:
    """Give a merchant its keys, or change them. Raises Problem 422, 404 for an unknown merchant."""
    name = text(64, r"[A-Za-z0-9]+")
    required = {"api_key_id": name, "api_secret": _SECRET, "webhook_key_id": name, "webhook_secret": _SECRET}
    values = strict(body, required, {"webhook_url": url})
    _merchants.get(connection, merchant_id)
    connection.execute("DELETE FROM payone_account WHERE merchant_id = ?", [merchant_id])
    insert(connection, "payone_account", merchant_id=merchant_id, **values)


@payone.post("/authentication-tokens")
def give_pass(merchant_id: str) -> Response:
    def work(connection: sqlite3.Connection, account: sqlite3.Row, at: datetime) -> Answer:
        if _body() != {}:
            raise Refused(400, "INVALID_VALUE", "the body is an empty object")
        return 200, _payone_cards.give_pass(connection, account["merchant_id"], at)

    return _answered("pass", merchant_id, work)


@payone.post("/commerce-cases")
def start(merchant_id: str) -> Response:
    return _answered("start", merchant_id, _start)


@payone.get("/checkouts")
def checkouts(merchant_id: str) -> Response:
    return _answered("status", merchant_id, _find)


@payone.get(_CHECKOUT)
def checkout(merchant_id: str, case_id: str, checkout_id: str) -> Response:
    def work(connection: sqlite3.Connection, account: sqlite3.Row, at: datetime) -> Answer:
        row = _own(connection, account, case_id, checkout_id)
        _not_silent(connection, row, at)
        return 200, _payone_answers.checkout(connection, row, at)

    return _answered("status", merchant_id, work)


@payone.post(f"{_EXECUTION}/cancel")
def cancel(merchant_id: str, case_id: str, checkout_id: str, execution_id: str) -> Response:
    def work(connection: sqlite3.Connection, account: sqlite3.Row, at: datetime) -> Answer:
        row = _own(connection, account, case_id, checkout_id, execution_id)
        _payone_rules.read_cancel(_body())
        try:
            _payments.cancel(connection, row["payment_id"], at)
        except Problem as problem:
            raise Refused(409, "CANCEL_NOT_ALLOWED", problem.detail) from problem
        return 200, {"payment": _payone_answers.payment(connection, row)}

    return _answered("cancel", merchant_id, work)


@payone.post(f"{_EXECUTION}/refund")
def refund(merchant_id: str, case_id: str, checkout_id: str, execution_id: str) -> Response:
    def work(connection: sqlite3.Connection, account: sqlite3.Row, at: datetime) -> Answer:
        row = _own(connection, account, case_id, checkout_id, execution_id)
        return _refund(connection, account, row, at)

    return _answered("refund", merchant_id, work)


def _answered(operation: str, merchant_id: str, work: Work) -> Response:
    """Do the work in one transaction for the merchant whose signature it has."""
    at = now()
    if settle(sandbox().store, at):
        sandbox().sender.wake()

    def done() -> Response:
        try:
            with sandbox().store.writing() as connection:
                status, said = work(connection, _account(connection, merchant_id, at), at)
        except Refused as refused:
            status, said = refused.status, refused.body()
        return Response(json.dumps(said), status=status, mimetype="application/json")

    answer = faulty(operation)(done)()
    sandbox().sender.wake()
    return answer


def _account(connection: sqlite3.Connection, merchant_id: str, at: datetime) -> sqlite3.Row:
    key_id = _payone_rules.key_id(request.headers.get("Authorization", ""))
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM payone_account WHERE merchant_id = ? AND api_key_id = ?", [merchant_id, key_id]
    ).fetchone()
    if row is None:
        raise Refused(403, "ACCESS_TO_MERCHANT_NOT_ALLOWED", "the key is none of this merchant")
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    _payone_rules.check_signature(
        secret=row["api_secret"],
        verb=request.method,
        path=request.path + query,
        headers=dict(request.headers),
        at=at,
    )
    return row


def _start(connection: sqlite3.Connection, account: sqlite3.Row, at: datetime) -> Answer:
    asked = _payone_rules.read_start(_body())
    case_id, checkout_id = str(uuid.uuid4()), str(uuid.uuid4())
    # After a payment that was made its name is taken; after one that failed, or is not finished, it is not.
    taken = connection.execute(
        "SELECT 1 FROM payone_checkout JOIN payment USING (payment_id) WHERE payment_reference = ?"
        " AND payment.merchant_id = ? AND payment.status = ?",
        [asked["payment_reference"], account["merchant_id"], Status.CAPTURED],
    ).fetchone()
    names = ("reference", "case_reference", "payment_reference", "parameters", "amount_cents", "product")
    card = _card(connection, account["merchant_id"], asked, at) if not taken else None
    token, payment_id = secrets.token_urlsafe(24), None if taken else str(uuid.uuid4())
    if payment_id:
        _take(connection, account, asked, payment_id, token, at)
    insert(
        connection,
        "payone_checkout",
        **{name: asked[name] for name in names},
        checkout_id=checkout_id,
        case_id=case_id,
        merchant_id=account["merchant_id"],
        payment_id=payment_id,
        created_at=written(at),
    )
    if payment_id and card:
        _payments.pay(connection, payment_id, *card, at)
    row = _own(connection, account, case_id, checkout_id)
    made = {"checkoutId": checkout_id, "amountOfMoney": _payone_answers.money(asked["amount_cents"])}
    head = {"commerceCaseId": case_id, "merchantReference": asked["case_reference"]}
    said = {name: value for name, value in head.items() if value}
    if payment_id is None:
        no = Refused(409, "DUPLICATE_MERCHANT_REFERENCE", "a payment of this merchantReference has been made")
        return 202, said | {"checkout": made | {"errorResponse": no.body()}}
    paying = {"paymentExecutionId": payment_id, "payment": _payone_answers.payment(connection, row)}
    where = f"card/{token}" if card is None else f"acs/{token}"
    if _payments.by_id(connection, payment_id)["status"] in (Status.CREATED, Status.PENDING):
        to = {"redirectURL": f"{_base_url()}/{where}"}
        paying["merchantAction"] = {"actionType": "REDIRECT", "redirectData": to}
    return 201, said | {"checkout": made | {"paymentResponse": paying}}


def _card(
    connection: sqlite3.Connection, merchant_id: str, asked: dict[str, Any], at: datetime
) -> tuple[Card, str | None] | None:
    """The card to be charged and its holder; none where the payer goes on at a page. Raises Refused."""
    if asked["token"]:
        return _payone_cards.card_of(connection, merchant_id, asked["token"], CARDS[asked["product"]])
    if asked["click_to_pay"]:
        money = asked["amount_cents"], asked["currency"]
        return _payone_click_to_pay.card_of(connection, merchant_id, asked["click_to_pay"], *money, at)
    return None


def _take(
    connection: sqlite3.Connection,
    account: sqlite3.Row,
    asked: dict[str, Any],
    payment_id: str,
    token: str,
    at: datetime,
) -> None:
    # A checkout's reference may come again; the sandbox's own name of a payment may not.
    known = connection.execute(
        "SELECT 1 FROM payment WHERE merchant_id = ? AND reference = ?", [account["merchant_id"], asked["reference"]]
    ).fetchone()
    insert(
        connection,
        "payment",
        payment_id=payment_id,
        merchant_id=account["merchant_id"],
        reference=payment_id if known or not asked["reference"] else asked["reference"],
        kassenzeichen=asked["payment_reference"],
        amount_cents=asked["amount_cents"],
        currency=asked["currency"],
        method=PRODUCTS.get(asked["product"], "card"),
        description=asked["descriptor"] or asked["payment_reference"],
        return_url=asked["return_url"],
        notify_url=account["webhook_url"],
        language="de",
        token=token,
        created_at=written(at),
        expires_at=written(at + _PATIENCE),
        status=Status.CREATED,
    )


def _find(connection: sqlite3.Connection, account: sqlite3.Row, at: datetime) -> Answer:
    """The merchant's checkouts, the newest first, by the names they were given."""
    asked = dict.fromkeys(("merchantReference", "paymentReference")) | {"size": "25", "offset": "0"}
    if request.args.keys() - asked.keys() or any(len(request.args.getlist(name)) != 1 for name in request.args):
        raise Refused(400, "INVALID_VALUE", "a parameter that is unknown or stands twice")
    asked |= request.args.to_dict()
    sizes = [str(asked["size"]), str(asked["offset"])]
    if not all(each.isascii() and each.isdigit() for each in sizes) or not 1 <= int(sizes[0]) <= 100:
        raise Refused(400, "INVALID_VALUE", "size is 1 to 100, offset a number", "size")
    rows = connection.execute(
        "SELECT * FROM payone_checkout WHERE merchant_id = ? AND coalesce(reference, '') = coalesce(?, reference, '')"
        " AND payment_reference = coalesce(?, payment_reference) ORDER BY rowid DESC",
        [account["merchant_id"], asked["merchantReference"], asked["paymentReference"]],
    ).fetchall()
    shown = rows[int(sizes[1]) :][: int(sizes[0])]
    for row in shown:
        _not_silent(connection, row, at)
    found = [_payone_answers.checkout(connection, row, at) for row in shown]
    return 200, {"numberOfCheckouts": len(rows), "checkouts": found}


def _refund(connection: sqlite3.Connection, account: sqlite3.Row, row: sqlite3.Row, at: datetime) -> Answer:
    asked = _payone_rules.read_refund(_body(), row["product"])
    body = {name: value for name, value in asked.items() if value is not None}
    known = connection.execute(
        "SELECT 1 FROM refund WHERE payment_id = ? AND reference = ?", [row["payment_id"], asked["reference"]]
    ).fetchone()
    if known:
        raise Refused(400, "DUPLICATE_MERCHANT_REFERENCE", "the checkout has a refund of this merchantReference")
    merchant, name = _merchants.get(connection, account["merchant_id"]), str(uuid.uuid4())
    key = f"payone {row['payment_id']} {name}"
    try:
        _refunds.refund(connection, merchant, row["payment_id"], key, body, at, refund_id=name)
    except Problem as problem:
        status = 404 if problem.code == "not_captured" else 400
        raise Refused(status, problem.code.upper(), problem.detail) from problem
    given = connection.execute("SELECT * FROM refund WHERE refund_id = ?", [name]).fetchone()
    return 201, _payone_answers.refund(row, given, at)


def _own(
    connection: sqlite3.Connection,
    account: sqlite3.Row,
    case_id: str,
    checkout_id: str,
    execution_id: str | None = None,
) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM payone_checkout WHERE merchant_id = ? AND case_id = ? AND checkout_id = ?"
        " AND coalesce(payment_id, '') = coalesce(?, payment_id, '')",
        [account["merchant_id"], case_id, checkout_id, execution_id],
    ).fetchone()
    if row is None:
        raise Refused(404, "CHECKOUT_NOT_FOUND", "the merchant has no such checkout or payment")
    return row


def _not_silent(connection: sqlite3.Connection, row: sqlite3.Row, at: datetime) -> None:
    if row["payment_id"] and _payments.silent(_payments.by_id(connection, row["payment_id"]), at):
        raise Problem(504, "no_answer", "The provider does not know yet; ask again later.")


def _body() -> Any:
    try:
        return json_body()
    except Problem as problem:
        raise Refused(400, "INVALID_VALUE", problem.detail) from problem
