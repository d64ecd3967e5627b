"""A kept card is charged again, its holder being present."""

import sqlite3
from datetime import datetime
from typing import Any

from . import _payments, _stored_cards
from ._answers import Answer, keep_answer, known_answer
from ._cards import BY_SLUG
from ._rules import Status


def charge(
    connection: sqlite3.Connection,
    merchant: sqlite3.Row,
    handle: str,
    key: str | None,
    body: Any,
    base_url: str,
    at: datetime,
) -> Answer:
    """Charge a kept card, its holder being present; the same key again charges it once.

    Where the card's bank wants to see its holder, the answer has the address to go on. Raises Problem 404, and
    what the start of a payment raises.
    """
    asked = {"stored_card": handle, "order": body}
    known = known_answer(connection, merchant, key, asked)
    if known:
        return known
    card = _stored_cards.by_handle(connection, merchant, handle)
    payment = _payments.create(connection, merchant, body, at)
    _payments.pay(connection, payment["payment_id"], BY_SLUG[card["slug"]], None, at)
    payment = _payments.by_id(connection, payment["payment_id"])
    asks = payment["status"] == Status.PENDING
    answer = {
        "payment_id": payment["payment_id"],
        "reference": payment["reference"],
        "status": payment["status"],
        "redirect_url": f"{base_url}/acs/{payment['token']}" if asks else None,
    }
    keep_answer(connection, merchant, key, asked, 201, answer)
    return 201, answer
