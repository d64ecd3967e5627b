"""A basket on the citizen's pages: a fee joins, a fee leaves, all is paid at once; without JavaScript or an account."""

import re
from typing import Any

import pytest
from django.test import Client
from tests.payment_page.test_letter import link
from tests.support.fake_provider import FakeProvider
from tests.support.pdf_text import text_of
from tests.support.towns import a_claim

from zahlstelle import claims, payments
from zahlstelle.claims import Claim
from zahlstelle.kernel import clock
from zahlstelle.payments import Payment, PaymentStatus, ProviderStatus
from zahlstelle.tenancy import Tenant

EURO = "\N{NO-BREAK SPACE}€"


def token_of(answer: Any) -> str:
    assert answer.status_code == 303, answer.content.decode()
    token = re.fullmatch(r"/pay/([\w-]+)", answer.headers["Location"])
    assert token, answer.headers["Location"]
    return token[1]


def payment_at(token: str) -> Payment:
    return payments.payment_by_token(token)[1]


def typed(citizen: Client, town: Tenant, claim: Claim) -> str:
    """Type a Kassenzeichen on the town's page."""
    return token_of(citizen.post(f"/{town.slug}/", {"kassenzeichen": claim.kassenzeichen}))


def more(citizen: Client, town: Tenant, token: str) -> None:
    answer = citizen.post(f"/pay/{token}/weitere")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{town.slug}/")


def page(citizen: Client, path: str) -> str:
    answer = citizen.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def of(town: Tenant, *claims_of_it: Claim) -> str:
    ids = [claim.id for claim in claims_of_it]
    return payments.start_basket(tenant=town, claim_ids=ids, at=clock.now()).token


def test_number_letter_and_service_together(citizen: Client, town: Tenant, provider: FakeProvider) -> None:
    one, two = a_claim(town, "25.00", purpose="Hundesteuer"), a_claim(town, "12.50", purpose="Mahnung")
    first = token_of(citizen.post(link(town, one.kassenzeichen)))
    assert "Weitere Gebühr hinzufügen" in page(citizen, f"/pay/{first}")
    more(citizen, town, first)
    assert "Hundesteuer" in page(citizen, f"/{town.slug}/")
    letter = page(citizen, link(town, two.kassenzeichen))
    assert "Zu dieser Zahlung hinzufügen" in letter
    second = token_of(citizen.post(link(town, two.kassenzeichen)))
    assert payment_at(second).claim_ids == [one.id, two.id]
    more(citizen, town, second)
    third = token_of(citizen.post(f"/{town.slug}/leistungen/personalausweis/", {"form": "f"}))
    shown = page(citizen, f"/pay/{third}")
    for said in (f"74,50{EURO}", "Hundesteuer", f"25,00{EURO}", "Mahnung", f"12,50{EURO}", "Personalausweis"):
        assert said in shown
    citizen.post(f"/pay/{third}", {"method": "card"})
    provider.says = ProviderStatus.PAID
    done = page(citizen, f"/pay/{third}/ergebnis")
    assert "Ihre Zahlung ist da" in done
    assert one.kassenzeichen in done
    assert two.kassenzeichen in done
    assert payment_at(third).status is PaymentStatus.PAID
    assert payment_at(first).status is PaymentStatus.CREATED  # nobody charged it, and its time will end


def test_the_receipt_lists_each_kassenzeichen_with_its_amount(
    citizen: Client, town: Tenant, provider: FakeProvider
) -> None:
    one, two = a_claim(town, "25.00", purpose="Hundesteuer"), a_claim(town, "12.50", purpose="Mahnung")
    claims.settle(tenant=town, amounts=[(two.id, 250)])
    token = of(town, one, two)
    citizen.post(f"/pay/{token}", {"method": "card"})
    provider.says = ProviderStatus.PAID
    page(citizen, f"/pay/{token}/ergebnis")
    text = "".join(text_of(citizen.get(f"/pay/{token}/quittung.pdf").content).split())
    assert f"{one.kassenzeichen},{two.kassenzeichen}" in text
    assert f"{one.kassenzeichen}:Hundesteuer25,00€" in text
    assert f"{two.kassenzeichen}:RestbetragMahnung10,00€" in text
    assert "Bezahlt35,00€" in text


def test_a_fee_leaves_and_the_last_one_stays(citizen: Client, town: Tenant) -> None:
    one, two = a_claim(town), a_claim(town)
    token = of(town, one, two)
    assert page(citizen, f"/pay/{token}").count("Entfernen") == 2
    left = token_of(citizen.post(f"/pay/{token}/ohne", {"claim": str(one.id)}))
    assert payment_at(left).claim_ids == [two.id]
    assert "Entfernen" not in page(citizen, f"/pay/{left}")
    for wrong in (str(two.id), str(one.id), "x", ""):
        assert token_of(citizen.post(f"/pay/{left}/ohne", {"claim": wrong})) == left


def test_the_same_fee_twice_is_one(citizen: Client, town: Tenant) -> None:
    one = a_claim(town)
    first = token_of(citizen.post(link(town, one.kassenzeichen)))
    more(citizen, town, first)
    assert token_of(citizen.post(link(town, one.kassenzeichen))) == first
    assert citizen.cookies[f"weitere-{town.slug}"].value == ""


def test_nothing_stands_on_the_device_before_another_fee_is_asked_for(citizen: Client, town: Tenant) -> None:
    first = typed(citizen, town, a_claim(town))
    page(citizen, f"/pay/{first}")
    assert f"weitere-{town.slug}" not in citizen.cookies
    more(citizen, town, first)
    cookie = citizen.cookies[f"weitere-{town.slug}"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/{town.slug}/", True, "Lax")
    assert (cookie["max-age"], cookie["expires"]) == ("", "")  # gone with the browser
    typed(citizen, town, a_claim(town))
    assert citizen.cookies[f"weitere-{town.slug}"].value == ""


def test_a_letter_can_be_paid_alone_all_the_same(citizen: Client, town: Tenant) -> None:
    one, two = a_claim(town), a_claim(town)
    more(citizen, town, typed(citizen, town, one))
    alone = token_of(citizen.post(link(town, two.kassenzeichen), {"alone": "1"}))
    assert payment_at(alone).claim_ids == [two.id]


def test_a_number_without_its_letter_makes_the_basket_discreet(citizen: Client, town: Tenant) -> None:
    """What a fee is for is told only to whoever has the letter; whoever only knows a number learns no more of it."""
    one, two = a_claim(town, purpose="Hundesteuer"), a_claim(town, purpose="Bußgeld")
    more(citizen, town, token_of(citizen.post(link(town, one.kassenzeichen))))
    token = typed(citizen, town, two)
    assert payment_at(token).discreet
    assert "Bußgeld" not in page(citizen, f"/pay/{token}")
    left = token_of(citizen.post(f"/pay/{token}/ohne", {"claim": str(one.id)}))
    assert "Bußgeld" not in page(citizen, f"/pay/{left}")


@pytest.mark.parametrize("how", ["forged", "other town", "begun", "of a service", "over"])
def test_what_is_no_basket_grows_by_nothing(citizen: Client, town: Tenant, found: Any, how: str) -> None:
    at = clock.now()
    started = payments.start_payment(
        tenant=town, claim_id=a_claim(town).id, at=at, return_url="https://dienst.example/" if "serv" in how else None
    )
    token = started.token
    if how == "other town":
        other = found()
        token = payments.start_payment(tenant=other, claim_id=a_claim(other).id, at=at).token
    if how == "begun":
        citizen.post(f"/pay/{token}", {"method": "card"})
    if how == "over":
        early = at - payments._starts.LIFETIME
        token = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=early).token
    citizen.cookies[f"weitere-{town.slug}"] = "forged" if how == "forged" else token
    assert "mehrere Gebühren zusammen" not in page(citizen, f"/{town.slug}/")
    claim = a_claim(town)
    assert payment_at(typed(citizen, town, claim)).claim_ids == [claim.id]


def test_an_online_services_payment_offers_no_other_fee(citizen: Client, town: Tenant) -> None:
    one, two = a_claim(town), a_claim(town)
    started = payments.start_basket(
        tenant=town, claim_ids=[one.id, two.id], at=clock.now(), return_url="https://dienst.example/"
    )
    shown = page(citizen, f"/pay/{started.token}")
    assert one.kassenzeichen in shown
    assert "Weitere Gebühr" not in shown
    assert "Entfernen" not in shown
    assert token_of(citizen.post(f"/pay/{started.token}/ohne", {"claim": str(one.id)})) == started.token
    assert citizen.post(f"/pay/{started.token}/weitere").headers["Location"] == f"/pay/{started.token}"


def test_a_fee_paid_otherwise_meanwhile_leaves_the_rest_to_pay(
    citizen: Client, town: Tenant, provider: FakeProvider
) -> None:
    one, two = a_claim(town), a_claim(town, "12.50")
    token = of(town, one, two)
    claims.settle(tenant=town, amounts=[(one.id, 3700)])
    assert citizen.post(f"/pay/{token}", {"method": "card"}).headers["Location"] == f"/pay/{token}/ergebnis"
    assert provider.asked == []
    assert "Nicht mehr alles ist offen" in page(citizen, f"/pay/{token}/ergebnis")
    rest = payment_at(token_of(citizen.post(f"/pay/{token}/neu")))
    assert (rest.claim_ids, rest.amount.plain) == ([two.id], "12.50")
    claims.settle(tenant=town, amounts=[(two.id, 1250)])
    assert "nichts mehr offen" in page(citizen, f"/pay/{token}")


def test_declined_and_then_otherwise(citizen: Client, town: Tenant, provider: FakeProvider) -> None:
    one, two = a_claim(town), a_claim(town, "12.50")
    token = of(town, one, two)
    citizen.post(f"/pay/{token}", {"method": "card"})
    provider.says = ProviderStatus.DECLINED
    assert "Das hat nicht geklappt" in page(citizen, f"/pay/{token}/ergebnis")
    citizen.post(f"/pay/{token}", {"method": "transfer"})
    shown = page(citizen, f"/pay/{token}")
    assert f'data-copy="{one.kassenzeichen}, {two.kassenzeichen}"' in shown
    assert 'data-copy="49.50"' in shown
    assert "alle Kassenzeichen" in shown
    text = text_of(citizen.get(f"/pay/{token}/ueberweisung.pdf").content)
    assert f"{one.kassenzeichen}, {two.kassenzeichen}" in " ".join(text.split())


@pytest.mark.parametrize("how", ["no check digit", "too long"])
def test_each_fee_by_a_transfer_of_its_own_where_one_could_not_be_allocated(
    citizen: Client, found: Any, provider: FakeProvider, how: str
) -> None:
    town = found(check="none" if how == "no check digit" else "mod11")
    fees = [a_claim(town, f"{number}.00") for number in range(1, 3 if how == "no check digit" else 13)]
    token = of(town, *fees)
    citizen.post(f"/pay/{token}", {"method": "transfer"})
    shown = page(citizen, f"/pay/{token}")
    assert "jede Gebühr einzeln" in shown
    for fee in fees:
        assert f'data-copy="{fee.kassenzeichen}"' in shown
        assert f'data-copy="{fee.amount.plain}"' in shown
    assert shown.count("zs-girocode") == len(fees)
    text = " ".join(text_of(citizen.get(f"/pay/{token}/ueberweisung.pdf").content).split())
    assert "jeden Betrag einzeln" in text
    claims.settle(tenant=town, amounts=[(fees[0].id, 100)])
    payments.settled_by_transfer(tenant=town, claim_ids=[fees[0].id], at=clock.now())
    claims.settle(tenant=town, amounts=[(fees[1].id, 50)])
    left = page(citizen, f"/pay/{token}")
    assert f'data-copy="{fees[0].kassenzeichen}"' not in left
    assert 'data-copy="1.50"' in left


def test_a_direct_debit_is_not_offered_for_a_basket(citizen: Client, found: Any) -> None:
    town = found(settings={"direct_debit": {"creditor_id": "DE98ZZZ09999999999"}})
    assert 'value="sepa_debit"' in page(citizen, f"/pay/{of(town, a_claim(town))}")
    basket = of(town, a_claim(town), a_claim(town))
    assert 'value="sepa_debit"' not in page(citizen, f"/pay/{basket}")


def test_more_than_a_basket_holds_is_said(citizen: Client, town: Tenant) -> None:
    more(citizen, town, of(town, *(a_claim(town) for _ in range(20))))
    answer = citizen.post(f"/{town.slug}/", {"kassenzeichen": a_claim(town).kassenzeichen})
    assert answer.status_code == 422
    assert "bis zu 20 Gebühren" in answer.content.decode()
