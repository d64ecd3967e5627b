"""The provider's API: `/psp/v1`, protocol "sandbox" v1, described in docs/integrating/sandbox.md."""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, Response, jsonify, request

from . import _behaviour, _merchants, _notifications, _payments, _refunds, _reports
from ._checks import day
from ._clock import now
from ._context import bearer, json_body, sandbox
from ._problems import Problem
from ._scheduler import settle

api = Blueprint("psp", __name__, url_prefix="/psp/v1")
P = ParamSpec("P")


def faulty(operation: str) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Let the operation suffer the faults that are set for it."""

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def spoiled(*args: P.args, **kwargs: P.kwargs) -> Response:
            with sandbox().store.reading() as connection:
                faults = _behaviour.current(connection).faults
            if not any(fault.operation == operation for fault in faults):
                return view(*args, **kwargs)
            with sandbox().store.writing() as connection:
                fault = _behaviour.take_fault(connection, operation)
            if fault and fault.kind == "unavailable":
                request.get_data()  # an answer to a body that was not read would cost the caller its connection
                raise Problem(503, "unavailable", "The provider is not available; nothing has happened.")
            answer = view(*args, **kwargs)
            return _spoil(answer, fault) if fault else answer

        return spoiled

    return decorate


@api.post("/payments")
@faulty("start")
def start() -> Response:
    key, body = request.headers.get("Idempotency-Key"), json_body()
    with sandbox().store.writing() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        status, answer = _payments.start(connection, merchant, key, body, _base_url(), now())
    sandbox().sender.wake()
    return _answer(answer, status)


@api.get("/payments/<payment_id>")
@faulty("status")
def status_by_id(payment_id: str) -> Response:
    return _status(lambda connection, merchant_id: _payments.by_id(connection, payment_id, merchant_id))


@api.get("/payments")
@faulty("status")
def status_by_reference() -> Response:
    reference = request.args.get("reference", "")
    if not reference or set(request.args) != {"reference"}:
        raise Problem(400, "reference_missing", "Ask with ?reference= and nothing else.")
    return _status(lambda connection, merchant_id: _payments.by_reference(connection, reference, merchant_id))


@api.post("/payments/<payment_id>/cancel")
@faulty("cancel")
def cancel(payment_id: str) -> Response:
    settle(sandbox().store, now())
    with sandbox().store.writing() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        _payments.by_id(connection, payment_id, merchant["merchant_id"])
        answer = _payments.shown(connection, _payments.cancel(connection, payment_id, now()))
    sandbox().sender.wake()
    return _answer(answer)


@api.post("/payments/<payment_id>/refunds")
@faulty("refund")
def refund(payment_id: str) -> Response:
    key, body = request.headers.get("Idempotency-Key"), json_body()
    with sandbox().store.writing() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        _payments.by_id(connection, payment_id, merchant["merchant_id"])
        status, answer = _refunds.refund(connection, merchant, payment_id, key, body, now())
    sandbox().sender.wake()
    return _answer(answer, status)


@api.get("/payments/<payment_id>/refunds/<refund_id>")
@faulty("refund_status")
def refund_by_id(payment_id: str, refund_id: str) -> Response:
    return _refund(payment_id, refund_id=refund_id, reference=None)


@api.get("/payments/<payment_id>/refunds")
@faulty("refund_status")
def refund_by_reference(payment_id: str) -> Response:
    reference = request.args.get("reference", "")
    if not reference or set(request.args) != {"reference"}:
        raise Problem(400, "reference_missing", "Ask with ?reference= and nothing else.")
    return _refund(payment_id, refund_id=None, reference=reference)


def _refund(payment_id: str, *, refund_id: str | None, reference: str | None) -> Response:
    with sandbox().store.reading() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        _payments.by_id(connection, payment_id, merchant["merchant_id"])
        return _answer(_refunds.find(connection, payment_id, now(), refund_id=refund_id, reference=reference))


def signed(view: Callable[P, Response]) -> Callable[P, Response]:
    """Sign the answer as a notification is signed: what a report says of money must be the provider's own word."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
        answer = view(*args, **kwargs)
        with sandbox().store.reading() as connection:
            corrupt = _behaviour.current(connection).corrupt_signature
        message_id, timestamp = "msg_" + secrets.token_hex(12), str(int(now().timestamp()))
        key = "a wrong key" if corrupt else bearer()
        answer.headers["webhook-id"], answer.headers["webhook-timestamp"] = message_id, timestamp
        answer.headers["webhook-signature"] = _notifications.sign(key, message_id, timestamp, answer.get_data())
        return answer

    return answered


@api.get("/reports")
@signed
@faulty("report")
def reports() -> Response:
    try:
        since = day(request.args["since"]) if "since" in request.args else None
    except ValueError as error:
        raise Problem(422, "invalid_request", f"since: {error}") from error
    with sandbox().store.reading() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        return _answer({"reports": _reports.names(connection, merchant["merchant_id"], since)})


@api.get("/reports/<name>")
@signed
@faulty("report")
def report(name: str) -> Response:
    with sandbox().store.reading() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        told = _reports.report(connection, merchant["merchant_id"], name.removesuffix(".csv"))
    return Response(_reports.as_csv(told), mimetype="text/csv") if name.endswith(".csv") else _answer(told)


def _base_url() -> str:
    """Where browsers reach the sandbox: as configured, else under the name by which the merchant did."""
    return sandbox().base_url or request.host_url.rstrip("/")


def _status(find: Callable[[sqlite3.Connection, str], sqlite3.Row]) -> Response:
    at = now()
    if settle(sandbox().store, at):
        sandbox().sender.wake()
    with sandbox().store.reading() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        payment = find(connection, merchant["merchant_id"])
        if _payments.silent(payment, at):
            raise Problem(504, "no_answer", "The provider does not know yet; ask again later.")
        return _answer(_payments.shown(connection, payment))


def _answer(body: object, status: int = 200) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


def _spoil(answer: Response, fault: _behaviour.Fault) -> Response:
    """The answer as the fault leaves it; what was done stays done."""
    if fault.kind == "answer_lost":
        raise Problem(504, "no_answer", "The answer was lost on its way.")
    if fault.kind == "garbage":
        return Response("<html><title>Bad gateway", mimetype="text/html")
    if fault.kind == "slow":
        time.sleep(fault.seconds)
    if fault.kind == "lie":
        answer.set_data(json.dumps(json.loads(answer.get_data()) | fault.answer))
    return answer
