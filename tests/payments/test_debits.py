"""Direct debits of our own: what a mandate asks for, what is kept of it, and where it must never appear."""

import json
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from structlog.testing import capture_logs
from tests.support.debits import PAYER, a_collecting_town, collect, ordered
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import audit, payments
from zahlstelle.payments import MandateKind, PaymentStatus
from zahlstelle.payments._mandates import collect_on, due_on, ends_mandate, new_mandate
from zahlstelle.tenancy import Tenant, inside


@pytest.fixture
def town() -> Tenant:
    return a_collecting_town()


@pytest.mark.parametrize(
    "iban", ["DE02 1203 0000 0000 2020 51", "de02120300000000202051", "AT611904300234573201", "CH9300762011623852957"]
)
def test_an_iban_is_read_as_people_write_it(iban: str) -> None:
    assert new_mandate(iban=iban, holder="Erika Muster", text="").iban == iban.replace(" ", "").upper()


@pytest.mark.parametrize(
    "iban",
    [
        "",
        "DE03120300000000202051",
        "DE0212030000000020205",
        "XX02120300000000202051",
        "4111111111111111",
        "🙂",
        "SA0380000000608010167519",
    ],
)
def test_a_wrong_iban_is_refused_without_saying_it(iban: str) -> None:
    with pytest.raises(payments.IbanWrong) as refused:
        new_mandate(iban=iban, holder="Erika Muster", text="")
    assert not iban or iban not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None or refused.value.__suppress_context__


@pytest.mark.parametrize("holder", ["", "  ", "12345", "x" * 71, "\x00\x01"])
def test_a_holder_has_a_name(holder: str) -> None:
    with pytest.raises(payments.HolderWrong):
        new_mandate(iban=PAYER, holder=holder, text="")


def test_a_debit_waits_and_does_not_end_with_its_payment(town: Tenant) -> None:
    _, payment = ordered(town)
    payments.sweep(tenant=town, at=datetime(2026, 12, 1, tzinfo=UTC))
    assert payments.payment_by_id(tenant=town, payment_id=payment).status is PaymentStatus.AWAITING_DEBIT


def test_ordered_twice_is_once(town: Tenant) -> None:
    claim = a_claim(town)
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    said = {"iban": PAYER, "holder": "Erika Muster", "text": "Ich ermächtige …"}
    first = payments.order_debit(tenant=town, payment_id=payment.id, at=AT, **said)
    assert payments.order_debit(tenant=town, payment_id=payment.id, at=AT, **said) == first
    with inside(town), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM mandate")
        assert cursor.fetchone() == (1,)


def test_the_same_paper_twice_is_one_mandate(town: Tenant) -> None:
    signed = datetime(2026, 9, 1, 10, tzinfo=UTC)
    said = {"iban": PAYER, "holder": "Erika Muster", "text": "auf Papier", "signed_at": signed}
    first = payments.give_mandate(tenant=town, at=AT, **said)
    assert payments.give_mandate(tenant=town, at=AT, **said) == first
    other = payments.give_mandate(tenant=town, at=AT, **{**said, "holder": "Max Muster"})
    assert other.reference != first.reference


def test_a_mandate_for_one_payment_is_good_for_no_other(town: Tenant) -> None:
    _, payment = ordered(town)
    (attempt,) = payments.attempts_of(tenant=town, payment_id=payment)
    told = payments.debit_of(tenant=town, attempt_id=attempt.id)
    assert told is not None and told[0].kind is MandateKind.ONCE
    other = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
    with pytest.raises(payments.MandateUnknown):
        payments.order_debit_by(tenant=town, payment_id=other.id, mandate=told[0].reference, at=AT)


def test_the_neighbours_mandate_is_unknown(town: Tenant) -> None:
    mandate = payments.give_mandate(tenant=town, iban=PAYER, holder="Erika Muster", text="", at=AT)
    with pytest.raises(payments.MandateUnknown):
        payments.mandate_named(tenant=a_collecting_town(), reference=mandate.reference)


def test_a_town_that_does_not_collect_offers_no_debit() -> None:
    town = found_town()
    assert payments.methods(tenant=town) == ["card", "transfer"]
    assert payments.methods(tenant=a_collecting_town()) == ["card", "sepa_debit", "transfer"]
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
    with pytest.raises(payments.MethodUnknown):
        payments.order_debit(tenant=town, payment_id=payment.id, iban=PAYER, holder="Erika", text="", at=AT)
    assert payments.attempts_of(tenant=town, payment_id=payment.id) == []


def test_account_and_name_are_in_no_log_event_or_deed(town: Tenant) -> None:
    with capture_logs() as logs:
        _, payment = ordered(town, holder="Hannelore Sonderbar")
        collect(town)
    (attempt,) = payments.attempts_of(tenant=town, payment_id=payment)
    told = payments.debit_of(tenant=town, attempt_id=attempt.id)
    assert told is not None
    with inside(town), connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(e::text, ''), '') FROM event e")
        (recorded,) = cursor.fetchone()
    deeds = [repr(deed) for deed in audit.deeds(tenant=town)]
    assert deeds
    said = "".join([json.dumps(logs, default=str), recorded, *deeds, repr(told), repr(attempt)])
    assert "payment.debit_ordered" in said
    for secret in (PAYER, "Sonderbar"):
        assert secret not in said


@pytest.mark.parametrize(
    ("ordered_on", "days", "expected"),
    [
        (date(2026, 10, 5), 2, date(2026, 10, 7)),
        (date(2026, 10, 8), 2, date(2026, 10, 12)),  # Saturday
        (date(2026, 12, 23), 2, date(2026, 12, 28)),  # Christmas Day, Boxing Day, weekend
        (date(2026, 3, 31), 3, date(2026, 4, 7)),  # Good Friday to Easter Monday
    ],
)
def test_a_debit_is_due_on_a_banking_day(ordered_on: date, days: int, expected: date) -> None:
    at = datetime(ordered_on.year, ordered_on.month, ordered_on.day, 9, tzinfo=UTC)
    assert due_on(ordered_at=at, pre_notification_days=days) == expected


def test_the_bank_needs_a_day(town: Tenant) -> None:
    friday = datetime(2026, 10, 9, 9, tzinfo=UTC)
    assert collect_on(due=date(2026, 10, 7), collected_at=friday) == date(2026, 10, 12)
    assert collect_on(due=date(2026, 10, 14), collected_at=friday) == date(2026, 10, 14)


def test_which_reasons_end_a_mandate() -> None:
    ends = {"AC01", "AC04", "AC06", "MD01", "MD06", "MD07", "SL01"}
    goes_on = {"AM04", "AM05", "MS02", "MS03", "FF01", "", None, "RR01"}
    assert [reason for reason in ends if not ends_mandate(reason)] == []
    assert [reason for reason in goes_on if ends_mandate(reason)] == []
