"""The way back for who has lost their passkey: the same answer for everybody, a link that is spent by pressing."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from tests.support.keeping_provider import KeepingProvider
from tests.support.passkey import Passkey
from tests.support.towns import found_town
from tests.support.wallets import Holder, keeps

from zahlstelle import jobs, payments, wallet
from zahlstelle.kernel import clock
from zahlstelle.tables.wallet import PasskeyLinkRow
from zahlstelle.tables.web import MailRow
from zahlstelle.tenancy import Tenant, inside

pytestmark = pytest.mark.prove("wallet")
EMAIL = "erika@example.org"


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """A town that keeps cards, in an installation that passkeys belong to and that writes mail."""
    monkeypatch.setattr(django_settings, "BASE_URL", "https://zahlstelle.example")
    monkeypatch.setattr(django_settings, "DEFAULT_FROM_EMAIL", "kasse@stadt.example")
    monkeypatch.setattr(django_settings, "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    payments.plug(KeepingProvider())
    contract = {"name": "keeping", "merchant_id": "M9", "secret": "merchant secret", "base_url": "http://psp.example"}
    yield found_town(providers=[contract | {"methods": ["card"]}])
    payments._flow._PLUGGED.pop("keeping")


@pytest.fixture
def holder(town: Tenant) -> Holder:
    return keeps(town, clock.now())


@pytest.fixture
def citizen() -> Client:
    return Client(HTTP_HOST="127.0.0.1")


def asks(citizen: Client, town: Tenant, email: str = EMAIL, language: str = "de") -> Any:
    return citizen.post(f"/{town.slug}/karten/verloren?lang={language}", {"email": email})


def mailed(town: Tenant) -> list[str]:
    """Let the worker do its round; what it has put into the post (the mails of this installation go nowhere)."""
    from zahlstelle.jobs._worker import _post_links

    _post_links(town, clock.now())
    with inside(town):
        return list(MailRow.objects.filter(tenant_id=town.id).order_by("written_at").values_list("text", flat=True))


def link_in(text: str) -> str:
    (address,) = re.findall(r"https://zahlstelle\.example(/\S+)", text)
    return str(address)


def test_back_by_a_link_then_a_new_passkey_and_the_old_one_gone(citizen: Client, town: Tenant, holder: Holder) -> None:
    assert "Ich habe meinen Passkey" in citizen.get(f"/{town.slug}/karten/").content.decode()
    told = citizen.get(asks(citizen, town).headers["Location"]).content.decode()
    assert "Schauen Sie in Ihr Postfach." in told
    (text,) = mailed(town)
    link, here = link_in(text), f"/{town.slug}/karten/"
    for _ in range(3):  # programs that check mail open what is in it
        assert "Gemerkte Karten öffnen" in citizen.get(link).content.decode()
    assert citizen.post(link).headers["Location"] == here
    page = citizen.get(here).content.decode()
    assert "1111" in page and "Einen Link könnte auch jemand anderes gelesen haben" in page
    new = Passkey()
    question = json.loads(citizen.post(f"{here}passkey/frage").content)["question"]
    assert [each["id"] for each in question["excludeCredentials"]], "the old one makes no second one"
    added = citizen.post(f"{here}passkey", {"answer": new.registers(json.dumps(question))})
    assert added.headers["Location"] == f"{here}?passkey=neu"
    assert f"karte-{town.slug}" in added.cookies
    (old, _) = wallet.passkeys_of(tenant=town, citizen=holder.citizen)
    gone = citizen.post(f"{here}passkey/entfernen", {"passkey": str(old.id)})
    assert "Der Passkey ist entfernt." in citizen.get(gone.headers["Location"]).content.decode()
    (left,) = wallet.passkeys_of(tenant=town, citizen=holder.citizen)
    assert left.by_link
    again = citizen.post(f"{here}passkey/entfernen", {"passkey": str(left.id)})
    assert (again.status_code, "last_passkey" in again.content.decode()) == (409, True)


def test_every_address_gets_the_same_answer(citizen: Client, town: Tenant, holder: Holder) -> None:
    answers = []
    for email in (EMAIL, "nobody@example.org"):
        answer = asks(citizen, town, email)
        page = citizen.get(answer.headers["Location"])
        hidden = re.sub(r'(nonce|value)="[^"]*"', "", page.content.decode())
        answers.append((answer.status_code, answer.headers["Location"], hidden))
    assert answers[0] == answers[1]
    assert len(mailed(town)) == 1


def test_who_asks_too_often_waits_whoever_they_ask_about(citizen: Client, town: Tenant, holder: Holder) -> None:
    for email in (EMAIL, "nobody@example.org"):
        assert [asks(citizen, town, email).status_code for _ in range(3)] == [303] * 3
    assert asks(citizen, town, "somebody@example.org").status_code == 429
    elsewhere = Client(HTTP_HOST="127.0.0.1", REMOTE_ADDR="198.51.100.7")
    assert [asks(elsewhere, town, email).status_code for email in (EMAIL, "nobody@example.org")] == [429, 429]
    assert len(mailed(town)) == 3


def test_a_replayed_or_forged_link_opens_nothing(citizen: Client, town: Tenant, holder: Holder) -> None:
    asks(citizen, town)
    link = link_in(mailed(town)[0])
    assert citizen.post(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 403
    assert citizen.post(link).status_code == 303
    thief = Client(HTTP_HOST="127.0.0.1")
    assert thief.get(link).status_code == 200, "tells nothing"
    answer = thief.post(link)
    assert (answer.status_code, "Dieser Link gilt nicht mehr" in answer.content.decode()) == (403, True)
    assert f"karten-{town.slug}" not in answer.cookies
    assert thief.post(f"/{town.slug}/karten/passkey/frage").status_code == 403
    assert thief.post(f"/{town.slug}/karten/passkey/entfernen", {"passkey": "x"}).status_code == 403


def test_who_looks_is_told_what_was_typed_wrongly(citizen: Client, town: Tenant) -> None:
    answer = asks(citizen, town, "erika@")
    assert (answer.status_code, 'value="erika@"' in answer.content.decode()) == (422, True)
    assert mailed(town) == []


@pytest.mark.parametrize(("language", "word"), [("de", "30 Minuten"), ("en", "30 minutes"), ("de-x-leicht", "1 Mal")])
def test_the_mail_speaks_the_citizens_language_and_names_no_card(
    citizen: Client, town: Tenant, holder: Holder, language: str, word: str
) -> None:
    citizen.get(f"/{town.slug}/karten/verloren?lang={language}")
    asks(citizen, town, language=language)
    (text,) = mailed(town)
    assert word in text and "1111" not in text and wallet.TOKEN not in text
    with inside(town):
        assert PasskeyLinkRow.objects.filter(tenant_id=town.id).count() == 1


def test_the_worker_sends_it(citizen: Client, town: Tenant, holder: Holder) -> None:
    from django.core import mail

    asks(citizen, town)
    mail.outbox = []
    jobs.run_once(tenant=town, at=clock.now())
    (sent,) = mail.outbox
    assert (sent.to, sent.attachments) == ([EMAIL], [])
    assert citizen.post(link_in(str(sent.body))).status_code == 303


def test_without_mail_nothing_is_offered(citizen: Client, town: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "DEFAULT_FROM_EMAIL", "")
    assert citizen.get(f"/{town.slug}/karten/verloren").status_code == 404
    assert "verloren" not in citizen.get(f"/{town.slug}/karten/").content.decode()
