"""The book (Buch): accounts, entries, balances. It knows what was booked, never why."""

from ._operations import OccasionTaken, open_accounts, post, reverse, seal
from ._queries import (
    Balance,
    BookedLine,
    balance,
    balances_about,
    balances_of,
    booked_about,
    broken_seals,
    trial_balance,
    unbalanced_entries,
)
from ._rules import Entry, Line, Side, UnsoundEntry

__all__ = [
    "Balance",
    "BookedLine",
    "Entry",
    "Line",
    "OccasionTaken",
    "Side",
    "UnsoundEntry",
    "balance",
    "balances_about",
    "balances_of",
    "booked_about",
    "broken_seals",
    "open_accounts",
    "post",
    "reverse",
    "seal",
    "trial_balance",
    "unbalanced_entries",
]
