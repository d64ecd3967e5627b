"""The sandbox's words and what they mean to us. Pure; a test compares the two lists."""

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


def meaning(word: str) -> ProviderStatus:
    """What the sandbox's word means. A word never heard is UNKNOWN and logged: neither paid nor failed."""
    try:
        return MEANING[VendorStatus(word)]
    except ValueError:
        _log.warning("provider_word_unknown", provider="sandbox", word=word[:40])
        return ProviderStatus.UNKNOWN
