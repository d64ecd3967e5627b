"""Material that lies beside the repository and is never copied into it: schemas, real bank files."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parents[2]


def shared(*parts: str) -> Path | None:
    """Find a piece of the shared material: `ZAHLSTELLE_SHARED`, else a folder `shared` beside or above us."""
    named = os.environ.get("ZAHLSTELLE_SHARED")
    places = [Path(named)] if named else [above / "shared" for above in _REPOSITORY.parents]
    found = (place.joinpath(*parts) for place in places)
    return next((path for path in found if path.exists()), None)


def need_shared(*parts: str) -> Path:
    """The same for a test that cannot run without it: says loudly that it did not run."""
    path = shared(*parts)
    if path is None:
        pytest.skip(f"NOT RUN: no shared material {'/'.join(parts)}; set ZAHLSTELLE_SHARED")
    return path
