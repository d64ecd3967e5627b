"""Click to Pay at the sandbox: the two schemes, what they refuse, what they show of a card. Pure: no IO, no clock."""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ._cards import BY_NUMBER, CARDS, Card, luhn

SESSION_LIVES = timedelta(minutes=30)
CODE_LIVES = timedelta(minutes=10)
CRYPTOGRAM_LIVES = timedelta(minutes=15)
DEVICE_LIVES = timedelta(days=180)
TRIES = 5
# PAYONE of the sandbox: a payment provider that is an initiator from the start.
PAYONE = "5a4e0b1c-9d5f-4c36-8a21-0c2f6f1d5002"
# How the citizen was shown to be the profile's owner, in the words of the schemes' public descriptions.
BY_CODE, BY_DEVICE = "04", "24"
# Recognisable in any log or table that a network token or a cryptogram should never have reached.
TOKEN_PREFIXES = {"visa": "48953770", "mastercard": "52042477"}
CRYPTOGRAM_PREFIX = b"KRYPTOGRAMM:"
# The issuer of this card takes no part.
NOT_ELIGIBLE = "expired-card"


@dataclass(frozen=True, slots=True)
class Scheme:
    """A card scheme: its name in addresses, the brand of its cards, and how long the key of a card's JWE is."""

    name: str
    brand: str
    key_bytes: int

    @property
    def cookie(self) -> str:
        return f"src_{self.name}"


SCHEMES = {each.name: each for each in (Scheme("mastercard", "Mastercard", 16), Scheme("visa", "Visa", 32))}


class Refused(Exception):
    """A call the scheme refuses; `reason` never changes, `status` is the HTTP status."""

    def __init__(self, reason: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.reason, self.message, self.status = reason, message, status

    def body(self) -> dict[str, str]:
        return {"reason": self.reason, "message": self.message}


def scheme_of(card: Card) -> Scheme:
    """The scheme a card belongs to."""
    return next(scheme for scheme in SCHEMES.values() if scheme.brand == card.brand)


def identity(email: str) -> str:
    """What stands in an ID token for an e-mail address: enough to find the citizen, too little to write to."""
    return hashlib.sha256(address(email).encode()).hexdigest()


def address(email: str) -> str:
    """An e-mail address as it is compared. Raises Refused for what is none."""
    found = email.strip().casefold()
    if not re.fullmatch(r"[^\s@]{1,64}@[^\s@]{1,190}", found):
        raise Refused("INVALID_PARAMETER", "This is no e-mail address.")
    return found


def masked(email: str) -> str:
    """An e-mail address as it is shown to who has not proved to be its owner."""
    name, _, place = email.partition("@")
    return f"{name[0]}***@{place}"


def masked_name(name: str) -> str:
    """A name of which the first letters are left."""
    return " ".join(f"{part[0]}***" for part in name.split())


def token_number(card: Card) -> str:
    """The network token of a card: like a number of the scheme, and none of a card."""
    body = TOKEN_PREFIXES[scheme_of(card).name] + f"{CARDS.index(card):07d}"
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


def cryptogram(chance: bytes) -> str:
    """A cryptogram of 8 bytes of chance."""
    return base64.b64encode(CRYPTOGRAM_PREFIX + chance).decode()


def cents(amount: Any) -> int:
    """The cents of `"12.34"`. Raises Refused: a number with a point is none here, nor is nothing."""
    if isinstance(amount, bool) or not re.fullmatch(r"\d{1,9}(\.\d\d?)?", str(amount), re.ASCII):
        raise Refused("INVALID_PARAMETER", "transactionAmount is a text like 12.34.")
    if isinstance(amount, float):
        raise Refused("INVALID_PARAMETER", "transactionAmount is a text, so that no cent is rounded.")
    whole, _, part = str(amount).partition(".")
    found = int(whole) * 100 + int(part.ljust(2, "0"))
    if found == 0:
        raise Refused("INVALID_PARAMETER", "transactionAmount is above zero.")
    return found


def test_card(scheme: Scheme, number: str) -> Card:
    """The test card of a number, if the scheme can register it. Raises Refused; the number is not repeated."""
    card = BY_NUMBER.get(number)
    if card is None or card.brand != scheme.brand:
        raise Refused("CARD_INELIGIBLE", f"This is no {scheme.brand} test card.")
    if card.scenario.slug == NOT_ELIGIBLE:
        raise Refused("CARD_INELIGIBLE", "The card's issuer takes no part.")
    return card


def remembers(settings: Any) -> bool:
    """Whether compliance settings say that the device is to be remembered."""
    resources = settings.get("complianceResources") if isinstance(settings, dict) else None
    return isinstance(resources, list) and "REMEMBER_ME" in _types(resources)


def accepts_terms(settings: Any) -> bool:
    """Whether compliance settings say that the terms of a registration were accepted."""
    terms = settings.get("tnc") if isinstance(settings, dict) else None
    return isinstance(terms, dict) and bool(terms.get("acceptedVersion"))


def _types(resources: Iterable[Any]) -> list[Any]:
    return [each.get("complianceType") for each in resources if isinstance(each, dict)]
