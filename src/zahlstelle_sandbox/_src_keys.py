"""The keys of the schemes, made when first asked for: one to encrypt cards to, one that results are signed with."""

import secrets
import sqlite3

from . import _src_jose
from ._src_jose import Private, Public, Unreadable
from ._src_rules import Scheme
from ._store import insert

CARDS, RESULTS = "src-fpan-encryption", "src-payload-verification"
_USES = {CARDS: "enc", RESULTS: "sig"}


def key(connection: sqlite3.Connection, owner: str, purpose: str) -> tuple[str, Private]:
    """A key and its name; the connection is writing, for the key may have to be made."""
    found = connection.execute("SELECT * FROM src_key WHERE owner = ? AND purpose = ?", [owner, purpose]).fetchone()
    if found:
        return str(found["kid"]), _src_jose.private(found["pem"])
    made, kid = _src_jose.make_key(), f"{secrets.token_hex(4)}-{purpose}"
    insert(connection, "src_key", owner=owner, purpose=purpose, kid=kid, pem=_src_jose.written(made))
    return kid, made


def public_keys(connection: sqlite3.Connection, scheme: Scheme) -> list[dict[str, str]]:
    """What a scheme publishes (JWKS)."""
    named = [(*key(connection, scheme.name, purpose), use) for purpose, use in _USES.items()]
    return [_src_jose.public_jwk(private.public_key(), kid, use) for kid, private, use in named]


def verifying(connection: sqlite3.Connection, jws: str) -> tuple[str, Public]:
    """The scheme whose key a JWS says it was signed with, and that key. Raises Unreadable for a key of nobody."""
    kid = str(_src_jose.head(jws).get("kid"))
    found = connection.execute("SELECT * FROM src_key WHERE kid = ? AND purpose = ?", [kid, RESULTS]).fetchone()
    if found is None:
        raise Unreadable("signed with a key of no scheme")
    return str(found["owner"]), _src_jose.private(found["pem"]).public_key()
