"""Who asks the schemes: initiators (payment providers) and, behind them, merchants under the name DPA."""

import re
import sqlite3
from typing import Any

from . import _merchants, _src_jose, _src_keys
from ._checks import strict, text
from ._src_rules import PAYONE, Refused
from ._store import insert

_UUID = text(36, r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PURPOSE = "src-payload-encryption"


def put_initiator(connection: sqlite3.Connection, initiator: Any, body: Any) -> None:
    """Add an initiator, or change its keys. Raises Problem 422."""
    values = strict(
        {"initiator": initiator} | (body if isinstance(body, dict) else {}),
        {"initiator": _UUID, "name": text(60), "encryption_key": _public_key, "signing_key": _public_key},
    )
    connection.execute(
        "INSERT INTO src_initiator VALUES (:initiator, :name, :encryption_key, :signing_key) ON CONFLICT (initiator)"
        " DO UPDATE SET name = :name, encryption_key = :encryption_key, signing_key = :signing_key",
        values,
    )


def put_dpa(connection: sqlite3.Connection, src_dpa_id: Any, body: Any) -> None:
    """Add a merchant of an initiator, or change it. Raises Problem 422, Refused for an initiator nobody knows."""
    names = {"src_dpa_id": text(100, r"[A-Za-z0-9_-]+"), "initiator": _UUID, "name": text(60)}
    values = strict({"src_dpa_id": src_dpa_id} | (body if isinstance(body, dict) else {}), names)
    get(connection, values["initiator"])
    connection.execute(
        "INSERT INTO src_dpa (src_dpa_id, initiator, name) VALUES (:src_dpa_id, :initiator, :name)"
        " ON CONFLICT (src_dpa_id) DO UPDATE SET initiator = :initiator, name = :name",
        values,
    )


def get(connection: sqlite3.Connection, initiator: str) -> sqlite3.Row:
    """An initiator. Raises Refused."""
    if initiator == PAYONE:
        _payone(connection)
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM src_initiator WHERE initiator = ?", [initiator]
    ).fetchone()
    if found is None:
        raise Refused("PERMISSION_DENIED", "This initiator is not known here.", 403)
    return found


def dpa(connection: sqlite3.Connection, initiator: str, src_dpa_id: str) -> sqlite3.Row:
    """A merchant of the initiator. Raises Refused."""
    get(connection, initiator)
    named = re.fullmatch(f"{PAYONE}_([A-Za-z0-9_-]+)", src_dpa_id)
    account = named and connection.execute("SELECT 1 FROM payone_account WHERE merchant_id = ?", [named[1]]).fetchone()
    if named and account:
        payone_dpa(connection, named[1])
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM src_dpa WHERE src_dpa_id = ? AND initiator = ?", [src_dpa_id, initiator]
    ).fetchone()
    if found is None:
        raise Refused("PERMISSION_DENIED", "The initiator has no such merchant.", 403)
    return found


def payone_dpa(connection: sqlite3.Connection, merchant_id: str) -> str:
    """The name under which the schemes know a merchant of PAYONE. Raises Problem 404 for no merchant."""
    _payone(connection)
    name = f"{PAYONE}_{merchant_id}"
    merchant = _merchants.get(connection, merchant_id)
    connection.execute(
        "INSERT INTO src_dpa VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", [name, PAYONE, merchant["name"], merchant_id]
    )
    return name


def payone_key(connection: sqlite3.Connection) -> _src_jose.Private:
    """PAYONE's own key, with which it alone reads what the schemes encrypt to it."""
    return _src_keys.key(connection, "payone", _PURPOSE)[1]


def _payone(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM src_initiator WHERE initiator = ?", [PAYONE]).fetchone():
        return
    readable = _src_jose.public_written(payone_key(connection).public_key())
    insert(connection, "src_initiator", initiator=PAYONE, name="PAYONE (Sandbox)", encryption_key=readable)


def _public_key(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a public key, as PEM")
    _src_jose.public(value)
    return value
