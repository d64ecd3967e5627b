"""What a detail names when there is certainly no doubt: one Kassenzeichen of a pool, and nothing else. No IO.

This only sorts out what may be allocated as a set; whatever it is not sure of goes through the decision table, which
alone is the rule. So it errs on one side: any other digits, long enough together to hide a second number, any field
that is not the number, any sign of a return make it unsure.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zahlstelle.claims import Pool
from zahlstelle.iso20022 import Detail, is_return
from zahlstelle.kernel import checkdigits

_DIGITS = re.compile(r"\d[\d ./\-]*")
_SEPARATORS = str.maketrans("", "", " ./-")
_BLANKS = re.compile(r"\s+")
_WORDS = re.compile(r"[A-Z0-9]{6,35}")


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
        # As many other digits could be a second number, perhaps written without its leading zeros.
        shortest = [
            len(pool.prefix.lstrip("0")) + pool.length - len(pool.prefix) for p in self._pools.values() for pool in p
        ]
        self._too_many = min(shortest, default=0)

    def exact(self, detail: Detail) -> Named | None:
        """Tell the one number that everything in the detail names; None where there may be any doubt."""
        if detail.return_reason or detail.mandate_id or is_return(None, detail.proprietary_code):
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
        return Named(number, [word for word in (*_WORDS.findall(text.upper()), *fields) if word != number])

    def _valid(self, digits: str) -> bool:
        return any(pool.valid(digits) for pool in self._pools.get(len(digits), ()))


def _told(detail: Detail) -> tuple[str, list[str]]:
    """Join everything a detail says, its pieces both ways; and give its fields as they are compared as a whole."""
    pieces = detail.remittance or [text for text in (detail.additional_info,) if text]
    fields, texts = [], []
    for field in (detail.end_to_end_id, detail.reference):
        if field:
            fields.append(field if field.isdigit() else _BLANKS.sub("", field.translate(_SEPARATORS)).upper())
            texts.append(field)
            if field[:2] in ("RF", "rf", "Rf", "rF") and checkdigits.rf_is_valid(field):
                fields.append(fields[-1][4:])
                texts[-1] = fields[-1]
    texts.append(" ".join(pieces))
    if len(pieces) > 1:
        texts.append("".join(pieces))
    return "\n".join(texts), fields
