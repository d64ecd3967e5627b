"""The shape of an element, worked out once and used for every element of the same shape.

A bank writes thousands of `TxDtls` with the same tags in the same order and only other texts. An element is
therefore held as a flat list of tokens, texts at even and tags at odd places (`["", "TxDtls", "\\n ", "Refs",
...]`), and everything that depends on the tags alone is worked out once per sequence of tags. Paths go from
child to child, never to any descendant, so a charge is never taken for an amount.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

_CURRENCY = ' Ccy="'
MAX_DEPTH = 64
ABSENT = 0  # tokens[0] is the text before the element: always empty
# What the quick reader may meet: no prefix, no attribute but a currency.
PLAIN_TAG = re.compile(r'/?[A-Za-z][A-Za-z0-9]*(?: Ccy="[A-Za-z]{3}")?/?')


@dataclass(slots=True)
class Node:
    """An element: where its text stands among the tokens, its currency, its children in order."""

    name: str
    currency: str | None
    text: int = ABSENT
    children: list[Node] = field(default_factory=list)

    def all(self, *path: str) -> Iterator[Node]:
        """Every element at `path`, child by child, in the order of the file."""
        for child in self.children:
            if child.name == path[0]:
                if len(path) == 1:
                    yield child
                else:
                    yield from child.all(*path[1:])

    def first(self, *path: str) -> Node | None:
        return next(self.all(*path), None)

    def at(self, *path: str) -> int:
        """The place of the first text at `path`, or `ABSENT`."""
        found = self.first(*path)
        return ABSENT if found is None else found.text

    def at_any(self, *paths: str) -> int:
        """The place of the text at the first of the slash-written `paths` that is there."""
        for path in paths:
            found = self.first(*path.split("/"))
            if found is not None:
                return found.text
        return ABSENT


class OddShape(ValueError):
    """Tags that do not nest."""


def pattern(tags: Sequence[str]) -> tuple[re.Pattern[str], list[int]]:
    """An expression that matches exactly the elements with these plain `tags`, blanks between tags aside.

    Its groups are the empty text before the element and the text of every element without children; the
    list says which group (counted from zero) holds the text that stands before each tag.
    """
    parts, groups, last = ["()"], [ABSENT] * len(tags), 0
    for place, tag in enumerate(tags):
        if place and tag[0] == "/" and tags[place - 1][0] != "/" and tags[place - 1][-1] != "/":
            last += 1
            groups[place] = last
            parts.append("([^<]*+)")
        elif place:
            parts.append("[ \\t\\n]*+")
        parts.append(re.escape(f"<{tag}>"))
    return re.compile("".join(parts)), groups


def tree(
    tags: Sequence[str], *, unfinished: bool = False, where: Callable[[int], int] = lambda place: 2 * place
) -> Node:
    """The element that `tags` describe. Only an element without children has a text.

    `unfinished`: the element may still be open at its end. `where` tells where the text before a tag is kept.
    Raises OddShape where the tags do not nest.
    """
    root = Node("", None)
    open_nodes = [root]
    for place, tag in enumerate(tags):
        if tag[0] == "/":
            node = open_nodes.pop()
            if node.name != tag[1:] or not open_nodes:
                raise OddShape(tag)
            if not node.children:
                node.text = where(place)
            continue
        name, _, rest = tag.partition(_CURRENCY)
        node = Node(name.rstrip("/"), rest.rstrip("/").rstrip('"') if rest else None)
        open_nodes[-1].children.append(node)
        if tag[-1] != "/":
            open_nodes.append(node)
            if len(open_nodes) > MAX_DEPTH:
                raise OddShape("too deep")
    if (len(open_nodes) != 1 and not unfinished) or len(root.children) != 1:
        raise OddShape("unbalanced")
    return root.children[0]
