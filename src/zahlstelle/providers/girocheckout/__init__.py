"""GiroCheckout, what Sparkassen towns have: translates its form API, believes only signed answers, decides nothing."""

from ._adapter import GiroCheckoutProvider
from ._calls import METHODS, PKNINFO_FIELDS, REFUND_FIELDS, START_FIELDS, STATUS_FIELDS
from ._hashes import sign
from ._words import MEANING, VendorCode

__all__ = [
    "MEANING",
    "METHODS",
    "PKNINFO_FIELDS",
    "REFUND_FIELDS",
    "START_FIELDS",
    "STATUS_FIELDS",
    "GiroCheckoutProvider",
    "VendorCode",
    "sign",
]
