"""Give out Kassenzeichen of a pool without making a busy town's claims queue for one row.

The pool's counter is a row, and its lock lasts until the claim is on disk: one after the other, a town would open some
hundred claims a second at most. So a process that opens many takes several numbers at once and hands them out from
memory. A quiet town's numbers stay without gaps; a busy one's have some, when a process ends. Uniqueness never hangs
on this: the unique index of claims decides.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
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


def numbers(tenant: Tenant, pool: Pool, at: datetime, *, ahead: bool) -> Iterator[str]:
    """Give one Kassenzeichen of the pool after the other, for one claim: the first that is free counts.

    `ahead`: take some for the claims to come too. Raises PoolExhausted.
    """
    lease = _LEASES.get(pool.id, _Lease(deque(), 0, at))
    while True:
        try:
            counter = lease.left.popleft()
        except IndexError:
            lease = _take(tenant, pool, _size_after(lease, at) if ahead else 1, at)
            continue
        number = pool.kassenzeichen(counter)
        if number is not None:
            yield number


def _size_after(lease: _Lease, at: datetime) -> int:
    """Take more where the last numbers were gone within a second, fewer where they were not."""
    return max(1, min(lease.size * 2, _MOST) if at - lease.taken_at < _BUSY else lease.size // 2)


def _take(tenant: Tenant, pool: Pool, size: int, at: datetime) -> _Lease:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pool SET next_counter = next_counter + %s WHERE tenant_id = %s AND id = %s RETURNING next_counter",
            [size, tenant.id, pool.id],
        )
        (end,) = cursor.fetchone()
    lease = _Lease(deque(range(end - size, end)), size, at)
    # Only once the counter is on disk may other claims use what is left: what is rolled back was never taken.
    transaction.on_commit(partial(_share, pool.id, lease))
    return lease


def _share(pool_id: UUID, lease: _Lease) -> None:
    """Let other claims of this process use what is left, also of what another thread took at the same moment."""
    before = _LEASES.get(pool_id)
    _LEASES[pool_id] = lease
    while before is not None and before.left:
        with suppress(IndexError):  # somebody else was quicker
            lease.left.append(before.left.popleft())
