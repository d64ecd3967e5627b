"""What PAYONE's classic interface tells of a payment: the TransactionStatus, a form in Latin-1."""

import hashlib
import sqlite3
from urllib.parse import urlencode


def told(connection: sqlite3.Connection, payment: sqlite3.Row, event: str, *, corrupt: bool) -> list[str] | None:
    """The TransactionStatus of a payment's news, in their order; None for a payment of another interface."""
    found = connection.execute(
        "SELECT * FROM payone_classic_payment JOIN payone_classic ON merchant_id = ? WHERE payment_id = ?",
        [payment["merchant_id"], payment["payment_id"]],
    ).fetchone()
    if found is None:
        return None
    words = {
        "payment.captured": [("appointed", "completed"), ("paid", "completed")],
        "payment.declined": [("failed", "completed")],
        "payment.cancelled": [("failed", "completed")],
        "payment.expired": [("failed", "completed")],
    }
    return [_status(payment, found, *word, corrupt=corrupt) for word in words.get(event, [])]


def _status(payment: sqlite3.Row, found: sqlite3.Row, action: str, state: str, *, corrupt: bool) -> str:
    cents = payment["amount_cents"]
    price = f"{cents // 100}.{cents % 100:02d}"
    key = hashlib.md5(("another" if corrupt else found["portal_key"]).encode(), usedforsecurity=False).hexdigest()
    said = {
        "key": key,
        "txaction": action,
        "transaction_status": state,
        "mode": "test",
        "portalid": found["portal_id"],
        "aid": found["aid"],
        "clearingtype": found["clearingtype"],
        "txid": found["txid"],
        "reference": found["name"],
        "param": found["param"],
        "sequencenumber": 0,
        "price": price,
        "currency": payment["currency"],
        "receivable": price if action != "failed" else "0.00",
        "balance": price if action == "appointed" else "0.00",
    }
    return urlencode(said, encoding="latin-1")
