"""The cash office (Kasse): founding a town's book, looking at the day, checking the whole book."""

from ._operations import found_town

__all__ = ["found_town"]
