"""What the sandbox is started with: one JSON file, checked as strictly as a request."""

import json
import secrets
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from ._behaviour import Behaviour, read_behaviour
from ._checks import one_of, strict, text, url
from ._problems import Problem


class Unusable(Exception):
    """The sandbox cannot be started like this; the text says why."""


@dataclass(frozen=True, slots=True)
class Config:
    """Checked settings. `payout_at` is a time of day in Berlin at which the bank closes its day by itself."""

    admin_token: str
    merchants: tuple[dict[str, Any], ...]
    behaviour: Behaviour | None
    payout_at: time | None
    base_url: str | None


def read_config(path: Path | None, data: Path) -> Config:
    """The config of a file; without an admin token one is made and kept in the data folder.

    Raises Unusable for a file that cannot be read, has unknown or wrong settings, or asks for live mode.
    """
    try:
        body = json.loads(path.read_text("utf-8")) if path else {}
        values = strict(
            body,
            {},
            {
                "admin_token": text(200, r"[\x21-\x7e]{16,200}"),
                "merchants": _merchants,
                "behaviour": _behaviour,
                "payout_at": _time_of_day,
                "base_url": url,
                "mode": one_of("test", "live"),
            },
        )
    except (OSError, ValueError, Problem) as error:
        raise Unusable(f"{path}: {error}") from error
    refuse_live(values["mode"])
    return Config(
        values["admin_token"] or _kept_token(data),
        values["merchants"] or (),
        values["behaviour"],
        values["payout_at"],
        values["base_url"],
    )


def refuse_live(mode: str | None) -> None:
    """Raises Unusable for every mode but test: what happens here must never be taken for money."""
    if mode not in (None, "", "test"):
        raise Unusable(f"The sandbox has no mode {mode!r}: it is for tests only and refuses to run as live.")


def _kept_token(data: Path) -> str:
    path = data / "admin-token"
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text().strip()


def _merchants(value: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("must be a list of merchants")
    return tuple(value)


def _behaviour(value: Any) -> Behaviour:
    try:
        return read_behaviour(value)
    except Problem as problem:
        raise ValueError(problem.detail) from problem


def _time_of_day(value: Any) -> time:
    checked = text(5, r"\d{2}:\d{2}")(value)
    return time.fromisoformat(checked)
