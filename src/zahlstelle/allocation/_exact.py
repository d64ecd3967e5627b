"""What a detail names when there is certainly no doubt: one Kassenzeichen of a pool, and nothing else. No IO.

This only sorts out what may be allocated as a set; whatever it is not sure of goes through the decision table, which
alone is the rule. So it errs on one side: any other digits, long enough together to hide a second number, any field
that is not the number, any sign of a return make it unsure.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from zahlstelle.claims import Pool
from zahlstelle.iso20022 import Detail, is_return
from zahlstelle.kernel import CheckMethod, checkdigits, id_about

_DIGITS = re.compile(r"\d[\d ./\-]*")
_SEPARATORS = str.maketrans("", "", " ./-")
_BLANKS = re.compile(r"\s+")
_WORDS = re.compile(r"[A-Z0-9]{6,35}")
_ANNOUNCES = re.compile(r"^(?:KZ|KASSENZ(?!EICHEN$)|KASSZ|RF\d\d)", re.M)  # a number glued to its name; words by line


@dataclass(slots=True)
class Named:
    """The number a detail names, and the words in it that would be a second one if a claim had them for its own."""

    number: str
    words: Sequence[str]


class Reader:
    """Reads what details name by the town's pools."""

    def __init__(self, pools: Iterable[Pool]) -> None:
        self._pools: dict[int, list[Pool]] = {}
        for pool in pools:
            self._pools.setdefault(pool.length, []).append(pool)
        # As many other digits could hide a second number; any, where a number may be written without its first zeros.
        all_pools = [pool for of_length in self._pools.values() for pool in of_length]
        self._too_many = min((1 if pool.prefix[:1] in ("", "0") else pool.length for pool in all_pools), default=0)
        self._returns: dict[str | None, bool] = {}  # by the bank's own code, of which a file has few

    def exact(self, detail: Detail) -> Named | None:
        """Tell the one number that everything in the detail names; None where there may be any doubt."""
        if detail.return_reason or detail.mandate_id or self._is_return(detail.proprietary_code):
            return None
        text, fields = _told(detail)
        number, others = "", 0
        for run in _DIGITS.findall(text):
            digits = run if run.isdigit() else run.translate(_SEPARATORS)
            if digits == number:
                continue
            if not number and self._valid(digits):
                number = digits
                continue
            others += len(digits)
            if others >= self._too_many:
                return None
        if not number:
            return None
        words = [word for word in (*_WORDS.findall(text.upper()), *fields) if word != number]
        return None if words and _ANNOUNCES.search("\n".join(words)) else Named(number, words)

    def _is_return(self, code: str | None) -> bool:
        known = self._returns.get(code)
        if known is None:
            known = self._returns[code] = is_return(None, code)
        return known

    def _valid(self, digits: str) -> bool:
        """Say whether a number is one of a pool, and no two swapped digits could have made another one of it."""
        valid = False
        for pool in self._pools.get(len(digits), ()):
            if digits.startswith(pool.prefix):
                if not _sure(pool.method, digits):
                    return False
                valid = True
        return valid


def _sure(method: CheckMethod, digits: str) -> bool:
    if method is CheckMethod.NONE or not checkdigits.is_valid(digits, method):
        return False
    return method in checkdigits.NOTICE_EVERY_SWAP or not any(checkdigits.silent_swaps(digits, method))


def exact_reasons(number: str) -> Sequence[str]:
    """Say why, in the words of the decision table."""
    return [f"Kassenzeichen {number}", "Prüfziffer stimmt", "Betrag gleich offenem Betrag"]


DAYS_LATE = "{days} Tage nach Fälligkeit"


def decision_id(detail: UUID, doubt: str | None, rule: str) -> UUID:
    """Give the id of a decision: the same about the same detail, by the same rules, is one."""
    return id_about(detail, doubt, rule)


def _told(detail: Detail) -> tuple[str, list[str]]:
    """Join everything a detail says, its pieces both ways; and give its fields as they are compared as a whole."""
    pieces = detail.remittance or [text for text in (detail.additional_info,) if text]
    fields, texts = [], []
    for field in (detail.end_to_end_id, detail.reference):
        if not field:
            continue
        texts.append(field)
        if field.isdigit():
            fields.append(field)
        else:
            fields.append(_BLANKS.sub("", field.translate(_SEPARATORS)).upper())
            if field[:2] in ("RF", "rf", "Rf", "rF") and checkdigits.rf_is_valid(field):
                fields.append(fields[-1][4:])
                texts[-1] = fields[-1]
    texts.append(" ".join(pieces))
    if len(pieces) > 1:
        texts.append("".join(pieces))
    return "\n".join(texts), fields
