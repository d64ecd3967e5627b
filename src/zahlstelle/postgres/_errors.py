"""What can stop a local PostgreSQL from being there."""

from zahlstelle.kernel import Refusal


class PostgresRefused(Refusal):
    """No PostgreSQL could be had; the message says what to do."""

    code = "postgres_refused"


class PostgresMissing(PostgresRefused):
    """Neither the wheel nor an installed server was found."""

    code = "postgres_missing"


class PostgresTaken(PostgresRefused):
    """Another process runs a server on this folder."""

    code = "postgres_taken"


class PostgresNotStarted(PostgresRefused):
    """The server did not come up; the message carries its last log lines."""

    code = "postgres_not_started"
