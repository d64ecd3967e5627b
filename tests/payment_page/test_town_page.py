"""A town's public page: by Kassenzeichen, or by a service of the catalogue."""

import re
import threading
from typing import Any

import pytest
from django.test import Client
from tests.support.towns import a_claim

from zahlstelle import claims, payments
from zahlstelle.kernel import clock, eur
from zahlstelle.payments import PaymentStatus, ProviderStatus
from zahlstelle.tenancy import Tenant


def token_of(response: Any) -> str:
    assert response.status_code == 303, response.content.decode()
    return str(re.fullmatch(r"/pay/([\w-]+)", response.headers["Location"])[1])  # type: ignore[index]


def form_token(citizen: Client, address: str) -> str:
    page = citizen.get(address).content.decode()
    return re.search(r'name="form" value="([^"]+)"', page)[1]  # type: ignore[index]


def by_number(citizen: Client, town: Tenant, typed: str) -> Any:
    return citizen.post(f"/{town.slug}/", {"kassenzeichen": typed})


def text_of(response: Any) -> str:
    """The page without what differs at every answer."""
    page = re.sub(r'(nonce|value)="[^"]*"', "", response.content.decode())
    return re.sub(r"\s+", " ", page)


def test_the_installation_lists_its_towns(citizen: Client, town: Tenant) -> None:
    page = citizen.get("/").content.decode()
    assert f'href="/{town.slug}/"' in page
    assert town.name in page


def test_the_catalogue_shows_fees(citizen: Client, town: Tenant) -> None:
    page = citizen.get(f"/{town.slug}/").content.decode()
    assert "Personalausweis" in page
    assert "37,00\N{NO-BREAK SPACE}€" in page
    assert "Betrag frei" in page


def test_a_kassenzeichen_as_people_type_it(citizen: Client, town: Tenant) -> None:
    claim = a_claim(town)
    number = claim.kassenzeichen
    token = token_of(by_number(citizen, town, f" {number[:4]}.{number[4:8]} {number[8:]} "))
    _, payment = payments.payment_by_token(token)
    assert (payment.claim_ids[0], payment.amount, payment.status) == (claim.id, eur("37.00"), PaymentStatus.CREATED)


def test_a_wrong_check_digit_is_said_in_place(citizen: Client, town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    response = by_number(citizen, town, wrong)
    page = response.content.decode()
    assert response.status_code == 422
    assert "In diesem Kassenzeichen ist ein Zeichen vertippt" in page
    assert "Code: check_digit_wrong" in page
    assert f'value="{wrong}"' in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize("typed", ["", "12", "47 11 <script>", "x" * 40, "4711\x00001"])
def test_no_kassenzeichen_at_all(citizen: Client, town: Tenant, typed: str) -> None:
    response = by_number(citizen, town, typed)
    assert response.status_code == 422
    assert "Code: kassenzeichen_wrong" in response.content.decode()
    assert "<script>" not in response.content.decode().split("<main")[1]


def test_unknown_settled_and_foreign_look_the_same(citizen: Client, town: Tenant, neighbour: Tenant) -> None:
    paid = a_claim(town)
    started = payments.start_payment(tenant=town, claim_id=paid.id, at=clock.now())
    citizen.post(f"/pay/{started.token}", {"method": "card"})
    settle(town, started.payment.id)
    foreign = a_claim(neighbour, kassenzeichen="9988776655")
    answers = [by_number(citizen, town, number) for number in (paid.kassenzeichen, "1234567890", foreign.kassenzeichen)]
    assert {answer.status_code for answer in answers} == {422}
    assert "Code: nothing_to_pay" in text_of(answers[0])
    assert text_of(answers[0]) == text_of(answers[1]) == text_of(answers[2])


def settle(town: Tenant, payment_id: Any) -> None:
    """Let the provider say paid."""
    provider: Any = payments.provider_named("fake")
    provider.says = ProviderStatus.PAID
    attempt = payments.attempts_of(tenant=town, payment_id=payment_id)[-1]
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())


def test_a_service_opens_a_claim_and_its_payment(citizen: Client, town: Tenant) -> None:
    address = f"/{town.slug}/leistungen/personalausweis/"
    sent = {"form": form_token(citizen, address), "name": "  Erika \t Mustermann\x07 "}
    _, payment = payments.payment_by_token(token_of(citizen.post(address, sent)))
    claim = claims.claim_by_id(tenant=town, claim_id=payment.claim_ids[0])
    assert (claim.amount, claim.purpose, claim.service) == (eur("37.00"), "Personalausweis", "personalausweis")
    assert (claim.debtor_name, claim.origin) == ("Erika Mustermann", "public")
    assert claim.lines[0].posting == {"product": "122010", "account": "431100"}


def test_a_service_without_a_fee_takes_the_amount(citizen: Client, town: Tenant) -> None:
    address = f"/{town.slug}/leistungen/spende/"
    sent = {"form": form_token(citizen, address), "amount": "1.234,5"}
    _, payment = payments.payment_by_token(token_of(citizen.post(address, sent)))
    assert payment.amount == eur("1234.50")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("0", "amount_not_positive"),
        ("0,00", "amount_not_positive"),
        ("-5", "amount_not_positive"),
        ("12,345", "amount_unreadable"),
        ("12.50", "amount_unreadable"),
        ("zwölf", "amount_unreadable"),
        ("", "amount_unreadable"),
        ("1e9", "amount_unreadable"),
        ("1.000.000", "amount_too_high"),
        ("999999999", "amount_too_high"),
        ("9" * 40, "amount_unreadable"),
    ],
)
def test_amounts_that_are_none(citizen: Client, town: Tenant, typed: str, code: str) -> None:
    address = f"/{town.slug}/leistungen/spende/"
    before = len(claims.recent_claims(tenant=town))
    response = citizen.post(address, {"form": form_token(citizen, address), "amount": typed})
    assert response.status_code == 422
    assert f"Code: {code}" in response.content.decode()
    assert 'id="amount-error"' in response.content.decode()
    assert len(claims.recent_claims(tenant=town)) == before


def test_a_fee_cannot_be_chosen(citizen: Client, town: Tenant) -> None:
    address = f"/{town.slug}/leistungen/personalausweis/"
    sent = {"form": form_token(citizen, address), "amount": "0,01"}
    _, payment = payments.payment_by_token(token_of(citizen.post(address, sent)))
    assert payment.amount == eur("37.00")


def test_a_name_that_is_too_long(citizen: Client, town: Tenant) -> None:
    address = f"/{town.slug}/leistungen/personalausweis/"
    response = citizen.post(address, {"form": form_token(citizen, address), "name": "x" * 71})
    assert response.status_code == 422
    assert 'id="name-error"' in response.content.decode()


def test_the_form_sent_twice_opens_one_claim(citizen: Client, town: Tenant) -> None:
    address = f"/{town.slug}/leistungen/personalausweis/"
    sent = {"form": form_token(citizen, address), "name": "Erika Mustermann"}
    tokens = [token_of(citizen.post(address, sent)) for _ in range(2)]
    first, second = (payments.payment_by_token(token)[1] for token in tokens)
    assert first.claim_ids[0] == second.claim_ids[0]
    assert len(claims.recent_claims(tenant=town)) == 1


def test_the_form_sent_twice_at_once_opens_one_claim(citizen: Client, town: Tenant) -> None:
    address = f"/{town.slug}/leistungen/personalausweis/"
    sent, together, answers = {"form": form_token(citizen, address)}, threading.Barrier(4), []

    def send() -> None:
        from django.db import connection

        together.wait()
        answers.append(Client(SERVER_NAME="localhost").post(address, sent).status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert len(claims.recent_claims(tenant=town)) == 1


def test_the_same_form_with_another_amount_is_another_wish(citizen: Client, town: Tenant) -> None:
    address = f"/{town.slug}/leistungen/spende/"
    form = form_token(citizen, address)
    for amount in ("10", "20"):
        token_of(citizen.post(address, {"form": form, "amount": amount}))
    assert sorted(claim.amount.cents for claim in claims.recent_claims(tenant=town)) == [1000, 2000]


def test_two_forms_open_two_claims(citizen: Client, town: Tenant) -> None:
    address = f"/{town.slug}/leistungen/personalausweis/"
    for _ in range(2):
        token_of(citizen.post(address, {"form": form_token(citizen, address)}))
    assert len(claims.recent_claims(tenant=town)) == 2


def test_a_service_that_is_not_public_is_not_there(citizen: Client, found: Any) -> None:
    service = {"key": "intern", "pool": "standard", "name": {"de": "Intern"}, "fee_cents": 100, "public": False}
    town = found(services=[service])
    assert citizen.get(f"/{town.slug}/leistungen/intern/").status_code == 404
    assert citizen.post(f"/{town.slug}/leistungen/intern/").status_code == 404
    assert claims.recent_claims(tenant=town) == []


def test_a_town_nobody_knows(citizen: Client) -> None:
    response = citizen.get("/atlantis/")
    assert response.status_code == 404
    assert "Diese Seite gibt es nicht" in response.content.decode()


def test_the_language_is_chosen_by_a_link_and_remembered(citizen: Client, town: Tenant) -> None:
    german = citizen.get(f"/{town.slug}/")
    english = citizen.get(f"/{town.slug}/?lang=en")
    later = citizen.get(f"/{town.slug}/leistungen/personalausweis/")
    assert '<html lang="de">' in german.content.decode()
    assert '<html lang="en">' in english.content.decode()
    assert "Identity card" in later.content.decode()
    assert "€37.00" in later.content.decode()
    assert '<html lang="en">' in citizen.get(f"/{town.slug}/?lang=xx").content.decode()


def test_a_browser_that_asks_for_english_gets_it(citizen: Client, town: Tenant) -> None:
    page = citizen.get(f"/{town.slug}/", headers={"Accept-Language": "en-GB,en;q=0.9"}).content.decode()
    assert '<html lang="en">' in page


def test_a_payment_keeps_the_language_it_was_started_in(citizen: Client, town: Tenant) -> None:
    citizen.get(f"/{town.slug}/?lang=en")
    token = token_of(by_number(citizen, town, a_claim(town).kassenzeichen))
    assert payments.payment_by_token(token)[1].language == "en"


def test_leichte_sprache_is_chosen_like_the_others(citizen: Client, town: Tenant) -> None:
    assert 'href="?lang=de-x-leicht"' in citizen.get(f"/{town.slug}/").content.decode()
    page = citizen.get(f"/{town.slug}/?lang=de-x-leicht").content.decode()
    assert '<html lang="de-x-leicht">' in page
    assert "Sie haben einen Brief bekommen?" in page
    assert "37,00\N{NO-BREAK SPACE}€" in page
    answer = by_number(citizen, town, a_claim(town).kassenzeichen)
    assert payments.payment_by_token(token_of(answer))[1].language == "de-x-leicht"
    citizen.post(answer.headers["Location"], {"method": "card"})
    provider: Any = payments.provider_named("fake")
    assert provider.asked[-1].language == "de"  # providers know no other German
