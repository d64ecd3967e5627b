"""Read a JSON body strictly: what two readers could read in two ways is refused."""

import json
import re
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from ._problems import BodyUnreadable, MediaTypeWrong

_DEEPEST = 16
_UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")


class StrictJson(Parser):
    """Reads bodies for the interface."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Read the body.

        Raises MediaTypeWrong, BodyUnreadable.
        """
        packed = request.headers.get("Content-Encoding", "identity") != "identity"
        if packed or request.content_type != "application/json":
            raise MediaTypeWrong("please send the body as Content-Type: application/json, not compressed")
        document = read_json(request.body)
        if not isinstance(document, dict):
            raise BodyUnreadable("the body must be a JSON object")
        return document


def read_json(body: bytes) -> Any:
    """Read a JSON document: UTF-8, each name once, no NaN, no NUL, no half characters, not deep.

    Raises BodyUnreadable.
    """
    try:
        document = json.loads(body.decode(), object_pairs_hook=_each_key_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BodyUnreadable("the body is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise BodyUnreadable(f"no JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise BodyUnreadable(f"the body is nested deeper than {_DEEPEST} levels") from error
    except ValueError as error:  # a whole number of more digits than Python reads
        raise BodyUnreadable("a number in the body is too long") from error
    _sound(document)
    return document


def canonical(document: Any) -> bytes:
    """Write a document in the one form that a fingerprint is taken of."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise BodyUnreadable("a name stands twice in one object of the body")
    return read


def _no_constant(word: str) -> NoReturn:
    raise BodyUnreadable(f"{word} is not JSON")


def _sound(document: Any) -> None:
    level = [document]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                below += value
            elif isinstance(value, str) and _UNSPEAKABLE.search(value):
                raise BodyUnreadable("the body contains a NUL or half a character (lone surrogate)")
        if not below:
            return
        level = below
    raise BodyUnreadable(f"the body is nested deeper than {_DEEPEST} levels")
