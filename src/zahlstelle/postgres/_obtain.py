"""The database that a demo or a test run works with: the one it was given, or one of its own."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ._errors import PostgresRefused
from ._roles import RoleUrls, prepare_roles
from ._server import LocalServer


@dataclass(frozen=True)
class Database:
    """A database ready to be migrated. `superuser` and `server` are None where it was given to us."""

    urls: RoleUrls
    superuser: str | None
    server: LocalServer | None

    def stop(self) -> None:
        """Stop what was started for it."""
        if self.server is not None:
            self.server.stop()


def obtain(
    data_dir: Path, dbname: str, *, for_tests: bool = False, environ: Mapping[str, str] = os.environ
) -> Database:
    """Return the database of `ZAHLSTELLE_DATABASE_URL`; if that is not set, start a server on `data_dir`."""
    given = environ.get("ZAHLSTELLE_DATABASE_URL")
    if given:
        owner = environ.get("ZAHLSTELLE_OWNER_DATABASE_URL")
        if not owner:
            raise PostgresRefused("with ZAHLSTELLE_DATABASE_URL, ZAHLSTELLE_OWNER_DATABASE_URL is needed to migrate")
        return Database(RoleUrls(owner=owner, app=given), None, None)
    server = LocalServer(data_dir, for_tests=for_tests)
    superuser = server.start()
    try:
        return Database(prepare_roles(superuser, dbname), superuser, server)
    except BaseException:
        server.stop()
        raise
