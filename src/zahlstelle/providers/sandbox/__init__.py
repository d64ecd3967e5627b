"""The sandbox provider's adapter: translates its protocol v1, never decides."""

from ._adapter import SandboxProvider
from ._reports import ITEM, VendorItem
from ._words import MEANING, VendorStatus

__all__ = ["ITEM", "MEANING", "SandboxProvider", "VendorItem", "VendorStatus"]
