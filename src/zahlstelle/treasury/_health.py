"""Whether a town is well, for those who run it: figures without names and without amounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from zahlstelle import allocation, bank, payments
from zahlstelle.tenancy import Tenant, inside

from ._book_check import Inspection, last_inspection

CHECKING_TOO_LONG = timedelta(hours=1)
# A long weekend with a holiday on either side has no banking day.
FILE_TOO_OLD = timedelta(days=5)


class Trouble(StrEnum):
    """What somebody should look at."""

    CHECKING_TOO_LONG = "checking_too_long"
    NO_BANK_FILE = "no_bank_file"
    BANK_FILE_REFUSED = "bank_file_refused"
    BOOK_UNSOUND = "book_unsound"


@dataclass(frozen=True, slots=True)
class Health:
    """How a town stands: payments without a known outcome, money that waits, the last bank file, the last check."""

    at: datetime
    checking: int
    checking_since: datetime | None
    waiting: int
    file_at: datetime | None
    file_refused: bool
    inspection: Inspection | None

    @property
    def troubles(self) -> Sequence[Trouble]:
        """Name what is not as it should be."""
        late = self.checking_since is not None and self.at - self.checking_since > CHECKING_TOO_LONG
        stale = self.file_at is not None and self.at - self.file_at > FILE_TOO_OLD
        unsound = self.inspection is not None and not self.inspection.sound
        named = {
            Trouble.CHECKING_TOO_LONG: late,
            Trouble.NO_BANK_FILE: stale,
            Trouble.BANK_FILE_REFUSED: self.file_refused,
            Trouble.BOOK_UNSOUND: unsound,
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
            file_refused=bool(files) and files[0].outcome == "refused",
            inspection=last_inspection(tenant=tenant),
        )
