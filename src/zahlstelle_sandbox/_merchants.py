"""Merchants: the towns as the provider and the bank know them."""

import sqlite3
from typing import Any

from ._checks import iban, one_of, strict, text, url, whole, yes_no
from ._problems import Problem
from ._store import insert

MERCHANT_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{1,39}"

_REQUIRED = {
    # Short secrets are guessed; an empty one would sign everything.
    "secret": text(200, r"[\x21-\x7e]{24,200}"),
    "name": text(70),
    "iban": iban,
    "bic": text(11, r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?"),
}
_OPTIONAL = {
    "notify_url": url,
    "amount_outcomes": yes_no,
    "fee_cents": whole(0, 100_000),
    "opening_cents": whole(0, 10**12),
    "pays_out": one_of("gross", "net"),
    "tells_details": yes_no,
}
_DEFAULTS = {
    "notify_url": None,
    "amount_outcomes": False,
    "fee_cents": 0,
    "opening_cents": 0,
    "pays_out": "gross",
    "tells_details": True,
}


def put(connection: sqlite3.Connection, merchant_id: Any, body: Any) -> None:
    """Add the merchant, or change the one that is there; the opening balance of an account never changes.

    Raises Problem 422 for a wrong field, 409 `taken` if another merchant has this secret or IBAN.
    """
    values = strict(
        {"merchant_id": merchant_id, **body} if isinstance(body, dict) else body,
        {"merchant_id": text(40, MERCHANT_ID), **_REQUIRED},
        _OPTIONAL,
    )
    columns = {name: value for name, value in values.items() if value is not None}
    columns = _DEFAULTS | columns
    known = connection.execute("SELECT 1 FROM merchant WHERE merchant_id = ?", [columns["merchant_id"]]).fetchone()
    try:
        if known:
            connection.execute(
                "UPDATE merchant SET secret = :secret, name = :name, iban = :iban, bic = :bic,"
                " notify_url = :notify_url, amount_outcomes = :amount_outcomes, fee_cents = :fee_cents,"
                " pays_out = :pays_out, tells_details = :tells_details"
                " WHERE merchant_id = :merchant_id",
                columns,
            )
        else:
            insert(connection, "merchant", **columns)
    except sqlite3.IntegrityError as error:
        raise Problem(409, "taken", "Another merchant has this secret or this account.") from error


def get(connection: sqlite3.Connection, merchant_id: str) -> sqlite3.Row:
    """The merchant. Raises Problem 404 `merchant_not_found`."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM merchant WHERE merchant_id = ?", [merchant_id]
    ).fetchone()
    if row is None:
        raise Problem(404, "merchant_not_found", "There is no such merchant.")
    return row


def by_secret(connection: sqlite3.Connection, secret: str) -> sqlite3.Row:
    """The merchant a bearer secret belongs to. Raises Problem 401 `unauthorised`."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM merchant WHERE secret = ?", [secret]).fetchone()
    if row is None:
        raise Problem(401, "unauthorised", "The bearer secret belongs to no merchant.")
    return row


def shown(row: sqlite3.Row) -> dict[str, Any]:
    """What the admin API says of a merchant: everything but the secret."""
    names = (
        "merchant_id",
        "name",
        "iban",
        "bic",
        "notify_url",
        "amount_outcomes",
        "fee_cents",
        "opening_cents",
        "pays_out",
        "tells_details",
    )
    switches = ("amount_outcomes", "tells_details")
    return {name: bool(row[name]) if name in switches else row[name] for name in names}
