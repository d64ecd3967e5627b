"""A simulated town taken in through the product's own doors."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zahlstelle import allocation, claims, payments, treasury
from zahlstelle.cli.claims_import import read_claim
from zahlstelle.kernel import new_id
from zahlstelle.simulation import Rates, Simulation, Town, simulate
from zahlstelle.tenancy import Tenant, read_town_file

START = datetime(2026, 10, 1, 7, 0, tzinfo=UTC)


def write_month(folder: Path, *, seed: int, claims: int, days: int = 30, **rates: str) -> Path:
    """Simulate a month into a folder."""
    wished = Rates.read([f"{name}={share}" for name, share in rates.items()])
    simulate(Simulation(seed, days, claims, START.date(), Town(), wished), folder)
    return folder


def found(folder: Path, *, open_claims: bool = True) -> Tenant:
    """Found the month's town under a name of its own, and open what it is owed."""
    content = tomllib.loads((folder / "town.toml").read_text("utf-8"))
    content |= {"slug": f"sim-{new_id().hex}", "people": []}
    town = treasury.found_town(town=read_town_file(content), at=START)
    if not open_claims:
        return town
    lines = (folder / "claims.jsonl").read_text("utf-8").splitlines()
    claims.open_claims(tenant=town, new=[read_claim(line, "claims.jsonl") for line in lines], at=START)
    return town


def take_over_payments(town: Tenant, folder: Path) -> None:
    """Let the town know what was paid by card."""
    take_over(town, (folder / "payments.jsonl").read_text("utf-8").splitlines())


def take_over(town: Tenant, lines: list[str]) -> None:
    """Let the town know of these card payments. Who finds the claim paid by somebody else's slip is turned away."""
    for line in lines:
        said = json.loads(line)
        claim = claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=said["kassenzeichen"])
        if claim.open.is_zero:
            continue
        payments.take_over(
            tenant=town,
            claim_id=claim.id,
            provider="sandbox",
            method="card",
            provider_reference=said["provider_reference"],
            at=datetime.fromisoformat(said["captured_at"]),
        )


def bank_files(folder: Path) -> list[Path]:
    """The month's bank files in the order of their delivery."""
    return sorted(path for path in (folder / "bank").rglob("*") if path.is_file())


def take_in(town: Tenant, files: list[Path]) -> allocation.ImportResult:
    """Import them one by one."""
    total = allocation.ImportResult()
    for path in files:
        total.add(allocation.import_bank_file(tenant=town, path=path, name=path.name, at=START))
    return total


def truth(folder: Path) -> list[dict[str, Any]]:
    """What each bank detail truly is."""
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
