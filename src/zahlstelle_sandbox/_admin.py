"""The admin API: `/admin`, for testers and demos; only with the admin token."""

import hmac
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from . import (
    _bank,
    _behaviour,
    _chargebacks,
    _deliveries,
    _giro_api,
    _merchants,
    _payments,
    _payone_api,
    _payone_classic,
)
from ._cards import BY_NUMBER, BY_SLUG, Card
from ._checks import Check, day, strict, text, yes_no
from ._clock import berlin_day, now
from ._context import bearer, json_body, sandbox
from ._problems import Problem
from ._scheduler import settle

admin = Blueprint("admin", __name__, url_prefix="/admin")
_ANY: Check = text(40)


@admin.before_request
def _authorised() -> None:
    if not hmac.compare_digest(bearer().encode(), sandbox().admin_token.encode()):
        raise Problem(401, "unauthorised", "This is not the admin token.")


@admin.get("/merchants")
def merchants() -> Response:
    with sandbox().store.reading() as connection:
        rows = connection.execute("SELECT * FROM merchant ORDER BY merchant_id").fetchall()
    return jsonify({"merchants": [_merchants.shown(row) for row in rows]})


@admin.put("/merchants/<merchant_id>")
def put_merchant(merchant_id: str) -> Response:
    with sandbox().store.writing() as connection:
        _merchants.put(connection, merchant_id, json_body())
        return jsonify(_merchants.shown(_merchants.get(connection, merchant_id)))


@admin.put("/girocheckout/projects/<project_id>")
def put_giro_project(project_id: str) -> Response:
    """Add a project of GiroCheckout, or change its password."""
    with sandbox().store.writing() as connection:
        _giro_api.put_project(connection, project_id, json_body())
    return jsonify({"project_id": project_id})


@admin.put("/payone/accounts/<merchant_id>")
def put_payone_account(merchant_id: str) -> Response:
    """Give a merchant its keys of PAYONE's Commerce Platform, or change them."""
    with sandbox().store.writing() as connection:
        _payone_api.put_account(connection, merchant_id, json_body())
    return jsonify({"merchant_id": merchant_id})


@admin.put("/payone/classic/<merchant_id>")
def put_payone_classic(merchant_id: str) -> Response:
    """Give a merchant a contract of PAYONE's classic interface, or change it."""
    with sandbox().store.writing() as connection:
        _payone_classic.put_account(connection, merchant_id, json_body())
    return jsonify({"merchant_id": merchant_id})


@admin.get("/behaviour")
def behaviour() -> Response:
    with sandbox().store.reading() as connection:
        return jsonify(asdict(_behaviour.current(connection)))


@admin.put("/behaviour")
def put_behaviour() -> Response:
    """Put a behaviour in force; a switch that is not named is as in the demo."""
    asked = _behaviour.read_behaviour(json_body())
    with sandbox().store.writing() as connection:
        _behaviour.put(connection, asked)
    return jsonify(asdict(asked))


@admin.get("/payments")
def payments() -> Response:
    """Every payment, newest last; `?reference=` and `?merchant_id=` narrow it down."""
    wanted = {name: request.args.get(name) for name in ("reference", "merchant_id")}
    settle(sandbox().store, now())
    with sandbox().store.reading() as connection:
        rows = connection.execute(
            "SELECT * FROM payment WHERE reference = coalesce(:reference, reference)"
            " AND merchant_id = coalesce(:merchant_id, merchant_id) ORDER BY rowid LIMIT 10000",
            wanted,
        ).fetchall()
        return jsonify({"payments": [_payments.shown(connection, row) for row in rows]})


@admin.post("/payments/<payment_id>/act")
def act(payment_id: str) -> Response:
    """Do what a card holder would do: pay with a test card, answer the bank's question, or cancel."""
    optional = {"card_number": _ANY, "card": _ANY, "holder": text(70), "approve": yes_no, "cancel": yes_no}
    order = strict(json_body(), {}, optional)
    settle(sandbox().store, now())
    with sandbox().store.writing() as connection:
        payment = _act(connection, payment_id, order)
        answer = _payments.shown(connection, payment)
    sandbox().sender.wake()
    return jsonify(answer)


@admin.post("/payments/<payment_id>/chargebacks")
def charge_back(payment_id: str) -> Response:
    """Let the card holder's bank take a payment back."""
    with sandbox().store.writing() as connection:
        answer = _chargebacks.charge_back(connection, payment_id, json_body(), now())
    response = jsonify(answer)
    response.status_code = 201
    return response


@admin.get("/notifications")
def notifications() -> Response:
    """Every copy of every notification and what became of it; `?payment_id=` narrows it down."""
    with sandbox().store.reading() as connection:
        rows = connection.execute(
            "SELECT number, message_id, payment_id, merchant_id, url, body, due_at, copy, attempts, state,"
            " last_answer FROM notification WHERE payment_id = coalesce(?, payment_id)"
            " ORDER BY number LIMIT 10000",
            [request.args.get("payment_id")],
        ).fetchall()
    return jsonify({"notifications": [dict(row) for row in rows]})


@admin.get("/payouts")
def payouts() -> Response:
    with sandbox().store.reading() as connection:
        return jsonify({"payouts": _bank.payouts(connection, request.args.get("merchant_id"))})


@admin.post("/payouts")
def pay_out() -> Response:
    """Close the bank's day: pay out, write and deliver the day's files."""
    order = strict(json_body(), {"merchant_id": text(40)}, {"day": day})
    at = now()
    with sandbox().store.writing() as connection:
        merchant = _merchants.get(connection, order["merchant_id"])
        answer = _bank.close_day(connection, merchant, order["day"] or berlin_day(at), at)
    _deliveries.deliver(sandbox().store, sandbox().bank_folder)
    folder = sandbox().bank_folder / order["merchant_id"]
    return jsonify(answer | {"paths": [str(folder / name) for name in answer["files"]]})


@admin.post("/transfers")
def transfer() -> Response:
    body = json_body()
    merchant_id = strict(
        {"merchant_id": body.get("merchant_id")} if isinstance(body, dict) else body,
        {"merchant_id": text(40)},
    )["merchant_id"]
    with sandbox().store.writing() as connection:
        merchant = _merchants.get(connection, merchant_id)
        order = {name: value for name, value in body.items() if name != "merchant_id"}
        answer = _bank.transfer(connection, merchant, order, now())
    response = jsonify(answer)
    response.status_code = 201
    return response


def _act(connection: Any, payment_id: str, order: dict[str, Any]) -> Any:
    card = _card(order)
    wishes = [wish for wish in (card, order["approve"], order["cancel"]) if wish is not None]
    if len(wishes) != 1 or order["cancel"] is False:
        raise Problem(422, "invalid_request", "Say one of card_number, card, approve, cancel: true.")
    if card:
        return _payments.pay(connection, payment_id, card, order["holder"], now())
    if order["approve"] is not None:
        return _payments.answer_challenge(connection, payment_id, order["approve"], now())
    return _payments.cancel(connection, payment_id, now())


def _card(order: dict[str, Any]) -> Card | None:
    if order["card_number"] is None and order["card"] is None:
        return None
    number = (order["card_number"] or "").replace(" ", "")
    card = BY_SLUG.get(order["card"]) if order["card"] else BY_NUMBER.get(number)
    if card is None or (order["card"] and order["card_number"]):
        raise Problem(422, "unknown_card", "This is no test card of the sandbox.")
    return card
