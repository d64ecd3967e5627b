"""OAuth 2.0 client credentials (RFC 6749): a key becomes a token for an hour."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.support.rest import Caller, problem_of
from tests.support.towns import AT

from zahlstelle import tenancy
from zahlstelle.api import _tokens
from zahlstelle.kernel import clock
from zahlstelle.tables.tenancy import ApiKeyRow
from zahlstelle.tenancy import Tenant, inside

FORM = "application/x-www-form-urlencoded"


def ask(body: str, **headers: str) -> Any:
    return Client(SERVER_NAME="localhost", enforce_csrf_checks=True).post(
        "/oauth2/token", body, content_type=FORM, headers=headers
    )


def form(key: str, **more: str) -> str:
    given = {"grant_type": "client_credentials", "client_id": key[:14], "client_secret": key, **more}
    return "&".join(f"{name}={value}" for name, value in given.items() if value)


def basic(client_id: str, secret: str) -> Mapping[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


@pytest.fixture
def key(town: Tenant) -> str:
    return tenancy.add_api_key(tenant=town, name="Dienst", at=AT)


def test_a_token_opens_what_the_key_opens(town: Tenant, neighbour: Tenant, caller: Caller, key: str) -> None:
    answer = ask(form(key))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    told = answer.json()
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 3600, "api")
    claim = caller.call("POST", "/api/v1/claims", {"amount": "37.00", "purpose": "Ausweis"}).json()
    with_token = Caller(town, told["access_token"])
    assert with_token.call("GET", f"/api/v1/claims/{claim['id']}").json()["id"] == claim["id"]
    of_neighbour = ask(form(tenancy.add_api_key(tenant=neighbour, name="Dienst", at=AT))).json()["access_token"]
    problem_of(Caller(neighbour, of_neighbour).call("GET", f"/api/v1/claims/{claim['id']}"), 404, "claim_unknown")


def test_id_and_secret_may_come_as_basic(key: str) -> None:
    assert ask("grant_type=client_credentials&scope=api", **basic(key[:14], key)).status_code == 200


@pytest.mark.parametrize(
    ("change", "error", "status"),
    [
        ({"grant_type": ""}, "invalid_request", 400),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"scope": "api+everything"}, "invalid_scope", 400),
        ({"client_secret": ""}, "invalid_client", 401),
        ({"client_secret": "zs_test_" + "0" * 40}, "invalid_client", 401),
        ({"client_id": "zs_test_000000"}, "invalid_client", 401),
        ({"client_id": ""}, "invalid_client", 401),
    ],
)
def test_what_is_refused(key: str, change: dict[str, str], error: str, status: int) -> None:
    answer = ask(form(key, **change))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("WWW-Authenticate" in answer) == (status == 401)
    assert "access_token" not in answer.json()


def test_what_cannot_be_meant(key: str) -> None:
    both = ask(form(key), **basic(key[:14], key))
    other = ask("grant_type=client_credentials&client_id=zs_test_111111", **basic(key[:14], key))
    twice = ask(form(key) + "&grant_type=client_credentials")
    unreadable = ask("grant_type=client_credentials", Authorization="Basic ä")
    as_json = Client(SERVER_NAME="localhost").post(
        "/oauth2/token", {"grant_type": "client_credentials"}, content_type="application/json"
    )
    codes = [(a.status_code, a.json()["error"]) for a in (both, other, twice, as_json, unreadable)]
    assert codes == [(400, "invalid_request")] * 4 + [(401, "invalid_client")]
    assert Client(SERVER_NAME="localhost").get("/oauth2/token").status_code == 405


def test_a_token_ends_after_an_hour_and_with_its_key(town: Tenant, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    token = ask(form(key)).json()["access_token"]
    caller, now = Caller(town, token), clock.now()
    assert caller.call("GET", "/api/v1/claims").status_code == 200
    with monkeypatch.context() as later:
        later.setattr(clock, "now", lambda: now + timedelta(hours=1, seconds=1))
        problem_of(caller.call("GET", "/api/v1/claims"), 401, "api_key_unknown")
    with inside(town):
        ApiKeyRow.objects.filter(tenant_id=town.id, prefix=key[:14]).update(revoked_at=AT)
    problem_of(caller.call("GET", "/api/v1/claims"), 401, "api_key_unknown")


def test_no_bent_token_opens_anything(town: Tenant, key: str) -> None:
    token = _tokens.issue(key, clock.now())
    digest, last, signature = token.removeprefix("zs_token_").split(".")
    later = f"zs_token_{digest}.{int(last) + 3600}.{signature}"
    for bent in (later, token[:-1], token + "A", "zs_token_", "zs_token_..", f"zs_token_{digest}.{last}"):
        problem_of(Caller(town, bent).call("GET", "/api/v1/claims"), 401, "api_key_unknown")
