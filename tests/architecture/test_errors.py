"""Every "no" of the product has one code, and `docs/errors.md` says of each what happened and what to do."""

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import zahlstelle
from zahlstelle.kernel import Refusal

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
# Not for importing: scripts that run when they are imported, and Django's own.
_SCRIPTS = re.compile(r"\.(__main__|_bound|migrations(\..*)?)$")


def refusals() -> list[type[Refusal]]:
    """Import every room and list every kind of refusal."""
    for module in pkgutil.walk_packages(zahlstelle.__path__, "zahlstelle."):
        if not _SCRIPTS.search(module.name):
            importlib.import_module(module.name)
    return sorted(set(_below(Refusal)), key=lambda kind: kind.code)


def _below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("zahlstelle."):
            yield below
        yield from _below(below)


def sections() -> dict[str, str]:
    """Read the page: what stands under the heading of each code."""
    parts = re.split(r"^### `([a-z0-9_]+)`$", PAGE.read_text(), flags=re.M)
    headings = parts[1::2]
    assert not [code for code, times in Counter(headings).items() if times > 1], "a code has two headings"
    return {code: re.split(r"^## ", text, flags=re.M)[0] for code, text in zip(headings, parts[2::2], strict=True)}


def test_every_code_is_on_the_page_and_nothing_else() -> None:
    codes, page = {kind.code for kind in refusals()}, set(sections())
    assert not codes - page, f"docs/errors.md lacks {sorted(codes - page)}"
    assert not page - codes, f"docs/errors.md tells of {sorted(page - codes)}, which no code raises"


def test_every_code_is_of_one_kind() -> None:
    kinds = refusals()
    without = [kind.__name__ for kind in kinds if "code" not in vars(kind)]
    assert not without, f"{without} have no code of their own"
    twice = [code for code, times in Counter(kind.code for kind in kinds).items() if times > 1]
    assert not twice, f"{twice} are of two kinds"
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", kind.code) for kind in kinds)


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.code)
def test_a_section_says_the_status_what_happened_and_what_to_do(kind: type[Refusal]) -> None:
    section = sections().get(kind.code)
    assert section is not None, f"docs/errors.md lacks {kind.code}"
    on_the_command_line = kind.__module__.split(".")[1] in ("cli", "environment", "postgres", "processes", "simulation")
    assert section.strip().startswith("Command line." if on_the_command_line else f"HTTP {kind.status} ")
    happened, _, to_do = section.partition("**What to do:**")
    assert len(happened.split()) > 8, "what happened is not said"
    assert len(to_do.split()) > 3, "what to do is not said"
    assert kind.__doc__, "the class says nothing of itself; its docstring is the problem's title"


def test_every_reason_of_an_unreadable_bank_file_is_on_the_page() -> None:
    from zahlstelle.iso20022 import Reason

    table = PAGE.read_text().partition("## Bank files that cannot be read")[2]
    assert set(re.findall(r"^\| `([a-z0-9_]+)` \|", table, re.M)) == {reason.value for reason in Reason}
