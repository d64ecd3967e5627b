"""Take a step for one citizen: row-level security shows nobody else's cards, passkeys, consents and devices."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

from zahlstelle.tenancy import Tenant, inside


@contextmanager
def as_citizen(*, tenant: Tenant, citizen: UUID) -> Iterator[None]:
    """Step inside a town for one of its citizens. The setting ends with the step."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('zahlstelle.citizen', %s, true)", [str(citizen)])
        yield
        cursor.execute("SELECT set_config('zahlstelle.citizen', '', true)")
