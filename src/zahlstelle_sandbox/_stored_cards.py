"""Cards that card holders let a merchant keep: kept by the provider, found again, forgotten. Each is one merchant's."""

import secrets
import sqlite3
from datetime import datetime
from typing import Any

from ._clock import written
from ._problems import Problem
from ._rules import Status
from ._store import insert


def keep_if_asked(connection: sqlite3.Connection, payment: sqlite3.Row, at: datetime) -> None:
    """Keep the card of a captured payment whose card holder asked for it; the same payment again keeps it once."""
    if not payment["keep_card"] or payment["status"] != Status.CAPTURED or payment["card_slug"] is None:
        return
    if of_payment(connection, payment) is not None:
        return
    insert(
        connection,
        "stored_card",
        handle="pcn_" + secrets.token_hex(16),
        merchant_id=payment["merchant_id"],
        payment_id=payment["payment_id"],
        slug=payment["card_slug"],
        brand=payment["card_brand"],
        last4=payment["card_last4"],
        expiry=payment["card_expiry"] or f"{at.year + 4}-12",
        kept_at=written(at),
    )


def of_payment(connection: sqlite3.Connection, payment: sqlite3.Row) -> sqlite3.Row | None:
    """The card kept while this payment was made, if it is still kept."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM stored_card WHERE payment_id = ?", [payment["payment_id"]]
    ).fetchone()
    return row


def by_handle(connection: sqlite3.Connection, merchant: sqlite3.Row, handle: str) -> sqlite3.Row:
    """The merchant's card. Raises Problem 404: another merchant's card is none."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM stored_card WHERE handle = ? AND merchant_id = ?", [handle, merchant["merchant_id"]]
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def forget(connection: sqlite3.Connection, merchant: sqlite3.Row, handle: str) -> None:
    """Forget a card for good. Raises Problem 404, also the second time."""
    by_handle(connection, merchant, handle)
    connection.execute("DELETE FROM stored_card WHERE handle = ?", [handle])


def shown(card: sqlite3.Row) -> dict[str, Any]:
    """What the API says of a card."""
    return {"stored_card": card["handle"]} | {name: card[name] for name in ("brand", "last4", "expiry", "kept_at")}


def not_found() -> Problem:
    return Problem(404, "stored_card_not_found", "The merchant has no such card.")
