"""What no import contract can say: doors, tenants in signatures, no float near money, one clock."""

import ast
import inspect
import re
from collections.abc import Iterator

import grimp
import pytest
from tests.architecture.house import (
    DOCS,
    INTERFACES,
    MONEY_ROOMS,
    PACKAGE,
    door,
    functions,
    place,
    room_of,
    rooms,
    sources,
    tree,
)

from zahlstelle.tenancy import Tenant

# --- doors ---------------------------------------------------------------------------------------------------------


def private_owner(module: str) -> str | None:
    """Name the package whose private module this is, None for what is public."""
    parts = module.split(".")
    hidden = [n for n, part in enumerate(parts) if part.startswith("_") and not part.startswith("__")]
    return ".".join(parts[: hidden[0]]) if hidden else None


def through_the_wall(graph: grimp.ImportGraph) -> list[str]:
    found = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            owner = private_owner(imported)
            if owner and importer != owner and not importer.startswith(f"{owner}."):
                found.append(f"{importer} -> {imported}")
    return sorted(found)


def test_underscore_modules_are_imported_only_inside_their_room() -> None:
    graph = grimp.build_graph("zahlstelle", "zahlstelle_sandbox", cache_dir=None)
    assert len(graph.modules) > 100
    assert through_the_wall(graph) == []


def test_a_hole_in_a_wall_is_seen() -> None:
    graph = grimp.ImportGraph()
    for module in ("zahlstelle.claims", "zahlstelle.claims._rules", "zahlstelle.bank", "zahlstelle.bank._x"):
        graph.add_module(module)
    graph.add_import(importer="zahlstelle.claims", imported="zahlstelle.claims._rules")
    graph.add_import(importer="zahlstelle.bank._x", imported="zahlstelle.claims._rules")
    assert through_the_wall(graph) == ["zahlstelle.bank._x -> zahlstelle.claims._rules"]


def test_nobody_reaches_through_a_door_by_attribute() -> None:
    names = set(rooms())
    found = [
        place(path, node)
        for path, module in sources()
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names - {room_of(path)}
        and node.attr.startswith("_")
    ]
    assert found == []


@pytest.mark.parametrize("room", rooms())
def test_every_room_says_in_its_first_line_what_it_is_for(room: str) -> None:
    told = ast.get_docstring(tree(PACKAGE / room / "__init__.py")) or ""
    first = told.splitlines()[0] if told else ""
    assert first.endswith(".") and len(first.split()) >= 4, f"{room}: {first!r}"


@pytest.mark.parametrize("room", rooms())
def test_a_door_hands_out_what_it_names_in_order(room: str) -> None:
    named = list(getattr(door(room), "__all__", []))
    assert len(named) == len(set(named))
    assert not [name for name in named if name.startswith("_")]


# --- tenant in the signature ---------------------------------------------------------------------------------------

TOWN_ROOMS = (
    "tenancy",
    "audit",
    "events",
    "ledger",
    "claims",
    "payments",
    "bank",
    "allocation",
    "treasury",
    "wallet",
    "jobs",
)

# Why each of these may work without naming a town. The list only shrinks.
WITHOUT_TENANT = {
    "tenancy.all_tenants": "the register of towns is the one list that is not inside a town",
    "tenancy.tenant_by_slug": "finds the town that everything after it is asked about",
    "tenancy.tenant_by_id": "finds the town that everything after it is asked about",
    "tenancy.towns_of": "lists the towns of the person who has logged in; the database shows only that person's rows",
    "tenancy.add_tenant": "makes the town",
    "tenancy.api_client": "an API key names its town; the database shows only the row whose digest is presented",
    "tenancy.api_client_of_digest": "a token names the key it was got for; the database shows only that row",
    "tenancy.opened_with": "shows the one row whose digest is presented, before its town is known",
    "tenancy.log_in": "a person is not inside a town; what they may do in one is asked for afterwards",
    "tenancy.inside": "is the step into the town itself: `with inside(tenant)`",
    "payments.payment_by_token": "the token in the address is all a citizen has; it names its town",
    "payments.plug": "an adapter is plugged in once for all towns",
    "payments.plug_when_needed": "an adapter is plugged in once for all towns",
    "payments.provider_named": "an adapter is plugged in once for all towns",
    "payments.allow_return_url": "compares two texts; touches nothing",
    "treasury.found_town": "makes the town",
    "wallet.site_of": "reads an address; touches nothing",
    "jobs.run_forever": "goes round all towns",
}


def acting(room: str) -> Iterator[tuple[str, inspect.Signature]]:
    """Give what a door hands out and what is not a rule: operations, queries, the way to a provider."""
    for name, function in functions(room).items():
        if not function.__module__.endswith(("_rules", "_socket")):
            yield f"{room}.{name}", inspect.signature(function, eval_str=True)


def names_its_tenant(signature: inspect.Signature) -> bool:
    first = next(iter(signature.parameters.values()), None)
    return (
        first is not None
        and (first.name, first.kind, first.annotation) == ("tenant", inspect.Parameter.KEYWORD_ONLY, Tenant)
        and all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in signature.parameters.values())
    )


@pytest.mark.parametrize("room", TOWN_ROOMS)
def test_every_operation_and_query_takes_its_tenant_first_and_by_keyword(room: str) -> None:
    checked = dict(acting(room))
    assert checked
    assert [n for n, s in checked.items() if not names_its_tenant(s) and n not in WITHOUT_TENANT] == []


def test_the_list_of_exceptions_holds_nothing_that_names_its_tenant_after_all() -> None:
    all_of_them = {name: signature for room in TOWN_ROOMS for name, signature in acting(room)}
    assert [n for n in WITHOUT_TENANT if n in all_of_them and names_its_tenant(all_of_them[n])] == []


def test_a_missing_or_positional_tenant_is_seen() -> None:
    def without(*, claim: str) -> None: ...
    def positional(tenant: Tenant, claim: str) -> None: ...
    def second(*, claim: str, tenant: Tenant) -> None: ...
    def right(*, tenant: Tenant, claim: str) -> None: ...

    told = [names_its_tenant(inspect.signature(f, eval_str=True)) for f in (without, positional, second, right)]
    assert told == [False, False, False, True]


# --- no float near money -------------------------------------------------------------------------------------------


def floats(module: ast.AST) -> Iterator[ast.AST]:
    """Find float literals, the name `float`, and divisions that leave the whole numbers (paths are joined by text)."""
    for node in ast.walk(module):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
        named = isinstance(node, ast.Name) and node.id == "float"
        divides = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        if literal or named or (divides and not _joins_a_path(node)):
            yield node


def _joins_a_path(node: ast.AST) -> bool:
    right = node.right if isinstance(node, ast.BinOp) else None
    return isinstance(right, ast.JoinedStr) or (isinstance(right, ast.Constant) and isinstance(right.value, str))


@pytest.mark.parametrize("room", MONEY_ROOMS)
def test_no_float_near_money(room: str) -> None:
    assert [place(path, node) for path, module in sources(room) for node in floats(module)] == []


@pytest.mark.parametrize("line", ["x = 0.5", "x = float('1')", "x = a / b", "x /= 2", "def f(x: float): ...", "1e2"])
def test_a_float_is_seen(line: str) -> None:
    assert list(floats(ast.parse(line)))


@pytest.mark.parametrize("line", ["x = a // b", "x = folder / 'name'", "x = folder / f'{a}.xml'", "x = 5"])
def test_whole_numbers_and_paths_are_let_be(line: str) -> None:
    assert not list(floats(ast.parse(line)))


def floats_beside_money(module: ast.Module) -> Iterator[ast.AST]:
    """Find statements that name cents or amounts and hold a float that is no chance: `happens(rng, 0.3)` is one."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr):
            chances = {id(part) for call in ast.walk(node) if _draws(call) for part in ast.walk(call)}
            rest = [part for part in floats(node) if id(part) not in chances]
            if rest and _speaks_of_money(node):
                yield node


def _draws(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("happens", "Quota")


def _speaks_of_money(node: ast.AST) -> bool:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    names |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    names |= {n.arg for n in ast.walk(node) if isinstance(n, ast.keyword) and n.arg}
    return any("cents" in name or "amount" in name for name in names)


def test_in_the_simulation_chance_is_a_float_and_money_is_not() -> None:
    assert [place(path, node) for path, module in sources("simulation") for node in floats_beside_money(module)] == []


def test_a_float_beside_money_is_seen() -> None:
    assert list(floats_beside_money(ast.parse("cents = round(total * 0.5)")))
    assert list(floats_beside_money(ast.parse("return Detail(amount_cents=total / 2)")))
    assert not list(floats_beside_money(ast.parse("cents = 5 if happens(rng, 0.5) else 7")))


# --- one clock -----------------------------------------------------------------------------------------------------

_SQL_CLOCK = re.compile(
    r"(?:SELECT|INSERT|UPDATE|DELETE)\b.*(?:\b(?:now|clock_timestamp|statement_timestamp)\(\)|\bcurrent_timestamp\b)",
    re.IGNORECASE | re.DOTALL,
)
_CLOCKS = {"clock", "timezone", "time", "datetime", "date"}
# The clock itself, and the wiring above the interfaces: it hands the clock to an adapter that signs the time.
_MAY_NAME_THE_CLOCK = {PACKAGE / "kernel" / "clock.py", PACKAGE / "wiring.py"}
_GLANCES = {"now", "today", "utcnow", "localdate", "localtime"}


def looks_at_a_clock(module: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(module):
        called = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in _CLOCKS
        asked = isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL_CLOCK.search(node.value)
        if asked or (called and node.attr in _GLANCES):
            yield node


def test_only_interfaces_look_at_the_clock() -> None:
    found = [
        place(path, node)
        for path, module in sources()
        if room_of(path) not in INTERFACES and path not in _MAY_NAME_THE_CLOCK
        for node in looks_at_a_clock(module)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["clock.now()", "clock.today()", "date.today()", "x = 'SELECT now()'"])
def test_a_glance_at_the_clock_is_seen(line: str) -> None:
    assert list(looks_at_a_clock(ast.parse(line)))


# --- the glossary --------------------------------------------------------------------------------------------------


def test_the_glossary_knows_every_room() -> None:
    told = (DOCS / "glossary.md").read_text("utf-8")
    assert [room for room in rooms() if f"`{room}`" not in told and f"`{room}." not in told] == []


def test_the_house_is_drawn_with_every_room() -> None:
    told = (DOCS / "architecture.md").read_text("utf-8")
    assert [room for room in rooms() if f"`{room}`" not in told] == []


def test_every_file_begins_with_what_it_is_for() -> None:
    silent = [str(path) for path, module in sources() if not ast.get_docstring(module) and path.stat().st_size]
    assert silent == []
