"""Step inside a town: the only way to its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

from zahlstelle.kernel import token_digest

from ._rules import Tenant

_INSIDE: ContextVar[UUID | None] = ContextVar("zahlstelle_tenant", default=None)


@contextmanager
def inside(tenant: Tenant) -> Iterator[None]:
    """Step inside a town for one transaction: row-level security shows its rows and no other's.

    The setting ends with the transaction (SET LOCAL), so a pooled connection carries nothing over. A call inside
    another one of the same town joins its transaction; a call for another town is a defect and raises.
    """
    current = _INSIDE.get()
    if current is not None and connection.in_atomic_block:
        if current != tenant.id:
            raise RuntimeError("one transaction, one town")
        yield
        return
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('zahlstelle.tenant', %s, true)", [str(tenant.id)])
        mark = _INSIDE.set(tenant.id)
        try:
            yield
        finally:
            _INSIDE.reset(mark)


@contextmanager
def opened_with(token: str) -> Iterator[str]:
    """Show the one row that belongs to a token before its town is known; yields the token's digest."""
    digest = token_digest(token)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('zahlstelle.presented', %s, true)", [digest])
        yield digest
        cursor.execute("SELECT set_config('zahlstelle.presented', '', true)")
