"""GiroCheckout as the contract describes it, strictly: what it would refuse is refused with its code."""

import hmac
import json
import re
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from . import _giro_kept, _giro_rules, _merchants, _payments, _refunds
from ._checks import one_of, strict, text, url, yes_no
from ._clock import now, written
from ._context import sandbox
from ._giro_rules import CALL, DOUBLE, HASH, MISSING, REFUSED, Refused
from ._pages import passes
from ._payments_api import _base_url, faulty
from ._problems import Problem
from ._rules import Status
from ._scheduler import settle
from ._store import insert

giro = Blueprint("girocheckout", __name__, url_prefix="/girocheckout/v2")
Said = dict[str, str]
_ENCODINGS = ("application/x-www-form-urlencoded", "multipart/form-data")
# GiroCheckout ends what nobody finishes after a time of its own.
_PATIENCE = timedelta(minutes=90)

_FITS: dict[str, Callable[[str], bool]] = {
    "merchantTxId": lambda value: passes(text(255, r"[A-Za-z0-9._:-]+"), value),
    "amount": lambda value: re.fullmatch(r"[1-9]\d{0,9}", value, re.ASCII) is not None,
    "currency": lambda value: value == "EUR",
    "purpose": lambda value: passes(text(27), value),
    "kassenzeichen": lambda value: passes(text(255), value),
    "urlRedirect": lambda value: passes(url, value),
    "urlNotify": lambda value: passes(url, value),
    "type": lambda value: value == "SALE",  # what is held and taken later, the sandbox does not play
    "locale": lambda value: re.fullmatch(r"[a-z]{2}", value) is not None,
    "pkn": lambda value: re.fullmatch(r"create|[0-9A-Za-z_-]{8,64}", value) is not None,
    "recurring": lambda value: value in ("0", "1"),
}


def put_project(connection: sqlite3.Connection, project_id: str, body: Any) -> None:
    """Add a project, or change its password and kind. Raises Problem 422, 404 for an unknown merchant."""
    kinds = one_of(*_giro_rules.START)
    required = {"project_id": text(20, r"\d+"), "merchant_id": text(40), "kind": kinds}
    required["secret"] = text(200, r"[\x21-\x7e]{16,200}")
    values = strict({"project_id": project_id, **body}, required, {"without_cvc": yes_no})
    values["without_cvc"] = bool(values["without_cvc"])
    _merchants.get(connection, values["merchant_id"])
    connection.execute("DELETE FROM giro_project WHERE project_id = ?", [project_id])
    insert(connection, "giro_project", **values)


@giro.post("/transaction/start")
def start() -> Response:
    return _answered("start", _start)


@giro.post("/transaction/status")
def status() -> Response:
    return _answered("status", _status)


@giro.post("/transaction/refund")
def refund() -> Response:
    return _answered("refund", _refund)


@giro.post("/creditcard/pkninfo")
def pkninfo() -> Response:
    return _answered("stored_card", _pkninfo)


Work = Callable[[sqlite3.Connection, sqlite3.Row, datetime], dict[str, Any]]


def _answered(operation: str, work: Work) -> Response:
    """Do the work in one transaction and sign what is answered, faults and refusals too, as far as there is a key."""
    at, key = now(), ""
    if settle(sandbox().store, at):
        sandbox().sender.wake()

    def done() -> Response:
        nonlocal key
        try:
            with sandbox().store.writing() as connection:
                project = _project(connection)
                key = project["secret"]
                said = {"rc": 0, "msg": ""} | work(connection, project, at)
        except Refused as refused:
            said = {"rc": refused.code, "msg": f"refused: {refused.code}"}
        return Response(json.dumps(said), mimetype="application/json")

    answer = faulty(operation)(done)()
    sandbox().sender.wake()
    answer.headers["hash"] = hmac.new(key.encode(), answer.get_data(), "md5").hexdigest() if key else ""
    return answer


def _project(connection: sqlite3.Connection) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM giro_project WHERE project_id = ?", [request.form.get("projectId", "")]
    ).fetchone()
    if row is None:
        raise Refused(REFUSED["projectId"])
    return row


def _read(project: sqlite3.Row, fields: str | None) -> Said:
    """The fields of the call, as strictly as the contract: encoding, names, order, merchant, hash, presence, form."""
    if request.mimetype not in _ENCODINGS or request.files or request.args or fields is None:
        raise Refused(CALL)
    order, required = _giro_rules.names(fields)
    given = [name for name in request.form if name not in _giro_rules.UNSIGNED]
    if given != [name for name in [*order, "hash"] if name in request.form]:
        raise Refused(CALL)
    if any(len(request.form.getlist(name)) != 1 for name in request.form):
        raise Refused(CALL)
    said = {name: request.form[name] for name in order if request.form.get(name)}
    if said.get("merchantId") != project["merchant_id"]:
        raise Refused(REFUSED["merchantId"])
    expected = _giro_rules.sign(project["secret"], said.values())
    if not hmac.compare_digest(expected.encode(), request.form.get("hash", "").encode()):
        raise Refused(HASH)
    if any(name not in said for name in required):
        raise Refused(MISSING)
    for name, value in said.items():
        if name in _FITS and not _FITS[name](value):
            raise Refused(REFUSED.get(name, CALL))
    return said


def _start(connection: sqlite3.Connection, project: sqlite3.Row, at: datetime) -> dict[str, Any]:
    said = _read(project, _giro_rules.START[project["kind"]])
    about_card = _giro_kept.asked(connection, project, said)
    token, reference = secrets.token_urlsafe(24), str(uuid.uuid4())
    try:
        insert(
            connection,
            "payment",
            payment_id=reference,
            merchant_id=project["merchant_id"],
            project_id=project["project_id"],
            reference=said["merchantTxId"],
            kassenzeichen=said.get("kassenzeichen", said["purpose"]),
            amount_cents=int(said["amount"]),
            currency=said["currency"],
            method=project["kind"],
            description=said["purpose"],
            return_url=said["urlRedirect"],
            notify_url=said["urlNotify"],
            language="en" if said.get("locale") == "en" else "de",
            token=token,
            created_at=written(at),
            expires_at=written(at + _PATIENCE),
            status=Status.CREATED,
            **about_card,
        )
    except sqlite3.IntegrityError as error:
        raise Refused(DOUBLE) from error
    return {"reference": reference, "redirect": f"{_base_url()}/card/{token}"}


def _status(connection: sqlite3.Connection, project: sqlite3.Row, at: datetime) -> dict[str, Any]:
    said = _read(project, _giro_rules.STATUS)
    back = connection.execute(
        "SELECT refund.* FROM refund JOIN payment USING (payment_id) WHERE refund_id = ? AND project_id = ?",
        [said["reference"], project["project_id"]],
    ).fetchone()
    if back is not None:
        return _given_back(back, at)
    payment = _own(connection, project, said["reference"])
    if _payments.silent(payment, at):
        raise Problem(504, "no_answer", "The provider does not know yet; ask again later.")
    result = _giro_rules.result(payment)
    return _about(payment["payment_id"], payment["reference"], payment["amount_cents"]) | (
        {} if result is None else {"resultPayment": str(result)}
    )


def _pkninfo(connection: sqlite3.Connection, project: sqlite3.Row, at: datetime) -> dict[str, Any]:
    del at  # what was kept has no time
    said = _read(project, _giro_rules.PKNINFO if project["kind"] == "card" else None)
    return _giro_kept.told(connection, _own(connection, project, said["reference"]))


def _refund(connection: sqlite3.Connection, project: sqlite3.Row, at: datetime) -> dict[str, Any]:
    said = _read(project, _giro_rules.REFUND.get(project["kind"]))
    payment = _own(connection, project, said["reference"])
    if connection.execute("SELECT 1 FROM refund WHERE reference = ?", [said["merchantTxId"]]).fetchone():
        raise Refused(DOUBLE)
    merchant = _merchants.get(connection, project["merchant_id"])
    body = {"amount_cents": int(said["amount"]), "currency": said["currency"], "reference": said["merchantTxId"]}
    name = str(uuid.uuid4())
    try:
        _refunds.refund(connection, merchant, payment["payment_id"], said["merchantTxId"], body, at, refund_id=name)
    except Problem as problem:
        codes = {"not_captured": 5086, "more_than_refundable": 5030, "refund_refused": 4900}
        raise Refused(codes.get(problem.code, CALL)) from problem
    row = connection.execute("SELECT * FROM refund WHERE refund_id = ?", [name]).fetchone()
    return _given_back(row, at) | {"referenceParent": payment["payment_id"]}


def _given_back(row: sqlite3.Row, at: datetime) -> dict[str, Any]:
    about = _about(row["refund_id"], row["reference"], row["amount_cents"])
    return about | ({"resultPayment": "4000"} if row["done_at"] <= written(at) else {})


def _about(reference: str, merchant_tx_id: str, cents: int) -> dict[str, Any]:
    backend = reference.replace("-", "")[:16]
    return {
        "reference": reference,
        "merchantTxId": merchant_tx_id,
        "backendTxId": backend,
        "amount": str(cents),
        "currency": "EUR",
    }


def _own(connection: sqlite3.Connection, project: sqlite3.Row, reference: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM payment WHERE payment_id = ? AND project_id = ?", [reference, project["project_id"]]
    ).fetchone()
    if row is None:
        raise Refused(REFUSED["reference"])
    return row
