"""Does a detail cost the same in a file of a million as in one of ten thousand, in a new town as in one of ten years?

    PYTHONPATH=src python bench/import_scale.py [--million 1000000] [--small 10000]

One fresh database, one town. Small files first; then a million claims are opened and stay open, and a million more are
paid by one file of a million details (about 830 MB): ten years of a town with a hundred thousand payments a year. Then
small files again. Each import is a process of its own; its memory is what the operating system counted at its peak.
The last line is one JSON object.
"""

import argparse
import json
import os
import secrets
import statistics
import tempfile
from pathlib import Path
from typing import Any

from bank_import import _product, _run

from zahlstelle.postgres import obtain

TIMES = 3
BEFORE, OPEN, MILLION, AFTER = "11", "22", "33", "44"  # beginnings of Kassenzeichen


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--million", type=int, default=1_000_000)
    asked.add_argument("--small", type=int, default=10_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="zs-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        database = obtain(folder / "postgres", "zahlstelle")
        try:
            os.environ["ZAHLSTELLE_SECRET_KEY"] = secrets.token_hex()
            os.environ["ZAHLSTELLE_OWNER_DATABASE_URL"] = database.urls.owner
            os.environ["ZAHLSTELLE_DATABASE_URL"] = database.urls.app
            _run("migrate")
            slug = _found(folder)
            before = [_import(folder, slug, BEFORE + str(n), given.small) for n in range(TIMES)]
            _open(folder, slug, OPEN + "0", given.million)
            million = _import(folder, slug, MILLION + "0", given.million)
            after = [_import(folder, slug, AFTER + str(n), given.small) for n in range(TIMES)]
            print(json.dumps(_figures(given.small, given.million, before, million, after)))
        finally:
            database.stop()


def _found(folder: Path) -> str:
    _run("simulate", "--claims", "10", "--days", "2", "-o", str(folder / "town"))
    town = folder / "town" / "town.toml"
    pools = "".join(
        f'\n[[pools]]\nname = "{prefix}{n}"\nprefix = "{prefix}{n}"\ndigits = 8\ncheck = "mod11"\n'
        for prefix in (BEFORE, OPEN, MILLION, AFTER)
        for n in range(TIMES)
    )
    town.write_text(town.read_text("utf-8") + pools, "utf-8")
    _run("tenant", "add", str(town))
    return "simstadt"


def _open(folder: Path, slug: str, prefix: str, count: int) -> Path:
    """Open so many claims, and give the folder with the file that pays them."""
    _run("simulate", "--collective", str(count), "--prefix", prefix, "--seed", prefix, "-o", str(folder / prefix))
    _run("claims", "import", str(folder / prefix / "claims.jsonl"), "--tenant", slug)
    return folder / prefix


def _import(folder: Path, slug: str, prefix: str, count: int) -> dict[str, Any]:
    where = _open(folder, slug, prefix, count)
    (folder / "big").unlink(missing_ok=True)
    (folder / "big").symlink_to(where)
    told = _product(folder, slug)
    if told["allocated"] != count:
        raise SystemExit(f"{told['allocated']} of {count} details were allocated")
    return told


def _figures(small: int, many: int, before: Any, million: Any, after: Any) -> dict[str, Any]:
    def each(told: list[dict[str, Any]], count: int) -> float:
        return statistics.median(one["seconds"] for one in told) / count * 1e6

    costs = [each(before, small), each([million], many), each(after, small)]
    return {
        "name": "import_scale",
        "small": small,
        "million": many,
        "million_seconds": round(million["seconds"], 1),
        "peak_memory_mb": round(million["peak_memory_mb"]),
        "microseconds_a_detail": {
            "small_file_in_a_new_town": round(costs[0], 1),
            "million_in_one_file": round(costs[1], 1),
            "small_file_after_ten_years": round(costs[2], 1),
        },
        "million_to_small": round(costs[1] / costs[0], 2),
        "after_to_before": round(costs[2] / costs[0], 2),
    }


if __name__ == "__main__":
    main()
