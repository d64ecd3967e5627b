"""Cards that GiroCheckout keeps (Pseudo-Kartennummer, pkn): asked for at a start, told by `creditcard/pkninfo`."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from . import _merchants, _stored_cards
from ._cards import BY_SLUG
from ._giro_rules import CALL, NO_SUCH_CARD, REFUSED, Refused
from ._problems import Problem


def asked(connection: sqlite3.Connection, project: sqlite3.Row, said: Mapping[str, str]) -> dict[str, Any]:
    """What a start says of kept cards, as columns of its payment.

    Raises Refused: for a card that this merchant does not have, and for going without the security code (`recurring`)
    where no kept card is charged or the project is not activated for it.
    """
    pkn, recurring = said.get("pkn"), said.get("recurring") == "1"
    charged = pkn not in (None, "create")
    if recurring and not (charged and project["without_cvc"]):
        raise Refused(REFUSED["recurring"])
    if charged:
        _card(connection, project, str(pkn))
    return {
        "keep_card": pkn == "create",
        "stored_card": pkn if charged else None,
        "asks_code": charged and not recurring,
    }


def told(connection: sqlite3.Connection, payment: sqlite3.Row) -> dict[str, str]:
    """What is told of the card kept while a payment was made. Raises Refused where none was."""
    card = _stored_cards.of_payment(connection, payment)
    if card is None:
        raise Refused(NO_SUCH_CARD)
    year, _, month = card["expiry"].partition("-")
    number = BY_SLUG[card["slug"]].number
    masked = number[:6] + "*" * (len(number) - 10) + number[-4:]
    return {"pkn": card["handle"], "cardnumber": masked, "expiremonth": month, "expireyear": year}


def _card(connection: sqlite3.Connection, project: sqlite3.Row, pkn: str) -> sqlite3.Row:
    if project["kind"] != "card":
        raise Refused(CALL)
    try:
        return _stored_cards.by_handle(connection, _merchants.get(connection, project["merchant_id"]), pkn)
    except Problem as problem:
        raise Refused(NO_SUCH_CARD) from problem
