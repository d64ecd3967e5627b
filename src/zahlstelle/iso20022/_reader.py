"""Characters into events: one pass, constant memory, every byte seen by the XML parser.

Outside collective entries expat reports each element. Inside, where details come by the hundred thousand, there are
three ways, each falling back to the next for as little as one detail. A detail that fills in a known form is matched
whole by an expression that admits nothing but well-formed XML (see `_forms`). One that is written plainly (no comment,
CDATA, prefix or unusual attribute) is only checked by expat, and its fields are cut out of the same text by shape (see
`_shapes`). What is not written plainly is read element by element, with the same plans. Tests hold all ways against
each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO
from xml.parsers import expat

from . import _details
from ._careful import MAX_TOKEN, Careful
from ._details import Context, DetailPlan, Trouble
from ._forms import Form
from ._records import Event
from ._refusals import Reason
from ._text import characters
from ._values import unescape

MAX_WAITING = 64 * 1024  # characters of a detail that wait for its end
FEW = 16  # details read in full before forms are tried again

_SPLIT = re.compile("<([^>]*)>").split
_BLANK = re.compile(r"[ \t\n]*").match
_OUTSIDE = re.compile("[ \\t\\n\ufeff]*").match
_OPEN, _CLOSE = "<TxDtls>", "</TxDtls>"

# One plain detail: its texts, its plan, where it begins, and where each of its texts begins.
_Found = tuple[Sequence[str], DetailPlan, int, Callable[[int], int]]


def read(stream: BinaryIO, name: str, *, plain: bool = True) -> Iterator[Event]:
    """Read one file of camt.052, .053 or .054 messages, event by event.

    `name` is what errors and records call the file. `plain=False` reads element by element throughout
    (slower, the same events). Raises Unreadable as soon as something cannot be read; what was
    yielded until then is part of a file that is not whole, and is to be thrown away.
    """
    return _Reader(name, plain).events(stream)


class _Reader(Careful):
    def __init__(self, name: str, plain: bool) -> None:
        super().__init__(name)
        self.plain_allowed = plain
        self.rest = ""
        self.at = 0  # how much of it is done
        self.over = True  # blanks may stand before the first document as well

    # --- the file: documents one after the other --------------------------------------------------

    def events(self, stream: BinaryIO) -> Iterator[Event]:
        for chunk in characters(stream, self.name, self._note_bytes, self._line_of_next):
            self.rest, self.at = self.rest[self.at :] + chunk, 0
            done = -1
            while done < self.at < len(self.rest):
                done = self.at
                self.at = self._take(self.rest, done)
                if self.pending:
                    yield from self.pending
                    self.pending.clear()
            if len(self.rest) - self.at > MAX_TOKEN:
                raise self._unreadable(Reason.TOO_LARGE, self._line(), None, "a text or tag without an end")
        self._finish(self.rest[self.at :])
        yield from self.pending
        self.pending.clear()

    def _take(self, text: str, at: int) -> int:
        """Read a stretch of `text` from `at` on; answer where it ended, `at` if more text is needed first."""
        if self.over:
            return self._between_documents(text, at)
        if self.plain_allowed and self._inside_details():
            done = self._run_of_details(text, at)
            if done != at or self._may_go_on(text, at):
                return done
        end = self._stretch(text, at)
        return self._feed(text, at, end) if end > at else at

    def _stretch(self, text: str, at: int) -> int:
        """Up to where to report element by element: up to the next details, else to the last tag."""
        if self.plain_allowed:
            following = text.find(_OPEN, at + 1 if self._inside_details() else at)
            if following > at:
                return following
            if following == at:
                return at + len(_OPEN)
        return text.rfind(">", at) + 1

    def _between_documents(self, text: str, at: int) -> int:
        start = _OUTSIDE(text, at).end()  # type: ignore[union-attr]
        self.base_line += text.count("\n", at, start)
        if start == len(text):
            return start
        if not text.startswith("<", start):
            where = "after the document's end" if self.documents else "where a document should begin"
            raise self._unreadable(Reason.NOT_XML, self.base_line + 1, None, f"text {where}")
        if start > at and not self.documents and text.startswith("<?xml", start):
            self._note("declaration_not_first", self.base_line + 1, None, "blanks stand before the XML declaration")
        self._new_document()
        return self._take(text, start)

    def _feed(self, text: str, at: int, end: int) -> int:
        """Give `text[at:end]` to the parser with all its reports; a document may end inside."""
        piece = text[at:end]
        before = self.fed
        try:
            self.parser.Parse(piece, False)
        except expat.ExpatError as why:
            if not self.ended or self.parser.ErrorByteIndex < self.end_byte:
                raise self._broken(why) from None
            done = at + len(piece.encode()[: self.parser.ErrorByteIndex - before].decode(errors="ignore"))
            self.base_line += why.lineno - 1
            self.over = True
            return done if done > at else self._between_documents(text, at)
        self.fed += len(piece.encode()) if not piece.isascii() else len(piece)
        self.told = self.mark == self.fed - len(piece) + len(piece.rstrip(" \t\n"))
        return end

    def _finish(self, rest: str) -> None:
        try:
            self.parser.Parse(rest, False)
            self.parser.Parse("", True)
        except expat.ExpatError as why:
            if not (self.ended and not rest.strip(" \t\n\ufeff")):
                raise self._broken(why, final=True) from None
        if not self.documents:
            raise self._unreadable(Reason.NOT_CAMT, None, None, "no camt message in the file")

    # --- the quick way: a run of TxDtls, checked by expat and cut by shape ---------------------------

    def _inside_details(self) -> bool:
        """Whether the parser stands between the details of an entry and has told us everything up to here."""
        frame = self.frame
        return (
            self.told
            and self.in_details
            and not self.prefixed
            and frame is not None
            and frame.kind == "entry"
            and self.depth == frame.depth + 1
        )

    def _may_go_on(self, text: str, at: int) -> bool:
        """Whether `text` ends in the middle of a detail that the next characters may complete."""
        return (
            len(text) - at < MAX_WAITING
            and text.startswith(_OPEN, _BLANK(text, at).end())  # type: ignore[union-attr]
            and text.find(_CLOSE, at) < 0
        )

    def _run_of_details(self, text: str, begin: int) -> int:
        """Read as many whole plain `TxDtls` as `text` has from `begin` on; answer where they end."""
        at = _BLANK(text, begin).end()  # type: ignore[union-attr]
        if not text.startswith(_OPEN, at):
            return begin
        around = self._open_entry()
        forms = self.shapes.forms_for(around)
        done = self._filled_in(text, begin, at, forms, around)
        if done:
            return done
        found: list[_Found] = []
        hots = self.shapes.hot
        while text.startswith(_OPEN, at):
            for hot in hots:
                matched = hot.match(text, at)
                if matched is not None:
                    tokens = matched.groups()
                    found.append((tokens, hot.plan, at, matched.start))
                    self.shapes.learn(hot, tokens, around)
                    end = matched.end()
                    break
            else:
                end = self._cut(text, at, found)
                if not end:
                    break
            at = _BLANK(text, end).end()  # type: ignore[union-attr]
            if forms and len(found) >= FEW:
                break  # the next ones may be of a form again
        if not found:
            return begin
        line = self._line()
        self._check_only(text[begin:at])
        self._add_run(text, begin, line, found, around)
        return at

    def _filled_in(self, text: str, begin: int, at: int, forms: list[Form], around: Context) -> int:
        """Read details that fill in one of `forms`; answer where they end, 0 where there are none."""
        first = at
        line = began_on = self._line() + text.count("\n", begin, at)
        entry, add = self.entry, self.pending.append
        place = 0
        while place < len(forms):
            form = forms[place]
            end, count, line, value = form.take(text, at, entry.details, line, add)
            if end == at:
                place += 1
                continue
            entry.add_run(count, value if (form.side or around.side) == "credit" else -value)
            if place:
                forms.insert(0, forms.pop(place))
            at, place = end, 0
        if at == first:
            return 0
        self.base_line += line - began_on + text.count("\n", begin, first)
        return at

    def _cut(self, text: str, at: int, found: list[_Found]) -> int:
        """Cut the `TxDtls` at `at` by its tags; answer where it ends, 0 if it is not whole or not plain."""
        end = text.find(_CLOSE, at) + len(_CLOSE)
        if end < len(_CLOSE):
            return 0
        piece = text[at:end]
        tokens = _SPLIT(piece)
        tags = tuple(tokens[1::2])
        plan = None if "<!" in piece or "<?" in piece else self.shapes.plan(tags, plain=True)
        if plan is None:
            return 0
        self.shapes.warm(tags)
        found.append((tokens, plan, at, lambda group: at + sum(map(len, tokens[: group - 1])) + group - 1))
        return end

    def _check_only(self, piece: str) -> None:
        """Let expat judge `piece` without reporting it."""
        self._report(False)
        try:
            self.parser.Parse(piece, False)
        except expat.ExpatError as why:
            raise self._broken(why) from None
        self._report(True)
        self.text = ""
        self.fed += len(piece) if piece.isascii() else len(piece.encode())

    def _add_run(self, text: str, begin: int, line: int, found: list[_Found], around: Context) -> None:
        first_line, counted = line, begin
        escaped = "&" in text
        build, add, entry = _details.build, self.pending.append, self.entry
        for tokens, plan, at, start in found:
            if text.find("\n", counted, at) >= 0:
                line += text.count("\n", counted, at)
            counted = at
            if escaped:
                tokens = [unescape(one) if "&" in one else one for one in tokens]
            try:
                detail = build(tokens, plan, around, entry.details + 1, line)
            except Trouble as why:
                at_line = first_line + text.count("\n", begin, start(why.token + 1))
                raise self._troubled(why, at_line) from None
            entry.add(detail, around)
            self._note_deviations(detail, plan)
            add(detail)

    def _line_of_next(self) -> int:
        return self._line() + self.rest.count("\n", self.at)
