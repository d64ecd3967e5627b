"""How commands that read several files say that one of them was refused."""

import sys

from zahlstelle.kernel import Refusal


def tell_refused(name: str, refusal: Refusal) -> None:
    """Say on standard error which file was refused and why, naming it once, whether or not the reason does too."""
    place = "" if refusal.reason.startswith(name) else f"{name}: "
    print(f"{place}{refusal.reason} [{refusal.code}]", file=sys.stderr)
