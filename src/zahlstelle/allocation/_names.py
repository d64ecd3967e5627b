"""Whether a payer's name is a debtor's. Banks cut names, lose umlauts and write them large. No IO."""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache


class NameMatch(StrEnum):
    """How a payer's name compares with a debtor's."""

    AGREES = "agrees"  # every part of the shorter name, two at least, is in the longer one: the same letters
    SIMILAR = "similar"  # nearly the same letters: for proposals only
    RELATED = "related"  # a part is shared, as within a family
    DIFFERS = "differs"
    UNKNOWN = "unknown"  # one of the two is not known


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_LOST = re.compile(r"([aou])e")  # some banks write Mueller, some Muller
_WORDS = re.compile(r"[a-z0-9]+")
_NOT_A_NAME = frozenset(
    # what some write and some leave out
    ("herr", "frau", "familie", "fam", "eheleute", "dr", "prof", "dipl", "ing", "geb", "und", "oder", "von", "zu")
)
_NEAR = 85


@lru_cache(maxsize=4096)
def parts_of(name: str) -> tuple[str, ...]:
    """Give the parts of a name that tell it from others, in one spelling."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_UMLAUTS)).encode("ascii", "ignore").decode()
    words = (word for word in _WORDS.findall(plain) if word not in _NOT_A_NAME and len(word) > 1)
    return tuple(dict.fromkeys(_LOST.sub(r"\1", word) for word in words))


def beginnings_of(name: str) -> frozenset[str]:
    """Give the first five letters of each part: by these claims are found, also where a bank has cut a name."""
    return frozenset(part[:5] for part in parts_of(name) if len(part) >= 3)


def compare_names(payer: str | None, debtor: str | None) -> NameMatch:
    """Compare a payer's name with a debtor's."""
    from rapidfuzz import fuzz  # six megabytes that most imports never need

    ours, theirs = parts_of(payer or ""), parts_of(debtor or "")
    if not ours or not theirs:
        return NameMatch.UNKNOWN
    shorter, longer = sorted((ours, theirs), key=len)
    alike = sum(part in longer for part in shorter)
    if alike == len(shorter) and (alike >= 2 or len(longer) == 1):
        return NameMatch.AGREES
    if int(fuzz.token_sort_ratio(" ".join(ours), " ".join(theirs))) >= _NEAR:
        return NameMatch.SIMILAR
    return NameMatch.RELATED if alike else NameMatch.DIFFERS
