"""A letter's link: Kassenzeichen and code together open what is to be paid; the number alone does not say what for."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.payments.test_baskets import transfer
from tests.support.pdf_text import text_of
from tests.support.sizes import size
from tests.support.towns import a_claim

from zahlstelle import claims, payments
from zahlstelle.kernel import clock, eur
from zahlstelle.tables.claims import LetterKeyRow
from zahlstelle.tenancy import Tenant, inside

PURPOSE = "Bußgeld, Falschparken am 3. März"


def code_of(town: Tenant, number: str) -> str:
    return claims.letter_code(tenant=town, kassenzeichen=number)


def link(town: Tenant, number: str, code: str | None = None) -> str:
    return f"/{town.slug}/zahlen/{number}/{code or code_of(town, number)}"


def payment_of(answer: Any) -> payments.Payment:
    assert answer.status_code == 303, answer.content.decode()
    token = re.fullmatch(r"/pay/([\w-]+)", answer.headers["Location"])
    assert token
    return payments.payment_by_token(token[1])[1]


def test_a_code_is_six_signs_that_nobody_mistakes(town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    assert re.fullmatch(r"[2346789CDFGHJKMNPQRTVWXY]{3}-[2346789CDFGHJKMNPQRTVWXY]{3}", code_of(town, number))
    assert code_of(town, number) == code_of(town, number)


def test_every_town_and_every_number_has_codes_of_its_own(town: Tenant, neighbour: Tenant) -> None:
    numbers = [f"47110{n:07d}" for n in range(2000)]
    mine = claims.letter_codes(tenant=town, kassenzeichen=numbers)
    theirs = claims.letter_codes(tenant=neighbour, kassenzeichen=numbers)
    assert len(set(mine.values())) >= 1999  # of 191 million
    assert sum(mine[number] == theirs[number] for number in numbers) <= 1
    used = "".join(mine.values()).replace("-", "")
    assert min(used.count(sign) for sign in set(used)) > 380  # of 500 in the mean: no sign is rare
    with inside(town):
        assert LetterKeyRow.objects.count() == 1


@pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{plain}", "{dotted}"])
def test_a_code_is_read_as_people_type_it(town: Tenant, typed: str) -> None:
    number = a_claim(town).kassenzeichen
    code = code_of(town, number)
    plain = code.replace("-", "")
    said = typed.format(code, lower=code.lower(), plain=plain, dotted=f"{plain[:2]}. {plain[2:]}")
    assert claims.letter_code_fits(tenant=town, kassenzeichen=number, typed=said)
    assert not claims.letter_code_fits(tenant=town, kassenzeichen=number, typed=plain[:-1])


def test_the_link_shows_what_the_letter_asks_for_and_starts_nothing(citizen: Client, town: Tenant) -> None:
    claim = a_claim(town, "25.00", purpose=PURPOSE)
    page = citizen.get(link(town, claim.kassenzeichen)).content.decode()
    assert PURPOSE in page
    assert "25,00\N{NO-BREAK SPACE}€" in page
    assert payments.payments_of_claim(tenant=town, claim_id=claim.id) == []


def test_one_press_leads_from_the_link_to_the_payment(citizen: Client, town: Tenant) -> None:
    claim = a_claim(town, "25.00", purpose=PURPOSE)
    answer = citizen.post(link(town, claim.kassenzeichen))
    payment = payment_of(answer)
    assert (payment.claim_ids[0], payment.amount, payment.discreet) == (claim.id, eur("25.00"), False)
    assert PURPOSE in citizen.get(answer.headers["Location"]).content.decode()


def test_number_and_code_typed_on_the_towns_page(citizen: Client, town: Tenant) -> None:
    claim = a_claim(town, purpose=PURPOSE)
    sent = {"kassenzeichen": claim.kassenzeichen, "code": code_of(town, claim.kassenzeichen).lower()}
    payment = payment_of(citizen.post(f"/{town.slug}/", sent))
    assert (payment.claim_ids[0], payment.discreet) == (claim.id, False)


def test_a_letter_that_is_paid_says_so(citizen: Client, town: Tenant) -> None:
    claim = a_claim(town)
    started = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now())
    citizen.post(f"/pay/{started.token}", {"method": "card"})
    provider: Any = payments.provider_named("fake")
    provider.says = payments.ProviderStatus.PAID
    attempt = payments.attempts_of(tenant=town, payment_id=started.payment.id)[-1]
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    for answer in (citizen.get(link(town, claim.kassenzeichen)), citizen.post(link(town, claim.kassenzeichen))):
        assert answer.status_code == 200
        assert "Das ist schon bezahlt" in answer.content.decode()
    assert len(payments.payments_of_claim(tenant=town, claim_id=claim.id)) == 1


def test_a_wrong_code_and_a_number_nobody_has_look_the_same(citizen: Client, town: Tenant, neighbour: Tenant) -> None:
    claim, foreign = a_claim(town, purpose=PURPOSE), a_claim(neighbour, kassenzeichen="9988776655")
    asked = [
        link(town, claim.kassenzeichen, "CCC-CCC"),
        link(town, "1234567890"),  # the right code of a number that nobody has
        link(town, foreign.kassenzeichen, code_of(neighbour, foreign.kassenzeichen)),
        link(neighbour, claim.kassenzeichen, code_of(town, claim.kassenzeichen)),
    ]
    for address in asked:
        answer = citizen.get(address)
        assert answer.status_code == 422
        assert "Code: letter_code_wrong" in answer.content.decode()
        assert PURPOSE not in answer.content.decode()


def test_a_payment_by_the_number_alone_does_not_say_what_it_is_for(citizen: Client, town: Tenant) -> None:
    claim = a_claim(town, purpose=PURPOSE, service="personalausweis")
    answer = citizen.post(f"/{town.slug}/", {"kassenzeichen": claim.kassenzeichen})
    payment = payment_of(answer)
    assert payment.discreet
    page = citizen.get(answer.headers["Location"]).content.decode()
    assert "Das steht in Ihrem Schreiben" in page
    assert PURPOSE not in page
    assert "Bürgerbüro" not in page
    citizen.post(answer.headers["Location"], {"method": "card"})
    provider: Any = payments.provider_named("fake")
    assert provider.asked[-1].description == claim.kassenzeichen


def test_who_has_paid_learns_what_for(citizen: Client, town: Tenant) -> None:
    claim = a_claim(town, purpose=PURPOSE)
    answer = citizen.post(f"/{town.slug}/", {"kassenzeichen": claim.kassenzeichen})
    provider: Any = payments.provider_named("fake")
    provider.says = payments.ProviderStatus.PAID
    citizen.post(answer.headers["Location"], {"method": "card"})
    assert PURPOSE in citizen.get(answer.headers["Location"]).content.decode()


def test_a_town_that_takes_no_number_alone(citizen: Client, found: Any, provider: Any) -> None:
    town = found(settings={"kassenzeichen_alone": False})
    claim = a_claim(town)
    answer = citizen.post(f"/{town.slug}/", {"kassenzeichen": claim.kassenzeichen})
    assert answer.status_code == 422
    assert "Code: letter_code_missing" in answer.content.decode()
    assert 'id="code-error"' in answer.content.decode()
    sent = {"kassenzeichen": claim.kassenzeichen, "code": code_of(town, claim.kassenzeichen)}
    assert payment_of(citizen.post(f"/{town.slug}/", sent)).claim_ids[0] == claim.id


@pytest.mark.prove("letter_codes")
def test_guessed_codes_open_nothing(town: Tenant) -> None:
    """Codes of other numbers, other towns, and codes with one sign changed: none fits."""
    count = size(300, 100_000)
    numbers = [f"4711{n:08d}" for n in range(count)]
    codes = claims.letter_codes(tenant=town, kassenzeichen=numbers)
    fitting = sum(
        codes[number] == codes[other] for number, other in zip(numbers, numbers[1:] + numbers[:1], strict=True)
    )
    print(f"\n{count} codes of neighbouring numbers: {fitting} fit, {len(set(codes.values()))} different")
    assert fitting == 0


def test_whose_transfer_came_is_not_known_and_who_guessed_learns_nothing_of_it(
    citizen: Client, town: Tenant, tmp_path: Path
) -> None:
    """Somebody guesses a number, chooses the transfer and waits until whoever has the letter pays."""
    claim = a_claim(town, purpose=PURPOSE, service="personalausweis")
    address = citizen.post(f"/{town.slug}/", {"kassenzeichen": claim.kassenzeichen}).headers["Location"]
    citizen.post(address, {"method": "transfer"})
    transfer(town, tmp_path, "37.00", claim.kassenzeichen)
    page = citizen.get(address).content.decode()
    assert "Ihre Zahlung ist da" in page
    receipt = text_of(citizen.get(f"{address}/quittung.pdf").content)
    assert claim.kassenzeichen in receipt
    for shown in (page, receipt):
        assert PURPOSE not in shown
        assert "Bürgerbüro" not in shown
