"""The cash office (Kasse): founding a town's book, looking at the day, checking the whole book."""

from ._book_check import Finding, FindingKind, Inspection, check_book, inspect_book, last_inspection
from ._delivery import Delivery, deliver_notifications, deliveries, deliveries_of
from ._notification import (
    NotExplained,
    NotWritable,
    PayoutUnknown,
    notification,
    payout_entry,
    write_notification,
)
from ._operations import found_town
from ._queries import (
    BookPage,
    ClaimLife,
    Day,
    EntryPage,
    Moment,
    SuspensePage,
    book,
    claim_life,
    day,
    entry,
    last_day,
    suspense,
)

__all__ = [
    "BookPage",
    "ClaimLife",
    "Day",
    "Delivery",
    "EntryPage",
    "Finding",
    "FindingKind",
    "Inspection",
    "Moment",
    "NotExplained",
    "NotWritable",
    "PayoutUnknown",
    "SuspensePage",
    "book",
    "check_book",
    "claim_life",
    "day",
    "deliver_notifications",
    "deliveries",
    "deliveries_of",
    "entry",
    "found_town",
    "inspect_book",
    "last_day",
    "last_inspection",
    "notification",
    "payout_entry",
    "suspense",
    "write_notification",
]
