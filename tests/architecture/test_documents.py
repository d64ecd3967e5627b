"""Pages that would lie as soon as the code moves on: each is compared with the code it tells of."""

import ast
import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from django.utils import translation
from tests.architecture.house import DOCS, INTERFACES, ROOT, place, room_of, sources

from zahlstelle import payments
from zahlstelle.allocation import DOUBT_WORDS, RULE_VERSION, Doubt
from zahlstelle.allocation._act import DO
from zahlstelle.allocation._table import TABLE, Row, Then, as_markdown
from zahlstelle.back_office._words import TO_DO
from zahlstelle.iso20022 import Reason
from zahlstelle.payments import EDGES, PUBLIC, PaymentStatus, Status

# --- events --------------------------------------------------------------------------------------------------------


def recorded() -> Iterator[tuple[str, str]]:
    """Find every `events.record(name=...)` in the code: a pattern for the name, and the place."""
    for path, module in sources():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("events.record", "events.record_many"):
                (name,) = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
                yield _pattern(name), place(path, node)


def _pattern(name: ast.expr) -> str:
    """A text as it is; what is filled in later matches one word; a variable (an edge's event) matches any name."""
    if isinstance(name, ast.Constant):
        return re.escape(str(name.value))
    if isinstance(name, ast.JoinedStr):
        return "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[a-z_]+" for part in name.values
        )
    return r"[a-z_.]+"


def told_events() -> set[str]:
    return set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", (DOCS / "events.md").read_text("utf-8"), re.MULTILINE))


def test_every_event_is_told_in_docs_events() -> None:
    told = told_events()
    assert set(EDGES.values()) - told == set()
    silent = [where for name, where in recorded() if not any(re.fullmatch(name, event) for event in told)]
    assert silent == []


def test_docs_events_tells_of_exactly_the_names_that_stand_in_the_code() -> None:
    """Also of those that reach `events.record` through a variable. Words for screens are not looked at."""
    named = {
        node.value
        for path, module in sources()
        if room_of(path) not in INTERFACES
        for node in ast.walk(module)
        if isinstance(node, ast.Constant)
        and re.fullmatch(r"(?:claim|payment|payout|mandate)\.[a-z_]+", str(node.value))
    }
    assert sorted(told_events()) == sorted(named)


# --- the life of a payment -----------------------------------------------------------------------------------------


def test_golden_diagram_of_payments(request: pytest.FixtureRequest) -> None:
    """`make accept` writes the drawing anew from the graph."""
    page = DOCS / "payments.md"
    fence = re.compile(r"(?<=```mermaid\n)stateDiagram-v2\n.*?(?=\n```)", re.DOTALL)
    drawn = [payments.diagram(), payments.refund_diagram()]
    if request.config.getoption("accept"):
        anew = iter(drawn)
        page.write_text(fence.sub(lambda _: next(anew), page.read_text("utf-8")), "utf-8")
    assert fence.findall(page.read_text("utf-8")) == drawn


def test_every_status_is_on_the_graph() -> None:
    assert set(chain.from_iterable(EDGES)) == set(Status)


def test_every_status_can_be_reached() -> None:
    reached = {Status.INTENDED}
    while more := {after for before, after in EDGES if before in reached} - reached:
        reached |= more
    assert reached == set(Status)


def test_only_the_ends_have_no_way_out() -> None:
    assert set(Status) - {before for before, _ in EDGES} == {Status.CHARGED_BACK}
    out_of_money = {edge for edge in EDGES if edge[0] in (Status.PAID, Status.SURPLUS)}
    assert out_of_money == {(Status.PAID, Status.CHARGED_BACK), (Status.SURPLUS, Status.CHARGED_BACK)}


def test_no_status_follows_itself_and_none_returns_to_the_beginning() -> None:
    assert [edge for edge in EDGES if edge[0] is edge[1] or edge[1] is Status.INTENDED] == []


def test_every_status_has_a_public_word_and_every_public_word_is_used() -> None:
    assert set(PUBLIC) == set(Status)
    # Before the first attempt; of a transfer; of a direct debit.
    of_payments = {PaymentStatus.CREATED, PaymentStatus.AWAITING_TRANSFER, PaymentStatus.AWAITING_DEBIT}
    assert set(PUBLIC.values()) | of_payments == set(PaymentStatus)


def test_a_claim_is_held_by_every_status_whose_outcome_is_open() -> None:
    """What the database lets hold a claim are the same statuses as the graph's: whoever adds one meets both."""
    path = ROOT / "src/zahlstelle/tables/migrations/0020_basket_shares.py"
    (told,) = re.findall(r"holds boolean := NEW.status IN (\([^)]*\));", path.read_text("utf-8"))
    open_or_paid = {s for s in Status if PUBLIC[s] in (PaymentStatus.CHECKING, PaymentStatus.STARTED)} | {Status.PAID}
    assert set(ast.literal_eval(told)) == {status.value for status in open_or_paid}


def test_docs_payments_explains_every_status() -> None:
    told = (DOCS / "payments.md").read_text("utf-8")
    assert [status for status in Status if f"| `{status}` |" not in told] == []
    assert [status for status in PaymentStatus if f"`{status}`" not in told] == []


# --- doubts --------------------------------------------------------------------------------------------------------


def test_golden_decision_table(request: pytest.FixtureRequest) -> None:
    """`make accept` prints the table anew from the rules."""
    page = DOCS / "allocation.md"
    place_of_table = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end of table -->)", re.DOTALL)
    if request.config.getoption("accept"):
        page.write_text(place_of_table.sub(lambda _: f"{as_markdown()}\n", page.read_text("utf-8")), "utf-8")
    assert place_of_table.findall(page.read_text("utf-8")) == [f"{as_markdown()}\n"]


def _covers(above: Row, below: Row) -> bool:
    """Say whether the upper row fits whatever the lower one fits."""
    for part in dataclasses.fields(Row):
        wide, narrow = getattr(above, part.name), getattr(below, part.name)
        within = isinstance(wide, tuple) and narrow and set(narrow) <= set(wide)
        if part.name != "then" and wide not in (part.default, narrow) and not within:
            return False
    return True


def test_every_row_of_the_decision_table_can_be_reached_and_every_outcome_is_done() -> None:
    """A row that another one above always covers would be a rule that nobody can trust."""
    hidden = [(n, below) for n, below in enumerate(TABLE) if any(_covers(above, below) for above in TABLE[:n])]
    assert hidden == []
    assert {row.then for row in TABLE if isinstance(row.then, Then)} == set(Then) == set(DO)
    asked = {row.then for row in TABLE if isinstance(row.then, Doubt)}
    by_hand = {Doubt.REST_WAITS, Doubt.TAKEN_BACK}
    by_report = {doubt for doubt in Doubt if doubt.startswith(("payout_report", "payout_item"))}
    assert asked | by_hand | by_report == set(Doubt)


def test_every_doubt_has_words() -> None:
    assert set(DOUBT_WORDS) == set(Doubt)


@pytest.mark.parametrize("page", ["allocation.md", "kasse/zweifel.md"])
def test_every_doubt_is_told_with_the_words_of_the_screen(page: str) -> None:
    told = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]+?) \|", (DOCS / page).read_text("utf-8"), re.MULTILINE))
    assert {name: told[name] for name in told if name in set(Doubt)} == {str(d): w for d, w in DOUBT_WORDS.items()}


def test_the_handbook_says_what_the_screen_says_is_to_be_done() -> None:
    told = dict(re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| ([^|]+) \|$", _handbook(), re.MULTILINE))
    with translation.override("de"):
        assert told == {str(doubt): str(words) for doubt, words in TO_DO.items()}


def _handbook() -> str:
    return (DOCS / "kasse" / "zweifel.md").read_text("utf-8")


def test_docs_allocation_tells_the_rules_version() -> None:
    assert f"`{RULE_VERSION}`" in (DOCS / "allocation.md").read_text("utf-8")


def test_docs_bank_files_tells_every_reason_a_file_is_refused_for() -> None:
    told = (DOCS / "bank-files.md").read_text("utf-8")
    assert [reason for reason in Reason if f"| `{reason}` |" not in told] == []


# --- proofs and decisions ------------------------------------------------------------------------------------------


def test_every_proof_of_the_table_has_its_tests_and_every_marked_test_its_row() -> None:
    told = set(re.findall(r"`make prove WHAT=([a-z0-9_]+)`", (DOCS / "proofs.md").read_text("utf-8")))
    marked = {
        mark
        for path in (ROOT / "tests").rglob("test_*.py")
        for mark in re.findall(r"\bmark\.prove\(\"([a-z0-9_]+)\"\)", path.read_text("utf-8"))
    }
    assert sorted(told) == sorted(marked)


def test_every_decision_says_what_would_make_us_decide_again() -> None:
    pages = sorted((DOCS / "adr").glob("[0-9]*.md"))
    wanted = ["## Context", "## Decision", "## Consequences", "## What would make us decide again"]
    assert [p.name for p in pages if not _in_order(p, wanted)] == []
    assert [p.name[:4] for p in pages] == [f"{n:04d}" for n in range(1, len(pages) + 1)]
    listed = (DOCS / "adr" / "README.md").read_text("utf-8")
    assert [p.name for p in pages if f"({p.name})" not in listed] == []


def _in_order(page: Path, headings: list[str]) -> bool:
    return re.findall(r"^## .*$", page.read_text("utf-8"), re.MULTILINE) == headings


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    names = {re.split(r"[\[<>=!~ ]", requirement)[0] for requirement in wanted}
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    names |= {*package.get("dependencies", {}), *package.get("devDependencies", {})}
    told = re.findall(r"^\| `([^`]+)` \|", (DOCS / "adr" / "0010-dependencies.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(names)
