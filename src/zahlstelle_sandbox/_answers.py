"""Idempotency: what was answered to a key is answered again, and a key with another body is refused."""

import hashlib
import json
import sqlite3
from typing import Any

from ._problems import Problem
from ._store import insert

Answer = tuple[int, dict[str, Any]]


def known_answer(connection: sqlite3.Connection, merchant: sqlite3.Row, key: str | None, body: Any) -> Answer | None:
    """What this key was answered before, or None. Raises Problem 400 without a key, 422 with another body."""
    if not key or len(key) > 255 or not key.isascii() or not key.isprintable():
        raise Problem(400, "idempotency_key_missing", "Send an Idempotency-Key header, 1 to 255 visible characters.")
    row = connection.execute(
        "SELECT * FROM answer WHERE merchant_id = ? AND key = ?", [merchant["merchant_id"], key]
    ).fetchone()
    if row is None:
        return None
    if row["fingerprint"] != _fingerprint(body):
        raise Problem(422, "idempotency_key_reused", "This Idempotency-Key came before with another body.")
    return row["status"], json.loads(row["body"])


def keep_answer(
    connection: sqlite3.Connection,
    merchant: sqlite3.Row,
    key: str | None,
    body: Any,
    status: int,
    answer: Any,
) -> None:
    """Keep the answer, in the transaction of what it tells."""
    insert(
        connection,
        "answer",
        merchant_id=merchant["merchant_id"],
        key=key,
        fingerprint=_fingerprint(body),
        status=status,
        body=json.dumps(answer),
    )


def _fingerprint(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
