"""A page's session with a scheme: who asks for whom, for how much, and who the citizen has proved to be."""

import secrets
import sqlite3
import uuid
from datetime import datetime
from typing import Any

from . import _src_id_tokens, _src_initiators, _src_profiles, _src_rules
from ._clock import written
from ._src_rules import BY_DEVICE, SESSION_LIVES, Refused, Scheme
from ._store import insert


def start(
    connection: sqlite3.Connection, scheme: Scheme, asked: dict[str, Any], origin: str | None, at: datetime
) -> sqlite3.Row:
    """Begin a session. Raises Refused for an initiator or merchant nobody knows, and for an amount that is none."""
    initiator, src_dpa_id = str(asked.get("srcInitiatorId")), str(asked.get("srciDpaId"))
    _src_initiators.dpa(connection, initiator, src_dpa_id)
    options = _options(asked)
    session = secrets.token_urlsafe(32)
    insert(
        connection,
        "src_session",
        session=session,
        scheme=scheme.name,
        correlation_id=f"{secrets.token_hex(4)}.{uuid.uuid4()}",
        transaction_id=_uuid(asked.get("srciTransactionId")),
        initiator=initiator,
        src_dpa_id=src_dpa_id,
        origin=origin,
        language="en" if str(options.get("dpaLocale", "")).lower().startswith("en") else "de",
        expires_at=written(at + SESSION_LIVES),
        **_terms(options),
    )
    return get(connection, scheme, session, at)


def get(connection: sqlite3.Connection, scheme: Scheme, session: Any, at: datetime) -> sqlite3.Row:
    """A session that goes on. Raises Refused."""
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM src_session WHERE session = ? AND scheme = ? AND expires_at > ?",
        [str(session), scheme.name, written(at)],
    ).fetchone()
    if found is None:
        raise Refused("AUTH_INVALID", "There is no such session, or its time is over.", 401)
    return found


def change_terms(connection: sqlite3.Connection, session: sqlite3.Row, options: Any) -> sqlite3.Row:
    """Take the transaction options that come with a checkout; what they do not name stays as it was."""
    if not isinstance(options, dict):
        return session
    for column, value in _terms(options).items():
        named = {"with_payload": "payloadTypeIndicatorCheckout", "confirms": "confirmPayment"}
        if named.get(column, "transactionAmount") in options:
            _set(connection, session, column, value)
    return _again(connection, session)


def recognise(
    connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, secret: str | None, token: Any, at: datetime
) -> list[str]:
    """ID tokens of the citizen whose device this is: by the scheme's cookie, or by a recognition token."""
    devices = [_src_profiles.device_of(secret)] if secret else []
    if token:
        try:
            said = _src_id_tokens.read_token(connection, token, "recognition", session["initiator"], at)
            devices.append(str(said.get("device")))
        except Refused:
            pass  # a token that is worth nothing is as good as none: the citizen can still prove it by a code
    for device in devices:
        if consumer := _src_profiles.owner_of(connection, scheme, device, at):
            _set(connection, session, "device", device)
            proved = bool(consumer["device_proved"])
            session = belongs(connection, session, consumer, BY_DEVICE, proved=proved)
            return [_src_id_tokens.id_token(connection, scheme, consumer, session, at)]
    return []


def look_up(connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, kind: str, value: str) -> bool:
    """Whether the scheme knows a citizen of this address. Raises Refused."""
    if kind not in ("EMAIL_ADDRESS", "EMAIL"):
        raise Refused("ID_FORMAT_UNSUPPORTED", "The sandbox knows citizens by their e-mail address.")
    found = _src_profiles.by_email(connection, scheme, value)
    _set(connection, session, "named", found["consumer"] if found else None)
    return found is not None


def profile(
    connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, tokens: Any, at: datetime
) -> list[dict[str, Any]]:
    """The profiles here of who the ID tokens name, whichever scheme they are of. Raises Refused."""
    if not isinstance(tokens, list) or not 1 <= len(tokens) <= 10:
        raise Refused("INVALID_PARAMETER", "idTokens is a list of ID tokens.")
    said = [_src_id_tokens.read_token(connection, token, "id", session["initiator"], at) for token in tokens]
    consumer = _src_profiles.of_token(connection, scheme, said[0])
    if consumer is None:
        return []
    proved = said[0].get("proved") is True
    if session["consumer"] != consumer["consumer"] or (proved and not session["proved"]):
        belongs(connection, session, consumer, said[0].get("verified_by"), proved=proved)
    cards = [_src_profiles.masked_card(row) for row in _src_profiles.cards(connection, consumer)]
    return [{"maskedCards": cards, "maskedConsumer": _src_profiles.masked_consumer(consumer)}]


def belongs(
    connection: sqlite3.Connection, session: sqlite3.Row, consumer: sqlite3.Row, by: str | None, *, proved: bool
) -> sqlite3.Row:
    """From now on the session is this citizen's; `proved` where a code stands behind it, now or on this device."""
    for column, value in (("consumer", consumer["consumer"]), ("verified_by", by), ("proved", proved)):
        _set(connection, session, column, value)
    return _again(connection, session)


def bound(connection: sqlite3.Connection, session: sqlite3.Row, device: str) -> None:
    """The session's device is remembered."""
    _set(connection, session, "device", device)


def forget_device(connection: sqlite3.Connection, session: sqlite3.Row, secret: str | None) -> None:
    """Forget what the session's device was known by: by the scheme's cookie, and by a recognition token."""
    for device in {session["device"], _src_profiles.device_of(secret) if secret else None}:
        _src_profiles.unbind(connection, device)


def leave(connection: sqlite3.Connection, session: sqlite3.Row, secret: str | None) -> None:
    """Forget the device and who the citizen was."""
    forget_device(connection, session, secret)
    for column in ("named", "consumer", "verified_by", "device"):
        _set(connection, session, column, None)
    _set(connection, session, "proved", False)


def _terms(options: dict[str, Any]) -> dict[str, Any]:
    amount = options.get("transactionAmount")
    if amount is not None and (not isinstance(amount, dict) or amount.get("transactionCurrencyCode") != "EUR"):
        raise Refused("INVALID_PARAMETER", "transactionCurrencyCode is EUR.")
    return {
        "amount_cents": _src_rules.cents(amount.get("transactionAmount")) if amount else None,
        "currency": "EUR" if amount else None,
        "with_payload": options.get("payloadTypeIndicatorCheckout") == "FULL",
        "confirms": options.get("confirmPayment") is True,
    }


def _options(asked: dict[str, Any]) -> dict[str, Any]:
    options = asked.get("dpaTransactionOptions", {})
    if not isinstance(options, dict):
        raise Refused("INVALID_PARAMETER", "dpaTransactionOptions is an object.")
    return options


def _uuid(value: Any) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError as error:
        raise Refused("INVALID_PARAMETER", "srciTransactionId is a UUID.") from error


def _set(connection: sqlite3.Connection, session: sqlite3.Row, column: str, value: object) -> None:
    connection.execute(
        f"UPDATE src_session SET {column} = ? WHERE session = ?",  # noqa: S608 (one of our own names)
        [value, session["session"]],
    )


def _again(connection: sqlite3.Connection, session: sqlite3.Row) -> sqlite3.Row:
    found: sqlite3.Row = connection.execute(
        "SELECT * FROM src_session WHERE session = ?", [session["session"]]
    ).fetchone()
    return found
