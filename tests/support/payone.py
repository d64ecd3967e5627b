"""PAYONE's Commerce Platform in tests: a town's keys at the sandbox, and the official description as a judge."""

import base64
import hashlib
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import httpx
import jsonschema
import yaml

from tests.support.sandbox import SandboxServer
from tests.support.shared import need_shared
from zahlstelle.kernel import Secret, new_id
from zahlstelle.payments import CardToken, MerchantAccess


def keys(sandbox: SandboxServer, merchant_id: str, webhook_url: str) -> MerchantAccess:
    """Give a town its keys at the sandbox, or new ones."""
    names = {"api_key_id": f"A{new_id().hex}", "webhook_key_id": f"W{new_id().hex}"}
    api, webhook = f"api{new_id().hex}", f"webhook{new_id().hex}"
    account = {**names, "api_secret": api, "webhook_secret": webhook, "webhook_url": webhook_url}
    sandbox.admin("PUT", f"/payone/accounts/{merchant_id}", account)
    return MerchantAccess(merchant_id, Secret(api), sandbox.base, names, {"webhook": Secret(webhook)})


def contract_of_cards(sandbox: SandboxServer) -> dict[str, str]:
    """The settings of a contract whose cards are typed into the sandbox's fields."""
    address = f"{sandbox.base}/payone/hosted-tokenization-sdk.js"
    script = httpx.get(address, trust_env=False)
    assert script.headers["access-control-allow-origin"] == "*", "else no page could hold it against its hash"
    digest = base64.b64encode(hashlib.sha384(script.content).digest()).decode()
    return {"card_script": address, "card_script_integrity": f"sha384-{digest}", "card_mode": "test"}


def token_of(access: MerchantAccess, session: str, number: str) -> CardToken:
    """Type a card into the sandbox's fields, as their script does."""
    typed = {"pass": session, "number": number, "expiry": "12/99", "cvc": "123", "holder": "Erika Mustermann"}
    told = httpx.post(f"{access.base_url}/payone/fields", data=typed, trust_env=False).json()
    return CardToken(Secret(told["token"]), told["cardType"])


class _Loader(yaml.SafeLoader):
    """Reads no moments: the description has one whose second is 60."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, found) for tag, found in known if tag != "tag:yaml.org,2002:timestamp"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def description() -> dict[str, Any]:
    """The official description, made stricter: what it does not name is not allowed."""
    text = need_shared("specs", "payone_pcp", "api-definition.yaml").read_text()
    return dict(_strict(yaml.load(text, _Loader)))


def faults_of_request(verb: str, path: str, query: str, body: Any) -> list[str]:
    """What the description has against a request; nothing, if all is well."""
    operation = _operation(verb, path)
    if operation is None:
        return [f"no operation {verb} {path}"]
    known = {each["name"]: each["schema"] for each in map(_resolved, operation["parameters"]) if each["in"] == "query"}
    faults = []
    for name, values in parse_qs(query, keep_blank_values=True).items():
        schema = known.get(name)
        if schema is None or len(values) != 1:
            faults.append(f"parameter {name}")
        else:
            faults += _faults(int(values[0]) if schema["type"] == "integer" else values[0], schema)
    if "requestBody" not in operation:
        return faults + ([] if body is None else ["a body"])
    return faults + _faults(body, operation["requestBody"]["content"]["application/json"]["schema"])


def faults_of_answer(verb: str, path: str, status: int, body: Any) -> list[str]:
    """What the description has against an answer."""
    operation = _operation(verb, path)
    if operation is None or str(status) not in operation["responses"]:
        return [f"no {status} of {verb} {path}"]
    return _faults(body, operation["responses"][str(status)]["content"]["application/json"]["schema"])


def _operation(verb: str, path: str) -> dict[str, Any] | None:
    for template, operations in description()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: dict[str, Any] | None = operations.get(verb.lower())
            return found
    return None


def faults_of(value: Any, schema: str) -> list[str]:
    """What the description has against something of this name."""
    return _faults(value, {"$ref": f"#/components/schemas/{schema}"})


def _faults(value: Any, schema: dict[str, Any]) -> list[str]:
    judge = jsonschema.Draft202012Validator({**schema, "components": description()["components"]})
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(value)]


def _resolved(each: dict[str, Any]) -> dict[str, Any]:
    name = each.get("$ref")
    found: dict[str, Any] = description()["components"]["parameters"][name.rpartition("/")[2]] if name else each
    return found


def _strict(node: Any, *, whole: bool = True) -> Any:
    """The same, with no room for what is not named. A part of an `allOf` says nothing of the others' names."""
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {name: _strict(each) for name, each in node.items() if name != "allOf"}
    if "allOf" in node:
        made["allOf"] = [_strict(each, whole=False) for each in node["allOf"]]
    is_object = isinstance(node.get("properties"), dict) and node.get("type", "object") == "object"
    if is_object or "allOf" in node:
        # The description says additionalProperties beside allOf, which taken at its word would allow nothing at all.
        closed = made.pop("additionalProperties", None) is False or is_object
        if closed and whole:
            made["unevaluatedProperties"] = False
    return made
