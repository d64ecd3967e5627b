"""The life of a payment at the sandbox, as a graph. Pure: no IO, no clock."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """The sandbox's own words. An adapter translates them; nobody else knows them."""

    CREATED = "created"
    PENDING = "pending"
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


EDGES: frozenset[tuple[Status, Status]] = frozenset(
    {
        (Status.CREATED, Status.PENDING),
        (Status.CREATED, Status.CAPTURED),
        (Status.CREATED, Status.DECLINED),
        (Status.CREATED, Status.CANCELLED),
        (Status.CREATED, Status.EXPIRED),
        (Status.CREATED, Status.UNKNOWN),
        (Status.PENDING, Status.CAPTURED),
        (Status.PENDING, Status.DECLINED),
        (Status.PENDING, Status.CANCELLED),
        (Status.PENDING, Status.EXPIRED),
        # The issuer answers late: the merchant may long have given up.
        (Status.UNKNOWN, Status.CAPTURED),
        (Status.UNKNOWN, Status.DECLINED),
    }
)
FINAL = frozenset({Status.CAPTURED, Status.DECLINED, Status.CANCELLED, Status.EXPIRED})


class Impossible(Exception):
    """The graph has no edge from the one status to the other."""

    def __init__(self, before: Status, after: Status) -> None:
        super().__init__(f"A payment that is {before} cannot become {after}.")
        self.before, self.after = before, after


def move(before: Status, after: Status) -> Status:
    """The status after the move. Raises Impossible where the graph has no such edge."""
    if (before, after) not in EDGES:
        raise Impossible(before, after)
    return after


@dataclass(frozen=True, slots=True)
class Waiting:
    """What time may do to a payment: it expires, or its unknown outcome becomes known."""

    status: Status
    expires_at: datetime
    resolves_at: datetime | None
    resolves_to: Status | None


def due(waiting: Waiting, at: datetime) -> Status | None:
    """The status the payment has reached by itself at this moment, or None if it stays as it is."""
    if waiting.status in (Status.CREATED, Status.PENDING) and waiting.expires_at <= at:
        return Status.EXPIRED
    if waiting.status is Status.UNKNOWN and waiting.resolves_at and waiting.resolves_at <= at:
        return waiting.resolves_to
    return None
