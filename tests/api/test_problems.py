"""Whatever goes wrong under /api/, the answer is a problem document, and never a 5xx for what somebody sent."""

import json
import zlib
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from tests.support.rest import Caller, problem_of

from zahlstelle import claims, tenancy
from zahlstelle.tenancy import Tenant

CLAIMS = "/api/v1/claims"
UNREADABLE: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("half a document", b'{"amount": "1.00"'),
    ("more than one", b'{"purpose": "x"} {"purpose": "x"}'),
    ("no JSON", b"amount=1.00"),
    ("single quotes", b"{'a': 1}"),
    ("a comment", b'{"a": 1 /* x */}'),
    ("not a number", b'{"amount_cents": NaN}'),
    ("infinity", b'{"amount_cents": Infinity}'),
    ("minus infinity", b'{"amount_cents": -Infinity}'),
    ("a name twice", b'{"amount": "1.00", "purpose": "x", "amount": "9.00"}'),
    ("a name twice below", b'{"amount": "1.00", "purpose": "x", "lines": [{"text": "a", "text": "b"}]}'),
    ("NUL", rb'{"amount": "1.00", "purpose": "a\u0000b"}'),
    ("NUL in a name", rb'{"amount": "1.00", "purpose": "a", "x\u0000": 1}'),
    ("half a character", rb'{"amount": "1.00", "purpose": "\ud800"}'),
    ("half a character in a name", rb'{"amount": "1.00", "purpose": "x", "\udfff": 1}'),
    (
        "half a character in posting data",
        rb'{"amount": "1.00", "purpose": "x", "lines": [{"posting": {"\ud800": ""}}]}',
    ),
    ("not UTF-8", b'{"purpose": "\xff"}'),
    ("Latin-1", '{"purpose": "Bürgerbüro"}'.encode("latin-1")),
    ("UTF-16", '{"purpose": "x"}'.encode("utf-16")),
    ("a byte order mark", b'\xef\xbb\xbf{"purpose": "x"}'),
    ("raw NUL", b'{"purpose": "a\x00b"}'),
    ("deep lists", b"[" * 100_000 + b"]" * 100_000),
    ("deep objects", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    ("quite deep", b'{"a":' * 20 + b"1" + b"}" * 20),
    ("a number without end", b'{"amount_cents": ' + b"9" * 100_000 + b"}"),
]


@pytest.mark.parametrize("raw", [row[1] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE])
@pytest.mark.parametrize("path", [CLAIMS, "/api/v1/payments"])
@pytest.mark.parametrize("keyed", [False, True])
def test_a_body_nobody_can_read_surely(caller: Caller, path: str, raw: bytes, keyed: bool) -> None:
    key = {"Idempotency_Key": "k"} if keyed else {}
    problem_of(caller.call("POST", path, raw=raw, **key), 400, "body_unreadable")


def test_a_float_with_many_digits_is_refused_not_rounded(caller: Caller) -> None:
    raw = b'{"purpose": "x", "amount_cents": 1e400}'
    problem_of(caller.call("POST", CLAIMS, raw=raw), 422, "request_invalid")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""],
)
def test_another_media_type(caller: Caller, content_type: str) -> None:
    raw = json.dumps({"amount": "1.00", "purpose": "x"}).encode()
    problem_of(caller.call("POST", CLAIMS, raw=raw, Content_Type=content_type), 415, "media_type_wrong")


def test_a_packed_body(caller: Caller) -> None:
    problem_of(caller.call("POST", CLAIMS, raw=b"\x1f\x8b", Content_Encoding="gzip"), 415, "media_type_wrong")


def test_the_media_type_with_its_charset(caller: Caller) -> None:
    raw = json.dumps({"amount": "1.00", "purpose": "Bürger"}, ensure_ascii=False).encode()
    answer = caller.call("POST", CLAIMS, raw=raw, Content_Type="application/json; charset=utf-8")
    assert answer.json()["purpose"] == "Bürger"


@pytest.mark.parametrize("keyed", [False, True])
def test_a_body_too_large(caller: Caller, keyed: bool) -> None:
    raw = json.dumps({"amount": "1.00", "purpose": "x" * 1_100_000}).encode()
    key = {"Idempotency_Key": "k"} if keyed else {}
    problem_of(caller.call("POST", CLAIMS, raw=raw, **key), 413, "body_too_large")


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/claims",
        "/api/v1/claims/",
        "/api/v1/x",
        "/api/v1/docs",
        "/api/%00",
    ],
)
def test_an_address_with_nothing_at_it(caller: Caller, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "BREW"):
        problem_of(caller.call(method, path), 404, "route_unknown")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_is_not_known_here(caller: Caller, method: str) -> None:
    answer = caller.call(method, CLAIMS)
    problem_of(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_a_write_to_the_openapi_document(caller: Caller) -> None:
    answer = caller.call("PUT", "/api/v1/openapi.json")
    problem_of(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


def test_head_is_get_without_the_body(caller: Caller) -> None:
    path = f"{CLAIMS}/{caller.claim()['id']}"
    whole, head = caller.get(path), caller.call("HEAD", path)
    assert (whole.status_code, head.status_code) == (200, 200)
    assert head.content == b""
    assert head.headers["Content-Length"] == str(len(whole.content))
    assert caller.call("HEAD", f"{CLAIMS}/x").status_code == 404


def test_head_of_what_can_only_be_posted(caller: Caller) -> None:
    answer = caller.call("HEAD", f"/api/v1/payments/{caller.payment()['id']}/cancel")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("host", ["evil.example", "a b", "localhost:x"])
def test_another_host(caller: Caller, host: str) -> None:
    client = Client(HTTP_HOST=host, raise_request_exception=False)
    problem_of(client.get(CLAIMS, headers={"Authorization": f"Bearer {caller.key}"}), 400, "request_refused")


NOBODYS = "zs_test_" + "0" * 32
AUTHORIZATIONS: list[tuple[str, str | None, str]] = [
    ("none", None, "unauthenticated"),
    ("empty", "", "unauthenticated"),
    ("basic", "Basic eDp5", "unauthenticated"),
    ("no token", "Bearer", "api_key_unknown"),
    ("empty token", "Bearer ", "api_key_unknown"),
    ("some word", "Bearer hunter2", "api_key_unknown"),
    ("a mistyped key", "Bearer zs_test_00000000000000000000000000000000ffffffff", "api_key_unknown"),
    ("a key nobody has", f"Bearer {NOBODYS}{zlib.crc32(NOBODYS.encode()):08x}", "api_key_unknown"),
    ("another script", "Bearer " + "ü" * 48, "api_key_unknown"),
]


@pytest.mark.parametrize(("said", "code"), [row[1:] for row in AUTHORIZATIONS], ids=[row[0] for row in AUTHORIZATIONS])
@pytest.mark.parametrize(("method", "path"), [("GET", CLAIMS), ("POST", CLAIMS), ("POST", "/api/v1/payments/x/cancel")])
def test_nobody_without_a_key(said: str | None, code: str, method: str, path: str) -> None:
    client = Client(HTTP_HOST="localhost", raise_request_exception=False)
    headers = {} if said is None else {"Authorization": said}
    answer = client.generic(method, path, b"{}", content_type="application/json", headers=headers)
    problem_of(answer, 401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key(caller: Caller, owner: Any) -> None:
    with owner(caller.town) as database:
        database.execute("UPDATE api_key SET revoked_at = now() WHERE tenant_id = %s", [caller.town.id])
    problem_of(caller.get(CLAIMS), 401, "api_key_unknown")


def test_a_key_of_the_other_mode(caller: Caller, owner: Any) -> None:
    with owner(caller.town) as database:
        database.execute("UPDATE tenant SET mode = 'live' WHERE id = %s", [caller.town.id])
    problem_of(caller.get(CLAIMS), 401, "api_key_unknown")


def test_a_key_shows_its_row_for_one_question_only(town: Tenant, caller: Caller) -> None:
    from zahlstelle.tables.tenancy import ApiKeyRow

    assert tenancy.api_client(key=caller.key).tenant == town
    assert ApiKeyRow.objects.count() == 0


def test_our_own_mistake_says_nothing_of_itself(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_given: object) -> None:
        raise RuntimeError("password=hunter2 at /srv/secret.py")

    monkeypatch.setattr(claims, "claims_page", broken)
    answer = caller.get(CLAIMS)
    problem_of(answer, 500, "internal_error")
    assert b"hunter2" not in answer.content and b"secret" not in answer.content


def test_a_defect_logs_places_and_no_names(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_given: object) -> None:
        name = "Erika Mustermann"
        raise RuntimeError(name)

    monkeypatch.setattr(claims, "open_claim", broken)
    problem_of(caller.post(CLAIMS, {"amount": "1.00", "purpose": "x", "debtor_name": "Erika M"}), 500, "internal_error")
    said = capsys.readouterr()
    assert "api_defect" in said.out + said.err
    assert "Erika" not in said.out + said.err


def test_a_database_that_does_not_answer(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_given: object) -> None:
        raise OperationalError("connection to server at 10.0.0.1 failed")

    monkeypatch.setattr(claims, "claims_page", away)
    answer = caller.get(CLAIMS)
    problem_of(answer, 503, "database_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert b"10.0.0.1" not in answer.content


def test_outside_of_the_interface_nothing_is_changed() -> None:
    answer = Client(HTTP_HOST="localhost").get("/apiary/is/not/there/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_write_knows_no_parameters(caller: Caller) -> None:
    claim = caller.claim()
    payment = caller.payment(claim_id=claim["id"])
    one = f"/api/v1/payments/{payment['id']}"
    bodies: dict[str, Any] = {
        CLAIMS: {"amount": "1.00", "purpose": "x"},
        "/api/v1/payments": {"claim_id": claim["id"]},
        f"{one}/cancel": None,
        f"{one}/refunds": {"amount": "1.00", "refundable_cents": 3700, "reason": "x"},
    }
    described = caller.get("/api/v1/openapi.json").json()["paths"]
    writes = {path.format(payment_id=payment["id"]) for path, methods in described.items() if "post" in methods}
    assert writes == set(bodies), "a new write belongs into this list"
    before = len(caller.get(CLAIMS).json()["items"])
    for keyed in ({}, {"Idempotency_Key": "a-key"}):
        for path, body in bodies.items():
            problem = problem_of(caller.post(f"{path}?amount=9.00", body, **keyed), 422, "request_invalid")
            assert problem["errors"] == [{"pointer": "amount", "detail": "there is no such parameter"}]
    assert len(caller.get(CLAIMS).json()["items"]) == before
    assert caller.get(one).json()["status"] == "created"
    assert caller.post(f"{one}/cancel", Idempotency_Key="a-key").status_code == 200, "the key is still free"
