"""What a page asks a scheme for at the checkout: read strictly, before anything is asked or done."""

import re
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from . import _src_jose, _src_keys, _src_profiles, _src_rules
from ._clock import berlin_day
from ._src_jose import Unreadable
from ._src_rules import Refused, Scheme


@dataclass(frozen=True, slots=True)
class Wish:
    """What a page asks for: a card of the profile, a new one (by the test card's name), or one still to be typed."""

    card_id: str | None = None
    slug: str | None = None
    expiry: str | None = None
    holder: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    accepts_terms: bool = False
    remembers: bool = False

    @property
    def names_card(self) -> bool:
        return bool(self.card_id or self.slug)


def read_wish(
    connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, order: dict[str, Any], at: datetime
) -> Wish:
    """What a checkout call asks for. Raises Refused; a card's number is looked up and forgotten."""
    settings, consumer = order.get("complianceSettings"), order.get("consumer")
    terms, remembers = _src_rules.accepts_terms(settings), _src_rules.remembers(settings)
    told = consumer if isinstance(consumer, dict) else {}
    if order.get("srcDigitalCardId"):
        if order.get("srcCorrelationId") not in (None, session["correlation_id"]):
            raise Refused("INVALID_PARAMETER", "srcCorrelationId is another session's.")
        owner = _src_profiles.get(connection, scheme, session["consumer"])
        card = _src_profiles.card(connection, owner, str(order["srcDigitalCardId"]))
        return Wish(card_id=card["card_id"], accepts_terms=True, remembers=remembers)
    person = {
        "email": _src_rules.address(str(told["emailAddress"])) if told.get("emailAddress") else None,
        "first_name": _name(told.get("firstName")),
        "last_name": _name(told.get("lastName")),
    }
    new = _new_card(connection, scheme, order["encryptedCard"], at) if order.get("encryptedCard") else {}
    wish = Wish(**new, **person, accepts_terms=terms, remembers=remembers)
    _may_register(connection, scheme, session, wish)
    return wish


def asks(session: sqlite3.Row, wish: Wish) -> bool:
    """Whether the citizen must be asked something before this can go on."""
    registers = session["consumer"] is None
    lacks = not wish.names_card or (registers and not (wish.email and wish.accepts_terms))
    return bool(lacks or session["confirms"])


def wish_as_kept(wish: Wish) -> dict[str, Any]:
    """A wish as it waits for the citizen's answer."""
    return asdict(wish)


def _may_register(connection: sqlite3.Connection, scheme: Scheme, session: sqlite3.Row, wish: Wish) -> None:
    """Say it before anything is asked: an address that has a profile is proved by its owner, not registered again."""
    if session["consumer"] is None and wish.email and _src_profiles.by_email(connection, scheme, wish.email):
        raise Refused("AUTH_INVALID", "This address has a profile; its owner must prove it first.", 401)


def _new_card(connection: sqlite3.Connection, scheme: Scheme, jwe: Any, at: datetime) -> dict[str, str | None]:
    _, key = _src_keys.key(connection, scheme.name, _src_keys.CARDS)
    try:
        typed = _src_jose.decrypted(key, str(jwe))
    except Unreadable as error:
        raise Refused("INVALID_PARAMETER", "encryptedCard was not encrypted to the scheme's key.") from error
    card = _src_rules.test_card(scheme, str(typed.get("primaryAccountNumber")))
    month, year = str(typed.get("panExpirationMonth")), str(typed.get("panExpirationYear"))
    if not re.fullmatch(r"(0[1-9]|1[0-2]) 20\d\d", f"{month} {year}", re.ASCII):
        raise Refused("INVALID_PARAMETER", "panExpirationMonth is like 12, panExpirationYear like 2030.")
    if f"{year}-{month}" < f"{berlin_day(at):%Y-%m}":
        raise Refused("CARD_INELIGIBLE", "The card has expired.")
    if not re.fullmatch(r"\d{3}", str(typed.get("cardSecurityCode")), re.ASCII):
        raise Refused("INVALID_PARAMETER", "cardSecurityCode has three digits.")
    holder = _name(typed.get("cardholderFullName"))
    return {"slug": card.scenario.slug, "expiry": f"{year}-{month}", "holder": holder}


def _name(value: Any) -> str | None:
    if value in (None, ""):
        return None
    if not isinstance(value, str) or len(value) > 70 or not value.isprintable():
        raise Refused("INVALID_PARAMETER", "A name has at most 70 characters.")
    return value.strip() or None
