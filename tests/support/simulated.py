"""A simulated month on disk, read back for tests."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.camt_files import Document, documents
from zahlstelle.simulation import Simulation, simulate


@dataclass(frozen=True)
class Month:
    """What a simulation wrote."""

    folder: Path
    summary: dict[str, Any]
    documents: list[Document]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Read `claims`, `payments` or `truth`."""
        return [json.loads(line) for line in (self.folder / f"{name}.jsonl").read_text("utf-8").splitlines()]


def month_of(folder: Path, what: Simulation) -> Month:
    """Simulate and read back."""
    summary = simulate(what, folder)
    return Month(folder, summary, list(documents(folder / "bank")))
