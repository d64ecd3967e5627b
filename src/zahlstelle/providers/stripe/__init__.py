"""Stripe: translates Checkout Sessions, PaymentIntents and Refunds into our socket's words, decides nothing."""

from ._adapter import StripeProvider
from ._words import MEANING, REFUND_MEANING, VendorRefund, VendorStatus

__all__ = ["MEANING", "REFUND_MEANING", "StripeProvider", "VendorRefund", "VendorStatus"]
