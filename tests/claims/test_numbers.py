"""Kassenzeichen out of a pool: each once, without gaps where it is quiet, and never twice after a failure."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.support.rest import at_once
from tests.support.sizes import size
from tests.support.towns import AT, a_claim

from zahlstelle import claims, events, ledger
from zahlstelle.claims import NewClaim
from zahlstelle.kernel import eur
from zahlstelle.tenancy import Tenant, inside

Found = Callable[..., Tenant]


@pytest.fixture
def counted(found: Found) -> Tenant:
    """A town whose Kassenzeichen are its counter."""
    return found(check="none")


def counters(claims_: Any) -> list[int]:
    return [int(claim.kassenzeichen[4:]) for claim in claims_]


def test_a_quiet_town_has_no_gaps(counted: Tenant) -> None:
    opened = [a_claim(counted, at=AT + timedelta(seconds=5 * n)) for n in range(20)]
    assert counters(opened) == list(range(1, 21))


def test_a_busy_town_in_one_process_has_no_gaps_either(counted: Tenant) -> None:
    assert counters([a_claim(counted) for _ in range(150)]) == list(range(1, 151))


def test_many_claims_in_one_go_take_as_many_numbers(counted: Tenant) -> None:
    for _ in range(10):
        a_claim(counted)  # a busy moment before
    new = [NewClaim(amount=eur("1.00"), purpose=f"{n}") for n in range(30)]
    opened = claims.open_claims(tenant=counted, new=new, at=AT)
    assert len({claim.kassenzeichen for claim in opened}) == 30
    assert int(a_claim(counted).kassenzeichen[4:]) <= 60


def test_numbers_of_what_was_rolled_back_are_given_out_again(counted: Tenant) -> None:
    class Broken(Exception):
        pass

    for _ in range(3):
        with pytest.raises(Broken), inside(counted):
            a_claim(counted)
            raise Broken
    assert counters([a_claim(counted), a_claim(counted)]) == [1, 2]


def test_a_number_somebody_brought_along_is_passed_over(counted: Tenant) -> None:
    a_claim(counted, kassenzeichen="47110000002")
    assert counters([a_claim(counted) for _ in range(3)]) == [1, 3, 4]


def test_a_refused_claim_takes_no_number(counted: Tenant) -> None:
    with pytest.raises(claims.AmountNotPositive):
        a_claim(counted, "0.00")
    assert counters([a_claim(counted)]) == [1]


def test_many_at_once_never_get_the_same_number(counted: Tenant) -> None:
    each = size(15, 400)
    shares = at_once(6, lambda _: [a_claim(counted) for _ in range(each)])
    numbers = counters(claim for share in shares for claim in share)
    assert len(set(numbers)) == 6 * each
    later = [a_claim(counted, at=AT + timedelta(minutes=n)) for n in range(1, 121)]  # a quiet time uses up what is left
    assert sorted(numbers + counters(later)) == list(range(1, 6 * each + 121))
    assert not claims.wrong_balances(tenant=counted)
    assert ledger.balance(tenant=counted, account="receivable") == 3700 * (6 * each + 120)


def test_what_is_answered_is_what_is_kept(town: Tenant) -> None:
    opened = a_claim(town, service="personalausweis", debtor_name="E", due_on=AT.date(), external_reference="x")
    assert claims.claim_by_id(tenant=town, claim_id=opened.id) == opened
    assert [event.name for event in events.events_about(tenant=town, subject=opened.id)] == ["claim.opened"]
    assert len(ledger.booked_about(tenant=town, subject=opened.id)) == 2


def test_pools_of_two_services_count_on_their_own(found: Found) -> None:
    pools = [
        {"name": name, "prefix": prefix, "digits": 5, "check": "none"} for name, prefix in (("a", "10"), ("b", "20"))
    ]
    services = [{"key": key, "pool": key, "name": {"de": key}, "fee_cents": 100} for key in ("a", "b")]
    town = found(pools=pools, services=services)
    new = [NewClaim(amount=None, purpose="x", service=key) for key in ("b", "a", "b", None)]  # type: ignore[arg-type]
    new[3] = NewClaim(amount=eur("1.00"), purpose="x")
    opened = [claims.open_claim(tenant=town, claim=claim, at=AT) for claim in new]
    assert [claim.kassenzeichen for claim in opened] == ["2000001", "1000001", "2000002", "1000002"]


def test_open_claims_all_or_none(counted: Tenant) -> None:
    with pytest.raises(claims.AmountNotPositive):
        claims.open_claims(tenant=counted, new=[NewClaim(eur("1.00"), "x"), NewClaim(eur("0.00"), "x")], at=AT)
    assert claims.recent_claims(tenant=counted) == []
    assert ledger.balance(tenant=counted, account="receivable") == 0
