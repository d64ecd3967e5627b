"""Whether a town is well, for those who run it: figures without names and without amounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

from zahlstelle import allocation, bank, payments
from zahlstelle.kernel import fact_id
from zahlstelle.tables.treasury import WorkerRoundRow
from zahlstelle.tenancy import Tenant, inside

from ._book_check import Inspection, last_inspection

CHECKING_TOO_LONG = timedelta(hours=1)
# A long weekend with a holiday on either side has no banking day.
FILE_TOO_OLD = timedelta(days=5)
# A very large bank file keeps the worker for minutes.
WORKER_TOO_LONG = timedelta(minutes=15)
ROUND_WRITTEN_EVERY = timedelta(seconds=15)


class Trouble(StrEnum):
    """What somebody should look at."""

    CHECKING_TOO_LONG = "checking_too_long"
    NEVER_A_BANK_FILE = "never_a_bank_file"
    NO_BANK_FILE = "no_bank_file"
    BANK_FILE_REFUSED = "bank_file_refused"
    BOOK_UNSOUND = "book_unsound"
    WORKER_SILENT = "worker_silent"


@dataclass(frozen=True, slots=True)
class Health:
    """How a town stands: payments without a known outcome, money and files that wait, the last check, the worker."""

    at: datetime
    checking: int
    checking_since: datetime | None
    waiting: int
    file_at: datetime | None
    files_refused: int
    worker_at: datetime | None
    inspection: Inspection | None

    @property
    def troubles(self) -> Sequence[Trouble]:
        """Name what is not as it should be."""
        late = self.checking_since is not None and self.at - self.checking_since > CHECKING_TOO_LONG
        stale = self.file_at is not None and self.at - self.file_at > FILE_TOO_OLD
        unsound = self.inspection is not None and not self.inspection.sound
        named = {
            Trouble.CHECKING_TOO_LONG: late,
            Trouble.NEVER_A_BANK_FILE: self.file_at is None,
            Trouble.NO_BANK_FILE: stale,
            Trouble.BANK_FILE_REFUSED: self.files_refused > 0,
            Trouble.BOOK_UNSOUND: unsound,
            Trouble.WORKER_SILENT: self.worker_at is None or self.at - self.worker_at > WORKER_TOO_LONG,
        }
        return [trouble for trouble, found in named.items() if found]


def health(*, tenant: Tenant, at: datetime) -> Health:
    """Tell how a town stands at this moment."""
    with inside(tenant):
        checking = payments.checking(tenant=tenant)
        files = bank.files(tenant=tenant, limit=1)
        return Health(
            at=at,
            checking=checking.count,
            checking_since=checking.since,
            waiting=sum(doubt.count for doubt in allocation.doubts(tenant=tenant)),
            file_at=files[0].received_at if files else None,
            files_refused=bank.archive_sizes(tenant=tenant).get("refused", 0),
            worker_at=_last_round(tenant),
            inspection=last_inspection(tenant=tenant),
        )


def _last_round(tenant: Tenant) -> datetime | None:
    row = WorkerRoundRow.objects.filter(tenant_id=tenant.id).first()
    return row.ended_at if row else None


_ROUND = """
INSERT INTO worker_round (tenant_id, id, ended_at) VALUES (%(tenant)s, %(id)s, %(at)s)
ON CONFLICT (tenant_id) DO UPDATE SET ended_at = excluded.ended_at
WHERE worker_round.ended_at < excluded.ended_at - %(every)s
"""


def round_done(*, tenant: Tenant, at: datetime) -> None:
    """Write down that a worker has done everything that was due; at most every few seconds, the latest counts."""
    told: dict[str, Any] = {
        "tenant": tenant.id,
        "id": fact_id("worker_round", tenant.id),
        "at": at,
        "every": ROUND_WRITTEN_EVERY,
    }
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_ROUND, told)
