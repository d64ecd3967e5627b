"""Refunds: money back to the card, never more than was captured."""

import secrets
import sqlite3
from datetime import datetime
from typing import Any

from . import _notifications
from ._answers import Answer, keep_answer, known_answer
from ._checks import one_of, strict, text, whole
from ._clock import written
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
) -> Answer:
    """Give money back, never more than was captured; the same key with the same body gives back once.

    Raises Problem 409 `not_captured`, 422 `more_than_refundable`.
    """
    known = known_answer(connection, merchant, key, {"payment_id": payment_id, "body": body})
    if known:
        return known
    order = strict(body, _REFUND, {"reason": text(140)})
    payment = by_id(connection, payment_id)
    if payment["status"] != Status.CAPTURED:
        raise Problem(409, "not_captured", f"Nothing was captured: the payment is {payment['status']}.")
    left = refundable(connection, payment)
    if order["amount_cents"] > left:
        raise Problem(422, "more_than_refundable", f"At most {left} cents can be given back.")
    refund_id, cents = "sbr_" + secrets.token_hex(12), order["amount_cents"]
    insert(
        connection,
        "refund",
        refund_id=refund_id,
        payment_id=payment_id,
        amount_cents=cents,
        reason=order["reason"],
        refunded_at=written(at),
    )
    connection.execute(
        "UPDATE payment SET refunded_cents = refunded_cents + ? WHERE payment_id = ?", [cents, payment_id]
    )
    payment = by_id(connection, payment_id)
    _notifications.enqueue(connection, payment, "payment.refunded", at)
    answer = {
        "refund_id": refund_id,
        "payment_id": payment_id,
        "status": "succeeded",
        "amount_cents": cents,
        "currency": payment["currency"],
        "refunded_cents": payment["refunded_cents"],
        "refundable_cents": left - cents,
    }
    keep_answer(connection, merchant, key, {"payment_id": payment_id, "body": body}, 201, answer)
    return 201, answer
