"""Install hash-pinned requirements into this virtual environment: with uv, else (slower) with pip.

    .venv/bin/python scripts/install.py requirements/demo.txt [--target DIR] [--project]

uv does not read pip's configuration, so the package index this machine is set up for is handed on to it.
`--project` installs the project itself too, as it lies here (editable), without asking the index again.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
UV = Path(sys.executable).with_name("uv")
HANDED_ON = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


def main() -> int:
    """Install what the command line names; exit status of the installer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requirements", type=Path)
    parser.add_argument("--target", type=Path)
    parser.add_argument("--project", action="store_true")
    asked = parser.parse_args()
    where = ["--target", str(asked.target)] if asked.target else []
    done = install(["--require-hashes", *where, "-r", str(asked.requirements)])
    if done == 0 and asked.project:
        done = install(["--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    return done


def install(words: list[str]) -> int:
    """Let uv install; where it cannot, let pip."""
    if UV.exists():
        environment = {**os.environ, **index_settings()}
        command = [UV, "pip", "install", "--quiet", "--system-certs", "--python", sys.executable]
        command += ["--index-strategy", "unsafe-best-match"]  # every file is checked against its hash
        if subprocess.run([*command, *words], env=environment).returncode == 0:
            return 0
        print("uv could not; trying pip", file=sys.stderr)
    return subprocess.run([*PIP, "install", *words]).returncode


def index_settings() -> dict[str, str]:
    """Return pip's configured index as uv's variables, without overruling those that are set."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False).stdout
    found: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        variable = HANDED_ON.get(name.rpartition(".")[2])
        if variable and variable not in os.environ and value:
            found[variable] = json.loads(value.replace("'", '"')).strip()
    return found


if __name__ == "__main__":
    sys.exit(main())
