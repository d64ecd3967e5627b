"""Paying by direct debit on the page: the form, what is wrong at its field, the mandate's words, and the waiting."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.support.debits import CREDITOR, PAYER, collect, status
from tests.support.towns import a_claim

from zahlstelle import payments
from zahlstelle.kernel import clock
from zahlstelle.payments import NewPayment, PaymentStatus
from zahlstelle.tenancy import Tenant, inside

GOOD = {"iban": "DE02 1203 0000 0000 2020 51", "holder": "Erika Muster", "consent": "yes"}


@pytest.fixture
def town(found: Any, provider: object) -> Tenant:
    tenant: Tenant = found(settings={"direct_debit": {"creditor_id": CREDITOR}}, name="Stadt Musterhausen")
    return tenant


def start(town: Tenant, language: str = "de") -> NewPayment:
    return payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=clock.now(), language=language)


def test_from_the_choice_to_the_waiting(citizen: Client, town: Tenant) -> None:
    started = start(town)
    assert 'value="sepa_debit"' in citizen.get(f"/pay/{started.token}").content.decode()
    chosen = citizen.post(f"/pay/{started.token}", {"method": "sepa_debit"})
    assert (chosen.status_code, chosen["Location"]) == (303, f"/pay/{started.token}/lastschrift")
    form = citizen.get(chosen["Location"]).content.decode()
    assert CREDITOR in form and "37,00" in form and "innerhalb von acht Wochen" in form
    done = citizen.post(chosen["Location"], GOOD)
    assert (done.status_code, done["Location"]) == (303, f"/pay/{started.token}/ergebnis")
    page = citizen.get(done["Location"]).content.decode()
    assert "Wir buchen den Betrag ab" in page and "endet auf 2051" in page
    assert PAYER not in page.replace(" ", "")
    assert status(town, started.payment.id) is PaymentStatus.AWAITING_DEBIT


def test_what_is_shown_is_what_is_kept(citizen: Client, town: Tenant) -> None:
    import html
    import re

    started = start(town)
    form = citizen.get(f"/pay/{started.token}/lastschrift").content.decode()
    shown = re.findall(r"<p>(.*?)</p>", form.split('id="mandate"')[1].split("</section>")[0])
    citizen.post(f"/pay/{started.token}/lastschrift", GOOD)
    with inside(town), connection.cursor() as cursor:
        cursor.execute("SELECT text FROM mandate")
        assert cursor.fetchone() == (html.unescape("\n".join(shown)).replace("\xa0", "\xa0"),)


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"iban": "DE02 1203 0000 0000 2020 52"}, "iban", "Diese IBAN stimmt nicht"),
        ({"iban": ""}, "iban", "Diese IBAN stimmt nicht"),
        ({"holder": " "}, "holder", "Hier fehlt der Name"),
        ({"consent": ""}, "consent", "Ohne Ihr Mandat"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    citizen: Client, town: Tenant, change: dict[str, str], field: str, said: str
) -> None:
    started = start(town)
    answer = citizen.post(f"/pay/{started.token}/lastschrift", {**GOOD, **change})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page and f'aria-describedby="{field}' in page and 'aria-invalid="true"' in page
    assert "<title>Fehler:" in page
    assert payments.attempts_of(tenant=town, payment_id=started.payment.id) == []


def test_pressed_twice_is_one_debit(citizen: Client, town: Tenant) -> None:
    started = start(town)
    for _ in range(2):
        assert citizen.post(f"/pay/{started.token}/lastschrift", GOOD).status_code == 303
    assert len(payments.attempts_of(tenant=town, payment_id=started.payment.id)) == 1


def test_there_is_no_form_for_what_is_under_way_or_paid(citizen: Client, town: Tenant) -> None:
    started = start(town)
    citizen.post(f"/pay/{started.token}/lastschrift", GOOD)
    collect(town)
    answer = citizen.get(f"/pay/{started.token}/lastschrift")
    assert (answer.status_code, answer["Location"]) == (303, f"/pay/{started.token}/ergebnis")
    payments.settled_by_transfer(tenant=town, claim_ids=[started.payment.claim_ids[0]], at=clock.now())
    assert citizen.post(f"/pay/{started.token}/lastschrift", GOOD).status_code == 303
    assert len(payments.attempts_of(tenant=town, payment_id=started.payment.id)) == 1


def test_a_town_that_does_not_collect_has_no_form(citizen: Client, found: Any, provider: object) -> None:
    town = found()
    started = start(town)
    assert "sepa_debit" not in citizen.get(f"/pay/{started.token}").content.decode()
    assert citizen.get(f"/pay/{started.token}/lastschrift").status_code == 422


def test_in_english(citizen: Client, town: Tenant) -> None:
    started = start(town, language="en")
    form = citizen.get(f"/pay/{started.token}/lastschrift").content.decode()
    assert "I authorise the payee to collect €37.00" in form
    citizen.post(f"/pay/{started.token}/lastschrift", GOOD)
    assert "We will debit the amount" in citizen.get(f"/pay/{started.token}").content.decode()
