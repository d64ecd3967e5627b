"""The token service: a network token for a card, a cryptogram for one payment with it. Cryptograms are spent once."""

import secrets
import sqlite3
from datetime import datetime
from typing import Any

from . import _src_rules
from ._cards import BY_SLUG
from ._clock import written
from ._src_rules import CRYPTOGRAM_LIVES
from ._store import insert


def payload(
    connection: sqlite3.Connection,
    session: sqlite3.Row | dict[str, Any],
    consumer: sqlite3.Row,
    card: sqlite3.Row,
    at: datetime,
) -> dict[str, Any]:
    """What a payment is made with: good once, for the session's amount and merchant, and not for long."""
    token = _src_rules.token_number(BY_SLUG[card["slug"]])
    cryptogram, until = _src_rules.cryptogram(secrets.token_bytes(8)), written(at + CRYPTOGRAM_LIVES)
    insert(
        connection,
        "src_cryptogram",
        cryptogram=cryptogram,
        token=token,
        slug=card["slug"],
        holder=card["holder"],
        scheme=session["scheme"],
        src_dpa_id=session["src_dpa_id"],
        amount_cents=session["amount_cents"],
        currency=session["currency"],
        verified_by=session["verified_by"],
        expires_at=until,
    )
    year, _, month = card["expiry"].partition("-")
    name = {"consumerFullName": card["holder"]} if card["holder"] else {}
    return name | {
        "token": {"paymentToken": token, "tokenExpirationMonth": month, "tokenExpirationYear": year},
        "dynamicData": {
            "dynamicDataType": "CARD_APPLICATION_CRYPTOGRAM_SHORT_FORM",
            "dynamicDataValue": cryptogram,
            "dynamicDataExpiration": f"{until[:-4]}Z",
        },
        "srcTokenResultsData": {"tokenRequestorId": "50120834693", "unpredictableNumber": secrets.token_hex(4)},
        "consumerEmailAddress": consumer["email"],
    }


def find(connection: sqlite3.Connection, cryptogram: Any, token: Any) -> sqlite3.Row | None:
    """The cryptogram that was made for this token."""
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM src_cryptogram WHERE cryptogram = ? AND token = ?", [str(cryptogram), str(token)]
    ).fetchone()
    return found


def spend(connection: sqlite3.Connection, cryptogram: sqlite3.Row, at: datetime) -> bool:
    """Spend a cryptogram; False if it was spent before."""
    spent = connection.execute(
        "UPDATE src_cryptogram SET spent_at = ? WHERE cryptogram = ? AND spent_at IS NULL",
        [written(at), cryptogram["cryptogram"]],
    )
    return spent.rowcount == 1
