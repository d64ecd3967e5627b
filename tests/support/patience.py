"""Many at once on a machine that is busy: whoever waits for a connection waits longer than a citizen would."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def patient(seconds: float = 300.0) -> Iterator[None]:
    """Let threads wait so long for their turn at the database; how many connections there are stays as it is."""
    pool = connection.pool  # type: ignore[attr-defined]
    before, pool.timeout = pool.timeout, seconds
    try:
        yield
    finally:
        pool.timeout = before
