"""The operator's page and what monitoring is told: only one's own towns, no names, no amounts."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from tests.support.fake_provider import FakeProvider
from tests.support.towns import AT, PASSWORD, a_claim, found_town
from tests.support.treasury_day import a_day, person

from zahlstelle import allocation, audit, bank, jobs, payments, tenancy, treasury
from zahlstelle.kernel import new_id
from zahlstelle.payments import NoAnswer
from zahlstelle.tables.allocation import SuspenseRow
from zahlstelle.tenancy import Role, Tenant, inside
from zahlstelle.treasury import Health, Trouble


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
    assert "Es kam noch nie eine Bankdatei." in page.text and "Der Worker war noch nie hier." in page.text
    assert client.post("/betrieb/abmelden/")["Location"] == "/betrieb/anmelden/"
    assert client.get("/betrieb/").status_code == 302


@pytest.mark.parametrize("role", [Role.TREASURER, Role.CLERK, Role.AUDITOR])
def test_who_runs_no_town_sees_none(town: Tenant, role: Role) -> None:
    page = browser(town, role).get("/betrieb/")
    assert page.status_code == 403
    assert town.name not in page.text


def test_a_town_without_a_file_for_a_week_is_in_trouble(town: Tenant, tmp_path: Path) -> None:
    assert Trouble.NEVER_A_BANK_FILE in served(town, AT).troubles
    a_day(town, tmp_path)
    fresh = served(town, AT + timedelta(days=1))
    assert (fresh.waiting > 0, fresh.troubles) == (True, [])
    assert served(town, AT + timedelta(days=7)).troubles == [Trouble.NO_BANK_FILE]


def served(town: Tenant, at: datetime) -> Health:
    """Look at a town where a worker has just made its round."""
    treasury.round_done(tenant=town, at=at)
    return treasury.health(tenant=town, at=at)


def test_every_refused_file_is_a_trouble_until_somebody_has_seen_to_it(town: Tenant, tmp_path: Path) -> None:
    for number in range(2):
        broken = tmp_path / f"broken{number}.xml"
        broken.write_text(f"<Document{number}")
        with pytest.raises(Exception, match="truncated"):
            allocation.import_bank_file(tenant=town, name=broken.name, path=broken, at=AT)
    a_day(town, tmp_path)
    told = served(town, AT + timedelta(hours=12))
    assert (told.files_refused, told.troubles) == (2, [Trouble.BANK_FILE_REFUSED]), "a good file after them hides none"
    for left, file in ((1, 0), (0, 1)):
        refused = bank.archived_files(tenant=town, outcome="refused")
        bank.dismiss(tenant=town, file_id=refused[0].id, at=AT, by="a-person")
        assert served(town, AT + timedelta(hours=13 + file)).files_refused == left
    assert [deed.action for deed in audit.deeds(tenant=town, limit=2)] == ["bank_file.dismissed"] * 2


def test_a_worker_that_is_silent_is_a_trouble(town: Tenant, tmp_path: Path) -> None:
    a_day(town, tmp_path)
    morning = AT + timedelta(hours=12)
    assert treasury.health(tenant=town, at=morning).troubles == [Trouble.WORKER_SILENT]
    jobs.run_once(tenant=town, at=morning)
    assert treasury.health(tenant=town, at=morning + timedelta(minutes=15)).troubles == []
    late = treasury.health(tenant=town, at=morning + timedelta(minutes=16))
    assert (late.worker_at, late.troubles) == (morning, [Trouble.WORKER_SILENT])


def test_a_round_is_written_down_now_and_then_and_never_back(town: Tenant) -> None:
    def round_at(seconds: int) -> datetime | None:
        treasury.round_done(tenant=town, at=AT + timedelta(seconds=seconds))
        return treasury.health(tenant=town, at=AT).worker_at

    assert [round_at(seconds) for seconds in (0, 10, 16, 5)] == [AT, AT, *[AT + timedelta(seconds=16)] * 2]


def test_a_book_that_does_not_agree_is_a_trouble(town: Tenant, tmp_path: Path) -> None:
    day = a_day(town, tmp_path)
    with inside(town):
        SuspenseRow.objects.filter(tenant_id=town.id).update(amount_cents=1)
    treasury.inspect_book(tenant=town, at=AT, actor="a-person")
    told = served(town, AT + timedelta(hours=12))
    assert told.troubles == [Trouble.BOOK_UNSOUND]
    assert told.inspection is not None and told.inspection.count > 0
    page = browser(town, Role.OPERATOR).get("/betrieb/").text
    assert "Die letzte Prüfung des Buchs hat Abweichungen gefunden." in page
    assert day.transferred.kassenzeichen not in page


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
    soon, late = (served(town, AT + timedelta(minutes=minutes)) for minutes in (59, 61))
    assert (soon.checking, soon.checking_since, soon.troubles) == (1, AT, [Trouble.NEVER_A_BANK_FILE])
    assert late.troubles == [Trouble.CHECKING_TOO_LONG, Trouble.NEVER_A_BANK_FILE]


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
    assert (figure(answer.text, "towns_without_worker"), figure(answer.text, "bank_files_refused")) == (2, 0)
    assert figure(answer.text, "towns_without_bank_file") == 0
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


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({}, 200),
        ({"SERVER_NAME": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"HTTP_HOST": "[::1]"}, 200),
        ({"HTTP_HOST": "[::1]:8000"}, 200),
        ({"HTTP_HOST": "127.0.0.1:8000"}, 200),
        ({"REMOTE_ADDR": "203.0.113.7"}, 401),
        ({"REMOTE_ADDR": ""}, 401),
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.7"}, 401),
        ({"HTTP_FORWARDED": "for=203.0.113.7"}, 401),
        ({"SERVER_NAME": "pay.example"}, 401),
    ],
    ids=str,
)
def test_without_a_token_metrics_are_told_on_this_machine_only(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, str], answer: int
) -> None:
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", "pay.example"])
    monkeypatch.setattr(tenancy, "all_tenants", list)
    told = Client(**{"SERVER_NAME": "localhost", **asked}).get("/metrics")
    assert told.status_code == answer
    assert ("zahlstelle_towns" in told.text) == (answer == 200)


def test_where_there_is_a_token_everybody_must_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(SERVER_NAME="localhost")
    monkeypatch.setattr(settings, "METRICS_TOKEN", "only for monitoring")
    monkeypatch.setattr(tenancy, "all_tenants", list)
    for sent in ("", "Bearer", "Bearer wrong", "Bearer ünlike", "only for monitoring", "Basic only for monitoring"):
        assert client.get("/metrics", headers={"Authorization": sent}).status_code == 401, sent
    right = client.get("/metrics", headers={"Authorization": "Bearer only for monitoring"})
    assert right.status_code == 200
