"""Zahlstelle: the open payment desk for public fees."""

__version__ = "0.1.0"
