"""Saying at the desk what became of an unclear payment: shown to all, said by the treasury, confirmed by a second."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from tests.payments.test_refunds import Refunding, assert_right
from tests.payments.test_releases import lost, now, open_cents, says, unsure_refund
from tests.support.towns import AT, found_town, town_file
from tests.support.treasury_day import at_the_desk

from zahlstelle import payments, treasury
from zahlstelle.back_office import _words
from zahlstelle.kernel import clock
from zahlstelle.payments import (
    Attempt,
    NoAnswer,
    ProviderStatus,
    Refund,
    RefundState,
    ReleaseState,
    Status,
    Word,
    _flow,
)
from zahlstelle.tenancy import Tenant

LATER = AT + timedelta(hours=2)


@pytest.fixture
def fake() -> Iterator[Refunding]:
    provider = Refunding(start_answer=NoAnswer("timeout"), answer=NoAnswer("timeout"))
    payments.plug(provider)
    yield provider
    _flow._PLUGGED.pop("fake")


@pytest.fixture(autouse=True)
def two_hours_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


@pytest.fixture
def town(fake: Refunding) -> Tenant:
    return found_town(**of_two())


def of_two() -> dict[str, Any]:
    """A town with a provider of the test's and two treasurers."""
    content = town_file()
    second = {"email": f"second@{content['slug']}.example", "name": "Berta Zweit", "role": "treasurer"}
    access = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}
    return {**content, "people": [*content["people"], second], "providers": [access]}


def path(town: Tenant, about: Attempt | Refund) -> str:
    place = f"/kasse/{town.slug}/unklare-zahlungen/"
    return f"{place}{about.attempt_id}/{about.id}/" if isinstance(about, Refund) else f"{place}{about.id}/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


SAYS = {"tun": "sagen", "wort": "paid", "bezug": "portal-1", "grund": "im Portal gesehen"}


def test_one_says_and_another_confirms(town: Tenant) -> None:
    attempt = lost(town)
    first, second = at_the_desk(town), at_the_desk(town, "second")
    listed = first.get(f"/kasse/{town.slug}/unklare-zahlungen/").text
    assert path(town, attempt) in listed
    said = first.post(path(town, attempt), SAYS, follow=True)
    assert "Eingetragen. Jetzt muss eine zweite Person bestätigen." in text_of(said)
    assert "wartet auf eine zweite Person" in text_of(said)
    (waiting,) = payments.releases_waiting(tenant=town)
    own = first.post(path(town, attempt), {"tun": "bestaetigen", "klaerung": waiting.id})
    assert (own.status_code, "Bestätigen muss eine andere Person" in text_of(own)) == (409, True)
    assert 'value="bestaetigen"' not in first.get(path(town, attempt)).text
    shown = second.get(path(town, attempt))
    assert 'value="bestaetigen"' in shown.text and "im Portal gesehen" in text_of(shown)
    done = second.post(path(town, attempt), {"tun": "bestaetigen", "klaerung": waiting.id}, follow=True)
    assert "Gebucht: Die Zahlung gilt als bezahlt." in text_of(done)
    assert "Nichts ist unklar." in text_of(done)
    assert (now(town, attempt).status, open_cents(town, attempt)) == (Status.PAID, 0)
    (kassenzeichen,) = treasury.unclear(tenant=town, attempt=attempt.id).kassenzeichen
    life = text_of(first.get(f"/kasse/{town.slug}/forderung/{kassenzeichen}/"))
    assert "Auf Angabe der Kasse entschieden" in life and "Zahlung über fake, auf Angabe der Kasse" in life
    after = text_of(first.get(path(town, attempt)))
    assert "Hier ist nichts mehr zu klären" in after and "Berta Zweit" in after
    assert_right(town)


def test_a_refund_that_was_carried_out_is_done_in_one_step(fake: Refunding, town: Tenant) -> None:
    refund = unsure_refund(fake, town)
    client = at_the_desk(town)
    page = text_of(client.get(path(town, refund)))
    assert "Die Erstattung wurde ausgezahlt." in page and "Die Zahlung ist bezahlt." not in page
    done = client.post(path(town, refund), {"tun": "sagen", "wort": "given_back", "grund": "Portal"}, follow=True)
    assert "Gebucht: Die Erstattung gilt als ausgezahlt." in text_of(done)
    assert payments.refund_by_id(tenant=town, refund_id=refund.id).state is RefundState.DONE
    assert_right(town)


def test_the_provider_answers_while_somebody_says_it(fake: Refunding, town: Tenant) -> None:
    attempt = lost(town)
    fake.answer, fake.says = None, ProviderStatus.DECLINED
    done = at_the_desk(town).post(path(town, attempt), SAYS, follow=True)
    assert "Der Zahlungsdienstleister hat eben selbst geantwortet." in text_of(done)
    assert (now(town, attempt).status, payments.releases_waiting(tenant=town)) == (Status.DECLINED, [])


def test_a_contradiction_is_shown_and_dealt_with(fake: Refunding, town: Tenant) -> None:
    attempt = lost(town)
    says(town, attempt, Word.NOT_MADE, reference=None)
    fake.answer, fake.says = None, ProviderStatus.PAID
    payments.sweep(tenant=town, at=LATER + timedelta(days=1))
    client = at_the_desk(town)
    assert str(_words.UNSURE["release_contradicted"]) in text_of(client.get(f"/kasse/{town.slug}/unklare-zahlungen/"))
    page = client.get(path(town, attempt))
    assert "hat er gemeldet: paid. Die Kasse hatte eingetragen: Die Zahlung ist nicht" in text_of(page)
    (told,) = payments.releases_contradicted(tenant=town)
    without = client.post(path(town, attempt), {"tun": "erledigt", "klaerung": told.id, "vermerk": " "})
    assert without.status_code == 422
    dealt = client.post(
        path(town, attempt), {"tun": "erledigt", "klaerung": told.id, "vermerk": "geklärt"}, follow=True
    )
    assert "Nichts ist unklar." in text_of(dealt)


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"wort": ""}, 422, "Bitte wählen Sie, was das Portal zeigt"),
        ({"wort": "given_back"}, 422, "Bitte wählen Sie, was das Portal zeigt"),
        ({"grund": ""}, 422, "schreiben Sie einen Grund"),
        ({"grund": "4111 1111 1111 1111"}, 422, "Das sieht nach einer Kartennummer aus."),
        ({"tun": "bestaetigen", "klaerung": "x"}, 422, "Das ist schon erledigt."),
    ],
)
def test_what_cannot_be_said_is_explained(said: dict[str, str], status: int, words: str, town: Tenant) -> None:
    attempt = lost(town)
    answer = at_the_desk(town).post(path(town, attempt), {**SAYS, **said})
    assert (answer.status_code, words in text_of(answer)) == (status, True)
    assert now(town, attempt).status is Status.UNKNOWN


def test_too_early_there_is_no_form(town: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = lost(town)
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(minutes=5))
    page = at_the_desk(town).get(path(town, attempt))
    assert "können Sie eintragen, was sein Portal zeigt" in text_of(page) and 'name="wort"' not in page.text


@pytest.mark.parametrize("role", ["clerk", "auditor"])
def test_who_may_only_look_sees_it_and_no_form(role: str, town: Tenant) -> None:
    attempt, client = lost(town), at_the_desk(town, role)
    page = client.get(path(town, attempt))
    assert page.status_code == 200 and 'name="wort"' not in page.text
    assert client.post(path(town, attempt), SAYS).status_code == 403
    assert payments.releases_waiting(tenant=town) == []


def test_another_towns_are_not_found(fake: Refunding, town: Tenant, neighbour: Tenant) -> None:
    attempt, refund = lost(town), unsure_refund(fake, town)
    client = at_the_desk(neighbour)
    for about in (attempt, refund):
        foreign = path(town, about).replace(town.slug, neighbour.slug)
        assert client.get(foreign).status_code == 404
        assert client.post(foreign, SAYS).status_code == 404
    mixed = f"/kasse/{town.slug}/unklare-zahlungen/{attempt.id}/{refund.id}/"
    assert at_the_desk(town).get(mixed).status_code == 404, "a refund of another payment"


def test_every_word_has_german_words() -> None:
    assert set(_words.RELEASES) == set(_words.RELEASED) == set(Word)
    assert set(_words.RELEASE_STATES) == set(ReleaseState)
