"""What the treasurer's pages show, one call a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from zahlstelle import ledger
from zahlstelle.ledger import Balance
from zahlstelle.tenancy import Tenant, inside

from ._book_check import Inspection, last_inspection
from ._claim_life import ClaimLife, Moment, claim_life
from ._day import Day, EntryPage, day, entry, last_day
from ._worklist import Decided, SuspensePage, Waiting, claims_for_split, decided, suspense, waiting

__all__ = [
    "BookPage",
    "ClaimLife",
    "Day",
    "Decided",
    "EntryPage",
    "Moment",
    "SuspensePage",
    "Waiting",
    "book",
    "claim_life",
    "claims_for_split",
    "day",
    "decided",
    "entry",
    "last_day",
    "suspense",
    "waiting",
]


@dataclass(frozen=True, slots=True)
class BookPage:
    """The accounts with their sums, and when the book was checked last."""

    balances: Sequence[Balance]
    inspection: Inspection | None

    @property
    def soll_cents(self) -> int:
        """All SOLL."""
        return sum(balance.soll_cents for balance in self.balances)

    @property
    def haben_cents(self) -> int:
        """All HABEN."""
        return sum(balance.haben_cents for balance in self.balances)


def book(*, tenant: Tenant) -> BookPage:
    """Tell every account's sums and the last check of the book."""
    with inside(tenant):
        return BookPage(ledger.trial_balance(tenant=tenant), last_inspection(tenant=tenant))
