"""Every proof has two sizes: small in `make test`, full in `make prove`."""

import os


def size(small: int, full: int) -> int:
    """Return the small size, or the full one under PROVE=1."""
    return full if os.environ.get("PROVE") == "1" else small
