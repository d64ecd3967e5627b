"""Give out Kassenzeichen of a pool without making a busy town's claims queue for one row.

The pool's counter is a row, and its lock lasts until the claim is on disk: one after the other, a town would open some
hundred claims a second at most. So a process that opens many takes several numbers at once and hands them out from
memory. A quiet town's numbers stay without gaps; a busy one's have some, when a process ends. Uniqueness never hangs
on this: the unique index of claims decides.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from zahlstelle.tenancy import Tenant

from ._rules import Pool

_MOST = 64
_BUSY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Lease:
    """Numbers this process may give out, how many they were, and since when."""

    left: deque[int]
    size: int
    taken_at: datetime


_LEASES: dict[UUID, _Lease] = {}


def next_kassenzeichen(tenant: Tenant, pool: Pool, at: datetime, *, ahead: bool) -> str:
    """Give the next Kassenzeichen of the pool; `ahead`: take some for the claims to come too. Raises PoolExhausted."""
    while True:
        number = pool.kassenzeichen(_next_counter(tenant, pool, at, ahead))
        if number is not None:
            return number


def _next_counter(tenant: Tenant, pool: Pool, at: datetime, ahead: bool) -> int:
    lease = _LEASES.get(pool.id)
    try:
        return (lease.left if lease else deque[int]()).popleft()
    except IndexError:
        return _take(tenant, pool, _size_after(lease, at) if ahead else 1, at)


def _size_after(lease: _Lease | None, at: datetime) -> int:
    """Take more where the last numbers were gone within a second, fewer where they were not."""
    if lease is None:
        return 1
    return min(lease.size * 2, _MOST) if at - lease.taken_at < _BUSY else max(lease.size // 2, 1)


def _take(tenant: Tenant, pool: Pool, size: int, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pool SET next_counter = next_counter + %s WHERE tenant_id = %s AND id = %s RETURNING next_counter",
            [size, tenant.id, pool.id],
        )
        (end,) = cursor.fetchone()
    lease = _Lease(deque(range(end - size + 1, end)), size, at)
    # Only once the counter is on disk: what is rolled back was never taken.
    transaction.on_commit(partial(_LEASES.__setitem__, pool.id, lease))
    return int(end) - size
