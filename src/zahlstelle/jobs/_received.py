"""Import what was handed in at the desk: large files wait for the worker, so that no page waits for them."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from zahlstelle import allocation, bank
from zahlstelle.iso20022 import Unreadable
from zahlstelle.kernel import Refusal
from zahlstelle.tenancy import Tenant

_log = structlog.get_logger(__name__)
_TRY_AGAIN = timedelta(minutes=1)
_NOT_BEFORE: dict[UUID, datetime] = {}


def import_received(*, tenant: Tenant, at: datetime) -> int:
    """Import every file that waits; one that fails rests a minute while the others go on. Returns how many.

    A worker that is killed leaves the file waiting: the next one finds it again.
    """
    done = 0
    for file_id in bank.received_files(tenant=tenant):
        if at < _NOT_BEFORE.get(file_id, at):
            continue
        try:
            allocation.import_again(tenant=tenant, file_id=file_id, at=at, by="worker")
        except (Unreadable, Refusal) as refused:
            _log.warning("bank_file_refused", tenant=tenant.slug, code=refused.code)
        except Exception:
            _log.exception("bank_file_failed", tenant=tenant.slug)
            _NOT_BEFORE[file_id] = at + _TRY_AGAIN
            continue
        _NOT_BEFORE.pop(file_id, None)
        done += 1
    return done
