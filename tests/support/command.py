"""`zahlstelle ...` as a process of its own, with an environment that says only what the test says."""

import os
import subprocess
import sys


def zahlstelle(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("ZAHLSTELLE_")}
    given["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-m", "zahlstelle.cli", *words]
    return subprocess.run(command, env={**given, **environment}, capture_output=True, text=True, timeout=60)
