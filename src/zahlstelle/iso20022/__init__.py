"""Bank messages (camt.05x): bytes in, frozen records out, and back. No Django, no database."""

from ._documents import Source, documents
from ._inspect import detail_json, entries, entry_json, json_pieces
from ._reader import read
from ._records import (
    Balance,
    Detail,
    Deviation,
    Entry,
    EntryEnd,
    EntryHead,
    EntryStart,
    Event,
    MessageHead,
    Side,
    Statement,
    StatementEnd,
    StatementHead,
    StatementStart,
)
from ._refusals import Reason, Unreadable, Unwritable

__all__ = [
    "Balance",
    "Detail",
    "Deviation",
    "Entry",
    "EntryEnd",
    "EntryHead",
    "EntryStart",
    "Event",
    "MessageHead",
    "Reason",
    "Side",
    "Source",
    "Statement",
    "StatementEnd",
    "StatementHead",
    "StatementStart",
    "Unreadable",
    "Unwritable",
    "detail_json",
    "documents",
    "entries",
    "entry_json",
    "json_pieces",
    "read",
]
