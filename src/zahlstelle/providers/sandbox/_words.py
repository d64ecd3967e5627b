"""The sandbox's words and what they mean to us. Pure; a test compares the two lists."""

import re
from enum import StrEnum

import structlog

from zahlstelle.payments import ProviderStatus

_log = structlog.get_logger(__name__)


class VendorStatus(StrEnum):
    """Every status the sandbox documents (docs/integrating/sandbox.md)."""

    CREATED = "created"
    PENDING = "pending"
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


MEANING: dict[VendorStatus, ProviderStatus] = {
    VendorStatus.CREATED: ProviderStatus.OPEN,
    VendorStatus.PENDING: ProviderStatus.PENDING,
    VendorStatus.CAPTURED: ProviderStatus.PAID,
    VendorStatus.DECLINED: ProviderStatus.DECLINED,
    VendorStatus.CANCELLED: ProviderStatus.CANCELLED,
    VendorStatus.EXPIRED: ProviderStatus.EXPIRED,
    VendorStatus.UNKNOWN: ProviderStatus.UNKNOWN,
}


# A payout of the sandbox is called po_YYYYMMDD_NNNNNN; banks write other signs, or none, for the underscore.
_PAYOUT = re.compile(r"(?<![0-9A-Za-z])po[^0-9A-Za-z]?(\d{8})[^0-9A-Za-z]?(\d{6})(?![0-9A-Za-z])", re.IGNORECASE)


def payouts_in(text: str) -> list[str]:
    """Find the payouts that a bank's text names, each once."""
    return list(dict.fromkeys(f"po_{day}_{number}" for day, number in _PAYOUT.findall(text)))


def meaning(word: str) -> ProviderStatus:
    """What the sandbox's word means. A word never heard is UNKNOWN and logged: neither paid nor failed."""
    try:
        return MEANING[VendorStatus(word)]
    except ValueError:
        _log.warning("provider_word_unknown", provider="sandbox", word=word[:40])
        return ProviderStatus.UNKNOWN
