"""The careful way to read: expat reports each element of a camt message, and it is gathered, told and closed here."""

from __future__ import annotations

import re
from xml.parsers import expat

from . import _details, _heads
from ._details import Context, DetailPlan, Trouble
from ._plans import Plans
from ._records import (
    Detail,
    Deviation,
    EntryEnd,
    EntryHead,
    EntryStart,
    Event,
    MessageHead,
    StatementEnd,
    StatementHead,
    StatementStart,
)
from ._refusals import Reason, Unreadable
from ._shapes import MAX_DEPTH

MAX_TOKEN = 1024 * 1024  # characters without a closing bracket: a text, a tag, a comment
MAX_TAGS = 40_000  # of one element held in memory
MAX_ELEMENT = 4 * 1024 * 1024  # characters of one element held in memory
MAX_DOCUMENTS = 2_000  # in one file
MAX_NOTES = 1_000  # deviations of one file
MAX_OUTSIDE = 2_000  # elements before a message is found

_BODY = re.compile(r"(BkToCstmrAcctRpt|BkToCstmrStmt|BkToCstmrDbtCdtNtfctn)(V\d\d)?")
_MESSAGES = {
    "BkToCstmrAcctRpt": "camt.052",
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrDbtCdtNtfctn": "camt.054",
}
_STATEMENTS = frozenset({"Rpt", "Stmt", "Ntfctn"})
_NAMESPACE = re.compile(r"\b(camt\.05[234])\.(\d{3}\.\d{2})(?!\d)")
_OTHER = re.compile(r"\b([a-z]{4}\.\d{3}(?:\.\d{3}\.\d{2})?)$")
_EACH_TIME = frozenset({"details_differ", "batch_count_differs", "balances_differ", "no_statement"})
_TURNS = frozenset({"Ntry", "TxDtls", "NtryDtls", *_STATEMENTS})
_NO_NEWS = frozenset({"/NtryDtls", "/Ntry"})
_MARKS = frozenset({"/TxDtls", "/Btch"})

_TRUNCATED = {expat.errors.codes[word] for word in (
    expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION, expat.errors.XML_ERROR_PARTIAL_CHAR,
)}  # fmt: skip
_ENTITIES = {expat.errors.codes[word] for word in (
    expat.errors.XML_ERROR_UNDEFINED_ENTITY, expat.errors.XML_ERROR_RECURSIVE_ENTITY_REF,
    expat.errors.XML_ERROR_ASYNC_ENTITY, expat.errors.XML_ERROR_EXTERNAL_ENTITY_HANDLING,
)}  # fmt: skip


class Frame:
    """An element whose tokens are being gathered: a message, a statement, an entry or a detail."""

    __slots__ = ("depth", "kind", "line", "lines", "size", "tokens")

    def __init__(self, kind: str, tag: str, depth: int, line: int) -> None:
        self.kind, self.depth, self.line = kind, depth, line
        self.tokens, self.lines, self.size = ["", tag], [line], 0


class Careful:
    """Reads documents element by element; what is complete waits in `pending`."""

    parser: expat.XMLParserType
    ended: bool  # the root element is closed
    over: bool  # something stands behind it that begins another document
    told: bool  # the last feed ended behind a tag that was reported, and with nothing else
    mark: int  # where that tag ended, in bytes of this document
    message: MessageHead
    statement: _heads.StatementSums
    statement_head: StatementHead | None
    entry: _heads.EntrySums
    entry_head: EntryHead | None
    entry_told: int  # from which token on there may be news of it
    around: Context

    def __init__(self, name: str) -> None:
        self.name = name
        self.pending: list[Event] = []
        self.noted: set[tuple[str, str | None]] = set()
        self.notes = self.entry_told = 0
        self.shapes = Plans()
        self.documents = 0
        self.base_line = 0
        self._new_document()

    def _new_document(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.namespace_prefixes = True
        self.parser.buffer_text = True
        self.parser.buffer_size = 65536
        self.parser.StartDoctypeDeclHandler = self._doctype
        if hasattr(self.parser, "SetReparseDeferralEnabled"):
            self.parser.SetReparseDeferralEnabled(False)
        self._report(True)
        self.fed = self.end_byte = 0
        self.ended = self.over = self.told = False
        self.mark = -1
        self.depth = self.outside = 0
        self.document_depth = -1
        self.text = ""
        self.frames: list[Frame] = []
        self.frame: Frame | None = None
        self.namespace: str | None = None
        self.names: dict[str, str] = {}
        self.found_here = False
        self.in_details = self.prefixed = False

    def _report(self, on: bool) -> None:
        self.parser.StartElementHandler = self._start if on else None
        self.parser.EndElementHandler = self._end if on else None
        self.parser.CharacterDataHandler = self._characters if on else None

    # --- elements ------------------------------------------------------------------------------------

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self.names.get(name) or self._named(name)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._unreadable(Reason.TOO_DEEP, self._line(), tag, f"nested deeper than {MAX_DEPTH}")
        frame = self.frame
        if frame is None:
            self._outside(tag, name)
            return
        if tag in _TURNS and self._turn(tag, name, frame):
            return
        if attributes and "Ccy" in attributes:
            currency = attributes["Ccy"].strip()[:16].replace('"', "").replace("/", "")
            tag = f'{tag} Ccy="{currency}"'
        self._gather(frame, tag)

    def _end(self, name: str) -> None:
        frame = self.frame
        depth = self.depth
        self.depth = depth - 1
        if frame is not None:
            tag = "/" + (self.names.get(name) or self._named(name))
            if tag in _MARKS:  # a tag written otherwise, or with more behind it, is no mark
                self.mark = self.parser.CurrentByteIndex + len(tag) + 2
            self._gather(frame, tag)
            if depth == frame.depth:
                self._leave(frame)
            elif tag == "/NtryDtls" and depth == frame.depth + 1:
                self.in_details = False
                self._forget_empty(frame)
        if depth == 1:
            self.ended, self.end_byte = True, self.parser.CurrentByteIndex
            if not self.found_here:
                self._empty_document(self.names.get(name) or self._named(name), name)

    def _forget_empty(self, frame: Frame) -> None:
        """Let go of an `NtryDtls` that held nothing but details: some banks open one for each of them."""
        if frame.tokens[-3] == "NtryDtls":
            del frame.tokens[-4:], frame.lines[-2:]
            self.entry_told = min(self.entry_told, len(frame.tokens) + 1)

    def _empty_document(self, tag: str, name: str) -> None:
        """A document that says it is a camt and holds no message is listed; anything else is no camt."""
        known = _NAMESPACE.search(name.split(" ")[0])
        if tag != "Document" or known is None:
            raise self._unreadable(Reason.NOT_CAMT, self._line(), None, "no camt message in the document")
        self.documents += 1
        self.message = MessageHead(self.name, self._line(), known[1], known[2])
        self._note("no_statement", self._line(), None, f"{known[0]} without a message")

    def _characters(self, data: str) -> None:
        self.text = self.text + data if self.text else data
        if len(self.text) > MAX_TOKEN:
            raise self._unreadable(Reason.TOO_LARGE, self._line(), None, "a text without an end")

    def _gather(self, frame: Frame, tag: str) -> None:
        text = self.text
        frame.tokens.append(text)
        frame.tokens.append(tag)
        frame.lines.append(self.base_line + self.parser.CurrentLineNumber)
        if text:
            frame.size += len(text)
            self.text = ""
        if len(frame.lines) > MAX_TAGS or frame.size > MAX_ELEMENT:
            raise self._unreadable(Reason.TOO_LARGE, self._line(), frame.tokens[1], "more than fits one element")

    def _named(self, name: str) -> str:
        """The local name; of an element of another namespace, a name that no path has."""
        uri, _, local = name.rpartition(" ")
        if uri and name.count(" ") == 2:
            uri, local, _ = name.split(" ")
        foreign = self.frame is not None and (uri or None) != self.namespace
        tag = f"foreign:{local}" if foreign else local
        self.names[name] = tag
        return tag

    def _outside(self, tag: str, name: str) -> None:
        self.outside += 1
        uri = name.split(" ")[0] if " " in name else None
        body = _BODY.fullmatch(tag)
        if body is not None:
            self._open_message(_MESSAGES[body[1]], tag, uri)
        elif self.outside > MAX_OUTSIDE or tag in ("html", "HTML"):
            raise self._unreadable(Reason.NOT_CAMT, self._line(), tag, "no camt message in the document")
        elif tag == "Document":
            self.document_depth = self.depth
            other = _OTHER.search(uri or "")
            if other is not None and not _NAMESPACE.search(uri or ""):
                raise self._unreadable(Reason.NOT_CAMT, self._line(), tag, f"the message is {other[1]}")
        elif self.depth == self.document_depth + 1:
            raise self._unreadable(Reason.NOT_CAMT, self._line(), tag, f"{tag[:40]} is no camt.052, .053 or .054")

    def _open_message(self, message: str, tag: str, uri: str | None) -> None:
        self.documents += 1
        self.found_here = True
        self.namespace, self.names = uri, {}
        self.noted = {one for one in self.noted if one[0] == "not_utf8"}
        if self.documents > MAX_DOCUMENTS:
            raise self._unreadable(Reason.TOO_LARGE, self._line(), None, f"more than {MAX_DOCUMENTS} documents")
        known = _NAMESPACE.search(uri or "")
        self.message = MessageHead(self.name, self._line(), message, known[2] if known else None)
        self.head_told = self.statement_seen = False
        if uri is None:
            self._note("no_namespace", self._line(), "Document", "the document names no namespace")
        elif known is None:
            self._note("unknown_namespace", self._line(), "Document", f"unknown namespace {uri[:80]}")
        elif known[1] != message:
            self._note("message_mismatch", self._line(), "Document", f"{known[1]} by name, {message} by content")
        elif not "001.01" <= known[2] <= "001.14":
            self._note("unknown_version", self._line(), "Document", f"{known[0]} is read like the versions before")
        self._push("message", tag)

    def _push(self, kind: str, tag: str) -> Frame:
        if self.frame is not None:
            self.frames.append(self.frame)
        self.text = ""
        self.frame = Frame(kind, tag, self.depth, self._line())
        return self.frame

    def _turn(self, tag: str, name: str, frame: Frame) -> bool:
        """Whether `tag` opens a statement, an entry or a detail at its proper place."""
        below = self.depth - frame.depth
        if tag == "TxDtls":
            if frame.kind != "entry" or not (below == 1 or (below == 2 and self.in_details)):
                return False
            self._open_entry()
            self._push("detail", tag)
        elif below != 1:
            return False
        elif tag == "Ntry":
            if frame.kind != "statement":
                return False
            self._open_statement()
            self.entry = _heads.EntrySums()
            self.entry_head = None
            self.in_details = False
            self._push("entry", tag)
        elif tag == "NtryDtls":
            if frame.kind == "entry":
                self.in_details, self.prefixed = True, name.count(" ") == 2
                self.mark = self.parser.CurrentByteIndex + len("<NtryDtls>")
            return False
        else:
            if frame.kind != "message":
                return False
            self._tell_message(frame)
            self.statement_head = None
            self.statement = _heads.StatementSums()
            self.statement_seen = True
            self._push("statement", tag)
        return True

    def _leave(self, frame: Frame) -> None:
        self.frame = self.frames.pop() if self.frames else None
        if frame.kind == "detail":
            self._add_detail(frame)
        elif frame.kind == "entry":
            self._close_entry(frame)
        elif frame.kind == "statement":
            self._close_statement(frame)
        else:
            self._tell_message(frame)
            if not self.statement_seen:
                self._note("no_statement", frame.line, None, f"{self.message.message} without a statement")

    def _add_detail(self, frame: Frame) -> None:
        plan = self.shapes.plan(tuple(frame.tokens[1::2]), plain=False)
        if plan is None:
            raise self._unreadable(Reason.NOT_XML, frame.line, "TxDtls", "tags that do not nest")
        around = self.around
        try:
            detail = _details.build(frame.tokens, plan, around, self.entry.details + 1, frame.line)
        except Trouble as why:
            raise self._troubled(why, frame.lines[why.token // 2 - 1]) from None
        self.entry.add(detail, around)
        self._note_deviations(detail, plan)
        self.pending.append(detail)

    def _note_deviations(self, detail: Detail, plan: DetailPlan) -> None:
        for code, element, reason in _details.deviations(detail, plan):
            self._note(code, detail.line, element, reason)

    # --- heads --------------------------------------------------------------------------------------

    def _tell_message(self, frame: Frame) -> None:
        if not self.head_told:
            self.head_told = True
            self.message = _heads.message(self._open_scribe(frame), self.message)

    def _open_scribe(self, frame: Frame) -> _heads.Scribe:
        """The element of `frame` as far as it was read, with its open tags closed for the time being."""
        return _heads.Scribe(
            frame.tokens, frame.lines, self._note, self.shapes.head(tuple(frame.tokens[1::2])), self.message.version
        )

    def _open_statement(self) -> None:
        frame = self.frame
        if self.statement_head is None and frame is not None:
            self.statement_head = self._guarded(frame, _heads.statement)
            self.pending.append(StatementStart(self.message, self.statement_head))

    def _close_statement(self, frame: Frame) -> None:
        head = self._guarded(frame, _heads.statement)
        if self.statement_head is None:
            self.pending.append(StatementStart(self.message, head))
        self.pending.append(StatementEnd(self.statement.close(head, self._note)))

    def _open_entry(self) -> Context:
        frame = self.frame
        if self.entry_head is None and frame is not None and self.statement_head is not None:
            number = self.statement.entries + 1
            self.entry_head = head = self._guarded(frame, lambda scribe: _heads.entry(scribe, number))
            self.entry_told = len(frame.tokens) + 1
            self.around = _heads.context(head, self.statement_head)
            self.pending.append(EntryStart(head))
        return self.around

    def _close_entry(self, frame: Frame) -> None:
        head = self.entry_head
        if head is None or set(frame.tokens[self.entry_told :: 2]) - _NO_NEWS:
            number = self.statement.entries + 1
            head = self._guarded(frame, lambda scribe: _heads.entry(scribe, number))
        if self.entry_head is None:
            self.pending.append(EntryStart(head))
        elif (head.amount_cents, head.side) != (self.entry_head.amount_cents, self.entry_head.side):
            raise self._unreadable(Reason.AMOUNT_UNREADABLE, frame.line, "Ntry/Amt", "the amount is named twice")
        entry = self.entry.close(head, self._note)
        self.statement.add(entry)
        self.pending.append(EntryEnd(entry))

    def _guarded(self, frame: Frame, make: _heads.Maker[_heads.T]) -> _heads.T:
        try:
            return make(self._open_scribe(frame))
        except Trouble as why:
            line = frame.lines[why.token // 2 - 1] if why.token else frame.line
            raise self._troubled(why, line) from None

    # --- saying no, and saying it aloud ----------------------------------------------------------------

    def _line(self) -> int:
        if self.over:
            return self.base_line + 1
        return self.base_line + self.parser.CurrentLineNumber

    def _doctype(self, *_: object) -> None:
        raise self._unreadable(Reason.DOCTYPE_REFUSED, self._line(), None, "a DOCTYPE is never part of a bank file")

    def _broken(self, why: expat.ExpatError, *, final: bool = False) -> Unreadable:
        line = self.base_line + why.lineno
        words = expat.ErrorString(why.code) or "not well-formed"
        if why.code in _ENTITIES:
            return self._unreadable(Reason.ENTITY_REFUSED, line, None, words)
        if final and (self.depth or why.code in _TRUNCATED):
            return self._unreadable(Reason.TRUNCATED, line, None, f"the file ends too early ({words})")
        return self._unreadable(Reason.NOT_XML, line, None, words)

    def _troubled(self, why: Trouble, line: int) -> Unreadable:
        path = why.element if why.element.startswith(("Ntry", "Bal")) else f"Ntry/NtryDtls/{why.element}"
        return self._unreadable(why.code, line, path, why.reason)

    def _unreadable(self, code: Reason, line: int | None, element: str | None, reason: str) -> Unreadable:
        return Unreadable(code, self.name, line, element or self._where(), reason)

    def _where(self) -> str | None:
        """The path of the element that is open, below statement or message; None where none is."""
        path: list[str] = []
        for frame in [*self.frames, self.frame]:
            if frame is None:
                continue
            if frame.kind in ("message", "statement"):
                path.clear()
            for tag in frame.tokens[1::2]:
                if tag.startswith("/"):
                    path.pop()
                elif not tag.endswith("/"):
                    path.append(tag.partition(" ")[0].removeprefix("foreign:"))
        return "/".join(path[1:] if len(path) > 1 else path)[:200] or None

    def _note_bytes(self, code: str, line: int, reason: str) -> None:
        self._note(code, line, None, reason)

    def _note(self, code: str, line: int | None, element: str | None, reason: str) -> None:
        """Say a deviation aloud: how a bank writes once per document, what it counts otherwise each time."""
        if code in _EACH_TIME or (code, element) not in self.noted:
            self.noted.add((code, element))
            self.notes += 1
            if self.notes > MAX_NOTES:
                return
            if self.notes == MAX_NOTES:
                code, element, reason = "more_deviations", None, f"after {MAX_NOTES} no more are listed"
            message = getattr(self, "message", None)
            self.pending.append(Deviation(code, self.name, line, element, reason, message))
