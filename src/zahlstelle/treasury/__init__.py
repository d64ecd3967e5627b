"""The cash office (Kasse): founding a town's book, looking at the day, checking the whole book."""

from ._notification import NotExplained, PayoutUnknown, notification, payout_entry
from ._operations import found_town

__all__ = ["NotExplained", "PayoutUnknown", "found_town", "notification", "payout_entry"]
