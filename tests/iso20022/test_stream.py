"""A collective credit of a large city: read in one pass, in the memory of a small one."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import io, time
from tests.iso20022.support import detail, entry, message
from zahlstelle import iso20022
COUNT = 60_000
class Bank(io.RawIOBase):
    def __init__(self):
        head, tail = message(entry("@", amount="600.00")).split(b"@")
        more = "{blank}<RltdPties><Dbtr><Pty><Nm>J\u00fcrgen &amp; S\u00f6hne</Nm></Pty></Dbtr></RltdPties>{blank}{odd}"
        one = detail("0.01", more=more).encode()
        self.parts = iter([head, *[one * 100] * (COUNT // 100), tail])
    def read(self, size=-1):
        return next(self.parts, b"")
began, seen, cents = time.perf_counter(), 0, 0
for event in iso20022.read(Bank(), "bank", plain={plain}):
    if isinstance(event, iso20022.Detail):
        seen, cents = seen + 1, cents + event.amount_cents
    elif isinstance(event, iso20022.EntryEnd):
        assert (event.entry.whole, event.entry.detail_count) == (True, COUNT), event
assert (seen, cents) == (COUNT, COUNT)
print(round(COUNT / (time.perf_counter() - began)))
print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.parametrize(
    ("blank", "odd", "plain", "at_least"),
    [("", "", True, 10_000), (r"\n      ", "", True, 8_000), ("", "<!-- x -->", True, 3_000), ("", "", False, 3_000)],
    ids=["compact", "indented", "with comments", "careful"],
)
def test_sixty_thousand_details_in_constant_memory(blank: str, odd: str, plain: bool, at_least: int) -> None:
    """The rate is a guard against something quadratic on a busy machine; the benchmarks hold the real figure."""
    root = Path(__file__).parents[2]
    program = PROGRAM.replace("{blank}", blank).replace("{odd}", odd).replace("{plain}", str(plain))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120, cwd=root,
        env={"PYTHONPATH": f"{root / 'src'}:{root}", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    rate, peak = map(int, done.stdout.split())
    print(f"{rate} details a second, {peak // 1024} MB at the peak")
    assert rate > at_least
    assert peak < 60_000, "kB at the peak"
