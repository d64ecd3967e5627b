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

__all__ = [
    "AccountUnknown",
    "BankDay",
    "BankDetail",
    "BankEntry",
    "BankFile",
    "Breakdown",
    "EntryUnknown",
    "FileRefused",
    "Seen",
    "TakenIn",
    "ToDecide",
    "days",
    "details_of",
    "details_to_decide",
    "entries_named",
    "entries_of_day",
    "entries_without_booking",
    "entry_by_id",
    "files",
    "refuse",
    "sightings_of",
    "take_in",
]
