"""A page's session with a scheme: who asks for whom, for how much, and who the citizen has proved to be."""

import secrets
import sqlite3
import uuid
from datetime import datetime
from typing import Any

from . import _src_initiators, _src_profiles, _src_rules
from ._clock import written
from ._src_rules import BY_CODE, BY_DEVICE, CODE_LIVES, SESSION_LIVES, TRIES, Refused, Scheme
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
            said = _src_profiles.read_token(connection, token, "recognition", session["initiator"], at)
            devices.append(str(said.get("device")))
        except Refused:
            pass  # a token that is worth nothing is as good as none: the citizen can still prove it by a code
    for device in devices:
        if consumer := _src_profiles.owner_of(connection, scheme, device, at):
            _set(connection, session, "device", device)
            prove(connection, session, consumer, BY_DEVICE)
            return [_src_profiles.id_token(connection, scheme, consumer, session["initiator"], BY_DEVICE, at)]
    return []


def look_up(connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, kind: str, value: str) -> bool:
    """Whether the scheme knows a citizen of this address. Raises Refused."""
    if kind not in ("EMAIL_ADDRESS", "EMAIL"):
        raise Refused("ID_FORMAT_UNSUPPORTED", "The sandbox knows citizens by their e-mail address.")
    found = _src_profiles.by_email(connection, scheme, value)
    _set(connection, session, "named", found["consumer"] if found else None)
    return found is not None


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
    if sent is None:
        return Refused("CODE_INVALID", "No code was sent, or it was used.")
    if sent["tries"] >= TRIES:
        return Refused("RETRIES_EXCEEDED", "Too many wrong codes; ask for a new one.")
    if sent["expires_at"] <= written(at):
        return Refused("CODE_EXPIRED", "The code's time is over; ask for a new one.")
    if wrong or not secrets.compare_digest(str(code).encode(), sent["code"].encode()):
        connection.execute("UPDATE src_code SET tries = tries + 1 WHERE number = ?", [sent["number"]])
        return Refused("CODE_INVALID", "This is not the code that was sent.")
    connection.execute("UPDATE src_code SET used = 1 WHERE number = ?", [sent["number"]])
    prove(connection, session, consumer, BY_CODE)
    return _src_profiles.id_token(connection, scheme, consumer, session["initiator"], BY_CODE, at)


def profile(
    connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, tokens: Any, at: datetime
) -> list[dict[str, Any]]:
    """The profiles here of who the ID tokens name, whichever scheme they are of. Raises Refused."""
    if not isinstance(tokens, list) or not 1 <= len(tokens) <= 10:
        raise Refused("INVALID_PARAMETER", "idTokens is a list of ID tokens.")
    said = [_src_profiles.read_token(connection, token, "id", session["initiator"], at) for token in tokens]
    consumer = _src_profiles.by_identity(connection, scheme, str(said[0].get("identity")))
    if consumer is None:
        return []
    if session["consumer"] != consumer["consumer"]:
        prove(connection, session, consumer, said[0].get("verified_by"))
    cards = [_src_profiles.masked_card(row) for row in _src_profiles.cards(connection, consumer)]
    return [{"maskedCards": cards, "maskedConsumer": _src_profiles.masked_consumer(consumer)}]


def prove(connection: sqlite3.Connection, session: sqlite3.Row, consumer: sqlite3.Row, by: str | None) -> None:
    """From now on the session is this citizen's."""
    _set(connection, session, "consumer", consumer["consumer"])
    _set(connection, session, "verified_by", by)


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


def _named(connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row) -> sqlite3.Row:
    try:
        return _src_profiles.get(connection, scheme, session["named"])
    except Refused as refused:
        raise Refused("ACCT_INACCESSIBLE", "Nobody was found to send a code to.") from refused


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
