"""A card number typed where a name belongs is refused, is not kept, and is not shown again."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as some
from tests.support.debits import CREDITOR
from tests.support.towns import a_claim

from zahlstelle import payments
from zahlstelle.kernel import CardNumberTyped, clock, new_token
from zahlstelle.kernel.checkdigits import CheckMethod, check_digit
from zahlstelle.payment_page._card_numbers import without_card_number
from zahlstelle.tenancy import Tenant, inside

CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    "typed",
    [
        CARD,
        "4111111111111111",
        "Erika Muster 4111-1111-1111-1111",
        "378282246310005 Erika",
        "5555.5555.5555.4444",
        "6011/0009/9013/9424",
        "0041111111111111119",
        "4111\u00a01111\u20111111\u20091111",
        "\uff14\uff11\uff11\uff11 1111 1111 1111",
        "x4111111111111111x",
    ],
)
def test_what_may_be_a_card_number_is_refused(typed: str) -> None:
    with pytest.raises(CardNumberTyped) as refused:
        without_card_number(typed)
    assert "4111" not in str(refused.value)


@pytest.mark.parametrize(
    "typed", ["", "Erika Mustermann", "Müller 2. Kind", "4111 1111 1111 1112", "4711000001", "1 2 3"]
)
def test_names_are_left_alone(typed: str) -> None:
    assert without_card_number(typed) == typed


@given(
    some.text(alphabet="0123456789", min_size=11, max_size=18), some.sampled_from("23456"), some.sampled_from(["", " "])
)
def test_no_right_card_number_slips_through(payload: str, first: str, gap: str) -> None:
    digits = first + payload[1:]
    number = digits + check_digit(digits, CheckMethod.LUHN)
    with pytest.raises(CardNumberTyped):
        without_card_number(f"Erika {gap.join(number)}")


def test_at_the_name_of_a_service(citizen: Client, town: Tenant) -> None:
    address = f"/{town.slug}/leistungen/personalausweis/"
    answer = citizen.post(address, {"form": new_token(), "name": f"Erika {CARD}"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Hier gehört keine Kartennummer hin" in page and "Code: card_number_typed" in page
    assert 'aria-describedby="name-hint name-error"' in page
    assert CARD not in page and "4111" not in page
    assert _rows(town, "claim") == 0


def test_at_the_holder_of_an_account(citizen: Client, found: Any, provider: object) -> None:
    town = found(settings={"direct_debit": {"creditor_id": CREDITOR}})
    started = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=clock.now())
    sent = {"iban": "DE02 1203 0000 0000 2020 51", "holder": CARD, "consent": "yes"}
    answer = citizen.post(f"/pay/{started.token}/lastschrift", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Hier gehört keine Kartennummer hin" in page and "Code: card_number_typed" in page
    assert 'aria-describedby="holder-hint holder-error"' in page
    assert "4111" not in page
    assert (_rows(town, "mandate"), _rows(town, "attempt")) == (0, 0)


def _rows(town: Tenant, table: str) -> int:
    with inside(town), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
