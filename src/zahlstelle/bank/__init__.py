"""The bank (Kontoumsatz): files kept unchanged, statements, entries and details; each fact once."""

from ._operations import AccountUnknown, FileRefused, TakenIn, refuse, take_in
from ._queries import (
    BankDay,
    BankDetail,
    BankEntry,
    BankFile,
    EntryUnknown,
    Seen,
    ToDecide,
    days,
    details_of,
    details_to_decide,
    entries_named,
    entries_of_day,
    entries_without_booking,
    entry_by_id,
    files,
    sightings_of,
)
from ._rules import Breakdown
from ._sums import (
    AccountStatus,
    EntrySize,
    accounts_by_statement,
    booked_totals,
    days_around,
    details_by_id,
    entries_by_id,
    sizes_of,
)

__all__ = [
    "AccountStatus",
    "AccountUnknown",
    "BankDay",
    "BankDetail",
    "BankEntry",
    "BankFile",
    "Breakdown",
    "EntrySize",
    "EntryUnknown",
    "FileRefused",
    "Seen",
    "TakenIn",
    "ToDecide",
    "accounts_by_statement",
    "booked_totals",
    "days",
    "days_around",
    "details_by_id",
    "details_of",
    "details_to_decide",
<<<<<<< HEAD
    "entries_by_id",
=======
    "entries_named",
>>>>>>> main
    "entries_of_day",
    "entries_without_booking",
    "entry_by_id",
    "files",
    "refuse",
    "sightings_of",
    "sizes_of",
    "take_in",
]
