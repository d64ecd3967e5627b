"""One-time codes: sent to the outbox, right within ten minutes, and five times wrong at most."""

import secrets
import sqlite3
from datetime import datetime

from . import _src_id_tokens, _src_profiles, _src_rules, _src_sessions
from ._clock import written
from ._src_rules import BY_CODE, CODE_LIVES, TRIES, Refused, Scheme
from ._store import insert


def send_code(connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, at: datetime) -> str:
    """Send a one-time code to the outbox; the address as it is shown. Earlier codes of the session are void."""
    consumer = _named(connection, scheme, session)
    connection.execute("UPDATE src_code SET used = 1 WHERE session = ?", [session["session"]])
    insert(
        connection,
        "src_code",
        session=session["session"],
        scheme=scheme.name,
        email=consumer["email"],
        code=f"{secrets.randbelow(10**6):06d}",
        sent_at=written(at),
        expires_at=written(at + CODE_LIVES),
    )
    return _src_rules.masked(consumer["email"])


def check_code(
    connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, code: str, wrong: bool, at: datetime
) -> Refused | str:
    """The ID token of the citizen who has the code, or why not: a wrong try counts, so this must not undo it."""
    consumer = _named(connection, scheme, session)
    sent = connection.execute(
        "SELECT * FROM src_code WHERE session = ? AND NOT used ORDER BY number DESC", [session["session"]]
    ).fetchone()
    # A code proves the address it was sent to, whoever was looked up since.
    if sent is None or sent["email"] != consumer["email"]:
        return Refused("CODE_INVALID", "No code was sent, or it was used.")
    if sent["tries"] >= TRIES:
        return Refused("RETRIES_EXCEEDED", "Too many wrong codes; ask for a new one.")
    if sent["expires_at"] <= written(at):
        return Refused("CODE_EXPIRED", "The code's time is over; ask for a new one.")
    if wrong or not secrets.compare_digest(str(code).encode(), sent["code"].encode()):
        connection.execute("UPDATE src_code SET tries = tries + 1 WHERE number = ?", [sent["number"]])
        return Refused("CODE_INVALID", "This is not the code that was sent.")
    connection.execute("UPDATE src_code SET used = 1 WHERE number = ?", [sent["number"]])
    _src_profiles.prove(connection, consumer)
    session = _src_sessions.belongs(connection, session, consumer, BY_CODE, proved=True)
    return _src_id_tokens.id_token(connection, scheme, consumer, session, at)


def _named(connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row) -> sqlite3.Row:
    try:
        return _src_profiles.get(connection, scheme, session["named"])
    except Refused as refused:
        raise Refused("ACCT_INACCESSIBLE", "Nobody was found to send a code to.") from refused
