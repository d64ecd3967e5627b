"""Hand collective credits on, looking at each town twice a minute."""

from datetime import datetime, timedelta
from uuid import UUID

from zahlstelle import treasury
from zahlstelle.tenancy import Tenant

_EVERY = timedelta(seconds=30)
_LOOKED: dict[UUID, datetime] = {}


def deliver(*, tenant: Tenant, at: datetime) -> int:
    """Hand on what is due, unless this worker has just looked. Returns how many files were written."""
    before = _LOOKED.get(tenant.id)
    if before is not None and timedelta(0) <= at - before < _EVERY:
        return 0
    _LOOKED[tenant.id] = at
    return treasury.deliver_notifications(tenant=tenant, at=at)
