"""PostgreSQL without asking, for demo and tests: a private server, a database, its two roles.

Nothing here knows the business. A production node is given its database by `ZAHLSTELLE_DATABASE_URL` and
never comes near this room's server; `prepare_roles` is what `docs/operating/database.md` says in SQL.
"""

from ._binaries import Binaries, find_binaries
from ._errors import PostgresMissing, PostgresNotStarted, PostgresRefused, PostgresTaken
from ._obtain import Database, obtain
from ._roles import APP_ROLE, OWNER_ROLE, RoleUrls, prepare_roles
from ._server import LocalServer

__all__ = [
    "APP_ROLE",
    "OWNER_ROLE",
    "Binaries",
    "Database",
    "LocalServer",
    "PostgresMissing",
    "PostgresNotStarted",
    "PostgresRefused",
    "PostgresTaken",
    "RoleUrls",
    "find_binaries",
    "obtain",
    "prepare_roles",
]
