"""Pages: how many, and from where on."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

from django.http import HttpRequest

from ._problems import Fault, RequestInvalid

DEFAULT_LIMIT = 50
MOST = 200


class _Identified(Protocol):
    @property
    def id(self) -> UUID: ...


Item = TypeVar("Item", bound=_Identified)


@dataclass(frozen=True, slots=True)
class Page:
    """The page that was asked for."""

    limit: int
    before: UUID | None

    def cut(self, found: Sequence[Item]) -> tuple[Sequence[Item], str | None]:
        """Take the page from one more than was asked for, and the cursor to the next."""
        shown = found[: self.limit]
        return shown, _cursor(shown[-1].id) if len(found) > self.limit else None


def page_of(request: HttpRequest) -> Page:
    """Read `limit` and `cursor`. Raises RequestInvalid."""
    limit, cursor = request.GET.get("limit", str(DEFAULT_LIMIT)), request.GET.get("cursor")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= MOST):
        raise RequestInvalid([Fault("limit", f"a whole number from 1 to {MOST}")])
    return Page(int(limit), None if cursor is None else _before(cursor))


def only(request: HttpRequest, *known: str) -> None:
    """Refuse a parameter that is not known or stands twice: a mistyped filter must not list everything."""
    strange = [name for name in request.GET if name not in known]
    twice = [name for name, values in request.GET.lists() if name in known and len(values) > 1]
    faults = [Fault(name[:60], "there is no such parameter") for name in strange]
    faults += [Fault(name, "stands twice") for name in twice]
    if faults:
        raise RequestInvalid(faults)


def _cursor(last: UUID) -> str:
    return base64.urlsafe_b64encode(last.bytes).decode().rstrip("=")


def _before(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.b64decode(cursor.encode("ascii") + b"==", altchars=b"-_", validate=True))
    except (ValueError, binascii.Error) as error:
        raise RequestInvalid([Fault("cursor", "is not one that was handed out here")]) from error
