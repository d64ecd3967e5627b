"""How a payment provider of the sandbox opens what a checkout gave: strictly, and each only once."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import _src_initiators, _src_jose, _src_keys, _src_tokens
from ._cards import BY_SLUG, Card
from ._clock import written
from ._src_jose import Unreadable


class NotSpendable(Exception):
    """A result that pays nothing; `reason` is one of the words of docs/integrating/sandbox.md."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Spent:
    """What was paid with, and how the scheme knew the citizen (`verified_by`; None: it did not)."""

    card: Card
    holder: str | None
    scheme: str
    src_dpa_id: str
    verified_by: str | None
    eci: str


def spend(
    connection: sqlite3.Connection, result: str, *, merchant_id: str, amount_cents: int, currency: str, at: datetime
) -> Spent:
    """Open a checkout's result as PAYONE and spend its cryptogram. Raises NotSpendable; then nothing is spent."""
    said = _signed(connection, result)
    paying = _opened(connection, said)
    dynamic, token = _part(paying, "dynamicData"), _part(paying, "token")
    made = _src_tokens.find(connection, dynamic.get("dynamicDataValue"), token.get("paymentToken"))
    if made is None:
        raise NotSpendable("unreadable")
    if made["src_dpa_id"] != _src_initiators.payone_dpa(connection, merchant_id):
        raise NotSpendable("merchant")
    if (made["amount_cents"], made["currency"]) != (amount_cents, currency):
        raise NotSpendable("amount")
    if made["expires_at"] <= written(at):
        raise NotSpendable("expired")
    if not _src_tokens.spend(connection, made, at):
        raise NotSpendable("spent")
    eci = str(_part(said, "assuranceData").get("eci"))
    return Spent(BY_SLUG[made["slug"]], made["holder"], made["scheme"], made["src_dpa_id"], made["verified_by"], eci)


def _signed(connection: sqlite3.Connection, result: str) -> dict[str, Any]:
    try:
        _, key = _src_keys.verifying(connection, result)
    except Unreadable as error:
        raise NotSpendable("unreadable") from error
    try:
        return _src_jose.verified(key, result)
    except Unreadable as error:
        raise NotSpendable("signature") from error


def _opened(connection: sqlite3.Connection, said: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(said.get("encryptedPayload"), str):
        raise NotSpendable("unreadable")
    try:
        return _src_jose.decrypted(_src_initiators.payone_key(connection), said["encryptedPayload"])
    except Unreadable as error:
        raise NotSpendable("not_ours") from error


def _part(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}
