"""Write a file that must never take another one's place: whole or not at all."""

import os
from pathlib import Path

from zahlstelle.kernel import Refusal


class FileThere(Refusal):
    """There is a file of this name already; it may be one that the bank has not been given yet."""

    code = "file_there"


def write_new(path: Path, content: bytes) -> None:
    """Write `content` to a file that is not there yet, readable by its owner alone. Raises FileThere."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as to:
            to.write(content)
            to.flush()
            os.fsync(to.fileno())
        try:
            os.link(unfinished, path)  # refuses a name that is taken, whoever took it meanwhile
        except FileExistsError as error:
            raise FileThere(f"{path} is there already") from error
    finally:
        unfinished.unlink(missing_ok=True)
