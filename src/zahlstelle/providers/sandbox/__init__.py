"""The sandbox provider's adapter: translates its protocol v1, never decides."""

from ._adapter import SandboxProvider
from ._refunds import REFUND, VendorRefund
from ._reports import ITEM, VendorItem
from ._words import MEANING, VendorStatus

__all__ = ["ITEM", "MEANING", "REFUND", "SandboxProvider", "VendorItem", "VendorRefund", "VendorStatus"]
