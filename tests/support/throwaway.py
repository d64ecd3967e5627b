"""Environments of their own for programs of others: never imported by us, no part of the product's requirements."""

import subprocess
import sys
from pathlib import Path

import pytest


def installed(name: str, *packages: str, alone: bool = False) -> Path:
    """The interpreter of an environment with these packages, made on first use.

    `alone`: without what they say they need. Where it cannot be made, the test is skipped and says so.
    """
    environment = Path(sys.prefix) / "throwaway" / name
    python, done = environment / "bin" / "python", environment / ".ok"
    if not done.exists():
        uv = str(Path(sys.prefix) / "bin" / "uv")
        steps = (
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment)],
            [uv, "pip", "install", "--quiet", "--python", str(python), *(["--no-deps"] if alone else []), *packages],
        )
        for step in steps:
            made = subprocess.run(step, capture_output=True, text=True, check=False, timeout=300)
            if made.returncode:
                pytest.skip(f"NOT RUN: {name} cannot be installed: {made.stderr.strip()[-300:]}")
        done.touch()
    return python
