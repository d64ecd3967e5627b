"""Refunds: money back to the card, never more than was captured."""

import secrets
import sqlite3
from datetime import datetime, timedelta
from typing import Any

from . import _behaviour, _notifications
from ._answers import Answer, keep_answer, known_answer
from ._checks import one_of, strict, text, whole
from ._clock import read, written
from ._payments import by_id, refundable
from ._problems import Problem
from ._rules import Status
from ._store import insert

_REFUND = {"amount_cents": whole(1, 10**10), "currency": one_of("EUR")}


def refund(
    connection: sqlite3.Connection,
    merchant: sqlite3.Row,
    payment_id: str,
    key: str | None,
    body: Any,
    at: datetime,
    *,
    refund_id: str | None = None,
) -> Answer:
    """Give money back, never more than was captured; the same key with the same body gives back once.

    Raises Problem 409 `not_captured`, 422 `more_than_refundable`, `refund_refused`.
    """
    known = known_answer(connection, merchant, key, {"payment_id": payment_id, "body": body})
    if known:
        return known
    order = strict(body, _REFUND, {"reason": text(140), "reference": text(64, r"[A-Za-z0-9._:-]+")})
    payment = by_id(connection, payment_id)
    if payment["status"] != Status.CAPTURED:
        raise Problem(409, "not_captured", f"Nothing was captured: the payment is {payment['status']}.")
    left = refundable(connection, payment)
    if order["amount_cents"] > left:
        raise Problem(422, "more_than_refundable", f"At most {left} cents can be given back.")
    behaviour = _behaviour.current(connection)
    if behaviour.refuse_refunds:
        raise Problem(422, "refund_refused", "The provider gives nothing back of this payment.")
    refund_id, cents = refund_id or "sbr_" + secrets.token_hex(12), order["amount_cents"]
    insert(
        connection,
        "refund",
        refund_id=refund_id,
        payment_id=payment_id,
        amount_cents=cents,
        reason=order["reason"],
        reference=order["reference"],
        refunded_at=written(at),
        done_at=written(at + timedelta(seconds=behaviour.refund_seconds)),
    )
    connection.execute(
        "UPDATE payment SET refunded_cents = refunded_cents + ? WHERE payment_id = ?", [cents, payment_id]
    )
    payment = by_id(connection, payment_id)
    _notifications.enqueue(connection, payment, "payment.refunded", at)
    answer = told(connection, refund_id, at) | {
        "refunded_cents": payment["refunded_cents"],
        "refundable_cents": left - cents,
    }
    keep_answer(connection, merchant, key, {"payment_id": payment_id, "body": body}, 201, answer)
    return 201, answer


def find(
    connection: sqlite3.Connection, payment_id: str, at: datetime, *, refund_id: str | None, reference: str | None
) -> dict[str, Any]:
    """One refund of a payment, by its id or by the merchant's own reference. Raises Problem 404 `refund_not_found`."""
    row = connection.execute(
        "SELECT refund_id FROM refund WHERE payment_id = ? AND (refund_id = ? OR reference = ?)",
        [payment_id, refund_id, reference],
    ).fetchone()
    if row is None:
        raise Problem(404, "refund_not_found", "There is no such refund of this payment.")
    return told(connection, row["refund_id"], at)


def told(connection: sqlite3.Connection, refund_id: str, at: datetime) -> dict[str, Any]:
    """What the API says of a refund: pending until its time has come."""
    row = connection.execute(
        "SELECT refund.*, payment.currency FROM refund JOIN payment USING (payment_id) WHERE refund_id = ?", [refund_id]
    ).fetchone()
    done = row["done_at"] is None or read(row["done_at"]) <= at
    names = ("refund_id", "payment_id", "reference", "amount_cents", "currency")
    return {name: row[name] for name in names} | {"status": "succeeded" if done else "pending"}
