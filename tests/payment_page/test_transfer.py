"""Paying by bank transfer: the GiroCode says what the list beside it says, to the letter."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import segno
from django.test import Client
from tests.support.pdf_text import text_of
from tests.support.towns import a_claim

from zahlstelle import payments, tenancy
from zahlstelle.kernel import Money, clock, eur
from zahlstelle.payments import PaymentStatus
from zahlstelle.tenancy import BankAccount, Tenant
from zahlstelle.web import girocode as _girocode

ACCOUNT = BankAccount("DE02120300000000202051", "BYLADEM1001", "Stadt Mußterhausen – Stadtkasse")


def drawn(*lines: str) -> str:
    """Draw a GiroCode from the lines of EPC069-12, version 002, by the QR library alone."""
    code = segno.make_qr("\n".join(lines).encode(), error="m", boost_error=False)
    return str(code.svg_inline(border=4, omitsize=True, light="#fff", svgclass=None, lineclass=None))


@pytest.mark.parametrize(
    ("amount", "said"), [("37.00", "EUR37"), ("1234.50", "EUR1234.5"), ("0.01", "EUR0.01"), ("100.00", "EUR100")]
)
def test_the_code_says_payee_account_amount_and_kassenzeichen(amount: str, said: str) -> None:
    picture = _girocode.svg(account=ACCOUNT, amount=eur(amount), remittance="471100000016")
    assert picture == drawn(
        "BCD", "002", "1", "SCT", ACCOUNT.bic, ACCOUNT.holder, ACCOUNT.iban, said, "", "", "471100000016"
    )


def test_the_code_has_its_quiet_zone_and_no_style(town: Tenant) -> None:
    picture = str(_girocode.svg(account=ACCOUNT, amount=Money(3700), remittance="471100000016"))
    width = int(re.search(r'viewBox="0 0 (\d+) \1"', picture)[1])  # type: ignore[index]
    assert (width - 2 * 4 - 17) % 4 == 0
    assert "style" not in picture
    assert 'fill="#fff"' in picture


def test_what_a_code_cannot_say_is_said_by_the_list(citizen: Client, provider: object, found: Any) -> None:
    holder = "Verbandsgemeinde " + "Lang" * 20
    assert _girocode.svg(account=ACCOUNT, amount=Money(3700, "CHF"), remittance="471100000016") is None
    town = found(bank_accounts=[{"iban": ACCOUNT.iban, "bic": ACCOUNT.bic, "holder": holder}], providers=[])
    page = citizen.get(f"/pay/{_chosen(citizen, town).token}").content.decode()
    assert "GiroCode" not in page
    assert f'data-copy="{holder}"' in page


def test_the_page_shows_everything_the_code_says(citizen: Client, town: Tenant) -> None:
    claim = a_claim(town)
    started = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now())
    citizen.post(f"/pay/{started.token}", {"method": "transfer"})
    page = citizen.get(f"/pay/{started.token}").content.decode()
    account = tenancy.bank_accounts(tenant=town)[0]
    assert str(_girocode.svg(account=account, amount=eur("37.00"), remittance=claim.kassenzeichen)) in page
    for value in (account.holder, account.iban, "37.00", claim.kassenzeichen):
        assert f'data-copy="{value}"' in page
    assert 'role="img" aria-label="GiroCode' in page
    assert " ".join(re.findall(".{1,4}", account.iban)) in page


def test_the_transfer_has_come(citizen: Client, town: Tenant) -> None:
    started = _chosen(citizen, town)
    payments.settled_by_transfer(tenant=town, claim_ids=[started.payment.claim_ids[0]], at=clock.now())
    page = citizen.get(f"/pay/{started.token}").content.decode()
    assert "Ihre Zahlung ist da" in page
    assert "Überweisung" in page
    assert citizen.get(f"/pay/{started.token}/quittung.pdf").status_code == 200


def test_another_method_after_all(citizen: Client, town: Tenant) -> None:
    started = _chosen(citizen, town)
    answer = citizen.post(f"/pay/{started.token}", {"method": "card"})
    assert answer.headers["Location"].startswith("https://psp.example/")
    first = payments.attempts_of(tenant=town, payment_id=started.payment.id)[0]
    assert (first.provider, first.status) == ("transfer", "cancelled")


def test_a_transfer_does_not_expire(citizen: Client, town: Tenant, owner: Any) -> None:
    started = _chosen(citizen, town)
    with owner(town) as database:
        database.execute("UPDATE payment SET expires_at = %s", [clock.now() - timedelta(days=1)])
    assert "Bitte überweisen Sie jetzt" in citizen.get(f"/pay/{started.token}").content.decode()
    status = payments.payment_by_id(tenant=town, payment_id=started.payment.id).status
    assert status is PaymentStatus.AWAITING_TRANSFER


def _chosen(citizen: Client, town: Tenant) -> payments.NewPayment:
    started = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=clock.now())
    citizen.post(f"/pay/{started.token}", {"method": "transfer"})
    return started


def test_a_creditor_reference_stands_in_its_own_line() -> None:
    picture = _girocode.svg(account=ACCOUNT, amount=eur("37.00"), remittance="RF18539007547034")
    assert picture == drawn(
        "BCD", "002", "1", "SCT", ACCOUNT.bic, ACCOUNT.holder, ACCOUNT.iban, "EUR37", "", "RF18539007547034"
    )


def test_more_than_a_code_can_say_has_no_code() -> None:
    most = _girocode.svg(account=ACCOUNT, amount=Money(99_999_999_999), remittance="471100000016")
    assert most == drawn(
        "BCD",
        "002",
        "1",
        "SCT",
        ACCOUNT.bic,
        ACCOUNT.holder,
        ACCOUNT.iban,
        "EUR999999999.99",
        "",
        "",
        "471100000016",
    )
    assert _girocode.svg(account=ACCOUNT, amount=Money(100_000_000_000), remittance="471100000016") is None


# --- to keep or to print ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "said"), [("de", "bis zum 05.11.2026"), ("en", "by 05.11.2026")])
def test_what_is_to_be_transferred_to_keep_or_to_print(citizen: Client, town: Tenant, language: str, said: str) -> None:
    claim = a_claim(town, due_on=date(2026, 11, 5))
    started = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now(), language=language)
    assert citizen.get(f"/pay/{started.token}/ueberweisung.pdf").status_code == 404
    citizen.post(f"/pay/{started.token}", {"method": "transfer"})
    page = citizen.get(f"/pay/{started.token}").content.decode()
    assert "05.11.2026" in page and f"/pay/{started.token}/ueberweisung.pdf" in page
    answer = citizen.get(f"/pay/{started.token}/ueberweisung.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    text = text_of(answer.content)
    account = tenancy.bank_accounts(tenant=town)[0]
    assert claim.kassenzeichen in text and said in text and account.holder in text
    assert "".join(account.iban.split()) in "".join(text.split())


def test_without_a_due_day_none_is_said(citizen: Client, town: Tenant) -> None:
    started = _chosen(citizen, town)
    text = text_of(citizen.get(f"/pay/{started.token}/ueberweisung.pdf").content)
    assert "Zahlbar" not in text and "Bitte überweisen Sie" in text
