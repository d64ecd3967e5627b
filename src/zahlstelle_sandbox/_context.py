"""What every request handler works with."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from flask import current_app, request

from ._notifications import Sender
from ._problems import Problem
from ._store import Store


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The parts of one running sandbox."""

    store: Store
    sender: Sender
    bank_folder: Path
    admin_token: str
    base_url: str | None


def sandbox() -> Sandbox:
    """The sandbox this request belongs to."""
    return cast(Sandbox, current_app.extensions["sandbox"])


def bearer() -> str:
    """The bearer credential of the request. Raises Problem 401."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential:
        raise Problem(401, "unauthorised", "Send Authorization: Bearer and the secret.")
    return credential.strip()


def json_body() -> Any:
    """The JSON body. Raises Problem 415 or 400; a name given twice, NaN and Infinity are no JSON here."""
    if request.mimetype != "application/json":
        raise Problem(415, "not_json", "Send the body as application/json.")
    try:
        return json.loads(request.get_data(), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed_json", "The body is no JSON, or has a name twice.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice")
    return names


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
