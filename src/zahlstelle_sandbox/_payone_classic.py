"""PAYONE's classic Server API as the sandbox keeps it, strictly: passes, payments by card and Click to Pay, its news.

There is no call that asks what became of a payment: the merchant is told, by TransactionStatus, until it says TSOK.
"""

import hashlib
import hmac
import re
import secrets
import sqlite3
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from . import _merchants, _payments, _payone_cards, _payone_click_to_pay
from ._cards import Card
from ._checks import strict, text, url
from ._clock import now, written
from ._context import sandbox
from ._payments_api import _base_url, faulty
from ._payone_rules import Refused
from ._rules import Status
from ._scheduler import settle
from ._store import insert

classic = Blueprint("payone_classic", __name__, url_prefix="/payone/post-gateway")
_NAMES = {"V": "VISA", "M": "MASTERCARD"}
_PATIENCE = timedelta(minutes=90)
_COMMON = {
    "mid": r"[A-Za-z0-9_-]{1,40}",
    "aid": r"\d{1,6}",
    "portalid": r"\d{1,7}",
    "key": r"[0-9a-f]{96}",
    "hash": r"[0-9a-f]{96}",
    "api_version": r"3\.1[01]",
    "mode": r"test",
    "encoding": r"UTF-8",
    "request": r"getJWT|authorization",
}
_URL = r"https?://[^\s]{1,246}"
_PAYING = {
    "reference": r"[A-Za-z0-9._/-]{1,20}",
    "amount": r"[1-9]\d{0,11}",
    "currency": r"EUR",
    "narrative_text": r".{1,81}",
    "lastname": r".{1,50}",
    "country": r"DE",
    "param": r".{1,255}",
    "successurl": _URL,
    "errorurl": _URL,
    "backurl": _URL,
    "clearingtype": r"cc|wlt",
}
_BY = {
    "cc": {"pseudocardpan": r"[A-Za-z0-9-]{8,40}"},
    "wlt": {
        "wallettype": r"CTP",
        "cardtype": r"[VM]",
        "cardexpiredate": r"\d\d(0[1-9]|1[0-2])",
        "add_paydata[paymentcheckout_data]": r"[A-Za-z0-9_.-]{10,16384}",
    },
}
Lines = dict[str, Any]


class _No(Exception):
    """The request is refused with this code of an error."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code, self.said = code, said


def put_account(connection: sqlite3.Connection, merchant_id: str, body: Any) -> None:
    """Give a merchant a classic contract, or change it. Raises Problem 422, 404 for an unknown merchant."""
    required = {"aid": text(6, r"\d+"), "portal_id": text(7, r"\d+"), "portal_key": text(64, r"[\x21-\x7e]{16,64}")}
    values = strict(body, required | {"notify_url": url})
    _merchants.get(connection, merchant_id)
    connection.execute("DELETE FROM payone_classic WHERE merchant_id = ?", [merchant_id])
    insert(connection, "payone_classic", merchant_id=merchant_id, **values)


@classic.post("/")
def gateway() -> Response:
    """The one address: what is asked stands in the form."""
    at = now()
    if settle(sandbox().store, at):
        sandbox().sender.wake()

    def done() -> Response:
        try:
            with sandbox().store.writing() as connection:
                said = _answered(connection, at)
        except _No as no:
            said = {
                "status": "ERROR",
                "errorcode": no.code,
                "errormessage": no.said,
                "customermessage": "Not possible.",
            }
        return Response("".join(f"{name}={value}\n" for name, value in said.items()), mimetype="text/plain")

    answer = faulty("start")(done)()
    sandbox().sender.wake()
    return answer


def _answered(connection: sqlite3.Connection, at: datetime) -> Lines:
    form = request.form.to_dict()
    if len(form) != len(list(request.form.items(multi=True))) or request.files:
        raise _No(1203, "a parameter stands twice")
    _fit(form, _COMMON, more=True)
    account = _account(connection, form)
    if form["request"] == "getJWT":
        _fit(form, _COMMON)
        given = _payone_cards.give_pass(connection, account["merchant_id"], at)
        moments = {"creationdate": given["creationDate"], "expirationdate": given["expirationDate"]}
        return {"status": "OK", "token": given["token"]} | moments
    _fit(form, _COMMON | _PAYING, more=True)
    _fit(form, _COMMON | _PAYING | _BY[form["clearingtype"]])
    return _authorised(connection, account, form, at)


def _fit(form: Mapping[str, str], wanted: Mapping[str, str], *, more: bool = False) -> None:
    for name, pattern in wanted.items():
        if not re.fullmatch(pattern, form.get(name, "")):
            raise _No(1200, f"parameter {name} faulty or missing")
    if not more and (unknown := form.keys() - wanted.keys()):
        raise _No(1202, f"parameter {min(unknown)} unknown")


def _account(connection: sqlite3.Connection, form: Mapping[str, str]) -> sqlite3.Row:
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM payone_classic WHERE merchant_id = ? AND aid = ? AND portal_id = ?",
        [form["mid"], form["aid"], form["portalid"]],
    ).fetchone()
    if found is None:
        raise _No(2003, "merchant, sub-account or portal not found")
    key = found["portal_key"].encode()
    joined = "".join(value for name, value in sorted(form.items()) if name not in ("key", "hash"))
    signature = hmac.new(key, joined.encode(), hashlib.sha384).hexdigest()
    if not hmac.compare_digest(hashlib.sha384(key).hexdigest(), form["key"]):
        raise _No(2006, "key incorrect")
    if not hmac.compare_digest(signature, form["hash"]):
        raise _No(2007, "hash incorrect")
    return found


def _authorised(connection: sqlite3.Connection, account: sqlite3.Row, form: Mapping[str, str], at: datetime) -> Lines:
    known = connection.execute(
        "SELECT 1 FROM payone_classic_payment JOIN payment USING (payment_id) WHERE merchant_id = ? AND name = ?",
        [account["merchant_id"], form["reference"]],
    ).fetchone()
    if known:
        raise _No(911, "reference number already exists")
    card, holder = _card(connection, account["merchant_id"], form, at)
    payment_id, token, txid = str(uuid.uuid4()), secrets.token_urlsafe(24), str(secrets.randbelow(9 * 10**8) + 10**8)
    insert(
        connection,
        "payment",
        payment_id=payment_id,
        merchant_id=account["merchant_id"],
        reference=payment_id,
        kassenzeichen=form["narrative_text"][:35],
        amount_cents=int(form["amount"]),
        currency=form["currency"],
        method="card",
        description=form["narrative_text"],
        return_url=form["successurl"],
        notify_url=account["notify_url"],
        language="de",
        token=token,
        created_at=written(at),
        expires_at=written(at + _PATIENCE),
        status=Status.CREATED,
    )
    kept = {"name": form["reference"], "param": form["param"], "clearingtype": form["clearingtype"]}
    insert(connection, "payone_classic_payment", payment_id=payment_id, txid=txid, **kept)
    payment = _payments.pay(connection, payment_id, card, holder, at)
    if payment["status"] == Status.DECLINED:
        return {"status": "ERROR", "errorcode": 5, "errormessage": "declined", "customermessage": "Declined."}
    said: Lines = {"status": "APPROVED", "txid": txid, "userid": 1}
    if card.scenario.challenge:
        return said | {"status": "REDIRECT", "redirecturl": f"{_base_url()}/acs/{token}"}
    return said if payment["status"] == Status.CAPTURED else said | {"status": "PENDING"}


def _card(
    connection: sqlite3.Connection, merchant_id: str, form: Mapping[str, str], at: datetime
) -> tuple[Card, str | None]:
    try:
        if form["clearingtype"] == "cc":
            return _payone_cards.card_of(connection, merchant_id, form["pseudocardpan"], None)
        result = form["add_paydata[paymentcheckout_data]"]
        cents, currency = int(form["amount"]), form["currency"]
        return _payone_click_to_pay.opened(
            connection, merchant_id, result, _NAMES[form["cardtype"]], cents, currency, at
        )
    except Refused as refused:
        raise _No(1078, refused.code) from refused
