"""PAYONE's Commerce Platform: translates its REST interface, never decides."""

from ._adapter import PayoneProvider
from ._requests import METHODS, payment_reference
from ._signatures import authorization, webhook_signature
from ._words import (
    CATEGORY,
    CHECKOUT,
    MEANING,
    PAYMENT,
    REFUND,
    VendorCategory,
    VendorCheckout,
    VendorPayment,
    VendorStatus,
)

__all__ = [
    "CATEGORY",
    "CHECKOUT",
    "MEANING",
    "METHODS",
    "PAYMENT",
    "REFUND",
    "PayoneProvider",
    "VendorCategory",
    "VendorCheckout",
    "VendorPayment",
    "VendorStatus",
    "authorization",
    "payment_reference",
    "webhook_signature",
]
