"""The operator's page and what monitoring is told: only one's own towns, no names, no amounts."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from tests.support.fake_provider import FakeProvider
from tests.support.towns import AT, PASSWORD, a_claim, found_town
from tests.support.treasury_day import a_day, person

from zahlstelle import allocation, payments, tenancy, treasury
from zahlstelle.kernel import new_id
from zahlstelle.payments import NoAnswer
from zahlstelle.tenancy import Role, Tenant
from zahlstelle.treasury import Trouble


def browser(town: Tenant, role: Role) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(person(town, role))
    return client


def test_nobody_is_led_to_the_log_in() -> None:
    answer = Client(SERVER_NAME="localhost").get("/betrieb/")
    assert (answer.status_code, answer["Location"]) == (302, "/betrieb/anmelden/")


def test_an_operator_logs_in_sees_the_own_town_and_logs_out(neighbour: Tenant) -> None:
    town = found_town(password=PASSWORD)
    client = Client(SERVER_NAME="localhost", REMOTE_ADDR=str(new_id()))
    wrong = client.post("/betrieb/anmelden/", {"email": f"operator@{town.slug}.example", "password": "x"})
    assert wrong.status_code == 401 and "passen nicht zusammen" in wrong.text
    right = client.post("/betrieb/anmelden/", {"email": f"operator@{town.slug}.example", "password": PASSWORD})
    assert (right.status_code, right["Location"]) == (302, "/betrieb/")
    page = client.get("/betrieb/")
    assert page.status_code == 200
    assert town.name in page.text and neighbour.name not in page.text
    assert "Keine Störung bekannt" in page.text
    assert client.post("/betrieb/abmelden/")["Location"] == "/betrieb/anmelden/"
    assert client.get("/betrieb/").status_code == 302


@pytest.mark.parametrize("role", [Role.TREASURER, Role.CLERK, Role.AUDITOR])
def test_who_runs_no_town_sees_none(town: Tenant, role: Role) -> None:
    page = browser(town, role).get("/betrieb/")
    assert page.status_code == 403
    assert town.name not in page.text


def test_a_town_without_a_file_for_a_week_is_in_trouble(town: Tenant, tmp_path: Path) -> None:
    a_day(town, tmp_path)
    fresh = treasury.health(tenant=town, at=AT + timedelta(days=1))
    assert (fresh.waiting > 0, fresh.troubles) == (True, [])
    assert treasury.health(tenant=town, at=AT + timedelta(days=7)).troubles == [Trouble.NO_BANK_FILE]


def test_a_refused_file_is_a_trouble(town: Tenant, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text("<Document")
    with pytest.raises(Exception, match="truncated"):
        allocation.import_bank_file(tenant=town, name=broken.name, path=broken, at=AT)
    assert treasury.health(tenant=town, at=AT).troubles == [Trouble.BANK_FILE_REFUSED]


@pytest.fixture
def silent() -> Iterator[FakeProvider]:
    provider = FakeProvider(name="silent", start_answer=NoAnswer("nothing came back"))
    payments.plug(provider)
    yield provider
    payments._flow._PLUGGED.pop("silent")


def test_an_outcome_nobody_knows_for_an_hour_is_a_trouble(silent: FakeProvider) -> None:
    access = {"merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}
    town = found_town(providers=[{"name": silent.name, **access}])
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment.id
    payments.begin(tenant=town, payment_id=payment, method="card", return_url="", notify_url="", at=AT)
    soon, late = (treasury.health(tenant=town, at=AT + timedelta(minutes=minutes)) for minutes in (59, 61))
    assert (soon.checking, soon.checking_since, soon.troubles) == (1, AT, [])
    assert late.troubles == [Trouble.CHECKING_TOO_LONG]


def figure(text: str, name: str, mode: str = "test") -> float:
    found = re.search(rf'^zahlstelle_{name}{{mode="{mode}"}} (\S+)$', text, re.MULTILINE)
    assert found, text
    return float(found[1])


def test_metrics_add_up_over_towns_and_name_none(
    town: Tenant, neighbour: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenancy, "all_tenants", lambda: [town, neighbour])  # not those of other tests
    a_day(town, tmp_path)
    a_day(neighbour, tmp_path)
    answer = Client(SERVER_NAME="localhost").get("/metrics")
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert "zahlstelle_database_up 1.0" in answer.text
    waiting = [treasury.health(tenant=each, at=AT).waiting for each in (town, neighbour)]
    assert min(waiting) > 0
    assert figure(answer.text, "suspense_details") == sum(waiting)
    assert (figure(answer.text, "towns"), figure(answer.text, "towns", "live")) == (2, 0)
    for secret in (town.slug, town.name, neighbour.slug, str(town.id)):
        assert secret not in answer.text


def test_metrics_say_when_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise OperationalError("10.0.0.1 is away")

    monkeypatch.setattr(tenancy, "all_tenants", away)
    answer = Client(SERVER_NAME="localhost").get("/metrics")
    assert answer.status_code == 200
    assert "zahlstelle_database_up 0.0" in answer.text
    assert "10.0.0.1" not in answer.text


def test_metrics_with_tls_are_told_only_to_who_knows_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(SERVER_NAME="localhost")
    monkeypatch.setattr(settings, "BASE_URL", "https://pay.example")
    assert client.get("/metrics").status_code == 401
    monkeypatch.setattr(settings, "METRICS_TOKEN", "only for monitoring")
    for sent in ("", "Bearer", "Bearer wrong", "Bearer ünlike"):
        assert client.get("/metrics", headers={"Authorization": sent}).status_code == 401
    right = client.get("/metrics", headers={"Authorization": "Bearer only for monitoring"})
    assert right.status_code == 200
    monkeypatch.setattr(settings, "BASE_URL", "http://localhost")
    assert client.get("/metrics").status_code == 401
