"""A checkout that waits for the citizen's answer on the card facilitator's page; it is answered once."""

import json
import secrets
import sqlite3

from ._src_rules import Refused
from ._src_wishes import Wish, wish_as_kept
from ._store import insert


def begin(connection: sqlite3.Connection, session: sqlite3.Row, wish: Wish, *, asks: bool) -> str:
    """Let a checkout wait; the name of its page."""
    flow = secrets.token_urlsafe(24)
    kept = json.dumps(wish_as_kept(wish))
    insert(connection, "src_flow", flow=flow, session=session["session"], wish=kept, asks=asks)
    return flow


def waiting(connection: sqlite3.Connection, scheme: str, flow: str) -> tuple[sqlite3.Row, Wish]:
    """A checkout that waits, joined with its session. Raises Refused for one that was answered, and for none."""
    found: sqlite3.Row | None = connection.execute(
        "SELECT src_session.*, flow, wish, asks FROM src_flow JOIN src_session USING (session)"
        " WHERE flow = ? AND scheme = ? AND NOT ended",
        [flow, scheme],
    ).fetchone()
    if found is None:
        raise Refused("NOT_FOUND", "This checkout is none, or it was answered.", 404)
    return found, Wish(**json.loads(found["wish"]))


def drop(connection: sqlite3.Connection, session: sqlite3.Row) -> None:
    """Whatever waits in this session waits in vain: it showed the terms of an earlier call."""
    connection.execute("UPDATE src_flow SET ended = 1 WHERE session = ?", [session["session"]])


def end(connection: sqlite3.Connection, flow: str) -> None:
    """It is answered."""
    connection.execute("UPDATE src_flow SET ended = 1 WHERE flow = ?", [flow])
