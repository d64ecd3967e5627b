"""The schemes' server side, after Mastercard's public descriptions: a checkout's payload, and how the payment ended."""

import json
import re
import sqlite3
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from . import _src_checkout, _src_initiators, _src_jose, _src_oauth
from ._clock import now, written
from ._context import json_body, sandbox
from ._payments_api import _base_url
from ._problems import Problem
from ._src_api import scheme_named, suffer
from ._src_rules import Refused, Scheme
from ._store import insert

Fields = dict[str, re.Pattern[str] | None]
server = Blueprint("src_server", __name__, url_prefix="/src/<scheme>/api")
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ID, _CORRELATION, _ANY = re.compile(_UUID), re.compile(rf"([0-9a-f]{{8}}.)?{_UUID}"), re.compile(r".{1,255}")
_TWO = re.compile(r"\d\d")
_CHECKOUT: Fields = {"srcClientId": _ID, "srcDpaId": _ANY, "srcCorrelationId": _CORRELATION, "srcDigitalCardId": _ANY}
_CONFIRMATION: Fields = {"srcClientId": _ID, "srcCorrelationId": _CORRELATION, "confirmationData": None}
_EVENT: Fields = {
    "checkoutEventType": _TWO,
    "checkoutEventStatus": _TWO,
    "confirmationTimestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"),
}
_MORE: Fields = {
    "srcDpaId": _ANY,
    "serviceId": _ANY,
    "srciTransactionId": _ID,
    "confirmationStatus": _TWO,
    "confirmationReason": re.compile(r"[0-9a-zA-Z ,;!?.\-_]{1,64}"),
    "networkAuthorizationCode": re.compile(r"[0-9a-zA-Z]{1,25}"),
    "networkTransactionIdentifier": re.compile(r"[ A-Za-z0-9_-]{1,25}"),
    "paymentNetworkReference": re.compile(r"[ A-Za-z0-9_-]{1,25}"),
    "assuranceData": None,
    "transactionAmount": None,
}
_FLOW = "X-Src-Cx-Flow-Id"


class Unfit(Refused):
    """A body that does not fit the description; `fields` says of each wrong field why."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("INVALID_ARGUMENT", "The request has missing, wrong or unknown fields.")
        self.fields = fields


@server.before_request
def _whole() -> None:
    """Take the body in, also of a call that is refused before it is read: else the line would end."""
    request.get_data()


@server.errorhandler(Refused)
def _refused(refused: Refused) -> tuple[Response, int]:
    reason = "UNAVAILABLE" if refused.reason == "SERVICE_ERROR" else refused.reason
    said: dict[str, Any] = {"status": refused.status, "reason": reason, "message": refused.message}
    if isinstance(refused, Unfit):
        said["errordetail"] = [
            {"reason": why, "sourceType": "BODY", "source": name, "message": "The field does not fit."}
            for name, why in refused.fields.items()
        ]
    return jsonify(said), refused.status


@server.errorhandler(Problem)
def _problem(problem: Problem) -> tuple[Response, int]:
    return _refused(Refused("INVALID_ARGUMENT", problem.detail))


@server.post("/digital/payments/transaction/credentials")
def credentials(scheme: str) -> Response:
    """Give the initiator what it may pay with, once for each checkout."""
    found, at = scheme_named(scheme), now()
    suffer(found)
    with sandbox().store.writing() as connection:
        initiator = _caller(connection, at)
        order = _read(json_body(), _CHECKOUT, {})
        _own(order, initiator)
        result = _src_checkout.take_payload(connection, found, initiator, order, at)
    response = jsonify({"checkoutResponseJWS": result})
    response.headers[_FLOW] = request.headers.get(_FLOW) or order["srcCorrelationId"]
    return response


@server.post("/confirmations")
def confirmations(scheme: str) -> Response:
    """Hear how a payment ended."""
    found, at = scheme_named(scheme), now()
    suffer(found)
    with sandbox().store.writing() as connection:
        initiator = _caller(connection, at)
        body = json_body()
        order = _read(body, _CONFIRMATION, _MORE)
        _read(order["confirmationData"], _EVENT, _MORE, "confirmationData.")
        _own(order, initiator)
        _known(connection, found, initiator, order["srcCorrelationId"])
        row = {"correlation_id": order["srcCorrelationId"], "initiator": initiator}
        insert(connection, "src_confirmation", **row, body=json.dumps(body), told_at=written(at))
    flow = request.headers.get(_FLOW) or order["srcCorrelationId"].replace(".", "-")
    return Response(status=204, headers={_FLOW: flow})


def _caller(connection: sqlite3.Connection, at: datetime) -> str:
    """The initiator that signed this call, which it may do only once. Raises Refused."""
    signed = _src_oauth.read(request.headers.get("Authorization", ""))
    initiator = _src_initiators.get(connection, signed.initiator)
    if not initiator["signing_key"]:
        raise Refused("PERMISSION_DENIED", "This initiator calls no server.", 403)
    key = _src_jose.public(initiator["signing_key"])
    address = f"{_base_url()}{request.path}"
    _src_oauth.check(signed, key, verb=request.method, address=address, body=request.get_data(), at=at)
    first = connection.execute(
        "INSERT INTO src_nonce VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [signed.initiator, signed.nonce, written(at)]
    )
    if not first.rowcount:
        raise Refused("UNAUTHENTICATED", "This call came before.", 401)
    return signed.initiator


def _read(body: Any, required: Fields, optional: Fields, before: str = "") -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Unfit({before or "body": "INVALID_FORMAT"})
    wrong = {f"{before}{name}": "INVALID_VALUE" for name in body.keys() - required.keys() - optional.keys()}
    wrong |= {f"{before}{name}": "CANNOT_BE_NULL" for name in required if body.get(name) is None}
    for name, pattern in (required | optional).items():
        value, good = body.get(name), True
        if value is not None:
            good = isinstance(value, dict) if pattern is None else isinstance(value, str) and _fits(pattern, value)
        if not good:
            wrong[f"{before}{name}"] = "INVALID_FORMAT"
    if wrong:
        raise Unfit(wrong)
    return body


def _fits(pattern: re.Pattern[str], value: str) -> bool:
    return value.isascii() and pattern.fullmatch(value) is not None


def _own(order: dict[str, Any], initiator: str) -> None:
    if order["srcClientId"] != initiator:
        raise Refused("PERMISSION_DENIED", "srcClientId is not who signed the call.", 403)


def _known(connection: sqlite3.Connection, scheme: Scheme, initiator: str, correlation_id: str) -> None:
    found = connection.execute(
        "SELECT 1 FROM src_session WHERE correlation_id = ? AND scheme = ? AND initiator = ?",
        [correlation_id, scheme.name, initiator],
    ).fetchone()
    if found is None:
        raise Refused("PERMISSION_DENIED", "The initiator has no such checkout.", 403)
