"""PAYONE's Commerce Platform: translates its REST interface, never decides."""

from ._adapter import PayoneProvider
from ._requests import METHODS, payment_reference
from ._signatures import authorization, webhook_signature
from ._words import (
    CHECKOUT,
    MEANING,
    REFUND,
    VendorCheckout,
    VendorStatus,
)

__all__ = [
    "CHECKOUT",
    "MEANING",
    "METHODS",
    "REFUND",
    "PayoneProvider",
    "VendorCheckout",
    "VendorStatus",
    "authorization",
    "payment_reference",
    "webhook_signature",
]
