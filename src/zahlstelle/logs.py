"""How events are written down: one line of named fields on standard error; of an error only its kind and its places.

What an exception says, what its frames hold and the address that was asked may be somebody's name, account or token.
So none of it is written, whoever logs it, also not by the libraries we use.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any

import structlog

_DEEPEST = 12  # places of one error


def configure() -> None:
    """Let all events of this process be written so; once or again."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _kind_and_places,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Events)]:
        root.removeHandler(handler)
    root.addHandler(_Events(logging.WARNING))
    logging.getLogger("django.request").setLevel(logging.ERROR)  # what people mistype is no event


def places(error: BaseException) -> list[str]:
    """Say where an error came up, the innermost place last."""
    frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def kinds(error: BaseException) -> str:
    """Say what kind of error it is, and which caused it."""
    return " caused by ".join(_kind(one) for one in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _kind(error: BaseException) -> str:
    state = getattr(error, "sqlstate", None)
    return type(error).__name__ + (f" {state}" if isinstance(state, str) else "")


def _kind_and_places(_logger: Any, _method: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    given = said.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if isinstance(given, tuple):
        error = given[1]
    said.pop("stack_info", None)
    if error is not None:
        said["error"], said["places"] = kinds(error), places(error)
    return said


class _Events(logging.Handler):
    """Writes what libraries log as an event: never their words with what they filled in."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"source": record.name}
        status = getattr(record, "status_code", None)
        if status is not None or record.name.startswith("django."):
            match = getattr(getattr(record, "request", None), "resolver_match", None)
            fields |= {"status": status, "route": getattr(match, "route", None)}
        else:
            fields["words"] = str(record.msg)
        if record.exc_info and record.exc_info[1] is not None:
            fields["exc_info"] = record.exc_info[1]
        structlog.get_logger(record.name).warning("logged", **fields)
