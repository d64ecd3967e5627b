"""A checkout at a scheme: which card, what must still be asked, and the signed result."""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import (
    _src_id_tokens,
    _src_initiators,
    _src_jose,
    _src_keys,
    _src_profiles,
    _src_rules,
    _src_sessions,
    _src_tokens,
)
from ._cards import BY_SLUG
from ._clock import read, written
from ._src_rules import CRYPTOGRAM_LIVES, Refused, Scheme
from ._src_wishes import Wish
from ._store import insert

_TERMS = ("amount_cents", "currency", "verified_by")


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to the page, and the secret of a device that is remembered from now on."""

    answer: dict[str, Any]
    secret: str | None = None


def complete(
    connection: sqlite3.Connection,
    scheme: Scheme,
    session: sqlite3.Row,
    wish: Wish,
    secret: str | None,
    at: datetime,
    *,
    replay: bool,
) -> Done:
    """Register what is new, remember the device if that was wanted, and sign the result. Raises Refused.

    `secret` is what the device has been known by so far.
    """
    consumer = _owner(connection, scheme, session, wish, at)
    card = _card(connection, consumer, wish, at)
    connection.execute("UPDATE src_card SET used_at = ? WHERE card_id = ?", [written(at), card["card_id"]])
    device = _remembered(connection, scheme, session, consumer, secret, at) if wish.remembers else {}
    earlier = _earlier(connection, session, card) if replay else None
    result = earlier or _result(connection, scheme, session, consumer, card, at)
    answer = {
        "dcfActionCode": "COMPLETE",
        "checkoutResponseSignature": result,
        # Mastercard's pages read what was signed, Visa's hand it on as it is.
        "checkoutResponse": result if scheme.name == "visa" else _payload_of(connection, result),
        "idToken": _src_id_tokens.id_token(connection, scheme, consumer, session, at),
        "unbindAppInstance": False,
    }
    token = {name: value for name, value in device.items() if name == "recognitionToken"}
    return Done(answer | token, device.get("secret"))


def take_payload(
    connection: sqlite3.Connection, scheme: Scheme, initiator: str, order: dict[str, Any], at: datetime
) -> str:
    """The result of a checkout with its payload, for the initiator's server, once. Raises Refused."""
    session: sqlite3.Row | None = connection.execute(
        "SELECT * FROM src_session WHERE correlation_id = ? AND scheme = ?", [order["srcCorrelationId"], scheme.name]
    ).fetchone()
    if session is None or (session["initiator"], session["src_dpa_id"]) != (initiator, order["srcDpaId"]):
        raise Refused("PERMISSION_DENIED", "The initiator and merchant have no such checkout.", 403)
    done = connection.execute(
        "SELECT * FROM src_checkout WHERE session = ? AND card_id = ? AND NOT payload_given ORDER BY rowid DESC",
        [session["session"], order["srcDigitalCardId"]],
    ).fetchone()
    if done is None or read(done["done_at"]) + CRYPTOGRAM_LIVES <= at:
        raise Refused("INVALID_ARGUMENT", "There is no such checkout, it is too old, or its payload was given.")
    if done["amount_cents"] is None:
        raise Refused("INVALID_ARGUMENT", "The checkout named no amount, so there is nothing to pay it with.")
    consumer = _src_profiles.get(connection, scheme, session["consumer"])
    card = _src_profiles.card(connection, consumer, done["card_id"])
    connection.execute("UPDATE src_checkout SET payload_given = 1 WHERE checkout = ?", [done["checkout"]])
    # The terms of this checkout, not those that the session may have got since.
    terms = dict(session) | {name: done[name] for name in _TERMS}
    return _signed(connection, scheme, terms, consumer, card, at, with_payload=True)


def _remembered(
    connection: sqlite3.Connection,
    scheme: Scheme,
    session: sqlite3.Row,
    consumer: sqlite3.Row,
    known_by: str | None,
    at: datetime,
) -> dict[str, str]:
    """Remember the device anew: what it was known by before is worth nothing from now on."""
    _src_sessions.forget_device(connection, session, known_by)
    secret = _src_profiles.bind(connection, consumer, bool(session["proved"]), at)
    device = _src_profiles.device_of(secret)
    _src_sessions.bound(connection, session, device)
    token = _src_id_tokens.recognition_token(connection, scheme, consumer, session["initiator"], device, at)
    return {"secret": secret, "recognitionToken": token}


def _result(
    connection: sqlite3.Connection,
    scheme: Scheme,
    session: sqlite3.Row,
    consumer: sqlite3.Row,
    card: sqlite3.Row,
    at: datetime,
) -> str:
    with_payload = bool(session["with_payload"])
    if with_payload and session["amount_cents"] is None:
        raise Refused("INVALID_PARAMETER", "A payload is asked for, but no transactionAmount is named.")
    result = _signed(connection, scheme, session, consumer, card, at, with_payload=with_payload)
    insert(
        connection,
        "src_checkout",
        checkout=secrets.token_urlsafe(16),
        session=session["session"],
        card_id=card["card_id"],
        **{name: session[name] for name in _TERMS},
        done_at=written(at),
        payload_given=with_payload,
        result=result,
    )
    return result


def _signed(
    connection: sqlite3.Connection,
    scheme: Scheme,
    session: sqlite3.Row | dict[str, Any],
    consumer: sqlite3.Row,
    card: sqlite3.Row,
    at: datetime,
    *,
    with_payload: bool,
) -> str:
    said = {
        "srcCorrelationId": session["correlation_id"],
        "srciTransactionId": session["transaction_id"],
        "maskedCard": _src_profiles.masked_card(card),
        "maskedConsumer": _src_profiles.masked_consumer(consumer),
        "assuranceData": {"verificationData": [_verification(session, at)], "eci": "06"},
    }
    if with_payload:
        initiator = _src_initiators.get(connection, session["initiator"])
        paying = _src_tokens.payload(connection, session, consumer, card, at)
        reader = _src_jose.public(initiator["encryption_key"])
        head = {"kid": session["initiator"], "cty": "application/json"}
        said["encryptedPayload"] = _src_jose.encrypt(reader, head, paying)
    kid, key = _src_keys.key(connection, scheme.name, _src_keys.RESULTS)
    issued = {"iss": scheme.name, "iat": str(int(at.timestamp())), "jti": secrets.token_urlsafe(16)}
    return _src_jose.sign(key, issued | {"kid": kid}, said)


def _verification(session: sqlite3.Row | dict[str, Any], at: datetime) -> dict[str, Any]:
    by = session["verified_by"]
    return {
        "verificationType": "CARDHOLDER",
        "verificationEntity": "02",
        "verificationMethod": by or _src_rules.BY_CODE,
        "verificationResults": "01" if by else "03",
        "verificationTimestamp": str(int(at.timestamp())),
        "verificationEvents": ["01"] if by else ["02"],
    }


def _owner(
    connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, wish: Wish, at: datetime
) -> sqlite3.Row:
    if session["consumer"]:
        return _src_profiles.get(connection, scheme, session["consumer"])
    if not wish.email or not wish.accepts_terms:
        raise Refused("INVALID_PARAMETER", "A registration needs an e-mail address and accepted terms.")
    names = (wish.first_name, wish.last_name)
    consumer = _src_profiles.register(connection, scheme, wish.email, names, at)
    connection.execute(
        "UPDATE src_session SET consumer = ? WHERE session = ?", [consumer["consumer"], session["session"]]
    )
    return consumer


def _card(connection: sqlite3.Connection, consumer: sqlite3.Row, wish: Wish, at: datetime) -> sqlite3.Row:
    if wish.card_id:
        return _src_profiles.card(connection, consumer, wish.card_id)
    if not wish.slug or not wish.expiry:
        raise Refused("INVALID_PARAMETER", "A card is missing.")
    return _src_profiles.add_card(connection, consumer, BY_SLUG[wish.slug], wish.expiry, wish.holder, at)


def _earlier(connection: sqlite3.Connection, session: sqlite3.Row, card: sqlite3.Row) -> str | None:
    found = connection.execute(
        "SELECT result FROM src_checkout JOIN src_session USING (session) WHERE card_id = ? AND src_dpa_id = ?"
        " ORDER BY src_checkout.rowid DESC",
        [card["card_id"], session["src_dpa_id"]],
    ).fetchone()
    return str(found["result"]) if found else None


def _payload_of(connection: sqlite3.Connection, result: str) -> dict[str, Any]:
    return _src_jose.verified(_src_keys.verifying(connection, result)[1], result)
