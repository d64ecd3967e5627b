"""Kept cards on the payment page and the wallet's page, as a browser's requests see them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from django.test import Client
    from tests.support.keeping_provider import KeepingProvider

    from zahlstelle.tenancy import Tenant


@pytest.fixture
def named(settings_of: Any) -> None:
    settings_of(BASE_URL="https://zahlstelle.example", ALLOWED_HOSTS=["localhost"])


@pytest.fixture
def settings_of() -> Any:
    """Change settings for one test."""
    from django.test import override_settings

    changed: list[Any] = []

    def change(**values: Any) -> None:
        override = override_settings(**values)
        override.enable()
        changed.append(override)

    yield change
    for override in reversed(changed):
        override.disable()


@pytest.fixture
def keeping() -> "Iterator[KeepingProvider]":
    from tests.support.keeping_provider import KeepingProvider

    from zahlstelle import payments

    provider = KeepingProvider()
    payments.plug(provider)
    yield provider
    payments._flow._PLUGGED.pop("keeping")


@pytest.fixture
def keeper(found: Any, keeping: "KeepingProvider") -> "Tenant":
    """A town that keeps cards."""
    contract = {
        "name": "keeping",
        "merchant_id": "M1",
        "secret": "merchant secret",
        "base_url": "http://psp.example:9000/api",
        "methods": ["card"],
    }
    tenant: Tenant = found(providers=[contract])
    return tenant


def token_of(town: "Tenant") -> str:
    from tests.support.states import a_payment

    return a_payment(town).token


def choose(citizen: "Client", keeping: "KeepingProvider", token: str, **more: str) -> str:
    """Open the page, choose the card; the address to which the provider sends whoever pays."""
    citizen.get(f"/pay/{token}")
    answer = citizen.post(f"/pay/{token}", {"method": "card", **more})
    assert answer.status_code == 303
    return keeping.asked[-1].return_url.removeprefix("https://zahlstelle.example")


def test_the_box_is_offered_where_cards_are_kept_and_passkeys_belong(
    citizen: "Client", town: "Tenant", keeper: "Tenant", settings_of: Any
) -> None:
    box = 'name="keep"'
    assert box not in citizen.get(f"/pay/{token_of(town)}").text, "this provider keeps no cards"
    settings_of(BASE_URL="http://127.0.0.1:8000")
    assert box not in citizen.get(f"/pay/{token_of(keeper)}").text, "no passkey belongs to an address"
    settings_of(BASE_URL="https://zahlstelle.example")
    page = citizen.get(f"/pay/{token_of(keeper)}").text
    assert box in page
    assert "checked" not in page


@pytest.mark.parametrize(("more", "kept"), [({}, 0), ({"keep": "yes"}, 1), ({"keep": "no"}, 0)])
def test_the_provider_keeps_a_card_only_where_the_box_was_ticked(
    named: None, citizen: "Client", keeper: "Tenant", keeping: "KeepingProvider", more: dict[str, str], kept: int
) -> None:
    choose(citizen, keeping, token_of(keeper), **more)
    assert len(keeping.cards) == kept


def test_a_question_says_what_is_wrong_with_the_address(
    named: None, citizen: "Client", keeper: "Tenant", keeping: "KeepingProvider"
) -> None:
    token = token_of(keeper)
    citizen.get(choose(citizen, keeping, token, keep="yes"))
    answer = citizen.post(f"/pay/{token}/merken/frage", {"email": "erika"})
    assert (answer.status_code, answer.json()["code"]) == (422, "email_wrong")
    question = citizen.post(f"/pay/{token}/merken/frage", {"email": "erika@example.org"}).json()["question"]
    assert question["rp"]["id"] == "zahlstelle.example"
    assert question["authenticatorSelection"]["userVerification"] == "required"
    assert question["authenticatorSelection"]["residentKey"] == "required"


def test_kept_and_charged_through_the_pages(
    named: None, citizen: "Client", keeper: "Tenant", keeping: "KeepingProvider"
) -> None:
    import json

    from tests.support.passkey import Passkey

    token, passkey = token_of(keeper), Passkey()
    back = choose(citizen, keeping, token, keep="yes")
    assert "Noch ein Schritt: Karte merken" in citizen.get(back).text
    question = citizen.post(f"/pay/{token}/merken/frage", {"email": "erika@example.org"}).json()["question"]
    answer = citizen.post(f"/pay/{token}/merken", {"answer": passkey.registers(json.dumps(question))})
    cookie = answer.cookies[f"karte-{keeper.slug}"]
    assert (answer.status_code, cookie["httponly"], cookie["secure"], cookie["samesite"]) == (303, True, True, "Lax")
    second = token_of(keeper)
    assert "Mit Visa ····\u00a01111 bezahlen" in citizen.get(f"/pay/{second}").text
    question = citizen.post(f"/pay/{second}/gemerkt/frage").json()["question"]
    told = passkey.answers(json.dumps(question))
    assert citizen.post(f"/pay/{second}/gemerkt", {"answer": told}).url == f"/pay/{second}/ergebnis"
    assert len(keeping.charged) == 1
    assert citizen.post(f"/pay/{token_of(keeper)}/gemerkt", {"answer": told}).status_code == 403
    assert len(keeping.charged) == 1
    citizen.post(f"/pay/{token_of(keeper)}/gemerkt/nicht-ich")
    assert citizen.post(f"/pay/{token_of(keeper)}/gemerkt/frage").status_code == 404


def test_a_wish_taken_back_is_forgotten(
    named: None, citizen: "Client", keeper: "Tenant", keeping: "KeepingProvider"
) -> None:
    token = token_of(keeper)
    citizen.get(choose(citizen, keeping, token, keep="yes"))
    citizen.post(f"/pay/{token}/merken/nicht")
    assert keeping.cards == {}
    assert "Noch ein Schritt" not in citizen.get(f"/pay/{token}/ergebnis").text


def another(keeper: "Tenant") -> "Client":
    """Another browser, with a secret of its own."""
    from django.test import Client

    browser = Client(SERVER_NAME="localhost")
    browser.get(f"/{keeper.slug}/")
    assert browser.cookies["csrftoken"].value
    return browser


STEP = "Noch ein Schritt: Karte merken"


def test_nobody_else_with_the_address_finishes_the_wish(
    named: None, citizen: "Client", keeper: "Tenant", keeping: "KeepingProvider"
) -> None:
    token, other = token_of(keeper), another(keeper)
    back = choose(citizen, keeping, token, keep="yes")
    assert STEP not in other.get(back).text
    assert other.post(f"/pay/{token}/merken/frage", {"email": "erika@example.org"}).status_code == 409
    other.post(f"/pay/{token}", {"method": "card", "keep": "yes"})
    assert STEP not in other.get(f"/pay/{token}/ergebnis").text
    assert STEP in citizen.get(back).text


def test_who_ticked_the_box_for_another_who_paid_does_not_get_the_card(
    named: None, citizen: "Client", keeper: "Tenant", keeping: "KeepingProvider"
) -> None:
    token, payer = token_of(keeper), another(keeper)
    back = choose(citizen, keeping, token, keep="yes")
    assert STEP not in payer.get(back).text, "the provider sent another browser back"
    assert STEP not in citizen.get(f"/pay/{token}/ergebnis").text
    assert STEP not in citizen.get(f"/pay/{token}/ergebnis?zurueck=guessed").text
    assert citizen.post(f"/pay/{token}/merken/frage", {"email": "erika@example.org"}).status_code == 409


def test_a_wallet_that_is_not_open_shows_its_door(named: None, citizen: "Client", keeper: "Tenant") -> None:
    here = f"/{keeper.slug}/karten/"
    assert "Mit Passkey öffnen" in citizen.get(here).text
    assert urlsplit(citizen.get(f"{here}auskunft.json").url).path == here
    assert urlsplit(citizen.post(f"{here}loeschen", {"everything": "yes"}).url).path == here
    citizen.cookies[f"karten-{keeper.slug}"] = "forged:by:hand"
    assert "Mit Passkey öffnen" in citizen.get(here).text


def test_a_wallet_opened_in_one_town_is_closed_in_another(
    named: None, citizen: "Client", keeper: "Tenant", found: Any
) -> None:
    from django.http import HttpResponse

    from zahlstelle.kernel import new_id
    from zahlstelle.payment_page import _device
    from zahlstelle.wallet import Opened

    response = HttpResponse()
    _device.open_for(response, keeper, Opened(new_id(), by_link=False))
    request = type("Request", (), {})()
    other = found()
    value = response.cookies[f"karten-{keeper.slug}"].value
    request.COOKIES = {f"karten-{keeper.slug}": value, f"karten-{other.slug}": value}
    assert _device.opened(request, keeper) is not None
    assert _device.opened(request, other) is None


def test_a_town_that_keeps_no_cards_has_no_wallet(named: None, citizen: "Client", town: "Tenant") -> None:
    assert citizen.get(f"/{town.slug}/karten/").status_code == 404


def test_a_question_needs_the_forms_token(named: None, keeper: "Tenant") -> None:
    from django.test import Client

    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert strict.post(f"/pay/{token_of(keeper)}/gemerkt/frage").status_code == 403


@pytest.mark.parametrize("language", ["de", "en", "de-x-leicht"])
def test_what_was_read_is_kept_in_its_language(
    named: None, citizen: "Client", keeper: "Tenant", keeping: "KeepingProvider", language: str
) -> None:
    from zahlstelle.tables.wallet import KeepingRow
    from zahlstelle.tenancy import inside

    citizen.get(f"/?lang={language}")
    token = token_of(keeper)
    label = 'for="keep">'
    shown = citizen.get(f"/pay/{token}").text.partition(label)[2].partition("<")[0]
    choose(citizen, keeping, token, keep="yes")
    with inside(keeper):
        wish = KeepingRow.objects.get(tenant_id=keeper.id)
    assert (wish.language, wish.words.splitlines()[0]) == (language, shown)
    assert shown


def test_a_charge_with_one_click_is_counted_like_every_start(
    named: None, citizen: "Client", keeper: "Tenant", keeping: "KeepingProvider"
) -> None:
    from zahlstelle.tables.web import TryRow
    from zahlstelle.tenancy import inside
    from zahlstelle.web.limits import What

    token = token_of(keeper)
    answer = citizen.post(f"/pay/{token}/gemerkt", {"answer": "{}"})
    assert answer.status_code != 303 and keeping.charged == []
    with inside(keeper):
        assert [row.what for row in TryRow.objects.all()] == [What.START]
