"""Chargebacks on demand: the card holder's bank takes the money back, the provider passes it on with its own fee."""

import secrets
import sqlite3
from datetime import datetime
from typing import Any

from ._checks import day, strict, whole
from ._clock import written
from ._payments import by_id, refundable
from ._problems import Problem
from ._rules import Status
from ._store import insert


def charge_back(connection: sqlite3.Connection, payment_id: str, body: Any, at: datetime) -> dict[str, Any]:
    """Take a captured payment back, all that is left of it or so much; it is kept from the next payout.

    Raises Problem 409 `not_captured`, 422 `more_than_refundable`.
    """
    order = strict(body, {}, {"amount_cents": whole(1, 10**10), "fee_cents": whole(0, 100_000), "answer_by": day})
    payment = by_id(connection, payment_id)
    if payment["status"] != Status.CAPTURED:
        raise Problem(409, "not_captured", f"Nothing was captured: the payment is {payment['status']}.")
    left = refundable(connection, payment)
    cents = order["amount_cents"] or left
    if not 0 < cents <= left:
        raise Problem(422, "more_than_refundable", f"At most {left} cents can be taken back.")
    chargeback = {
        "chargeback_id": "sbc_" + secrets.token_hex(12),
        "payment_id": payment_id,
        "amount_cents": cents,
        "fee_cents": order["fee_cents"] or 0,
        "charged_at": written(at),
        "answer_by": order["answer_by"].isoformat() if order["answer_by"] else None,
    }
    insert(connection, "chargeback", **chargeback)
    return chargeback
