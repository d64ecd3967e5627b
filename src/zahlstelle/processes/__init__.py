"""Child processes that never outlive their starter: for the demo, the local PostgreSQL and the tests."""

from ._children import Child, ChildDied, Identity, current_identity, last_lines, start, stop
from ._ports import PortTaken, free_port, require_free
from ._together import Ended, NotReady, answers, end_on_signals, wait_until_ready, watch

__all__ = [
    "Child",
    "ChildDied",
    "Ended",
    "Identity",
    "NotReady",
    "PortTaken",
    "answers",
    "current_identity",
    "end_on_signals",
    "free_port",
    "last_lines",
    "require_free",
    "start",
    "stop",
    "wait_until_ready",
    "watch",
]
