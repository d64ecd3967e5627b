"""Log in by e-mail and password, log out, choose the town."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.support.towns import PASSWORD, found_town
from tests.support.treasury_day import at_the_desk, person

from zahlstelle import tenancy
from zahlstelle.kernel import clock, new_id
from zahlstelle.tables.tenancy import LoginTryRow, MembershipRow, Person
from zahlstelle.tenancy import LoginPaused, LoginRefused, Role, Tenant, inside

WRONG = "nicht zusammen"


@pytest.fixture(scope="module")
def staffed() -> Tenant:
    """A town whose people have passwords; hashing takes its time, so there is one for all."""
    return found_town(password=PASSWORD)


@pytest.fixture
def client() -> Client:
    """A browser at an address of its own, so that no test's tries count for another."""
    return Client(SERVER_NAME="localhost", REMOTE_ADDR=str(new_id()))


def try_it(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/kasse/anmelden/", {"email": email, "password": password, **more.pop("data", {})}, **more)


def test_the_right_password_opens_the_town(client: Client, staffed: Tenant) -> None:
    answer = try_it(client, f"treasurer@{staffed.slug}.example")
    assert (answer.status_code, answer["Location"]) == (302, "/kasse/")
    assert client.get("/kasse/")["Location"] == f"/kasse/{staffed.slug}/"


def test_who_only_runs_a_town_is_led_to_the_towns_he_runs(client: Client, staffed: Tenant) -> None:
    operator = at_the_desk(staffed, "operator")
    assert operator.get("/kasse/")["Location"] == "/betrieb/"
    assert operator.get("/betrieb/").status_code == 200


def test_the_desk_of_one_town_is_open_to_who_also_runs_another(staffed: Tenant) -> None:
    both = person(found_town(password=PASSWORD), "operator")
    with inside(staffed):
        MembershipRow.objects.create(id=new_id(), tenant_id=staffed.id, person=both, role=Role.TREASURER)
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(both)
    assert browser.get("/kasse/")["Location"] == f"/kasse/{staffed.slug}/"


def test_the_email_is_read_as_people_type_it(client: Client, staffed: Tenant) -> None:
    assert try_it(client, f" Treasurer@{staffed.slug}.EXAMPLE ").status_code == 302


def test_who_is_unknown_hears_the_same_as_who_mistypes(client: Client, staffed: Tenant) -> None:
    mistyped = try_it(client, f"treasurer@{staffed.slug}.example", "wrong")
    unknown = try_it(client, "nobody@nowhere.example", "wrong")
    assert mistyped.status_code == unknown.status_code == 401
    assert WRONG in mistyped.text
    assert WRONG in unknown.text


def test_the_session_is_a_new_one_after_log_in(client: Client, staffed: Tenant) -> None:
    session = client.session
    session["planted"] = "x"
    session.save()
    before = session.session_key
    try_it(client, f"treasurer@{staffed.slug}.example")
    assert client.session.session_key != before


def test_five_wrong_tries_pause_the_account_even_for_the_right_password(client: Client, staffed: Tenant) -> None:
    email = f"treasurer@{staffed.slug}.example"
    assert [try_it(client, email, "wrong").status_code for _ in range(5)] == [401] * 5
    paused = try_it(client, email)
    assert paused.status_code == 429
    assert "Viertelstunde" in paused.text
    assert try_it(client, f"clerk@{staffed.slug}.example").status_code == 302, "others are not held up"


def test_an_unknown_account_is_paused_alike(client: Client) -> None:
    email = f"{new_id()}@nowhere.example"
    assert [try_it(client, email, "x").status_code for _ in range(6)] == [401] * 5 + [429]


def test_another_address_is_not_paused(client: Client, staffed: Tenant) -> None:
    email = f"treasurer@{staffed.slug}.example"
    for _ in range(6):
        try_it(client, email, "wrong")
    assert try_it(client, email, REMOTE_ADDR="192.0.2.7").status_code == 302


@pytest.mark.parametrize(("door", "here"), [("/kasse/anmelden/", "203.0.113.5"), ("/betrieb/anmelden/", "203.0.113.6")])
def test_behind_our_proxy_addresses_are_told_apart(staffed: Tenant, door: str, here: str) -> None:
    def tried(told: dict[str, str], seen: str) -> int:
        behind = Client(SERVER_NAME="localhost", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=seen)
        return behind.post(door, told).status_code

    told = {"email": f"operator@{staffed.slug}.example", "password": "wrong"}
    assert [tried(told, here) for _ in range(6)] == [401] * 5 + [429]
    assert tried({**told, "password": PASSWORD}, "203.0.113.7") == 302


def test_the_pause_ends_after_a_quarter_of_an_hour(staffed: Tenant) -> None:
    now = clock.now()
    told = {"email": f"auditor@{staffed.slug}.example", "address": str(new_id())}
    for _ in range(5):
        with pytest.raises(LoginRefused):
            tenancy.log_in(password="wrong", at=now, **told)
    with pytest.raises(LoginPaused):
        tenancy.log_in(password=PASSWORD, at=now + timedelta(minutes=14), **told)
    assert tenancy.log_in(password=PASSWORD, at=now + timedelta(minutes=30), **told).email == told["email"]


def test_guessing_from_everywhere_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zahlstelle.tenancy._login.TRIES_FROM_EVERYWHERE", 3)
    email = f"{new_id()}@nowhere.example"
    for number in range(3):
        with pytest.raises(LoginRefused):
            tenancy.log_in(email=email, password="wrong", address=f"192.0.2.{number}", at=clock.now())
    with pytest.raises(LoginPaused):
        tenancy.log_in(email=email, password=PASSWORD, address="192.0.2.200", at=clock.now())


def test_old_tries_are_forgotten_and_the_email_is_never_kept(client: Client, staffed: Tenant) -> None:
    old = LoginTryRow.objects.create(account_digest="0" * 64, address="x", at=clock.now() - timedelta(days=2))
    try_it(client, f"treasurer@{staffed.slug}.example", "wrong")
    assert not LoginTryRow.objects.filter(id=old.id).exists()
    kept = LoginTryRow.objects.get(address=client.defaults["REMOTE_ADDR"])
    assert len(kept.account_digest) == 64
    assert staffed.slug not in kept.account_digest


def test_who_has_left_cannot_log_in(client: Client) -> None:
    left = found_town(password=PASSWORD)
    Person.objects.filter(email=f"clerk@{left.slug}.example").update(is_active=False)
    assert try_it(client, f"clerk@{left.slug}.example").status_code == 401


@pytest.mark.parametrize("target", ["https://evil.example/kasse/", "//evil.example/kasse/", "/pay/x", "javascript:x"])
def test_log_in_leads_nowhere_else(client: Client, staffed: Tenant, target: str) -> None:
    answer = try_it(client, f"treasurer@{staffed.slug}.example", data={"next": target})
    assert answer["Location"] == "/kasse/"


def test_log_in_leads_back_to_where_one_wanted_to_go(client: Client, staffed: Tenant) -> None:
    wanted = f"/kasse/{staffed.slug}/verwahrung/?grund=returned"
    sent = client.get(wanted)["Location"]
    assert "next=" in sent
    assert wanted.replace("?", "%3F") not in client.get(sent).text
    answer = try_it(client, f"treasurer@{staffed.slug}.example", data={"next": wanted})
    assert answer["Location"] == wanted


def test_log_out_ends_the_session_and_only_by_a_form(town: Tenant) -> None:
    client = at_the_desk(town)
    assert client.get("/kasse/abmelden/").status_code == 405
    assert client.get(f"/kasse/{town.slug}/").status_code == 200
    assert client.post("/kasse/abmelden/")["Location"] == "/kasse/anmelden/"
    assert client.get(f"/kasse/{town.slug}/").status_code == 302


def test_who_works_for_several_towns_chooses(town: Tenant, found: Callable[..., Tenant]) -> None:
    other = found()
    treasurer = person(town, "treasurer")
    tenancy.add_person(tenant=other, email=treasurer.email, name="x", role=Role.AUDITOR, password=None)
    client = at_the_desk(town)
    text = client.get("/kasse/").text
    assert f'href="/kasse/{town.slug}/"' in text
    assert f'href="/kasse/{other.slug}/"' in text
    assert "Rechnungsprüfung" in text
    assert "Stadt wechseln" in client.get(f"/kasse/{town.slug}/").text


def test_nobody_keeps_a_page_in_a_cache(town: Tenant) -> None:
    answer = at_the_desk(town).get(f"/kasse/{town.slug}/")
    assert answer["Cache-Control"] == "no-store"
