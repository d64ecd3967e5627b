"""Reads camt files the plain way, with a full tree and no code of the product: a second opinion for tests."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from lxml import etree

from tests.support.shared import need_shared


@cache
def schema(name: str) -> etree.XMLSchema:
    """Load the ISO 20022 schema of a message, such as camt.053.001.08."""
    return etree.XMLSchema(etree.parse(str(need_shared("specs", "xsd", f"{name}.xsd"))))


@dataclass(frozen=True)
class Document:
    """One XML document of a delivery."""

    file: str
    name: str
    order: str
    root: etree._Element

    def all(self, path: str) -> list[etree._Element]:
        return found(self.root, path)


def found(node: etree._Element, path: str) -> list[etree._Element]:
    """Walk a path of local names, `//` for anywhere."""
    return list(_walk(path)(node))


@cache
def _walk(path: str) -> etree.XPath:
    return etree.XPath(re.sub(r"([A-Za-z]\w*)", r"*[local-name()='\1']", path))


def text(node: etree._Element, path: str) -> str | None:
    """Give the text of the one node at the path."""
    nodes = found(node, path)
    assert len(nodes) <= 1, f"{path} stands {len(nodes)} times"
    return nodes[0].text if nodes else None


def cents(node: etree._Element, path: str) -> int:
    """Read an amount as whole cents."""
    value = Decimal(text(node, path) or "").scaleb(2)
    assert value == int(value)
    return int(value)


def documents(folder: Path) -> Iterator[Document]:
    """Read all deliveries in the order of their names."""
    for file in sorted(folder.iterdir()):
        order = file.name.split("_")[1]
        for content in _contents(file):
            root = etree.fromstring(content)
            yield Document(file.name, etree.QName(root).namespace.rsplit(":", 1)[1], order, root)


def _contents(file: Path) -> list[bytes]:
    if file.suffix == ".xml":
        return [file.read_bytes()]
    with zipfile.ZipFile(file) as container:
        return [container.read(name) for name in container.namelist()]
