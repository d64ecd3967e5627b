"""The payment page and its result: whatever happens, people land in the right state."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from tests.support.fake_provider import FakeProvider
from tests.support.towns import a_claim

from zahlstelle import claims, payments
from zahlstelle.kernel import clock, eur
from zahlstelle.payments import (
    NeverSeen,
    NewPayment,
    NoAnswer,
    NotStarted,
    PaymentStatus,
    ProviderStatus,
    Status,
)
from zahlstelle.tenancy import Tenant

FAILED = ("fehlgeschlagen", "abgelehnt", "nicht geklappt")


@pytest.fixture
def started(town: Tenant) -> NewPayment:
    return start(town)


def start(town: Tenant, **more: Any) -> NewPayment:
    claim = a_claim(town, service="personalausweis", debtor_name="Erika Mustermann")
    return payments.start_payment(tenant=town, claim_id=claim.id, at=more.pop("at", clock.now()), **more)


def choose(citizen: Client, payment: NewPayment, method: str = "card", **more: str) -> Any:
    return citizen.post(f"/pay/{payment.token}", {"method": method, **more})


def seen(citizen: Client, payment: NewPayment, rest: str = "/ergebnis") -> str:
    response = citizen.get(f"/pay/{payment.token}{rest}")
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def status(town: Tenant, payment: NewPayment) -> PaymentStatus:
    return payments.payment_by_id(tenant=town, payment_id=payment.payment.id).status


def latest(town: Tenant, payment: NewPayment) -> payments.Attempt:
    return payments.attempts_of(tenant=town, payment_id=payment.payment.id)[-1]


def test_what_for_whom_how_much_and_how(citizen: Client, town: Tenant, started: NewPayment) -> None:
    page = seen(citizen, started, "")
    for said in (
        "37,00\N{NO-BREAK SPACE}€",
        "Personalausweis",
        "Stadt Musterhausen, Bürgerbüro",
        "Karte",
        "Überweisung",
    ):
        assert said in page
    assert page.index('value="card"') < page.index('value="transfer"')


def test_a_name_is_never_shown_to_whoever_knows_a_number(citizen: Client, started: NewPayment) -> None:
    assert "Mustermann" not in seen(citizen, started, "")


def test_a_card_leads_to_the_provider(
    citizen: Client, town: Tenant, started: NewPayment, provider: FakeProvider
) -> None:
    response = choose(citizen, started)
    assert response.status_code == 303
    assert response.headers["Location"] == f"https://psp.example/pay/{latest(town, started).id}"
    asked = provider.asked[-1]
    assert asked.amount == eur("37.00")
    assert asked.return_url == f"http://localhost:8000/pay/{started.token}/ergebnis"
    assert asked.notify_url == f"http://localhost:8000/provider/{town.slug}/fake/notify"


def test_the_browser_lets_the_form_end_at_the_provider(citizen: Client, started: NewPayment) -> None:
    policy = citizen.get(f"/pay/{started.token}").headers["Content-Security-Policy"]
    assert "form-action 'self' https: http://psp.example:9000;" in policy


def test_paid(citizen: Client, town: Tenant, started: NewPayment, provider: FakeProvider) -> None:
    choose(citizen, started)
    provider.says = ProviderStatus.PAID
    page = seen(citizen, started)
    assert "Ihre Zahlung ist da" in page
    assert f"/pay/{started.token}/quittung.pdf" in page
    assert claims.claim_by_id(tenant=town, claim_id=started.payment.claim_ids[0]).open.is_zero


def test_the_return_address_is_never_believed(citizen: Client, town: Tenant, started: NewPayment) -> None:
    choose(citizen, started)
    lies = urlencode({"status": "paid", "result": "success", "payment_id": "x"})
    page = seen(citizen, started, f"/ergebnis?{lies}")
    assert "noch nicht abgeschlossen" in page
    assert status(town, started) is PaymentStatus.STARTED


@pytest.mark.parametrize("word", [ProviderStatus.UNKNOWN, ProviderStatus.PENDING])
def test_while_nobody_knows_nothing_has_failed(
    citizen: Client, started: NewPayment, provider: FakeProvider, word: ProviderStatus
) -> None:
    choose(citizen, started)
    provider.says = word
    page = seen(citizen, started)
    assert "wird geprüft" in page
    assert "Bitte bezahlen Sie nicht noch einmal." in page
    assert not any(failed in page for failed in FAILED)
    assert '<meta http-equiv="refresh"' in page


def test_a_provider_that_does_not_answer_the_start(
    citizen: Client, town: Tenant, started: NewPayment, provider: FakeProvider
) -> None:
    provider.start_answer = NoAnswer("timeout")
    provider.answer = NoAnswer("timeout")
    response = choose(citizen, started)
    assert response.headers["Location"] == f"/pay/{started.token}/ergebnis"
    assert "wird geprüft" in seen(citizen, started)
    assert "wird geprüft" in seen(citizen, started, "")
    provider.answer = NeverSeen()
    assert "Es ist nichts abgebucht worden." in seen(citizen, started)
    provider.start_answer = provider.answer = None
    assert choose(citizen, started).headers["Location"].startswith("https://psp.example/")


def test_a_start_under_way_is_not_asked_about(
    citizen: Client, town: Tenant, started: NewPayment, provider: FakeProvider
) -> None:
    """Otherwise the provider says "never seen" of what it is just being told, and the attempt is given up."""
    from zahlstelle.payments import _operations

    _operations.intend(tenant=town, payment_id=started.payment.id, provider="fake", method="card", at=clock.now())
    provider.answer = NeverSeen()
    assert "wird geprüft" in seen(citizen, started)
    assert choose(citizen, started).headers["Location"] == f"/pay/{started.token}/ergebnis"
    assert provider.checked == 0
    assert latest(town, started).status is Status.INTENDED


def test_refused_by_the_provider(citizen: Client, started: NewPayment, provider: FakeProvider) -> None:
    provider.start_answer = NotStarted("merchant_blocked")
    assert choose(citizen, started).status_code == 303
    page = seen(citizen, started)
    assert "Karte ist gerade nicht möglich." in page
    assert "Es ist nichts abgebucht worden." in page
    assert 'value="transfer"' in page


def test_declined_with_a_reason_and_another_try(
    citizen: Client, town: Tenant, started: NewPayment, provider: FakeProvider
) -> None:
    choose(citizen, started)
    provider.says, provider.decline_code = ProviderStatus.DECLINED, "insufficient_funds"
    page = seen(citizen, started)
    assert "Die Zahlung wurde abgelehnt." in page
    assert "nicht gedeckt" in page
    provider.says = ProviderStatus.OPEN
    assert choose(citizen, started).headers["Location"].startswith("https://psp.example/")
    assert latest(town, started).number == 2


def test_reload_and_back_continue_the_same_attempt(citizen: Client, town: Tenant, started: NewPayment) -> None:
    first = choose(citizen, started).headers["Location"]
    page = seen(citizen, started, "")
    assert "Zahlung fortsetzen" in page
    assert choose(citizen, started).headers["Location"] == first
    assert latest(town, started).number == 1


def test_another_method_after_beginning(citizen: Client, town: Tenant, started: NewPayment) -> None:
    choose(citizen, started)
    assert choose(citizen, started, "transfer").headers["Location"].endswith("/ergebnis")
    assert "noch nicht abgeschlossen" in seen(citizen, started)
    citizen.post(f"/pay/{started.token}/abbrechen")
    page = seen(citizen, started)
    assert "Sie haben abgebrochen" in page
    assert choose(citizen, started, "transfer").status_code == 303
    assert status(town, started) is PaymentStatus.AWAITING_TRANSFER


def test_giving_up_when_the_provider_has_the_money(
    citizen: Client, town: Tenant, started: NewPayment, provider: FakeProvider
) -> None:
    choose(citizen, started)
    provider.says = ProviderStatus.PAID
    citizen.post(f"/pay/{started.token}/abbrechen")
    assert "Ihre Zahlung ist da" in seen(citizen, started)


def test_two_tabs_one_fee(citizen: Client, town: Tenant, started: NewPayment, provider: FakeProvider) -> None:
    choose(citizen, started)
    second = payments.start_payment(tenant=town, claim_id=started.payment.claim_ids[0], at=clock.now())
    response = choose(citizen, second)
    assert response.status_code == 409
    assert "wird gerade schon bezahlt" in response.content.decode()
    assert "form-action 'self' https: http://psp.example:9000;" in response.headers["Content-Security-Policy"]
    instead = choose(citizen, second, instead="yes")
    assert instead.headers["Location"].startswith("https://psp.example/")
    assert status(town, started) is PaymentStatus.CANCELLED


def test_two_tabs_and_the_first_has_paid(
    citizen: Client, town: Tenant, started: NewPayment, provider: FakeProvider
) -> None:
    second = payments.start_payment(tenant=town, claim_id=started.payment.claim_ids[0], at=clock.now())
    choose(citizen, started)
    provider.says = ProviderStatus.PAID
    assert choose(citizen, second, instead="yes").headers["Location"] == f"/pay/{second.token}/ergebnis"
    assert "Ihre Zahlung ist da" in seen(citizen, started)
    assert "nichts mehr offen" in seen(citizen, second)
    assert choose(citizen, second).headers["Location"].endswith("/ergebnis")
    assert len(provider.asked) == 1


def test_paid_although_it_was_settled(
    citizen: Client, town: Tenant, started: NewPayment, provider: FakeProvider
) -> None:
    choose(citizen, started)
    claims.settle(tenant=town, amounts=[(started.payment.claim_ids[0], 3700)])
    provider.says = ProviderStatus.PAID
    page = seen(citizen, started)
    assert "Diese Gebühr war schon bezahlt." in page
    assert "quittung.pdf" not in page
    assert citizen.get(f"/pay/{started.token}/quittung.pdf").status_code == 404


def test_time_is_over_and_a_new_beginning(citizen: Client, town: Tenant) -> None:
    old = start(town, at=clock.now() - timedelta(hours=2))
    assert "ist abgelaufen" in seen(citizen, old, "")
    assert choose(citizen, old).headers["Location"].endswith("/ergebnis")
    fresh = citizen.post(f"/pay/{old.token}/neu")
    assert fresh.status_code == 303
    assert "Wie möchten Sie bezahlen?" in citizen.get(fresh.headers["Location"]).content.decode()


def test_an_expired_payment_of_an_online_service_begins_there(citizen: Client, town: Tenant) -> None:
    old = start(town, at=clock.now() - timedelta(hours=2), return_url="https://dienst.example/zurueck?antrag=7")
    page = seen(citizen, old, "")
    assert f"https://dienst.example/zurueck?antrag=7&amp;payment_id={old.payment.id}" in page
    assert "/neu" not in page


def test_back_to_the_online_service(citizen: Client, town: Tenant, provider: FakeProvider) -> None:
    payment = start(town, return_url="https://dienst.example/zurueck")
    choose(citizen, payment)
    provider.says = ProviderStatus.PAID
    page = seen(citizen, payment)
    assert f'href="https://dienst.example/zurueck?payment_id={payment.payment.id}"' in page
    assert "Zurück zum Online-Dienst" in page


def test_the_page_that_waits_is_told_only_of_changes(
    citizen: Client, started: NewPayment, provider: FakeProvider
) -> None:
    choose(citizen, started)
    provider.says = ProviderStatus.UNKNOWN
    seen(citizen, started)
    address = f"/pay/{started.token}/stand?seen=checking"
    assert citizen.get(address).status_code == 204
    provider.says = ProviderStatus.PAID
    assert citizen.get(address).headers["HX-Refresh"] == "true"


def test_a_page_that_waits_long_leaves_the_provider_in_peace(
    citizen: Client, town: Tenant, provider: FakeProvider, owner: Any
) -> None:
    payment = start(town)
    choose(citizen, payment)
    provider.says = ProviderStatus.UNKNOWN
    seen(citizen, payment)
    with owner(town) as database:
        database.execute("UPDATE attempt SET changed_at = changed_at - interval '5 minutes'")
    before = provider.checked
    assert citizen.get(f"/pay/{payment.token}/stand?seen=checking").status_code == 204
    assert provider.checked == before
    seen(citizen, payment)
    assert provider.checked == before + 1


@pytest.mark.parametrize("answer", [None, NoAnswer("timeout")])
def test_looking_often_does_not_make_the_worker_look_later(
    citizen: Client, town: Tenant, provider: FakeProvider, owner: Any, answer: NoAnswer | None
) -> None:
    payment = start(town)
    choose(citizen, payment)
    provider.says = ProviderStatus.UNKNOWN
    seen(citizen, payment)
    provider.answer = answer
    for _ in range(12):
        seen(citizen, payment)
    with owner(town) as database:
        sql = "SELECT check_at FROM attempt WHERE payment_id = %s"
        (check_at,) = database.execute(sql, [payment.payment.id]).fetchone()
    assert check_at <= clock.now() + timedelta(seconds=10)


def test_a_method_nobody_offers(citizen: Client, started: NewPayment) -> None:
    response = choose(citizen, started, "cash")
    assert response.status_code == 422
    assert "method_unknown" in response.content.decode()


def test_a_link_nobody_knows(citizen: Client) -> None:
    response = citizen.get("/pay/nobody")
    assert response.status_code == 404
    assert "Diesen Zahlungslink kennen wir nicht" in response.content.decode()


def test_it_speaks_the_language_it_was_started_in(citizen: Client, town: Tenant) -> None:
    payment = start(town, language="en")
    page = seen(citizen, payment, "")
    assert '<html lang="en">' in page
    assert "Identity card" in page
    assert "Personalausweis" in seen(citizen, payment, "?lang=de")
    assert "Personalausweis" in seen(citizen, payment, "")


def test_a_language_we_do_not_speak(citizen: Client, town: Tenant, provider: FakeProvider) -> None:
    payment = start(town, language="fr")
    assert '<html lang="de">' in seen(citizen, payment, "")
    choose(citizen, payment)
    provider.says = ProviderStatus.PAID
    seen(citizen, payment)
    assert citizen.get(f"/pay/{payment.token}/quittung.pdf").status_code == 200


def test_only_forms_change_anything(citizen: Client, started: NewPayment) -> None:
    for path in ("abbrechen", "neu"):
        assert citizen.get(f"/pay/{started.token}/{path}").status_code == 405


def test_a_form_of_another_site_is_not_taken(town: Tenant, started: NewPayment) -> None:
    stranger = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    response = choose(stranger, started)
    assert response.status_code == 403
    assert "Bitte noch einmal" in response.content.decode()
    assert payments.attempts_of(tenant=town, payment_id=started.payment.id) == []


def test_what_a_browser_may_do_and_keep(citizen: Client, started: NewPayment) -> None:
    response = citizen.get(f"/pay/{started.token}")
    policy = response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert set(response.cookies) == {"csrftoken"}
    cookie = response.cookies["csrftoken"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert 'style="' not in response.content.decode()
    assert "onclick" not in response.content.decode()
