"""The frame around every page: a town's look, and the pages for what went wrong."""

import time

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client, RequestFactory
from django.utils import translation
from django.views import defaults
from psycopg_pool import ConnectionPool

from zahlstelle.web.look import initial_of, ink_on, look_of


@pytest.mark.parametrize(("colour", "ink"), [("#ffffff", "#000000"), ("#000000", "#ffffff"), ("#2044aa", "#ffffff")])
def test_ink_that_can_be_read(colour: str, ink: str) -> None:
    assert ink_on(colour) == ink


@pytest.mark.parametrize(
    ("name", "letter"),
    [("Stadt Musterhausen", "M"), ("Gemeinde Öd", "Ö"), ("Bielefeld", "B"), ("Stadt", "S"), ("", "?")],
)
def test_the_letter_that_stands_for_a_town(name: str, letter: str) -> None:
    assert initial_of(name) == letter


def test_a_look_out_of_a_town_file() -> None:
    links = {
        "imprint": "https://stadt.example/impressum",
        "privacy": "javascript:alert(1)",
        "other": "https://x.example",
    }
    look = look_of("Stadt M", {"colour": "#8A1538", "claim": "Am Fluss", "crest": "/static/m.svg", "links": links})
    assert (look.colour, look.slogan, look.crest) == ("#8a1538", "Am Fluss", "/static/m.svg")
    assert look.links == {"imprint": "https://stadt.example/impressum"}


@pytest.mark.parametrize("colour", ["red", "#12345", "#123456; } body { display: none", None])
def test_what_is_no_colour_is_left_out(colour: str | None) -> None:
    assert look_of("Stadt M", {"colour": colour}).colour == "#2044aa"


@pytest.mark.parametrize(
    "crest", ["https://tracker.example/x.png", "javascript:1", 'data:image/png;base64,x" onload="']
)
def test_what_is_no_crest_is_left_out(crest: str) -> None:
    assert look_of("Stadt M", {"crest": crest}).crest is None


def test_no_such_page_in_both_languages() -> None:
    citizen = Client(SERVER_NAME="localhost")
    german, english = citizen.get("/gibt/es/nicht"), citizen.get("/gibt/es/nicht?lang=en")
    assert german.status_code == english.status_code == 404
    assert "Diese Seite gibt es nicht" in german.content.decode()
    assert "This page does not exist" in english.content.decode()


def test_our_own_fault_is_said_without_the_database() -> None:
    request = RequestFactory().get("/")
    for view, status in ((defaults.server_error, 500), (lambda r: defaults.bad_request(r, ValueError()), 400)):
        response = view(request)
        page = response.content.decode()
        assert response.status_code == status
        assert 'lang="de"' in page and 'lang="en"' in page
        assert "{%" not in page
    assert "nicht noch einmal" in defaults.server_error(request).content.decode()


def test_not_allowed_is_said_in_the_frame() -> None:
    from django.core.exceptions import PermissionDenied

    with translation.override("de"):
        response = defaults.permission_denied(RequestFactory().get("/"), PermissionDenied())
    assert "Das ist hier nicht erlaubt" in response.content.decode()


@pytest.mark.parametrize(
    "path", ["/healthz", "/kasse/anmelden/", "/gibt/es/nicht", "/static/nichts.css", "/api/v1/claims"]
)
def test_browsers_are_told_to_come_over_tls_only(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    citizen = Client(SERVER_NAME="localhost")
    assert "Strict-Transport-Security" not in citizen.get(path).headers, "the demo speaks http"
    monkeypatch.setattr(settings, "BASE_URL", "https://pay.example")
    assert citizen.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"


def test_without_the_database_a_page_says_that_we_will_be_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("zahlstelle.tenancy.tenant_by_slug", gone)
    answer = Client(SERVER_NAME="localhost").get("/musterstadt/")
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "60", "no-store")
    assert "gleich wieder da" in answer.content.decode() and "nicht noch einmal" in answer.content.decode()


def test_a_node_without_its_database_says_soon_that_it_cannot_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(SERVER_NAME="localhost")
    assert client.get("/readyz").json() == {"status": "ready"}
    nobody = ConnectionPool(
        "host=/nowhere dbname=x", min_size=0, max_size=1, open=True, timeout=60, kwargs={"connect_timeout": 1}
    )
    monkeypatch.setattr(DatabaseWrapper, "pool", nobody)
    began = time.monotonic()
    answer = client.get("/readyz")
    nobody.close()
    assert (answer.status_code, answer.json()) == (503, {"status": "database_unreachable"})
    assert time.monotonic() - began < 5
    assert client.get("/healthz").status_code == 200
