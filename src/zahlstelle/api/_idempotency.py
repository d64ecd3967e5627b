"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): the same request is answered alike.

A key belongs to an API key and to one request: method, path and body as JSON, blanks and order aside. Only answers that
went well are kept, for 24 hours; what was refused may be sent again with the same key.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from psycopg.errors import LockNotAvailable
from pydantic import BaseModel

from zahlstelle.kernel import clock, new_id
from zahlstelle.tenancy import ClientAccess, inside
from zahlstelle.web.answers import KEPT

from ._auth import client_of
from ._body import canonical, read_json
from ._paging import only
from ._problems import BodyUnreadable, IdempotencyKeyInUse, IdempotencyKeyInvalid, IdempotencyKeyReused

_ABANDONED = timedelta(seconds=60)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the document that goes with it."""

    status: int
    document: BaseModel

    @property
    def body(self) -> str:
        """Write the document as it is sent."""
        return self.document.model_dump_json()


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A key that is ours to answer for."""

    row: UUID
    client: ClientAccess
    key: str
    fingerprint: str
    at: datetime


Work = Callable[[datetime], Answer]


def once(request: HttpRequest, work: Work) -> HttpResponse:
    """Do the work in one transaction with the key: both are there or neither. A second request waits for the first.

    Raises RequestInvalid where the address carries a parameter: no write knows one.
    """
    only(request)
    client, at, key = client_of(request), clock.now(), _key(request)
    if key is None:
        answer = work(at)
        return _respond(request, answer.status, answer.body)
    with inside(client.tenant):
        claimed = _take(request, client, key, at)
        if isinstance(claimed, HttpResponse):
            return claimed
        answer = work(at)
        return _keep(request, claimed, answer)


def once_outside(request: HttpRequest, work: Work) -> HttpResponse:
    """Do work that calls others and must not be inside a transaction: the key is taken first, kept after.

    The work must itself be safe to repeat: a key whose node died is taken over after a minute.
    """
    only(request)
    client, at, key = client_of(request), clock.now(), _key(request)
    if key is None:
        answer = work(at)
        return _respond(request, answer.status, answer.body)
    with inside(client.tenant):
        claimed = _take(request, client, key, at)
    if isinstance(claimed, HttpResponse):
        return claimed
    try:
        answer = work(at)
    except BaseException:
        _let_go(claimed)
        raise
    with inside(client.tenant):
        return _keep(request, claimed, answer)


# One statement takes a key that is new, forgotten, or left behind by a node that died. It waits for whoever holds the
# key in a running transaction, but not for long.
_TAKE = """
WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', '5s', true) AS lock_timeout)
INSERT INTO idempotency (id, tenant_id, client, key, fingerprint, at)
SELECT %(row)s, %(tenant)s, %(client)s, %(key)s, %(fingerprint)s, %(at)s FROM patience WHERE lock_timeout IS NOT NULL
ON CONFLICT (tenant_id, client, key) DO UPDATE
SET id = excluded.id, fingerprint = excluded.fingerprint, status = NULL, body = NULL, at = excluded.at
WHERE idempotency.at < %(forgotten)s OR (idempotency.status IS NULL
    AND idempotency.fingerprint = excluded.fingerprint AND idempotency.at < %(abandoned)s)
"""


def _take(request: HttpRequest, client: ClientAccess, key: str, at: datetime) -> _Claimed | HttpResponse:
    claimed = _Claimed(new_id(), client, key, _fingerprint(request), at)
    given: dict[str, Any] = {
        "row": claimed.row,
        "tenant": client.tenant.id,
        "client": client.client,
        "key": key,
        "fingerprint": claimed.fingerprint,
        "at": at,
        "forgotten": at - KEPT,
        "abandoned": at - _ABANDONED,
    }
    with connection.cursor() as cursor:
        try:
            cursor.execute(_TAKE, given)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise IdempotencyKeyInUse("the first request with this key is still running; ask again") from error
            raise
        taken = cursor.rowcount == 1
    return claimed if taken else _replay(request, claimed)


def _replay(request: HttpRequest, asked: _Claimed) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, status, body FROM idempotency WHERE tenant_id = %s AND client = %s AND key = %s",
            [asked.client.tenant.id, asked.client.client, asked.key],
        )
        known = cursor.fetchone()
    if known is None:
        raise IdempotencyKeyInUse("the first request with this key has just ended without an answer; ask again")
    fingerprint, status, body = known
    if fingerprint != asked.fingerprint:
        raise IdempotencyKeyReused("this key was used for another request; a new request needs a new key")
    if status is None:
        raise IdempotencyKeyInUse("the first request with this key is still running; ask again")
    response = _respond(request, status, body)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _keep(request: HttpRequest, claimed: _Claimed, answer: Answer) -> HttpResponse:
    body = answer.body
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE idempotency SET status = %s, body = %s WHERE tenant_id = %s AND id = %s",
            [answer.status, body, claimed.client.tenant.id, claimed.row],
        )
        if cursor.rowcount == 0:  # someone took the key over in the meantime: the answer that is kept counts
            return _replay(request, claimed)
    return _respond(request, answer.status, body)


def _let_go(claimed: _Claimed) -> None:
    with inside(claimed.client.tenant), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM idempotency WHERE tenant_id = %s AND id = %s", [claimed.client.tenant.id, claimed.row]
        )


def _key(request: HttpRequest) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid("an Idempotency-Key is 1 to 255 visible ASCII characters")
    return key


def _fingerprint(request: HttpRequest) -> str:
    try:
        body = canonical(read_json(request.body))
    except BodyUnreadable:  # where no body is asked for, whatever is sent counts as it is
        body = request.body
    said = b"\n".join([(request.method or "").encode(), request.path.encode(), body])
    return hashlib.sha256(said).hexdigest()


def _respond(request: HttpRequest, status: int, body: str) -> HttpResponse:
    headers = {"Location": f"{request.path}/{json.loads(body)['id']}"} if status == 201 else {}
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
