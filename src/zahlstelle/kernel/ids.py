"""Ids: new ones grow with time (UUIDv7), ids of business facts follow from the fact, tokens are secret."""

import hashlib
import secrets
import time
from uuid import UUID, uuid5

_FACTS = UUID("5e0f5d1c-3c2b-5d0e-9d54-2f6a5c1a7e10")


def new_id() -> UUID:
    """Make a UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then chance."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def fact_id(*parts: object) -> UUID:
    """Make the id that belongs to a fact: the same fact always has the same id."""
    return uuid5(_FACTS, "\x1f".join(map(str, parts)))


def numbered_id(fact: UUID, number: int) -> UUID:
    """Make the id of a fact's part by its number (UUIDv8): 90 bits of the fact's id, then 32 bits of the number.

    Parts that are written together lie together in every index over their ids.
    """
    if not 0 <= number < 1 << 32:
        raise ValueError(f"{number} is no number of a part")
    value = (fact.int & ~(0xF << 76 | 0xFFFFFFFF)) | 8 << 76 | number
    return UUID(int=(value & ~(0x3 << 62)) | 0x2 << 62)


def id_about(part: UUID, *parts: object) -> UUID:
    """Make the id of a fact about another one. About numbered parts it keeps their number, and so their order."""
    if part.int >> 76 & 0xF != 8:
        return fact_id(part, *parts)
    return numbered_id(fact_id(str(part)[:NUMBERED_FROM], *parts), part.int & 0xFFFFFFFF)


NUMBERED_FROM = 28  # where the number begins in a numbered id's text


def new_token() -> str:
    """Make an unguessable token for an address (160 bits)."""
    return secrets.token_urlsafe(20)


def token_digest(token: str) -> str:
    """Give the form in which a token is kept: who reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()
