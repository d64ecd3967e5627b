"""Bank messages (camt.05x, pain.00x): bytes in, frozen records out, and back. No Django, no database."""

from ._codes import Case, case, gvc, is_return
from ._collections import CollectionHead, DebitOrder, SequenceType, sayable_reference, write_pain008
from ._documents import Source, documents, files_below, message_of
from ._inspect import detail_json, entries, entry_json, json_pieces
from ._orders import Order, OrderBatch, OrderKind, OrderMessage, read_orders
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
from ._status_reports import Status, StatusLevel, StatusReason, StatusReport, read_status_report
from ._whole import looks_whole
from ._write import (
    NoticeDetail,
    NoticeEntry,
    NoticeHead,
    camt054_pieces,
    sayable_iban,
    sayable_id,
    write_camt054,
    write_camt054_by_content,
)

__all__ = [
    "Balance",
    "Case",
    "CollectionHead",
    "DebitOrder",
    "Detail",
    "Deviation",
    "Entry",
    "EntryEnd",
    "EntryHead",
    "EntryStart",
    "Event",
    "MessageHead",
    "NoticeDetail",
    "NoticeEntry",
    "NoticeHead",
    "Order",
    "OrderBatch",
    "OrderKind",
    "OrderMessage",
    "Reason",
    "SequenceType",
    "Side",
    "Source",
    "Statement",
    "StatementEnd",
    "StatementHead",
    "StatementStart",
    "Status",
    "StatusLevel",
    "StatusReason",
    "StatusReport",
    "Unreadable",
    "Unwritable",
    "camt054_pieces",
    "case",
    "detail_json",
    "documents",
    "entries",
    "entry_json",
    "files_below",
    "gvc",
    "is_return",
    "json_pieces",
    "looks_whole",
    "message_of",
    "read",
    "read_orders",
    "read_status_report",
    "sayable_iban",
    "sayable_id",
    "sayable_reference",
    "write_camt054",
    "write_camt054_by_content",
    "write_pain008",
]
