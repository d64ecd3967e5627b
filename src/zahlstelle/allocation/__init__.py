"""Allocation (Zuordnung): which money pays which claim. Posts by itself only without doubt; else a named doubt."""

from ._operations import ImportResult, import_bank_file, retry_doubts
from ._queries import (
    Decision,
    SuspenseItem,
    decisions_of_attempts,
    decisions_of_claim,
    decisions_of_entry,
    last_decisions,
    suspense,
    suspense_cents,
    wrong_suspense,
)
from ._rules import DOUBT_WORDS, RULE_VERSION, Doubt
from ._shares import PaidShare, paid_by
from ._standing import DoubtTotal, Standing, doubts, standing_of, waiting, waiting_for

__all__ = [
    "DOUBT_WORDS",
    "RULE_VERSION",
    "Decision",
    "Doubt",
    "DoubtTotal",
    "ImportResult",
    "PaidShare",
    "Standing",
    "SuspenseItem",
    "decisions_of_attempts",
    "decisions_of_claim",
    "decisions_of_entry",
    "doubts",
    "import_bank_file",
    "last_decisions",
    "paid_by",
    "retry_doubts",
    "standing_of",
    "suspense",
    "suspense_cents",
    "waiting",
    "waiting_for",
    "wrong_suspense",
]
