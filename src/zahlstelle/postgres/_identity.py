"""As whom the server runs. PostgreSQL refuses root, so root hands it to a user that exists anyway."""

import os
import pwd
import subprocess
from pathlib import Path

from zahlstelle.processes import Identity, current_identity

from ._errors import PostgresRefused

_UNPRIVILEGED = ("postgres", "nobody")


def server_identity() -> Identity:
    """Return ourselves, or for root the user `postgres`, else `nobody`. No user is ever created."""
    if os.geteuid() != 0:
        return current_identity()
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(entry.pw_uid, entry.pw_gid)
    raise PostgresRefused("root needs a user 'postgres' or 'nobody' to run PostgreSQL as; neither exists")


def can_reach(path: Path, who: Identity) -> bool:
    """Say whether `who` may enter or execute `path`, by letting that user try."""
    if who == current_identity():
        return os.access(path, os.X_OK)
    tried = subprocess.run(
        ["/usr/bin/test", "-x", path], user=who.uid, group=who.gid, extra_groups=[], cwd="/", check=False
    )
    return tried.returncode == 0
