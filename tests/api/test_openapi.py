"""The OpenAPI document says what the interface does: every answer here is held against it."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from tests.support.rest import RETURN_URL, Caller


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = Client(HTTP_HOST="localhost").get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


class Differs(Exception):
    """The answer is not what the document says."""


def check(value: Any, schema: dict[str, Any], document: dict[str, Any], place: str = "#") -> None:
    """Hold a value against the part of JSON Schema that the document uses; a word not known here fails."""
    if "$ref" in schema:
        target = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return check(value, target, document, place)
    for word, content in schema.items():
        if word not in _WORDS:
            raise Differs(f"{place}: this test does not know {word!r}")
        _WORDS[word](value, content, schema, document, place)
    return None


def _type(value: Any, content: Any, _schema: Any, _document: Any, place: str) -> None:
    python = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }[content]
    if not isinstance(value, python) or (content == "integer" and isinstance(value, bool)):
        raise Differs(f"{place}: {value!r} is no {content}")


def _any_of(value: Any, content: Any, _schema: Any, document: Any, place: str) -> None:
    told = []
    for option in content:
        try:
            return check(value, option, document, place)
        except Differs as error:
            told.append(str(error))
    raise Differs("; ".join(told))


def _properties(value: Any, content: Any, schema: Any, document: Any, place: str) -> None:
    if set(value) - set(content):
        raise Differs(f"{place}: {set(value) - set(content)} are not in the document")
    for name in value:
        check(value[name], content[name], document, f"{place}/{name}")


def _required(value: Any, content: Any, _schema: Any, _document: Any, place: str) -> None:
    if set(content) - set(value):
        raise Differs(f"{place}: {set(content) - set(value)} are missing")


def _items(value: Any, content: Any, _schema: Any, document: Any, place: str) -> None:
    for number, item in enumerate(value):
        check(item, content, document, f"{place}/{number}")


def _enum(value: Any, content: Any, _schema: Any, _document: Any, place: str) -> None:
    if value not in content:
        raise Differs(f"{place}: {value!r} is none of {content}")


def _pattern(value: Any, content: Any, _schema: Any, _document: Any, place: str) -> None:
    if not re.search(content, value):
        raise Differs(f"{place}: {value!r} does not look like {content}")


def _format(value: Any, content: Any, _schema: Any, _document: Any, place: str) -> None:
    shapes = {
        "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "date": r"\d{4}-\d\d-\d\d",
        "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
        "uri": r"[a-z]+:.+",
    }
    if not re.fullmatch(shapes[content], value):
        raise Differs(f"{place}: {value!r} is no {content}")


def _bounds(value: Any, _content: Any, schema: Any, _document: Any, place: str) -> None:
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        raise Differs(f"{place}: {value} is out of bounds")


def _nothing(*_given: Any) -> None:
    """A word that says nothing about the value."""


_WORDS: dict[str, Any] = {
    "type": _type,
    "anyOf": _any_of,
    "properties": _properties,
    "required": _required,
    "items": _items,
    "enum": _enum,
    "pattern": _pattern,
    "format": _format,
    "minimum": _bounds,
    "maximum": _bounds,
    **dict.fromkeys(["title", "description", "examples", "example", "default", "additionalProperties"], _nothing),
}


def hold(answer: Any, route: str, document: dict[str, Any]) -> None:
    """Hold an answer against the document: its status, media type, headers and content."""
    method, _, path = route.partition(" ")
    said = document["paths"][path][method.lower()]["responses"].get(str(answer.status_code))
    assert said is not None, f"{route} answers {answer.status_code}, which the document does not say"
    if "$ref" in said:
        said = document["components"]["responses"][said["$ref"].rpartition("/")[2]]
    media_type = answer.headers["Content-Type"]
    assert list(said["content"]) == [media_type]
    check(json.loads(answer.content), said["content"][media_type]["schema"], document)
    known = set(said.get("headers", {}))
    assert {name for name in answer.headers if name in ("Location", "Idempotency-Replayed")} <= known


def test_every_answer_is_what_the_document_says(caller: Caller, document: dict[str, Any]) -> None:
    claim = caller.post("/api/v1/claims", {"service": "personalausweis", "purpose": "x", "due_on": "2026-12-31"})
    hold(claim, "POST /api/v1/claims", document)
    number, claim_id = claim.json()["kassenzeichen"], claim.json()["id"]
    payment = caller.post("/api/v1/payments", {"claim_id": claim_id, "return_url": RETURN_URL}, Idempotency_Key="a")
    hold(payment, "POST /api/v1/payments", document)
    again = caller.post("/api/v1/payments", {"claim_id": claim_id, "return_url": RETURN_URL}, Idempotency_Key="a")
    hold(again, "POST /api/v1/payments", document)
    way = f"/api/v1/payments/{payment.json()['id']}"
    hold(caller.get(f"/api/v1/claims?kassenzeichen={number}"), "GET /api/v1/claims", document)
    hold(caller.get("/api/v1/claims?limit=1"), "GET /api/v1/claims", document)
    hold(caller.get(f"/api/v1/claims/{claim_id}"), "GET /api/v1/claims/{claim_id}", document)
    hold(caller.get("/api/v1/payments"), "GET /api/v1/payments", document)
    hold(caller.get(way), "GET /api/v1/payments/{payment_id}", document)
    hold(caller.get(f"{way}/events"), "GET /api/v1/payments/{payment_id}/events", document)
    hold(caller.post(f"{way}/cancel"), "POST /api/v1/payments/{payment_id}/cancel", document)


def test_every_refusal_is_what_the_document_says(caller: Caller, document: dict[str, Any]) -> None:
    claims, payments = "POST /api/v1/claims", "POST /api/v1/payments"
    hold(caller.call("POST", "/api/v1/claims", raw=b"{"), claims, document)
    hold(caller.post("/api/v1/claims", {"amount": 1.0}), claims, document)
    hold(caller.post("/api/v1/claims", {"purpose": "x", "service": "y"}), claims, document)
    hold(caller.call("POST", "/api/v1/claims", raw=b"{}", Content_Type="text/plain"), claims, document)
    hold(caller.call("POST", "/api/v1/claims", raw=b" " * 1_100_000), claims, document)
    hold(caller.call("POST", "/api/v1/payments", {}, Authorization="Bearer x"), payments, document)
    hold(caller.get("/api/v1/claims/x"), "GET /api/v1/claims/{claim_id}", document)
    hold(caller.get("/api/v1/claims?limit=x"), "GET /api/v1/claims", document)
    hold(caller.get("/api/v1/payments", Authorization="x"), "GET /api/v1/payments", document)


def test_every_route_says_who_may_what_goes_wrong_and_how_to_repeat(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    names = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names.append(operation["operationId"])
            assert {"ApiKey": []} in operation.get("security", document["security"]), path
            assert {"401", "422", "500", "503"} <= set(operation["responses"]), path
            given = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert ("Idempotency-Key" in given) == (method == "post"), path
            assert operation["description"], path
            if "requestBody" in operation:
                (content,) = operation["requestBody"]["content"].values()
                schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
                assert schema["examples"] and schema["additionalProperties"] is False
    assert len(set(names)) == len(names)


def test_the_examples_of_the_document_are_taken(caller: Caller, document: dict[str, Any]) -> None:
    for example in document["components"]["schemas"]["ClaimIn"]["examples"]:
        answer = caller.post("/api/v1/claims", example)
        assert answer.status_code == 201, answer.content
    number = caller.claim()["kassenzeichen"]
    for example in document["components"]["schemas"]["PaymentIn"]["examples"]:
        assert caller.post("/api/v1/payments", example | {"kassenzeichen": number}).status_code == 201


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        target: Any = document
        for step in reference.split("/"):
            target = target[step]
        assert target
