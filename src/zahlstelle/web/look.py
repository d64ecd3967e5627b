"""A town's look: its colour, crest, slogan and the links the law asks for, out of its settings. No IO."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_CREST = re.compile(r"data:image/(png|svg\+xml|webp);base64,[A-Za-z0-9+/=]+|/static/[\w./-]+")
_DEFAULT = "#2044aa"
_LINKS = ("imprint", "privacy", "accessibility", "contact")
_FILLERS = frozenset({"stadt", "gemeinde", "kreis", "landkreis", "samtgemeinde", "verbandsgemeinde", "markt"})


@dataclass(frozen=True, slots=True)
class Look:
    """What the frame shows of a town. `ink` is black or white, whichever reads better on `colour`."""

    colour: str
    ink: str
    initial: str
    crest: str | None
    slogan: str
    links: Mapping[str, str]


def look_of(name: str, settings: Mapping[str, Any]) -> Look:
    """Read a town's look from its settings; what is no colour, picture or https address is left out."""
    told = str(settings.get("colour", ""))
    colour = told.lower() if _COLOUR.fullmatch(told) else _DEFAULT
    crest = str(settings.get("crest", ""))
    links = settings.get("links", {})
    return Look(
        colour=colour,
        ink=ink_on(colour),
        initial=initial_of(name),
        crest=crest if _CREST.fullmatch(crest) else None,
        slogan=str(settings.get("claim", "")),
        links={key: links[key] for key in _LINKS if str(links.get(key, "")).startswith("https://")},
    )


def ink_on(colour: str) -> str:
    """Say whether black or white has the greater contrast on a colour (WCAG 2.2, relative luminance)."""
    luminance = _luminance(colour)
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#ffffff"


def initial_of(name: str) -> str:
    """Give the letter that stands for a town without a crest: that of its own name, not of `Stadt`."""
    words = [word for word in name.split() if word.lower() not in _FILLERS] or name.split() or ["?"]
    return words[0][0].upper()


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[n : n + 2], 16) / 255) for n in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
