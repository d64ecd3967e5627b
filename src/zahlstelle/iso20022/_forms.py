"""Details that are one form, filled in a hundred thousand times.

A bank writes the details of a collective credit with the same tags, the same side and the same codes, and only other
texts. Such a form becomes one expression. What it matches is well-formed beyond doubt: its tags were read and found
to nest, and between them it admits no `<`, no `&`, no `]` and no character that XML forbids; so the XML parser need not
see it. What a form does not match, to the last character, is read in another way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from . import _details
from ._codes import is_return
from ._details import Context
from ._records import Detail
from ._shapes import ABSENT, tree
from ._values import SIDES

_CHARACTER = r"[^<&\]\x00-\x1f\ufffe\uffff]"
_ANY = f"{_CHARACTER}*+"
_TEXT = rf"((?=\S){_CHARACTER}++(?<=\S))"  # nothing that would have to be stripped
_PIECE = rf"((?=\S){_CHARACTER}{{1,{_details.MAX_REMITTANCE}}}+)"  # of a remittance, whose blanks at the end are kept
_IBAN = "([A-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}+)"
_BIC = "([A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)"
_UETR = "([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
_UNLIKE_TEXTS = {4: _UETR, 11: _IBAN, 12: _BIC, 15: _IBAN, 16: _BIC}  # what else would be said aloud as a deviation
_ONE_GROUP = (_TEXT, _PIECE, _IBAN, _BIC, _UETR)
_AMOUNT = r"([0-9]{1,16})\.([0-9]{2})"
_BLANKS = r"[ \t\n]*+"
_LITERAL = re.compile(_TEXT)
_NUMBER, _LINE, _AMOUNT_CENTS, _ORIGINAL, _REMITTANCE, _REFERENCES, _PROPRIETARY, _GROUPS = range(8)


class Form:
    """One form of a detail: what it matches, and how the texts become a record."""

    __slots__ = ("amount", "constants", "match", "original", "pairs", "pieces", "row", "side")

    def __init__(self, tags: Sequence[str], said: Callable[[int], str], around: Context) -> None:
        """Make a form of a detail that was read; `said` tells the text before a tag. Raises NoForm."""
        node = tree(tags, where=lambda place: place)
        plan = _details.plan(node)
        texts = _details.places(node)
        sheet = _Sheet(tags, said)
        if (
            plan.counter is not None
            or plan.rate
            or plan.returned
            or plan.charges
            or plan.additional
            or plan.documents
            or plan.return_info
            or around.returned
        ):
            raise NoForm
        if plan.amount is None or (plan.amount[1] or around.currency) != around.currency:
            raise NoForm
        self.side = side = SIDES.get(sheet.fix(plan.side) or "") if plan.side else None
        codes = [sheet.fix(place) for place in texts[_details.CODES]]
        if (plan.side and side is None) or is_return(*codes[2:5]):
            raise NoForm
        sheet.amount(plan.amount[0])
        if plan.instructed is not None:
            sheet.amount(plan.instructed[0])
        for place in plan.remittance:
            sheet.piece(place)
        found = [sheet.text(place, _UNLIKE_TEXTS.get(number, _TEXT)) for number, place in enumerate(texts)]
        references = [(sheet.text(kind), sheet.text(ref)) for kind, ref in plan.references]
        proprietary = [(sheet.text(kind), sheet.text(ref)) for kind, ref in plan.proprietary]
        if any(pair[1] is None for pair in references) or any(None in pair for pair in proprietary):
            raise NoForm
        self.match: Callable[[str, int], re.Match[str] | None] = sheet.expression().match
        self.amount = sheet.group(plan.amount[0])
        self.original = -1 if plan.instructed is None else sheet.group(plan.instructed[0])
        self.pieces = slice(*sheet.stretch(plan.remittance))
        self.pairs = tuple(
            tuple((-1 if kind is None else sheet.group(kind), sheet.group(ref or 0)) for kind, ref in pairs)
            for pairs in (references, proprietary)
        )
        constants = _Constants(_GROUPS + sheet.groups)
        (
            end_to_end_id, mandate_id, instruction_id, tx_id, uetr, bank_ref, message_id, payment_id, clearing_ref,
            bank_tx_id, debtor, debtor_iban, debtor_bic, ultimate_debtor, creditor, creditor_iban, creditor_bic,
            ultimate_creditor, return_reason, _, _, _, _, _, purpose, additional_info,
        ) = [constants.of(None) if one is None else sheet.at(one) for one in found]  # fmt: skip
        none = constants.of(None)
        pays = (side or around.side) == "credit"
        kind, reference = references[0] if references else (None, None)
        self.row = itemgetter(
            _NUMBER, _LINE, _AMOUNT_CENTS, constants.of(around.currency), constants.of(side),
            end_to_end_id, mandate_id, instruction_id, tx_id, uetr, bank_ref, message_id, payment_id, clearing_ref,
            bank_tx_id, _PROPRIETARY,
            (ultimate_debtor if debtor == none else debtor) if pays
            else (ultimate_creditor if creditor == none else creditor),
            debtor_iban if pays else creditor_iban,
            debtor_bic if pays else creditor_bic,
            debtor, debtor_iban, debtor_bic, ultimate_debtor,
            creditor, creditor_iban, creditor_bic, ultimate_creditor,
            none if reference is None else sheet.at(reference), none if kind is None else sheet.at(kind), _REFERENCES,
            _REMITTANCE, constants.of(()), constants.of(()),
            return_reason, none,
            _ORIGINAL if plan.instructed is not None else none,
            none if plan.instructed is None else constants.of(plan.instructed[1]),
            none,
            constants.of(_details.joined_code(*codes[:3])), constants.of(codes[3]), purpose, additional_info,
            constants.of(codes[4]), none, none, none,
        )  # fmt: skip
        self.constants = tuple(constants.values)

    def take(self, text: str, at: int, number: int, line: int, add: Callable[[Detail], None]) -> Taken:
        """Read details of this form, one after the other, from `at` on; `number` of them were there before."""
        match, row, constants, amount, original = self.match, self.row, self.constants, self.amount, self.original
        pieces, (references, proprietary), new, cents = self.pieces, self.pairs, tuple.__new__, 0
        while (found := match(text, at)) is not None:
            groups = found.groups()
            value = int(groups[amount] + groups[amount + 1])
            number += 1
            all_of: tuple[Any, ...] = (
                number, line, value,
                int(groups[original] + groups[original + 1]) if original >= 0 else None,
                groups[pieces],
                _pairs(groups, references) if references else (),
                _pairs(groups, proprietary) if proprietary else (),
                *groups, *constants,
            )  # fmt: skip
            add(new(Detail, row(all_of)))
            cents += value
            end = found.end()
            line += text.count("\n", at, end)
            at = end
        return at, number, line, cents


Taken = tuple[int, int, int, int]  # where it ended, how many details there are now, the line, the hundredths taken


class NoForm(Exception):
    """A detail whose like is always read in full: a return, with charges, in other money, with unusual texts."""


def _pairs(groups: tuple[str, ...], pairs: Sequence[tuple[int, int]]) -> tuple[tuple[Any, Any], ...]:
    return tuple([(groups[one] if one >= 0 else None, groups[other]) for one, other in pairs])


class _Constants:
    """What is the same in every detail of a form, behind what differs."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.values: list[Any] = []

    def of(self, value: Any) -> int:
        for place, known in enumerate(self.values):
            if known is value or (known == value and type(known) is type(value)):
                return self.first + place
        self.values.append(value)
        return self.first + len(self.values) - 1


class _Sheet:
    """The form while it is drawn up: what may stand before each closing tag, and what of it is kept."""

    def __init__(self, tags: Sequence[str], said: Callable[[int], str]) -> None:
        self.tags, self.said = tags, said
        self.fields: dict[int, str] = {}

    def fix(self, place: int) -> str | None:
        """A text that is the same in every detail of the form."""
        if place == ABSENT:
            return None
        text = self.said(place)
        if text and _LITERAL.fullmatch(text) is None:
            raise NoForm
        self.fields[place] = re.escape(text)
        return text or None

    def amount(self, place: int) -> None:
        self.fields[place] = _AMOUNT

    def piece(self, place: int) -> None:
        if not self.said(place):
            raise NoForm
        self.fields[place] = _PIECE

    def text(self, place: int, shape: str = _TEXT) -> int | None:
        """A text that is kept; None where the form has none there."""
        if place == ABSENT:
            return None
        if not self.said(place):
            self.fields[place] = ""
            return None
        return place if self.fields.setdefault(place, shape) == shape else None

    def expression(self) -> re.Pattern[str]:
        parts = []
        for place, tag in enumerate(self.tags):
            if self._is_leaf(place):
                parts.append(self.fields.get(place, _ANY))
            elif place:
                parts.append(_BLANKS)
            parts.append(re.escape(f"<{tag}>"))
        return re.compile("".join(parts) + _BLANKS)

    def _is_leaf(self, place: int) -> bool:
        before = self.tags[place - 1] if place else "/"
        return self.tags[place][0] == "/" and before[0] != "/" and before[-1] != "/"

    @property
    def groups(self) -> int:
        return sum(2 if kept == _AMOUNT else kept in _ONE_GROUP for kept in self.fields.values())

    def group(self, place: int) -> int:
        """Which group of the expression, counted from zero, holds what stands at `place`."""
        before = [kept for at, kept in self.fields.items() if at < place]
        return sum(2 if kept == _AMOUNT else kept in _ONE_GROUP for kept in before)

    def at(self, place: int) -> int:
        """Where in the row a kept text stands."""
        return _GROUPS + self.group(place)

    def stretch(self, places: Sequence[int]) -> tuple[int, int]:
        """From which to which group the `places` go. Raises NoForm where they are not neighbours."""
        if not places:
            return 0, 0
        numbers = [self.group(place) for place in places]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise NoForm
        return numbers[0], numbers[-1] + 1
