"""Allocation (Zuordnung): which money pays which claim. Posts by itself only without doubt; else a named doubt."""

from ._by_hand import (
    AccountNotForThis,
    BankBusy,
    DetailNotWaiting,
    NoteMissing,
    NothingToTakeBack,
    ShareTooLarge,
    settle,
    settle_to,
    take_back,
)
from ._operations import ImportResult, import_again, import_bank_file, retry_doubts
from ._parts import Proposal, Rest, Share, SharesDiffer
from ._proposals import proposals_for
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
    "AccountNotForThis",
    "BankBusy",
    "Decision",
    "DetailNotWaiting",
    "Doubt",
    "DoubtTotal",
    "ImportResult",
    "NoteMissing",
    "NothingToTakeBack",
    "PaidShare",
    "Proposal",
    "Rest",
    "Share",
    "ShareTooLarge",
    "SharesDiffer",
    "Standing",
    "SuspenseItem",
    "decisions_of_attempts",
    "decisions_of_claim",
    "decisions_of_entry",
    "doubts",
    "import_again",
    "import_bank_file",
    "last_decisions",
    "paid_by",
    "proposals_for",
    "retry_doubts",
    "settle",
    "settle_to",
    "standing_of",
    "suspense",
    "suspense_cents",
    "take_back",
    "waiting",
    "waiting_for",
    "wrong_suspense",
]
