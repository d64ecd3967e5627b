"""Every import contract is broken once on purpose, in a hollow copy of the house: a guard nobody saw bark is none."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.architecture.house import ROOT, SOURCE

# contract -> the module that offends, and what it imports
OFFENCES = {
    "floors": ("zahlstelle.ledger._rules", "zahlstelle.claims"),
    "inside": ("zahlstelle.claims._rules", "zahlstelle.claims._operations"),
    "adapters": ("zahlstelle.providers.sandbox._words", "zahlstelle.providers.another"),
    "adapter-knows": ("zahlstelle.providers.sandbox._adapter", "zahlstelle.tenancy"),
    "bank-facts": ("zahlstelle.bank._rules", "zahlstelle.claims"),
    "payments-no-bank": ("zahlstelle.payments._rules", "zahlstelle.iso20022"),
    "libraries": ("zahlstelle.iso20022._text", "django.db"),
    "pure": ("zahlstelle.kernel.money", "os"),
    "starters": ("zahlstelle.web.health", "zahlstelle.postgres"),
    "sandbox": ("zahlstelle_sandbox.app", "zahlstelle.kernel"),
    "tables-tenancy": ("zahlstelle.claims._operations", "zahlstelle.tables.tenancy"),
    "tables-audit": ("zahlstelle.treasury._operations", "zahlstelle.tables.audit"),
    "tables-events": ("zahlstelle.claims._operations", "zahlstelle.tables.events"),
    "tables-ledger": ("zahlstelle.claims._operations", "zahlstelle.tables.ledger"),
    "tables-claims": ("zahlstelle.payments._queries", "zahlstelle.tables.claims"),
    "tables-payments": ("zahlstelle.allocation._queries", "zahlstelle.tables.payments"),
    "tables-bank": ("zahlstelle.allocation._queries", "zahlstelle.tables.bank"),
    "tables-wallet": ("zahlstelle.payment_page._keep", "zahlstelle.tables.wallet"),
    "tables-allocation": ("zahlstelle.treasury._operations", "zahlstelle.tables.allocation"),
    "tables-treasury": ("zahlstelle.allocation._queries", "zahlstelle.tables.treasury"),
    "tables-web": ("zahlstelle.jobs._worker", "zahlstelle.tables.web"),
    "tables-idempotency": ("zahlstelle.jobs._worker", "zahlstelle.tables.idempotency"),
}
# More of the same guard, seen to bark too.
FURTHER = [
    ("floors", "zahlstelle.jobs._inbox", "zahlstelle.providers.sandbox"),
    ("floors", "zahlstelle.payments._flow", "zahlstelle.bank"),
    ("floors", "zahlstelle.payments._kept", "zahlstelle.wallet"),
    ("floors", "zahlstelle.jobs._worker", "zahlstelle.cli"),
    ("floors", "zahlstelle.api._claims", "zahlstelle.payment_page"),
    ("floors", "zahlstelle.back_office._desk", "zahlstelle.providers.sandbox"),
    ("floors", "zahlstelle.tenancy._queries", "zahlstelle.audit"),
    ("floors", "zahlstelle.a_room_without_a_floor.__init__", "zahlstelle.kernel"),
    ("pure", "zahlstelle.allocation._rules", "psycopg"),
    ("libraries", "zahlstelle.simulation._month", "zahlstelle.tenancy"),
    ("sandbox", "zahlstelle.cli.demo", "zahlstelle_sandbox.app"),
]


def contracts() -> list[str]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return [contract["id"] for contract in told["tool"]["importlinter"]["contracts"]]


@pytest.fixture(scope="session")
def hollow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house in which every module is empty."""
    house = tmp_path_factory.mktemp("house")
    for path in SOURCE.rglob("*.py"):
        copy = house / path.relative_to(SOURCE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()
    another = house / "zahlstelle" / "providers" / "another"
    another.mkdir(exist_ok=True)
    (another / "__init__.py").touch()
    return house


def lint(house: Path, *only: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    words = ["--no-cache", "--config", str(ROOT / "pyproject.toml"), *(f"--contract={name}" for name in only)]
    environment = {**os.environ, "PYTHONPATH": str(house), "COLUMNS": "200"}
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True, check=False)


def test_every_contract_has_its_offence() -> None:
    assert sorted(contracts()) == sorted(OFFENCES)


def test_the_hollow_house_keeps_every_contract(hollow: Path) -> None:
    done = lint(hollow)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(OFFENCES)} kept, 0 broken" in done.stdout


@pytest.mark.parametrize(("contract", "importer", "imported"), [*((c, *o) for c, o in OFFENCES.items()), *FURTHER])
def test_a_contract_barks(hollow: Path, contract: str, importer: str, imported: str) -> None:
    path = hollow.joinpath(*importer.split(".")).with_suffix(".py")
    new = not path.exists()
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"import {imported}\n")
    try:
        done = lint(hollow, contract)
    finally:
        path.write_text("")
        if new:
            path.unlink()
            path.parent.rmdir()
    assert "0 kept, 1 broken" in done.stdout or "Missing layer" in done.stdout, done.stdout + done.stderr
    assert done.returncode != 0
