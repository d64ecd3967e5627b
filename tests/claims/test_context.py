"""Claims as context for a person who decides: what is open is found, however much of the same amount is paid."""

import pytest
from django.db import connection
from tests.support.towns import a_claim, found_town

from zahlstelle import claims
from zahlstelle.claims import AmountOfPayer, Claim
from zahlstelle.tenancy import Tenant, inside

PAID = 400
# Rows as opening a claim writes them, without the book, all of them settled.
_PAID = """
WITH new AS (
    INSERT INTO claim (tenant_id, id, kassenzeichen, purpose, debtor_name, amount_cents, currency, origin, opened_at)
    SELECT %(tenant)s, (%(begin)s || '-0000-7000-8000-' || substr(md5(random()::text), 1, 12))::uuid,
        left(%(begin)s, 1) || n, 'Hundesteuer', 'Erika Mustermann', 9000, 'EUR', 'api', now()
    FROM generate_series(1, %(paid)s) AS n RETURNING id
)
INSERT INTO claim_balance (tenant_id, claim_id, due_cents, settled_cents) SELECT %(tenant)s, id, 9000, 9000 FROM new
"""


@pytest.fixture
def town() -> Tenant:
    return found_town()


@pytest.fixture
def open_claim(town: Tenant) -> Claim:
    """One that is open among very many of the same amount and debtor that are paid, before it and since."""
    very_many_paid(town, "00000000")
    claim = a_claim(town, "90.00", debtor_name="Erika Mustermann")
    very_many_paid(town, "ffffffff")
    return claim


def very_many_paid(town: Tenant, begin: str) -> None:
    with inside(town), connection.cursor() as cursor:
        cursor.execute(_PAID, {"tenant": town.id, "paid": PAID, "begin": begin})


def test_paid_claims_do_not_hide_an_open_one_of_the_amount(town: Tenant, open_claim: Claim) -> None:
    partly = a_claim(town, "95.00")
    claims.settle(tenant=town, amounts=[(partly.id, 500)])
    found = claims.open_with_amounts(tenant=town, cents=[9000, 9000, 0, 9500])
    assert {cents: {claim.id for claim in told} for cents, told in found.items()} == {9000: {open_claim.id, partly.id}}


@pytest.mark.parametrize("parts", [{"erika", "muste"}, {"erika"}, {"muste"}, {"erika", "schmi"}])
def test_paid_claims_do_not_hide_an_open_one_of_the_debtor(town: Tenant, open_claim: Claim, parts: set[str]) -> None:
    asked = AmountOfPayer(9000, frozenset(parts))
    found = claims.candidates_of_amounts(tenant=town, asked=[asked, AmountOfPayer(9100, frozenset(parts))])
    assert {one.cents: [claim.id for claim in told] for one, told in found.items()} == {9000: [open_claim.id]}


def test_of_many_open_ones_the_latest_are_told(town: Tenant) -> None:
    latest = [a_claim(town, "90.00").id for _ in range(5)][:1:-1]
    (told,) = claims.open_with_amounts(tenant=town, cents=[9000]).values()
    assert [claim.id for claim in told] == latest
