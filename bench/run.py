"""Run every benchmark beside its limit, print one table, write bench/results.json. Ratios hold within one run only."""

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from zahlstelle.kernel import clock

HERE = Path(__file__).parent


def main() -> int:
    """Run, print, write."""
    parsed = _measure("camt_parse.py")
    imported = _measure("bank_import.py", *sys.argv[1:])
    created = _measure("api_creates.py")
    page = _measure("payment_page.py")
    table = Table(title="Benchmarks, each beside its limit in the same run")
    for column in ("what", "product", "limit", "product / limit", "peak memory"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row(*_parse_row(parsed))
    table.add_row(
        f"import of {imported['details']:,} details",
        f"{imported['seconds']} s, {imported['details_per_second']:,}/s",
        f"{imported['limit_seconds']} s, {imported['limit_details_per_second']:,}/s",
        f"{imported['ratio_to_limit']} x the time",
        f"{imported['peak_memory_mb']} MB",
    )
    table.add_row(*_creates_row(created))
    for row in _page_rows(page):
        table.add_row(*row)
    Console().print(table)
    when = clock.now().isoformat(timespec="seconds")
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    results = {"at": when, "machine": machine, "results": [parsed, imported, created, page]}
    (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    return 0


def _parse_row(parsed: dict[str, Any]) -> tuple[str, ...]:
    fastest = parsed["fastest_other"]
    others = f"{parsed['others'][fastest]['per_processor_second']:,}/s ({fastest})" if fastest else "not installed"
    return (
        f"reading {parsed['details']:,} details",
        f"{parsed['seconds']} s, {parsed['details_per_second']:,}/s",
        others,
        f"{parsed['times_the_fastest']} x as fast" if fastest else "",
        f"{parsed['peak_memory_mb']} MB",
    )


def _creates_row(created: dict[str, Any]) -> tuple[str, ...]:
    return (
        "POST /api/v1/claims",
        f"{created['claims_per_second']:,}/s",
        f"{created['pgbench_per_second']:,}/s (pgbench)",
        f"{created['ratio']}",
        "",
    )


def _page_rows(page: dict[str, Any]) -> list[tuple[str, ...]]:
    ratio = f"{page['compressed_bytes'] / page['most_bytes']:.2f}" + ("" if page["light_enough"] else " TOO HEAVY")
    weight, most = f"{page['compressed_bytes'] // 1000} kB", f"{page['most_bytes'] // 1000} kB"
    return [
        ("payment page, p50 / p99", f"{page['page_p50_ms']} / {page['page_p99_ms']} ms", "", "", ""),
        ("payment start, p50 / p99", f"{page['start_p50_ms']} / {page['start_p99_ms']} ms", "", "", ""),
        ("payment page, compressed", weight, most, ratio, ""),
    ]


def _measure(script: str, *words: str) -> dict[str, Any]:
    print(f"{script} ...", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, str(HERE / script), *words], stdout=subprocess.PIPE, text=True, check=True, timeout=1800
    )
    measured: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured


if __name__ == "__main__":
    sys.exit(main())
