"""Who did what: append-only, each deed sealed together with the one before."""

from ._operations import write
from ._queries import Deed, deeds, first_broken

__all__ = ["Deed", "deeds", "first_broken", "write"]
