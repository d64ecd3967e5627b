"""Which part of the worklist a person looks at: read from the address, and kept from page to page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from zahlstelle.allocation import Doubt, Wanted

_LARGEST = "betrag"
_LONGEST = 80
_AMOUNT = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d{1,12})(?:,(\d{1,2}))?")
_POINTED = re.compile(r"(\d{1,12})\.(\d{2})")


def read_cents(text: str) -> int | None:
    """Read an amount as people type it: `1.234,56`, `37`, `37,5 €` or `37.00`; None for anything else."""
    said = text.strip().removesuffix("€").strip()
    found = _AMOUNT.fullmatch(said) or _POINTED.fullmatch(said)
    if found is None or not said.isascii():
        return None
    whole, part = found.groups()
    return int(whole.replace(".", "")) * 100 + int((part or "0").ljust(2, "0"))


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter as the address says it."""

    doubt: Doubt | None
    text: str
    largest: bool

    @property
    def wanted(self) -> Wanted:
        """For the rooms."""
        return Wanted(self.doubt, self.text, read_cents(self.text) if self.text else None, self.largest)

    @property
    def fields(self) -> Mapping[str, str]:
        """What forms and links carry on."""
        said = {
            "grund": self.doubt.value if self.doubt else "",
            "suche": self.text,
            "ordnung": _LARGEST if self.largest else "",
        }
        return {name: value for name, value in said.items() if value}

    @property
    def query(self) -> str:
        """The same as the beginning of a query, with its last `&`."""
        return f"{urlencode(self.fields)}&" if self.fields else ""


def asked(said: Mapping[str, str]) -> Asked:
    """Read `grund`, `suche` and `ordnung`; what cannot be read is left out."""
    name = said.get("grund", "")
    text = said.get("suche", "").replace("\0", "").strip()[:_LONGEST]
    return Asked(Doubt(name) if name in list(Doubt) else None, text, said.get("ordnung") == _LARGEST)
