"""Complete the OpenAPI document by what every route shares: problems, headers, keys."""

from typing import Any

from zahlstelle.web.problems import MEDIA_TYPE

from ._problems import Described

_PROBLEMS: dict[str, str] = {
    "400": "The body cannot be read, or the Idempotency-Key is none.",
    "401": "No API key, or one that is unknown or revoked.",
    "404": "There is no such object in this town.",
    "409": "The state of things forbids it, or the first request with this Idempotency-Key is still running.",
    "411": "The request does not say how long its body is.",
    "413": "The body is larger than 1 MiB.",
    "415": "The body is not application/json.",
    "422": "The request cannot be accepted as it is.",
    "500": "Our mistake; nothing was done.",
    "503": "The database does not answer; nothing was done. Ask again.",
}
_OF_READING = ("401", "404", "422", "500", "503")
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request is answered alike for 24 hours, with `Idempotency-Replayed:"
    " true`; with another request it is refused. Use a new UUID for each thing you want to happen once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}
_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` where this is the kept answer to an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
_CLIENT_CREDENTIALS = {
    "type": "oauth2",
    "description": "A token for an hour, for an API key (RFC 6749, section 4.4).",
    "flows": {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {"api": "everything a key may do"}}},
}
_LOCATION = {"Location": {"description": "Where the new object is.", "schema": {"type": "string"}}}
_CHALLENGE = {"WWW-Authenticate": {"description": "How to identify.", "schema": {"type": "string"}}}


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Complete the document."""
    document["openapi"] = "3.1.0"
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = Described.schema
    components["responses"] = {f"Problem{status}": _response(status, words) for status, words in _PROBLEMS.items()}
    components["securitySchemes"]["ClientCredentials"] = _CLIENT_CREDENTIALS
    document["security"] = [{"ApiKey": []}, {"ClientCredentials": []}]
    for route in document["paths"].values():
        for method, operation in route.items():
            _complete(method, operation)
    return document


def _response(status: str, words: str) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": words, "content": content} | ({"headers": _CHALLENGE} if status == "401" else {})


def _complete(method: str, operation: dict[str, Any]) -> None:
    writes = method == "post"
    answers = {str(status): answer for status, answer in operation["responses"].items()}
    for status, answer in answers.items():
        if writes:
            answer["headers"] = _REPLAYED | (_LOCATION if status == "201" else {})
    statuses = _PROBLEMS if writes else _OF_READING
    operation["responses"] = answers | {s: {"$ref": f"#/components/responses/Problem{s}"} for s in statuses}
    for parameter in operation.get("parameters", []):
        if parameter["name"].endswith("_id"):
            parameter["schema"] = {"type": "string", "format": "uuid"}
        if parameter["name"] == "limit":
            parameter["schema"] |= {"minimum": 1, "maximum": 200}
    if writes:
        operation.setdefault("parameters", []).append(_KEY)
