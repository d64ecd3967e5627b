"""Looks for canary values wherever Zahlstelle could leave them: rows, backups, files, logs, process environments."""

import subprocess
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

from tests.support.canaries import CANARIES, found
from zahlstelle.postgres._binaries import find_binaries

_LARGE = 8 * 2**20  # bytes of a table whose rows a small run leaves out of its backup
_COLUMNS = """
    SELECT c.relname, a.attname, a.atttypid = 'bytea'::regtype, pg_total_relation_size(c.oid)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p', 'm') AND c.relnamespace = 'public'::regnamespace ORDER BY 1, a.attnum
"""


def in_rows(database: psycopg.Connection, towns: Iterable[UUID] | None) -> list[str]:
    """Look through every column of every table, jsonb as text, bytes as what they spell; `towns` None: of all towns."""
    columns = database.execute(_COLUMNS).fetchall()
    with_town = {table for table, column, _, _ in columns if column == "tenant_id"}
    hits = []
    for table, column, is_bytes, _ in columns:
        name = sql.Identifier(column)
        text = sql.SQL("encode({}, 'escape')").format(name) if is_bytes else sql.SQL("{}::text").format(name)
        only = sql.SQL("")
        if towns is not None and table in with_town:
            only = sql.SQL(" AND tenant_id = ANY({})").format(sql.Literal(list(towns)))
        for kind, pattern in CANARIES.items():
            query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {} ~ {}{})")
            asked = query.format(sql.Identifier(table), text, sql.Literal(pattern.pattern), only)
            (there,) = database.execute(asked).fetchone() or (False,)
            hits += [f"{kind} in {table}.{column}"] if there else []
    return hits


def in_backup(database: psycopg.Connection, *, whole: bool) -> tuple[list[str], int]:
    """Look through a logical backup (pg_dump); gives what was found and how many bytes there were."""
    sizes = {table: size for table, _, _, size in database.execute(_COLUMNS).fetchall()}
    left_out = [] if whole else [f"--exclude-table-data={table}" for table, size in sizes.items() if size > _LARGE]
    where = database.info
    command = [find_binaries().program("pg_dump"), "-h", where.host, "-p", str(where.port), "-U", where.user]
    done = subprocess.run([*command, *left_out, where.dbname], capture_output=True, check=True)
    text = done.stdout.decode()
    assert "PostgreSQL database dump complete" in text
    spelt = "".join(bytes.fromhex(part).decode("latin-1") for part in _hex(text))
    return [f"{kind} in the backup" for kind in found(text) + found(spelt)], len(done.stdout)


def home_of(database: psycopg.Connection) -> Path:
    """Where the database keeps its files: its processes work there, by whatever name it knows the folder itself."""
    return Path(f"/proc/{database.info.backend_pid}/cwd").resolve()


def in_files(folder: Path, since: float = 0) -> tuple[list[str], int]:
    """Look through the bytes of every file below a folder that was written since a moment; and how many bytes."""
    hits, many = [], 0
    for path in sorted(folder.rglob("*")):
        try:
            if not path.is_file() or path.stat().st_mtime < since:
                continue
            content = path.read_bytes()
        except (FileNotFoundError, OSError):  # gone meanwhile, or a socket
            continue
        many += len(content)
        hits += [f"{kind} in {path.name}" for kind in found(content.decode("latin-1"))]
    return hits, many


def in_environments(process: int) -> tuple[list[str], int]:
    """Look through the environment of a process and all below it, browsers left out; and of how many."""
    hits, family, read = [], [process], 0
    for one in family:
        try:
            family += [int(child) for child in _children(one)]
            command = Path(f"/proc/{one}/cmdline").read_bytes()
            if b"chrom" in command.split(b"\0")[0].lower():
                continue  # the citizen's side; its processes lock others out
            told = Path(f"/proc/{one}/environ").read_bytes() + command
        except (FileNotFoundError, ProcessLookupError):
            continue
        read += 1
        hits += [f"{kind} in the environment" for kind in found(told.decode("latin-1").replace("\0", "\n"))]
    return hits, read


def _children(process: int) -> list[str]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [child for task in tasks for child in task.read_text().split()]


def _hex(text: str) -> list[str]:
    """The bytes in a backup, as it writes them."""
    return [part.split()[0].split("\t")[0] for part in text.split("\\\\x")[1:] if _is_hex(part.split()[0])]


def _is_hex(part: str) -> bool:
    return len(part) % 2 == 0 and all(sign in "0123456789abcdef" for sign in part)
