"""The commands: `zahlstelle WORD ...`. Each translates an answer of the rooms for a terminal; none decides."""

from ._main import main

__all__ = ["main"]
