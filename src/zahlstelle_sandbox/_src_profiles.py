"""What a scheme keeps of a citizen: profile, cards, devices. Nothing of it is known to merchants."""

import hashlib
import secrets
import sqlite3
from datetime import datetime
from typing import Any

from . import _src_rules
from ._cards import BY_SLUG, Card
from ._clock import written
from ._src_rules import DEVICE_LIVES, Refused, Scheme
from ._store import insert


def by_email(connection: sqlite3.Connection, scheme: Scheme, email: str) -> sqlite3.Row | None:
    """A citizen's profile at the scheme."""
    return _one(connection, "email", scheme, _src_rules.address(email))


def of_token(connection: sqlite3.Connection, scheme: Scheme, said: dict[str, Any]) -> sqlite3.Row | None:
    """The profile here of who an ID token names.

    Who registers types any address. So a token that no code stands behind is worth nothing at the other scheme, and
    nothing here any more once the address's owner has come.
    """
    if said.get("proved") is True:
        found = _one(connection, "identity", scheme, str(said.get("identity")))
        if found:
            prove(connection, found)
        return found
    own = _one(connection, "consumer", scheme, str(said.get("sub"))) if said["iss"] == scheme.name else None
    return None if own is None or own["proved"] else own


def prove(connection: sqlite3.Connection, consumer: sqlite3.Row) -> None:
    """The address's owner has come: devices and sessions that only registered it are no longer theirs."""
    if consumer["proved"]:
        return
    name = [consumer["consumer"]]
    connection.execute("UPDATE src_consumer SET proved = 1 WHERE consumer = ?", name)
    connection.execute("DELETE FROM src_device WHERE consumer = ? AND NOT proved", name)
    connection.execute("UPDATE src_session SET consumer = NULL WHERE consumer = ? AND NOT proved", name)


def get(connection: sqlite3.Connection, scheme: Scheme, consumer: str | None) -> sqlite3.Row:
    """The profile of a citizen who has proved to be its owner. Raises Refused."""
    found = _one(connection, "consumer", scheme, consumer or "")
    if found is None:
        raise Refused("AUTH_INVALID", "Nobody has proved to be the owner of a profile.", 401)
    return found


def register(
    connection: sqlite3.Connection,
    scheme: Scheme,
    email: str,
    names: tuple[str | None, str | None],
    at: datetime,
) -> sqlite3.Row:
    """Make a profile. Raises Refused where the address has one: its owner must prove it first."""
    address = _src_rules.address(email)
    if by_email(connection, scheme, address):
        raise Refused("AUTH_INVALID", "This address has a profile; its owner must prove it first.", 401)
    consumer = secrets.token_urlsafe(16)
    insert(
        connection,
        "src_consumer",
        consumer=consumer,
        scheme=scheme.name,
        email=address,
        identity=_src_rules.identity(address),
        first_name=names[0],
        last_name=names[1],
        created_at=written(at),
    )
    return get(connection, scheme, consumer)


def add_card(
    connection: sqlite3.Connection, consumer: sqlite3.Row, card: Card, expiry: str, holder: str | None, at: datetime
) -> sqlite3.Row:
    """Add a card to a profile; the same card again is the same card, with its newest expiry."""
    connection.execute(
        "INSERT INTO src_card (card_id, consumer, slug, expiry, holder, created_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (consumer, slug) DO UPDATE SET expiry = excluded.expiry, holder = excluded.holder",
        [
            secrets.token_urlsafe(16) + "000000000000DE",
            consumer["consumer"],
            card.scenario.slug,
            expiry,
            holder,
            written(at),
        ],
    )
    (found,) = (each for each in cards(connection, consumer) if each["slug"] == card.scenario.slug)
    return found


def cards(connection: sqlite3.Connection, consumer: sqlite3.Row) -> list[sqlite3.Row]:
    """The cards of a profile, the last used first."""
    return connection.execute(
        "SELECT * FROM src_card WHERE consumer = ? ORDER BY coalesce(used_at, created_at) DESC, rowid DESC",
        [consumer["consumer"]],
    ).fetchall()


def card(connection: sqlite3.Connection, consumer: sqlite3.Row, card_id: str) -> sqlite3.Row:
    """A card of this profile. Raises Refused, also for another citizen's."""
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM src_card WHERE consumer = ? AND card_id = ?", [consumer["consumer"], card_id]
    ).fetchone()
    if found is None:
        raise Refused("NOT_FOUND", "The profile has no such card.", 404)
    return found


def forget(connection: sqlite3.Connection, email: str) -> int:
    """Forget a citizen at every scheme: cards, devices, codes. How many profiles there were."""
    address = _src_rules.address(email)
    connection.execute("DELETE FROM src_code WHERE email = ?", [address])
    return connection.execute("DELETE FROM src_consumer WHERE email = ?", [address]).rowcount


def bind(connection: sqlite3.Connection, consumer: sqlite3.Row, proved: bool, at: datetime) -> str:
    """Remember a device. The secret it gets is not kept, only its hash."""
    secret = secrets.token_urlsafe(32)
    until = written(at + DEVICE_LIVES)
    row = {"device": device_of(secret), "consumer": consumer["consumer"], "proved": proved, "expires_at": until}
    insert(connection, "src_device", **row)
    return secret


def unbind(connection: sqlite3.Connection, device: str | None) -> None:
    """Forget a device."""
    connection.execute("DELETE FROM src_device WHERE device = ?", [device])


def owner_of(connection: sqlite3.Connection, scheme: Scheme, device: str | None, at: datetime) -> sqlite3.Row | None:
    """The citizen whose device this is."""
    found: sqlite3.Row | None = connection.execute(
        "SELECT src_consumer.*, src_device.proved AS device_proved FROM src_device JOIN src_consumer USING (consumer)"
        " WHERE device = ? AND scheme = ? AND expires_at > ?",
        [device, scheme.name, written(at)],
    ).fetchone()
    return found


def device_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def masked_card(row: sqlite3.Row) -> dict[str, Any]:
    """What is shown of a card."""
    card = BY_SLUG[row["slug"]]
    year, _, month = row["expiry"].partition("-")
    shown = {
        "srcDigitalCardId": row["card_id"],
        "panBin": card.number[:6],
        "panLastFour": card.last4,
        "panExpirationMonth": month,
        "panExpirationYear": year,
        "paymentCardDescriptor": card.brand.lower(),
        "digitalCardData": {
            "status": "ACTIVE",
            "presentationName": "Testbank",
            "descriptorName": f"{card.brand} der Testbank",
        },
        "dateOfCardCreated": _moment(row["created_at"]),
    }
    return shown | ({"dateOfCardLastUsed": _moment(row["used_at"])} if row["used_at"] else {})


def masked_consumer(row: sqlite3.Row) -> dict[str, Any]:
    """What is shown of a citizen."""
    email = _src_rules.masked(row["email"])
    names = {"maskedFirstName": row["first_name"], "maskedLastName": row["last_name"]}
    return {
        "srcConsumerId": row["consumer"],
        "maskedConsumerIdentity": {
            "identityProvider": "SRC",
            "identityType": "EMAIL_ADDRESS",
            "maskedIdentityValue": email,
        },
        "maskedEmailAddress": email,
        "status": "ACTIVE",
        "dateConsumerAdded": _moment(row["created_at"]),
        **{name: _src_rules.masked_name(value) for name, value in names.items() if value},
    }


def _one(connection: sqlite3.Connection, column: str, scheme: Scheme, value: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM src_consumer WHERE scheme = ? AND {column} = ?",  # noqa: S608 (one of our own names)
        [scheme.name, value],
    ).fetchone()
    return found


def _moment(kept: str) -> str:
    """A moment in milliseconds, as the schemes write it."""
    return f"{kept[:-4]}Z"
