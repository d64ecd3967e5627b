"""Nothing of a citizen gets into a log, neither by an exception, nor by its frames, nor by an address."""

import logging
from collections.abc import Iterator

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from zahlstelle import logs

SECRET = "DE02120300000000202051 Erika Mustermann"
OTHERS = ("Erika", "DE0212", "token-of-a-citizen")


def breaks(request: HttpRequest, token: str) -> HttpResponse:
    held = SECRET  # what a frame holds
    raise ValueError(f"cannot read {held}")


urlpatterns = [path("pay/<str:token>", breaks)]


@pytest.fixture(autouse=True)
def ours() -> Iterator[None]:
    before = structlog.get_config()
    logs.configure()
    yield
    structlog.configure(**before)


def test_of_an_error_only_kind_and_places_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger("here")
    try:
        try:
            breaks(HttpRequest(), SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError:
        log.exception("worker_round_failed", tenant="musterstadt")
    said = capsys.readouterr()
    assert said.out == "", "standard output is for answers"
    assert "worker_round_failed" in said.err and "tenant=musterstadt" in said.err
    assert "RuntimeError caused by ValueError" in said.err
    assert f"{__file__}:" in said.err and "test_of_an_error" in said.err
    assert not [word for word in OTHERS if word in said.err]


@override_settings(ROOT_URLCONF=__name__)
def test_a_page_that_breaks_tells_its_route_and_not_its_address(capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    assert client.get("/pay/token-of-a-citizen").status_code == 500
    said = capsys.readouterr().err
    assert "status=500" in said and "route=pay/<str:token>" in said and "error=ValueError" in said
    assert not [word for word in OTHERS if word in said]
    client.get("/pay/token-of-a-citizen/nothing/here")
    client.get("/pay/token-of-a-citizen", headers={"Host": "evil.example"})
    assert not [word for word in (*OTHERS, "evil") if word in capsys.readouterr().err]


def test_what_libraries_fill_in_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", "pool-1", SECRET)
    said = capsys.readouterr().err
    assert "psycopg.pool" in said and "error connecting in" in said
    assert "Erika" not in said
