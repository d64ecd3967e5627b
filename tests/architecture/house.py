"""The house as the tests walk it: rooms, files, trees, and what a room's door hands out."""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "zahlstelle"
DOCS = ROOT / "docs"

# Everything that handles money. `simulation` invents it, by chance, and has a test of its own.
MONEY_ROOMS = ("kernel", "ledger", "claims", "payments", "bank", "allocation", "treasury", "iso20022")
INTERFACES = frozenset({"api", "payment_page", "back_office", "operator", "jobs", "cli", "web"})


def rooms() -> list[str]:
    """Name every package of the house."""
    return sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def sources(*names: str) -> Iterator[tuple[Path, ast.Module]]:
    """Give every file of the named rooms (all where none is named) with its tree; migrations are not ours to style."""
    for name in names or (".",):
        for path in sorted((PACKAGE / name).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, tree(path)


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def place(path: Path, node: ast.AST) -> str:
    """Say where a node stands."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def room_of(path: Path) -> str:
    """Name the room a file belongs to."""
    return path.relative_to(PACKAGE).parts[0]


def door(room: str) -> ModuleType:
    """Open a room's door."""
    return importlib.import_module(f"zahlstelle.{room}")


def functions(room: str) -> dict[str, Callable[..., object]]:
    """Give the functions a room's door hands out, by name."""
    module = door(room)
    handed_out = {name: getattr(module, name) for name in getattr(module, "__all__", [])}
    return {name: thing for name, thing in handed_out.items() if inspect.isfunction(thing)}
