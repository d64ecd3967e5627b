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
from ._policies import small_difference
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
from ._shares import PaidShare, StandingShare, paid_by, standing_shares
from ._standing import DoubtTotal, Standing, doubts, standing_of, waiting, waiting_for
from ._worklist import Wanted, how_many, next_waiting, waiting_item, worklist

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
    "StandingShare",
    "SuspenseItem",
    "Wanted",
    "decisions_of_attempts",
    "decisions_of_claim",
    "decisions_of_entry",
    "doubts",
    "how_many",
    "import_again",
    "import_bank_file",
    "last_decisions",
    "next_waiting",
    "paid_by",
    "proposals_for",
    "retry_doubts",
    "settle",
    "settle_to",
    "small_difference",
    "standing_of",
    "standing_shares",
    "suspense",
    "suspense_cents",
    "take_back",
    "waiting",
    "waiting_for",
    "waiting_item",
    "worklist",
    "wrong_suspense",
]
