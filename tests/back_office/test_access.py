"""Every address below /kasse/ asks who is there, of which town, and what they may. Addresses are found, not listed."""

import re
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern
from tests.support.towns import AT, found_town
from tests.support.treasury_day import TreasuryDay, a_day, at_the_desk, person

from zahlstelle import allocation, bank, ledger, payments, tenancy
from zahlstelle.back_office import urls
from zahlstelle.kernel import new_id
from zahlstelle.payments import _refunds
from zahlstelle.tenancy import Role, Tenant

OPEN = {"log_in", "log_out", "choose"}
OF_A_TOWN = [pattern for pattern in urls.urlpatterns if pattern.name not in OPEN]
NAMED_BY_ID = [pattern for pattern in OF_A_TOWN if "<uuid:" in str(pattern.pattern) or pattern.name == "claim"]
TAKES_POSTS = {"book", "files", "file", "item", "decided", "payers", "feedback", "release", "release_refund"}


def address(pattern: URLPattern, town: Tenant, day: TreasuryDay) -> str:
    """Fill an address with a town's own things; a new kind of placeholder has to be said here."""
    booked = ledger.entry_of_occasion(tenant=town, occasion=f"bank:{day.single}")
    own = {
        "town": town.slug,
        "kassenzeichen": day.transferred.kassenzeichen,
        "entry": str(booked if pattern.name == "journal_entry" else day.single),
        "detail": str(_detail(town, waits=pattern.name == "item")),
        "file": str(bank.archived_files(tenant=town)[0].id),
        "attempt": str(day.attempt.id),
        "refund": str(payments.refunds_of(tenant=town, payment_id=day.attempt.payment_id)[0].id),
    }
    route = re.sub(r"<\w+:(\w+)>", lambda found: own[found[1]], str(pattern.pattern))
    query = f"?kassenzeichen={day.transferred.kassenzeichen}" if pattern.name == "search" else ""
    return f"/kasse/{route}{query}"


def _detail(town: Tenant, *, waits: bool) -> UUID:
    """A detail that waits in suspense, or the one that was allocated."""
    if waits:
        return allocation.suspense(tenant=town)[0].detail
    (entry,) = bank.entries_named(tenant=town, name="B1")
    return bank.details_of(tenant=town, entry_id=entry)[0].id


@pytest.fixture(scope="module")
def town() -> Tenant:
    """One town for all addresses, as nobody's look changes it."""
    return found_town()


@pytest.fixture(scope="module")
def neighbour() -> Tenant:
    return found_town()


@pytest.fixture(scope="module")
def day(town: Tenant, tmp_path_factory: pytest.TempPathFactory) -> TreasuryDay:
    lived = a_day(town, tmp_path_factory.mktemp("day"))
    _refunds.intend_refund(
        tenant=town,
        refund_id=new_id(),
        payment_id=lived.attempt.payment_id,
        amount=lived.attempt.amount,
        refundable=lived.attempt.amount,
        by="test",
        text="Rücknahme",
        at=AT,
    )
    return lived


def test_every_address_but_the_open_ones_names_its_town() -> None:
    assert all(str(pattern.pattern).startswith("<slug:town>/") for pattern in OF_A_TOWN)
    assert {pattern.name for pattern in urls.urlpatterns} >= OPEN


@pytest.mark.parametrize("pattern", OF_A_TOWN, ids=lambda pattern: pattern.name)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_see_an_address(
    pattern: URLPattern, method: str, town: Tenant, neighbour: Tenant, day: TreasuryDay
) -> None:
    path = address(pattern, town, day)
    allowed = method == "get" or pattern.name in TAKES_POSTS
    stranger = getattr(Client(SERVER_NAME="localhost"), method)(path)
    own = getattr(at_the_desk(town), method)(path)
    foreign = getattr(at_the_desk(neighbour), method)(path)
    unfit = getattr(at_the_desk(town, "operator"), method)(path)
    if not allowed:
        assert {stranger.status_code, own.status_code, foreign.status_code, unfit.status_code} == {405}
        return
    assert (stranger.status_code, stranger["Location"]) == (302, f"/kasse/anmelden/?next={quote(path, safe='/')}")
    assert own.status_code in ((200, 302) if method == "get" else (200, 302, 422))
    own.close()  # a file that is handed out stays open until then
    assert foreign.status_code == 404
    assert town.name not in foreign.text
    assert unfit.status_code == 403


@pytest.mark.parametrize("pattern", NAMED_BY_ID, ids=lambda pattern: pattern.name)
def test_a_neighbours_things_do_not_exist_here(
    pattern: URLPattern, town: Tenant, neighbour: Tenant, day: TreasuryDay
) -> None:
    here = address(pattern, town, day).replace(town.slug, neighbour.slug)
    assert at_the_desk(neighbour).get(here).status_code == 404


@pytest.mark.parametrize("pattern", NAMED_BY_ID, ids=lambda pattern: pattern.name)
def test_what_nobody_has_does_not_exist_either(pattern: URLPattern, town: Tenant, day: TreasuryDay) -> None:
    path = address(pattern, town, day)
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", str(new_id()), path)
    path = path.replace(day.transferred.kassenzeichen, str(new_id()))
    assert at_the_desk(town).get(path).status_code == 404


@pytest.mark.parametrize("role", ["clerk", "auditor"])
def test_who_sees_money_does_not_yet_import_files(role: str, town: Tenant, tmp_path: Path) -> None:
    client = at_the_desk(town, role)
    assert client.get(f"/kasse/{town.slug}/dateien/").status_code == 200
    assert "Einlesen" not in client.get(f"/kasse/{town.slug}/dateien/").text
    assert client.post(f"/kasse/{town.slug}/dateien/", {}).status_code == 403


def test_a_role_in_one_town_is_none_in_another() -> None:
    town, neighbour = found_town(), found_town()
    tenancy.add_person(
        tenant=neighbour, email=person(town, "treasurer").email, name="x", role=Role.OPERATOR, password=None
    )
    client = at_the_desk(town)
    assert client.get(f"/kasse/{town.slug}/").status_code == 200
    assert client.get(f"/kasse/{neighbour.slug}/").status_code == 403


def test_forms_without_their_token_are_not_taken(town: Tenant) -> None:
    client = at_the_desk(town, enforce_csrf_checks=True)
    assert client.post(f"/kasse/{town.slug}/buch/").status_code == 403
    assert client.post(f"/kasse/{town.slug}/dateien/", {}).status_code == 403
    assert client.post("/kasse/abmelden/").status_code == 403
