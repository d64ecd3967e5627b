"""Tokens that say who a citizen is, or which device: signed by a scheme, for one initiator, and not for long."""

import secrets
import sqlite3
from datetime import datetime
from typing import Any

from . import _src_jose, _src_keys
from ._src_jose import Unreadable
from ._src_rules import DEVICE_LIVES, SESSION_LIVES, Refused, Scheme


def id_token(
    connection: sqlite3.Connection, scheme: Scheme, consumer: sqlite3.Row, session: sqlite3.Row, at: datetime
) -> str:
    """What says to every scheme who the session's citizen is, and whether it is known that the address is theirs."""
    by, proved = session["verified_by"], bool(session["proved"])
    until = int((at + SESSION_LIVES).timestamp())
    claims = {"identity": consumer["identity"], "proved": proved, "verified_by": by, "exp": until}
    return _token(connection, scheme, "id", consumer["consumer"], session["initiator"], claims, at)


def recognition_token(
    connection: sqlite3.Connection, scheme: Scheme, consumer: sqlite3.Row, initiator: str, device: str, at: datetime
) -> str:
    """What a page may keep instead of the scheme's cookie, if the citizen wants it."""
    claims = {"device": device, "exp": int((at + DEVICE_LIVES).timestamp())}
    return _token(connection, scheme, "recognition", consumer["consumer"], initiator, claims, at)


def read_token(
    connection: sqlite3.Connection, token: Any, purpose: str, initiator: str, at: datetime
) -> dict[str, Any]:
    """What a token says. Raises Refused for one that is none, of another purpose or initiator, or too old."""
    try:
        scheme, key = _src_keys.verifying(connection, str(token))
        said = _src_jose.verified(key, str(token))
    except Unreadable as error:
        raise Refused("AUTH_INVALID", "The token is none of a scheme.", 401) from error
    meant = (said.get("iss"), said.get("purpose"), said.get("aud")) == (scheme, purpose, initiator)
    if not meant or int(said.get("exp", 0)) <= at.timestamp():
        raise Refused("AUTH_INVALID", "The token is for something else, or its time is over.", 401)
    return said


def _token(
    connection: sqlite3.Connection,
    scheme: Scheme,
    purpose: str,
    consumer: str,
    initiator: str,
    claims: dict[str, Any],
    at: datetime,
) -> str:
    kid, key = _src_keys.key(connection, scheme.name, _src_keys.RESULTS)
    said = {"iss": scheme.name, "purpose": purpose, "sub": consumer, "aud": initiator, "iat": int(at.timestamp())}
    return _src_jose.sign(key, {"kid": kid, "typ": "JWT"}, said | claims | {"jti": secrets.token_urlsafe(12)})
