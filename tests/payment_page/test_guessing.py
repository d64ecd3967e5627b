"""Who guesses has to wait: counted in the database, by address, by letter and by town."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.support.sizes import size
from tests.support.towns import AT, a_claim

from zahlstelle import claims, jobs, payments
from zahlstelle.kernel import clock, new_id
from zahlstelle.tables.web import TryRow
from zahlstelle.tenancy import Tenant, inside
from zahlstelle.web import limits
from zahlstelle.web._counting import limit_of
from zahlstelle.web.limits import LIMITS, TooManyTries, What

HERE = LIMITS[What.NUMBER].here


def by_number(town: Tenant, number: str, address: str = "192.0.2.7", **more: str) -> Any:
    client = Client(SERVER_NAME="localhost", REMOTE_ADDR=address, **more)
    return client.post(f"/{town.slug}/", {"kassenzeichen": number})


def by_code(town: Tenant, number: str, code: str, address: str = "192.0.2.7") -> Any:
    return Client(SERVER_NAME="localhost", REMOTE_ADDR=address).get(f"/{town.slug}/zahlen/{number}/{code}")


def test_who_guesses_numbers_has_to_wait_and_others_have_not(town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    answers = [by_number(town, f"99887766{n:02d}").status_code for n in range(HERE + 3)]
    assert answers == [422] * HERE + [429] * 3
    refused = by_number(town, number)
    assert refused.status_code == 429  # also the right one
    assert "Code: too_many_tries" in refused.content.decode()
    assert by_number(town, number, "192.0.2.8").status_code == 303


def test_a_wrong_check_digit_is_a_try_too(town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert [by_number(town, wrong).status_code for _ in range(HERE + 1)] == [422] * HERE + [429]


def test_the_neighbours_page_does_not_count(town: Tenant, neighbour: Tenant) -> None:
    for n in range(HERE + 1):
        by_number(town, f"99887766{n:02d}")
    assert by_number(neighbour, "9988776600").status_code == 422


def test_nobody_goes_through_numbers_that_are_open(town: Tenant) -> None:
    most = LIMITS[What.NUMBER].different or 0
    numbers = [a_claim(town).kassenzeichen for _ in range(most + 1)]
    assert [by_number(town, number).status_code for number in numbers] == [303] * most + [429]


def test_the_same_letter_may_be_opened_again_and_again(town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    assert {by_number(town, number).status_code for _ in range(25)} == {303}


def test_who_guesses_codes_has_to_wait(town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    code = claims.letter_code(tenant=town, kassenzeichen=number)
    most = LIMITS[What.CODE].here
    assert [by_code(town, number, "CCCCCC").status_code for _ in range(most + 1)] == [422] * most + [429]
    assert by_code(town, number, code).status_code == 429
    assert by_code(town, number, code, "192.0.2.8").status_code == 200


def test_one_letter_is_not_guessed_from_many_addresses(town: Tenant) -> None:
    one, other = a_claim(town).kassenzeichen, a_claim(town).kassenzeichen
    most = LIMITS[What.CODE].about or 0
    answers = [by_code(town, one, "CCCCCC", f"198.51.100.{n}").status_code for n in range(most + 2)]
    assert answers == [422] * most + [429] * 2
    code = claims.letter_code(tenant=town, kassenzeichen=other)
    assert by_code(town, other, code, "198.51.100.1").status_code == 200


def test_a_town_under_attack_gives_each_address_less_and_closes_for_nobody(town: Tenant) -> None:
    most = LIMITS[What.NUMBER].town or 0
    with inside(town):
        TryRow.objects.bulk_create(
            TryRow(id=new_id(), tenant_id=town.id, what="number", address=f"a{n}", subject=f"s{n}", at=clock.now())
            for n in range(most)
        )
    answers = [by_number(town, f"99887766{n:02d}", "192.0.2.9").status_code for n in range(4)]
    assert answers == [422, 422, 429, 429]
    assert by_number(town, a_claim(town).kassenzeichen, "192.0.2.10").status_code == 303


def a_try(town: Tenant, at: Any, visitor: str = "v") -> limits.Try:
    return limits.take(tenant=town, what=What.NUMBER, visitor=visitor, subject="s", at=at)


def test_a_quarter_of_an_hour_later_it_goes_on(town: Tenant) -> None:
    for _ in range(HERE):
        a_try(town, AT)
    with pytest.raises(TooManyTries):
        a_try(town, AT + timedelta(minutes=14))
    a_try(town, AT + timedelta(minutes=15))


def test_who_waits_does_not_wait_longer_by_trying(town: Tenant) -> None:
    for _ in range(HERE):
        a_try(town, AT)
    for minute in range(1, 15):
        with pytest.raises(TooManyTries):
            a_try(town, AT + timedelta(minutes=minute))
    a_try(town, AT + timedelta(minutes=15))


@pytest.mark.prove("guessing")
def test_many_at_once_are_counted_too(town: Tenant) -> None:
    """Every one of many at the same moment is counted: never more than the limit are answered."""
    count = size(24, 400)
    together, answers = threading.Barrier(8), []

    def guess() -> None:
        together.wait()
        for _ in range(count // 8):
            try:
                a_try(town, AT)
                answers.append("answered")
            except TooManyTries:
                answers.append("waits")
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"\n{len(answers)} guesses by 8 at once: {answers.count('answered')} answered")
    assert len(answers) == count
    assert answers.count("answered") <= HERE


def test_tries_are_forgotten_after_a_day_and_hold_no_address(town: Tenant) -> None:
    by_number(town, "9988776600")
    with inside(town):
        row = TryRow.objects.get()
        assert "192.0.2" not in f"{row.address} {row.subject}"
        assert "9988776600" not in row.subject
    jobs.run_once(tenant=town, at=row.at + timedelta(hours=23))
    with inside(town):
        assert TryRow.objects.count() == 1
    jobs.run_once(tenant=town, at=row.at + timedelta(hours=25))
    with inside(town):
        assert TryRow.objects.count() == 0


# --- where a visitor comes from -------------------------------------------------------------------------------------


def test_behind_our_proxy_visitors_are_told_apart(town: Tenant) -> None:
    for n in range(HERE + 1):
        by_number(town, f"99887766{n:02d}", "127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5")
    again = by_number(town, "9988776600", "127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5")
    other = by_number(town, "9988776600", "127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.6")
    assert (again.status_code, other.status_code) == (429, 422)


def test_nobody_makes_up_an_address(town: Tenant) -> None:
    """What a visitor writes himself stands left of what our proxy saw, or comes from no proxy of ours."""
    behind = [
        by_number(town, f"99887766{n:02d}", "127.0.0.1", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}, 203.0.113.5").status_code
        for n in range(HERE + 1)
    ]
    direct = [
        by_number(town, f"99887766{n:02d}", "192.0.2.7", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}").status_code
        for n in range(HERE + 1)
    ]
    assert behind == direct == [422] * HERE + [429]


def test_a_household_of_ipv6_is_one_visitor(town: Tenant) -> None:
    answers = [by_number(town, f"99887766{n:02d}", f"2001:db8:0:1::{n:x}").status_code for n in range(HERE + 1)]
    assert answers == [422] * HERE + [429]
    assert by_number(town, "9988776600", "2001:db8:0:2::1").status_code == 422


# --- card testing ---------------------------------------------------------------------------------------------------


def start(town: Tenant, provider: Any, address: str, says: Any, claim: Any = None) -> int:
    """Start one payment by card; the provider says what became of it, and the citizen looks."""
    claim = claim or a_claim(town)
    started = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now())
    provider.says = payments.ProviderStatus.PENDING
    client = Client(SERVER_NAME="localhost", REMOTE_ADDR=address)
    answer = client.post(f"/pay/{started.token}", {"method": "card"})
    provider.says = says
    client.get(f"/pay/{started.token}")
    return int(answer.status_code)


def test_many_declined_cards_from_one_address_have_to_wait(live: Tenant, provider: Any) -> None:
    declined, most = payments.ProviderStatus.DECLINED, LIMITS[What.START].here
    answers = [start(live, provider, "192.0.2.7", declined) for _ in range(most + 2)]
    assert answers == [303] * most + [429] * 2
    assert start(live, provider, "192.0.2.8", declined) == 303


def test_test_cards_may_be_tried_out(town: Tenant, provider: Any) -> None:
    most = LIMITS[What.START].here
    assert {start(town, provider, "192.0.2.7", payments.ProviderStatus.DECLINED) for _ in range(most + 2)} == {303}
    assert limit_of(What.START, "test").here == 50 * most


def test_many_declined_cards_on_one_claim_have_to_wait(live: Tenant, provider: Any) -> None:
    claim, most = a_claim(live), LIMITS[What.START].about or 0
    answers = [
        start(live, provider, f"198.51.100.{n}", payments.ProviderStatus.DECLINED, claim) for n in range(most + 1)
    ]
    assert answers == [303] * most + [429]


def test_a_desk_where_everybody_pays_does_not_wait(town: Tenant, provider: Any) -> None:
    answers = {start(town, provider, "192.0.2.7", payments.ProviderStatus.PAID) for _ in range(20)}
    assert answers == {303}


def test_going_back_to_the_provider_is_no_new_start(town: Tenant, provider: Any) -> None:
    started = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=clock.now())
    client = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7")
    answers = {client.post(f"/pay/{started.token}", {"method": "card"}).status_code for _ in range(20)}
    assert answers == {303}
    assert len(payments.attempts_of(tenant=town, payment_id=started.payment.id)) == 1


def test_who_has_to_wait_can_still_choose_the_transfer(live: Tenant, provider: Any) -> None:
    for _ in range(LIMITS[What.START].here + 1):
        start(live, provider, "192.0.2.7", payments.ProviderStatus.DECLINED)
    started = payments.start_payment(tenant=live, claim_id=a_claim(live).id, at=clock.now())
    client = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7")
    assert client.post(f"/pay/{started.token}", {"method": "transfer"}).status_code == 303
