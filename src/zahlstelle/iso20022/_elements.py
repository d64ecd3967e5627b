"""Bytes into elements: the messages that are read element by element because they are small or our own (pain.00x).

One pass of expat. An element that is wanted is handed out when it closes, together with the elements it stands in, and
then let go; memory is that of the largest element, not of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from ._refusals import Reason, Unreadable
from ._text import characters
from ._values import cents

MAX_DEPTH = 64
MAX_HELD = 40_000  # elements in memory
MAX_TEXT = 1024 * 1024  # characters of one text, tag or comment

_NAMESPACE = re.compile(r"\b([a-z]{4}\.\d{3})\.(\d{3}\.\d{2})")
_ENTITIES = {expat.errors.codes[word] for word in (
    expat.errors.XML_ERROR_UNDEFINED_ENTITY, expat.errors.XML_ERROR_RECURSIVE_ENTITY_REF,
    expat.errors.XML_ERROR_ASYNC_ENTITY, expat.errors.XML_ERROR_EXTERNAL_ENTITY_HANDLING,
)}  # fmt: skip


@dataclass(slots=True, eq=False)
class Element:
    """An element: its local name, its line, its text, its children in order."""

    name: str
    line: int
    currency: str | None = None
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, path: str) -> Iterator[Element]:
        """Every element at the slash-written `path`, from child to child, never any descendant."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def first(self, *paths: str) -> Element | None:
        """The first element at the first of `paths` that is there."""
        for path in paths:
            found = next(self.all(path), None)
            if found is not None:
                return found
        return None

    def word(self, *paths: str) -> str | None:
        """The text at the first of `paths` that is there; None where it is missing or empty."""
        found = self.first(*paths)
        return None if found is None else found.text.strip() or None

    def words(self, path: str) -> tuple[str, ...]:
        """Every text at `path` that is not empty."""
        return tuple(text for one in self.all(path) if (text := one.text.strip()))


@dataclass(frozen=True, slots=True)
class Found:
    """An element that has closed, and the elements around it as far as they were read, outermost first."""

    element: Element
    around: tuple[Element, ...]
    message: str | None  # pain.008; None where the file names no namespace
    version: str | None


def found(stream: BinaryIO, name: str, wanted: frozenset[str]) -> Iterator[Found]:
    """Every element of the file that is called as one of `wanted`, when it closes. Raises Unreadable."""
    return _Elements(name, wanted).events(stream)


def hundredths(element: Element, name: str, path: str) -> int:
    """The amount in `element`; one that cannot be read is refused with its place."""
    try:
        return cents(element.text.strip())
    except ValueError as why:
        raise Unreadable(Reason.AMOUNT_UNREADABLE, name, element.line, path, str(why)) from None


class _Elements:
    def __init__(self, name: str, wanted: frozenset[str]) -> None:
        self.name, self.wanted = name, wanted
        self.open: list[Element] = []
        self.pending: list[Found] = []
        self.held = 0
        self.skipped = 0  # lines before the first tag
        self.message: str | None = None
        self.version: str | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def events(self, stream: BinaryIO) -> Iterator[Found]:
        rest = ""
        begun = False
        for chunk in characters(stream, self.name, lambda *_: None, lambda: self.line):
            rest += chunk
            if not begun:
                start = rest.lstrip(" \t\n\ufeff")
                self.skipped, begun = self.skipped + rest[: len(rest) - len(start)].count("\n"), bool(start)
                rest = start
            end = rest.rfind(">") + 1
            self._parse(rest[:end], final=False)
            rest = rest[end:]
            if len(rest) > MAX_TEXT:
                raise self._no(Reason.TOO_LARGE, "a text or tag without an end")
            yield from self.pending
            self.pending.clear()
        self._parse(rest, final=True)
        yield from self.pending

    @property
    def line(self) -> int:
        return self.skipped + self.parser.CurrentLineNumber

    def _parse(self, text: str, *, final: bool) -> None:
        try:
            self.parser.Parse(text, False)
            if final:
                self.parser.Parse("", True)
        except expat.ExpatError as why:
            words = expat.ErrorString(why.code) or "not well-formed"
            code = Reason.ENTITY_REFUSED if why.code in _ENTITIES else Reason.NOT_XML
            if final and self.open:
                code, words = Reason.TRUNCATED, f"the file ends too early ({words})"
            raise Unreadable(code, self.name, self.skipped + why.lineno, self._where(), words) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        uri, _, local = name.rpartition(" ")
        if self.message is None and (known := _NAMESPACE.search(uri)):
            self.message, self.version = known[1], known[2]
        currency = attributes.get("Ccy") if attributes else None
        element = Element(local, self.line, None if currency is None else currency.strip()[:16])
        self.held += 1
        if len(self.open) >= MAX_DEPTH:
            raise self._no(Reason.TOO_DEEP, f"nested deeper than {MAX_DEPTH}")
        if self.held > MAX_HELD:
            raise self._no(Reason.TOO_LARGE, f"more than {MAX_HELD} elements in one")
        if self.open:
            self.open[-1].children.append(element)
        self.open.append(element)

    def _end(self, _name: str) -> None:
        element = self.open.pop()
        if element.name in self.wanted:
            self.pending.append(Found(element, tuple(self.open), self.message, self.version))
            if self.open:
                self.open[-1].children.pop()
            self.held -= _count(element)

    def _characters(self, data: str) -> None:
        element = self.open[-1]
        element.text += data
        if len(element.text) > MAX_TEXT:
            raise self._no(Reason.TOO_LARGE, "a text without an end")

    def _doctype(self, *_: object) -> None:
        raise self._no(Reason.DOCTYPE_REFUSED, "a DOCTYPE is never part of a bank file")

    def _no(self, code: Reason, reason: str) -> Unreadable:
        return Unreadable(code, self.name, self.line, self._where(), reason)

    def _where(self) -> str | None:
        return "/".join(one.name for one in self.open)[:200] or None


def _count(element: Element) -> int:
    return 1 + sum(map(_count, element.children))
