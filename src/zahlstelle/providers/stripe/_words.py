"""Stripe's words and what they mean to us. Pure; a test compares the lists."""

from enum import StrEnum

import structlog

from zahlstelle.payments import ProviderStatus, RefundStatus

_log = structlog.get_logger(__name__)


class VendorStatus(StrEnum):
    """Every status of a PaymentIntent and of a Checkout Session (Stripe API reference)."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


_V = VendorStatus
MEANING: dict[VendorStatus, ProviderStatus] = {
    _V.REQUIRES_PAYMENT_METHOD: ProviderStatus.OPEN,
    _V.REQUIRES_CONFIRMATION: ProviderStatus.OPEN,
    _V.REQUIRES_ACTION: ProviderStatus.OPEN,
    _V.PROCESSING: ProviderStatus.PENDING,
    _V.REQUIRES_CAPTURE: ProviderStatus.UNKNOWN,  # money held and not taken: we never ask for that, a person looks
    _V.CANCELED: ProviderStatus.CANCELLED,
    _V.SUCCEEDED: ProviderStatus.PAID,
    _V.OPEN: ProviderStatus.OPEN,
    _V.COMPLETE: ProviderStatus.DECLINED,  # the citizen has finished and what was tried has failed
    _V.EXPIRED: ProviderStatus.CANCELLED,  # by its time or by us: Stripe has one word for both
}
# While the PaymentIntent waits for the citizen, the session says whether anybody will still come.
_UNDECIDED = frozenset({_V.REQUIRES_PAYMENT_METHOD, _V.REQUIRES_CONFIRMATION, _V.REQUIRES_ACTION})
_SESSION = frozenset({_V.OPEN, _V.COMPLETE, _V.EXPIRED})


class VendorRefund(StrEnum):
    """Every status of a Refund."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


REFUND_MEANING: dict[VendorRefund, RefundStatus] = {
    VendorRefund.PENDING: RefundStatus.PENDING,
    VendorRefund.REQUIRES_ACTION: RefundStatus.PENDING,
    VendorRefund.SUCCEEDED: RefundStatus.DONE,
    VendorRefund.FAILED: RefundStatus.REFUSED,
    VendorRefund.CANCELED: RefundStatus.REFUSED,
}

# Our methods, and what Stripe calls them. Apple Pay and Google Pay are cards there.
METHODS: dict[str, str] = {"card": "card", "paypal": "paypal", "direct_debit": "sepa_debit"}


def meaning(session: str, intent: str | None) -> tuple[ProviderStatus, str]:
    """Say what a session and its PaymentIntent mean together, and which word decided it.

    A word never heard, also beside one that is known, is UNKNOWN and logged: neither paid nor failed.
    """
    words = {*VendorStatus}
    strange = [word for word in (session, intent) if word is not None and word not in words]
    if strange or session not in _SESSION:
        _log.warning("provider_word_unknown", provider="stripe", word=(strange or [session])[0][:40])
        return ProviderStatus.UNKNOWN, (strange or [session])[0]
    if intent is not None and intent not in _UNDECIDED:
        return MEANING[VendorStatus(intent)], intent
    if intent is None and session == _V.COMPLETE:
        return ProviderStatus.UNKNOWN, session  # finished without a PaymentIntent: nothing we asked for
    return MEANING[VendorStatus(session)], session


def refund_meaning(word: str) -> RefundStatus:
    """Say what a refund's word means; one never heard is UNKNOWN and logged."""
    try:
        return REFUND_MEANING[VendorRefund(word)]
    except ValueError:
        _log.warning("provider_word_unknown", provider="stripe", word=word[:40])
        return RefundStatus.UNKNOWN
