"""A citizen types a card into the provider's fields on our page; its number reaches the provider and nobody else."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FrameLocator, Page, Request, expect
from tests.support.axe import assert_accessible
from tests.support.citizen import choose, expect_paid, open_by_kassenzeichen
from tests.support.desk import Desk, town_at
from tests.support.payone import contract_of_cards, keys
from tests.support.sandbox import SandboxServer
from tests.support.towns import a_claim, iban

from zahlstelle import claims, payments
from zahlstelle.kernel import clock, new_id
from zahlstelle.payments import Authentication, Status

if TYPE_CHECKING:
    from zahlstelle.claims import Claim
    from zahlstelle.tenancy import Tenant

CARD, CHALLENGED, DECLINED = "4111 1111 1111 1111", "4000 0000 0004 0008", "4000 0000 0002 0000"


@pytest.fixture
def town(sandbox: SandboxServer, desk: Desk) -> "Tenant":
    """A town that takes cards over PAYONE."""
    number = new_id().int % 10**9
    slug = f"stadt-{number}"
    merchant = {"secret": f"sk_test_{new_id().hex}", "name": slug, "iban": iban(number)}
    sandbox.admin("PUT", f"/merchants/{slug}", merchant | {"bic": "BYLADEM1001"})
    access = keys(sandbox, slug, f"{desk.base_url}/provider/{slug}/payone/notify")
    contract = {"name": "payone", "merchant_id": slug, "base_url": sandbox.base, "methods": ["card"]}
    secrets = {name: secret.reveal() for name, secret in access.secrets.items()}
    contract |= {"secret": access.secret.reveal(), "secrets": secrets}
    contract["settings"] = {**access.settings, **contract_of_cards(sandbox)}
    return town_at(sandbox, known=False, slug=slug, providers=[contract])


def at_the_fields(page: Page, desk: Desk, town: "Tenant") -> tuple["Claim", FrameLocator]:
    claim = a_claim(town, at=clock.now())
    open_by_kassenzeichen(page, desk.base_url, town.slug, claim.kassenzeichen)
    choose(page, "card")
    expect(page.get_by_role("button", name="bezahlen")).to_be_visible()  # once the fields are there
    return claim, page.frame_locator("#card-fields iframe")


def type_card(page: Page, fields: FrameLocator, number: str) -> None:
    fields.locator("[name=number]").fill(number)
    fields.locator("[name=expiry]").fill("12/30")
    fields.locator("[name=cvc]").fill("123")
    page.get_by_role("button", name="bezahlen").click()


def the_attempt(town: "Tenant", claim: "Claim") -> payments.Attempt:
    (payment,) = payments.payments_of_claim(tenant=town, claim_id=claim.id)
    return payments.attempts_of(tenant=town, payment_id=payment.id)[-1]


def test_a_card_is_paid_and_its_number_stays_with_the_provider(
    desk: Desk, sandbox: SandboxServer, town: "Tenant", page: Page
) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    claim, fields = at_the_fields(page, desk, town)
    assert_accessible(page)
    type_card(page, fields, "4111 1111 1111 1112")
    expect(page.get_by_role("alert")).to_have_text("Bitte prüfen Sie Ihre Kartendaten.")
    expect(fields.locator("#number-error")).to_contain_text("keine Testkarte")
    type_card(page, fields, CARD)
    expect_paid(page)
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero
    attempt = the_attempt(town, claim)
    assert (attempt.status, attempt.authentication) == (Status.PAID, Authentication(eci="05"))
    with_number = [each for each in sent if "1111 1111" in (each.post_data or "")]
    assert {each.url for each in with_number} == {f"{sandbox.base}/payone/fields"}
    assert any(each.url.startswith(desk.base_url) and "card_token" in (each.post_data or "") for each in sent)


def test_the_bank_asks_and_the_citizen_approves(desk: Desk, town: "Tenant", page: Page) -> None:
    claim, fields = at_the_fields(page, desk, town)
    type_card(page, fields, CHALLENGED)
    page.locator("button[value=approve]").click()
    expect_paid(page)
    assert the_attempt(town, claim).status is Status.PAID


def test_a_declined_card_and_then_another(desk: Desk, town: "Tenant", page: Page) -> None:
    claim, fields = at_the_fields(page, desk, town)
    type_card(page, fields, DECLINED)
    expect(page.locator("button[name=method][value=card]")).to_be_visible()
    assert the_attempt(town, claim).status is Status.DECLINED
    choose(page, "card")
    type_card(page, fields, CARD)
    expect_paid(page)


def test_fields_that_do_not_come(desk: Desk, town: "Tenant", page: Page) -> None:
    page.route("**/hosted-tokenization-sdk.js", lambda route: route.abort())
    claim = a_claim(town, at=clock.now())
    open_by_kassenzeichen(page, desk.base_url, town.slug, claim.kassenzeichen)
    choose(page, "card")
    expect(page.get_by_role("alert")).to_contain_text("Die Kartenfelder lassen sich gerade nicht laden.")
    expect(page.locator("form#card-form button")).to_be_hidden()


def test_a_script_that_was_changed_is_not_run(desk: Desk, town: "Tenant", page: Page) -> None:
    other = {"body": "document.title = 'taken over'", "headers": {"access-control-allow-origin": "*"}}
    page.route("**/hosted-tokenization-sdk.js", lambda route: route.fulfill(**other))  # type: ignore[arg-type]
    claim = a_claim(town, at=clock.now())
    open_by_kassenzeichen(page, desk.base_url, town.slug, claim.kassenzeichen)
    choose(page, "card")
    expect(page.get_by_role("alert")).to_contain_text("Die Kartenfelder lassen sich gerade nicht laden.")
    assert page.title().startswith("Karte")
