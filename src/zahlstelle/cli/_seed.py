"""Run as a process of its own by `demo`: fill the database with two towns, tell what to put into demo.json.

    python -m zahlstelle.cli._seed FOLDER BASE_URL SANDBOX_URL

Reads FOLDER/seed.json (what an earlier call returned) and writes it anew.
"""

import sys
from pathlib import Path

from ._demo_folder import DemoFolder
from ._django import start_django, stop_django


def main(folder: str, base_url: str, sandbox_url: str) -> None:
    """Call `demo_seed.seed` and keep what it returns."""
    start_django()
    from .demo_seed import seed

    demo = DemoFolder(Path(folder))
    seeded = seed(
        data_dir=demo.path,
        sandbox_dir=demo.sandbox,
        base_url=base_url,
        sandbox_url=sandbox_url,
        known=demo.remembered("seed"),
    )
    demo.remember("seed", seeded)
    stop_django()


if __name__ == "__main__":
    main(*sys.argv[1:])
