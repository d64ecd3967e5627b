"""How badly the provider behaves: switches for its notifications, delays, and faults of its API."""

import json
import sqlite3
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ._checks import one_of, seconds, strict, whole, yes_no
from ._problems import Problem
from ._src_rules import SCHEMES

OPERATIONS = ("start", "status", "cancel", "refund", "refund_status", "report", "stored_card", "charge", "forget")
KINDS = ("unavailable", "answer_lost", "garbage", "slow", "lie")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the next `times` calls of one operation.

    unavailable: 503, nothing happens. In all others it happens, and the caller gets: answer_lost: 504;
    garbage: a page that is no JSON; slow: the answer after `seconds`; lie: an answer saying what `answer` says.
    """

    operation: str
    kind: str
    times: int = 1
    seconds: float = 0.0
    answer: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The switches; the defaults are those of the demo: every notification comes twice."""

    duplicates: int = 1
    delay_seconds: float = 0.0
    reorder: bool = False
    lose_percent: int = 0
    lose_all: bool = False
    corrupt_signature: bool = False
    notify_before_redirect: bool = False
    unknown_seconds: float = 20.0
    timeout_seconds: float = 30.0
    hang_seconds: float = 3.0
    refund_seconds: float = 0.0
    refuse_refunds: bool = False
    pass_seconds: float = 900.0
    src_down: tuple[str, ...] = ()
    src_slow: tuple[str, ...] = ()
    src_slow_seconds: float = 5.0
    src_wrong_codes: bool = False
    src_replay: bool = False
    faults: tuple[Fault, ...] = ()


def _schemes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) and name in SCHEMES for name in value):
        raise ValueError(f"must be a list of {', '.join(SCHEMES)}")
    return tuple(value)


_CHECKS = {
    "duplicates": whole(0, 20),
    "delay_seconds": seconds,
    "reorder": yes_no,
    "lose_percent": whole(0, 100),
    "lose_all": yes_no,
    "corrupt_signature": yes_no,
    "notify_before_redirect": yes_no,
    "unknown_seconds": seconds,
    "timeout_seconds": seconds,
    "hang_seconds": seconds,
    "refund_seconds": seconds,
    "refuse_refunds": yes_no,
    "pass_seconds": seconds,
    "src_down": _schemes,
    "src_slow": _schemes,
    "src_slow_seconds": seconds,
    "src_wrong_codes": yes_no,
    "src_replay": yes_no,
}


def read_behaviour(body: Any) -> Behaviour:
    """The behaviour a request or config asks for; what it does not name is as in the demo.

    Raises Problem 422 for unknown switches and values out of bounds.
    """
    values = strict(body, {}, {**_CHECKS, "faults": _faults})
    return Behaviour(**{name: value for name, value in values.items() if value is not None})


def current(connection: sqlite3.Connection) -> Behaviour:
    """The behaviour now in force."""
    row = connection.execute("SELECT value FROM setting WHERE name = 'behaviour'").fetchone()
    return read_behaviour(json.loads(row["value"])) if row else Behaviour()


def put(connection: sqlite3.Connection, behaviour: Behaviour) -> None:
    """Put a behaviour in force; it survives a restart."""
    connection.execute(
        "INSERT INTO setting VALUES ('behaviour', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [json.dumps(asdict(behaviour))],
    )


def take_fault(connection: sqlite3.Connection, operation: str) -> Fault | None:
    """The fault that this call of the operation suffers; it is used up by one."""
    behaviour = current(connection)
    found = next((fault for fault in behaviour.faults if fault.operation == operation), None)
    if found is None:
        return None
    used = replace(found, times=found.times - 1)
    left = tuple(used if fault is found else fault for fault in behaviour.faults)
    put(connection, replace(behaviour, faults=tuple(fault for fault in left if fault.times)))
    return found


def _faults(value: Any) -> tuple[Fault, ...]:
    if not isinstance(value, list) or len(value) > 100:
        raise ValueError("must be a list of at most 100 faults")
    return tuple(_fault(each) for each in value)


def _fault(value: Any) -> Fault:
    required = {"operation": one_of(*OPERATIONS), "kind": one_of(*KINDS)}
    try:
        values = strict(value, required, {"times": whole(1, 10**6), "seconds": seconds, "answer": _object})
    except Problem as problem:
        raise ValueError(problem.detail) from problem
    return Fault(**{name: each for name, each in values.items() if each is not None})


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return value
