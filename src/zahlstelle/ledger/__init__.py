"""The book (Buch): accounts, entries, balances. It knows what was booked, never why."""

from ._operations import OccasionTaken, open_accounts, post, post_selected, reverse, seal
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
from ._turnovers import EntryUnknown, Turnover, account_names, entry_lines, entry_of_occasion, turnovers_about

__all__ = [
    "Balance",
    "BookedLine",
    "Entry",
    "EntryUnknown",
    "Line",
    "OccasionTaken",
    "Side",
    "Turnover",
    "UnsoundEntry",
    "account_names",
    "balance",
    "balances_about",
    "balances_of",
    "booked_about",
    "broken_seals",
    "entry_lines",
    "entry_of_occasion",
    "open_accounts",
    "post",
    "post_selected",
    "reverse",
    "seal",
    "trial_balance",
    "turnovers_about",
    "unbalanced_entries",
]
