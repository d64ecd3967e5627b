"""Child processes that never outlive their starter: for the demo, the local PostgreSQL and the tests."""

from ._children import Child, ChildDied, Identity, current_identity, last_lines, start, stop
from ._ports import free_port

__all__ = [
    "Child",
    "ChildDied",
    "Identity",
    "current_identity",
    "free_port",
    "last_lines",
    "start",
    "stop",
]
