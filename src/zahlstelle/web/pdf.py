"""One PDF that is for archives (PDF/A-3a) and for everyone (PDF/UA-1), set by Typst.

A template is fixed and its data goes in beside it as JSON, so that no text of a claim is read as a command.
"""

import json
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

# Latin, Greek and Cyrillic with everything DIN 91379 lists, punctuation, currencies: the fonts have all of it. An
# archive file must not contain a character without a picture, so any other is shown as a replacement character.
_LETTERS = ((0x20, 0x4FF), (0x1E00, 0x1FFF), (0x2010, 0x2027), (0x2030, 0x203E), (0x20A0, 0x20BF), (0x2190, 0x2193))


def write_pdf(template: Path, data: Mapping[str, Any], *, timestamp: int = 0) -> bytes:
    """Set a template, which finds its data under its own name. The same data gives the same bytes."""
    content = typst.compile(
        str(template),
        root=str(template.parent),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={template.stem: json.dumps(data)},
        pdf_standards=["a-3a", "ua-1"],
        timestamp=timestamp,
    )
    return bytes(content)


def printable(value: Any) -> Any:
    """Leave only characters the fonts can show, in every text of the data."""
    match value:
        case str():
            return "".join(map(_shown, unicodedata.normalize("NFC", value)))
        case dict():
            return {key: printable(each) for key, each in value.items()}
        case list() | tuple():
            return [printable(each) for each in value]
    return value


def _shown(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cf":  # marks without a picture, such as those that turn the direction of writing
        return ""
    if kind == "Cc":
        return " "
    known = kind != "Cn" and any(first <= ord(character) <= last for first, last in _LETTERS)
    return character if known else "\N{REPLACEMENT CHARACTER}"
