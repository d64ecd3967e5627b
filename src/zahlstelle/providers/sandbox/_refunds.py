"""Reads what the sandbox says of refunds. Pure: no IO, no clock."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import structlog

from zahlstelle.kernel import Money, MoneyUnreadable
from zahlstelle.payments import RefundReport, RefundStatus

_log = structlog.get_logger(__name__)


class VendorRefund(StrEnum):
    """Every status of a refund that the sandbox documents (docs/integrating/sandbox.md)."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"


REFUND: dict[VendorRefund, RefundStatus] = {
    VendorRefund.PENDING: RefundStatus.PENDING,
    VendorRefund.SUCCEEDED: RefundStatus.DONE,
}


def read(said: Any) -> RefundReport | None:
    """Read a refund; None for what is none."""
    match said:
        case {"refund_id": str(name), "status": str(word), "reference": str() | None as reference, **rest}:
            return RefundReport(_meaning(word), name, reference, _amount(rest), word)
    return None


def _meaning(word: str) -> RefundStatus:
    if word in set(VendorRefund):
        return REFUND[VendorRefund(word)]
    _log.warning("provider_word_unknown", provider="sandbox", word=word[:40])
    return RefundStatus.UNKNOWN


def _amount(said: Mapping[Any, Any]) -> Money | None:
    cents, currency = said.get("amount_cents"), said.get("currency")
    if type(cents) is not int or not isinstance(currency, str):
        return None
    try:
        return Money(cents, currency)
    except MoneyUnreadable:
        return None
