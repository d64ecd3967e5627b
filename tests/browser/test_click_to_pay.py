"""A citizen registers a card while paying, and pays with one button from then on, in every town."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from tests.support.axe import assert_accessible
from tests.support.citizen import choose, expect_paid, open_by_kassenzeichen
from tests.support.click_to_pay import a_town, an_address, newest_code, register, remembered
from tests.support.desk import Desk
from tests.support.sandbox import SandboxServer
from tests.support.sizes import size
from tests.support.towns import a_claim

from zahlstelle import claims, payments
from zahlstelle.kernel import clock
from zahlstelle.payments import Status

if TYPE_CHECKING:
    from zahlstelle.claims import Claim
    from zahlstelle.tenancy import Tenant

pytestmark = pytest.mark.prove("click_to_pay")
CARD, MASTERCARD = "4111 1111 1111 1111", "5555 5555 5555 4444"
CHALLENGED, INELIGIBLE = "4000 0000 0004 0008", "4000 0000 0003 0009"
PAY = "37,00 € bezahlen"


@pytest.fixture
def town(sandbox: SandboxServer, desk: Desk) -> "Tenant":
    return a_town(sandbox, desk)


@pytest.fixture(autouse=True)
def well_behaved(sandbox: SandboxServer) -> Iterator[None]:
    yield
    sandbox.behave()


class Citizen:
    """What somebody does on the page, counted: clicks and typed fields."""

    def __init__(self, page: Page, desk: Desk) -> None:
        self.page, self.desk = page, desk
        self.clicks = self.typed = 0

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("#card-fields iframe")

    def opens(self, town: "Tenant") -> "Claim":
        """Open the payment page and choose the card; from the open page on it counts."""
        claim = a_claim(town, at=clock.now())
        open_by_kassenzeichen(self.page, self.desk.base_url, town.slug, claim.kassenzeichen)
        self.clicks = self.typed = 0
        choose(self.page, "card")
        self.clicks += 1
        self.sees_the_fields()
        return claim

    def at_the_card(self, town: "Tenant", *, language: str = "de") -> "Claim":
        """Open the page of the card by its address."""
        claim = a_claim(town, at=clock.now())
        payment = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now(), language=language)
        self.page.goto(f"{self.desk.base_url}/pay/{payment.token}/karte")
        self.sees_the_fields()
        return claim

    def sees_the_fields(self) -> None:
        expect(self.page.locator("#card-form button[type=submit]")).to_be_visible(timeout=15_000)

    def types(self, name: str, value: str) -> None:
        self.frame.locator(f"#{name}").fill(value)
        self.typed += 1

    def types_card(self, number: str = CARD) -> None:
        for name, value in {"number": number, "expiry": "12/30", "cvc": "123"}.items():
            self.types(name, value)

    def clicks_on(self, what: str) -> None:
        self.frame.locator(what).click()
        self.clicks += 1

    def pays(self) -> None:
        self.page.get_by_role("button", name=PAY).click()
        self.clicks += 1

    def registers(self, email: str, number: str = CARD) -> None:
        self.types_card(number)
        self.clicks_on("#register")
        self.types("email", email)
        self.pays()


@pytest.fixture
def citizen(page: Page, desk: Desk) -> Citizen:
    return Citizen(page, desk)


def the_attempt(town: "Tenant", claim: "Claim") -> payments.Attempt:
    (payment,) = payments.payments_of_claim(tenant=town, claim_id=claim.id)
    return payments.attempts_of(tenant=town, payment_id=payment.id)[-1]


def paid_for(town: "Tenant", claim: "Claim") -> bool:
    return claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero


@pytest.fixture
def known(sandbox: SandboxServer, citizen: Citizen) -> Citizen:
    """A citizen whom this device is remembered for."""
    citizen.page.context.add_cookies(remembered(sandbox))  # type: ignore[arg-type]
    return citizen


def test_registered_while_paying_then_two_clicks_then_in_another_town(
    sandbox: SandboxServer, desk: Desk, town: "Tenant", citizen: Citizen
) -> None:
    """At most one field more than a guest, then nothing typed and two clicks, in every town."""
    citizen.opens(town)
    expect(citizen.frame.locator("#register")).not_to_be_checked()
    citizen.types_card()
    citizen.pays()
    expect_paid(citizen.page)
    guest = (citizen.clicks, citizen.typed)
    claim = citizen.opens(town)
    citizen.registers(an_address())
    expect_paid(citizen.page)
    assert paid_for(town, claim)
    assert (guest, (citizen.clicks, citizen.typed)) == ((2, 3), (3, 4))
    for place in (town, a_town(sandbox, desk)):
        claim = citizen.opens(place)
        expect(citizen.frame.get_by_role("radio", name="Visa •••• 1111")).to_be_checked()
        citizen.pays()
        expect_paid(citizen.page)
        assert (citizen.clicks, citizen.typed) == (2, 0)
        assert paid_for(place, claim)
        assert the_attempt(place, claim).authentication == payments.Authentication(eci="05")


def test_a_new_device_a_wrong_code_and_the_right_one(sandbox: SandboxServer, town: "Tenant", citizen: Citizen) -> None:
    email = register(sandbox, "paid-mastercard")
    claim = citizen.at_the_card(town)
    citizen.frame.locator("summary").click()
    citizen.types("have-email", email)
    citizen.frame.locator("#have-form button").click()
    expect(citizen.frame.locator("#sent-to")).to_contain_text("***")
    citizen.types("code", "000000")
    citizen.frame.locator("#code-form button").click()
    expect(citizen.frame.locator("#code-error")).to_be_visible()
    citizen.types("code", newest_code(sandbox, email))
    citizen.frame.locator("#code-form button").click()
    expect(citizen.frame.get_by_role("radio", name="Mastercard •••• 4444")).to_be_checked()
    expect(citizen.frame.locator("#remember")).not_to_be_checked()
    citizen.frame.locator("#remember").click()
    citizen.pays()
    expect_paid(citizen.page)
    assert paid_for(town, claim)
    citizen.at_the_card(town)
    expect(citizen.frame.locator("#cards")).to_contain_text("•••• 4444")


def test_who_does_not_want_to_be_remembered_is_not(sandbox: SandboxServer, town: "Tenant", citizen: Citizen) -> None:
    email = register(sandbox)
    claim = citizen.at_the_card(town)
    citizen.frame.locator("summary").click()
    citizen.types("have-email", email)
    citizen.frame.locator("#have-form button").click()
    expect(citizen.frame.locator("#sent-to")).not_to_be_empty()
    citizen.types("code", newest_code(sandbox, email))
    citizen.pays()
    expect(citizen.page.get_by_role("alert")).to_be_empty()
    expect(citizen.frame.locator("#code")).to_be_focused()
    citizen.frame.locator("#code-form button").click()
    expect(citizen.frame.get_by_role("radio")).to_be_checked()
    citizen.pays()
    expect_paid(citizen.page)
    assert paid_for(town, claim)
    citizen.at_the_card(town)
    expect(citizen.frame.locator("#number")).to_be_visible()
    kept = {cookie.get("name") for cookie in citizen.page.context.cookies(f"{sandbox.base}/src/visa/sdk.js")}
    assert kept <= {"csrftoken"}, "nothing lies on the device before the citizen agreed"


def test_the_issuer_asks_the_citizen(sandbox: SandboxServer, town: "Tenant", citizen: Citizen) -> None:
    citizen.page.context.add_cookies(remembered(sandbox, "challenge"))  # type: ignore[arg-type]
    claim = citizen.at_the_card(town)
    citizen.pays()
    citizen.page.locator("button[value=approve]").click()
    expect_paid(citizen.page)
    assert paid_for(town, claim)
    claim = citizen.at_the_card(town)
    citizen.pays()
    citizen.page.locator("button[value=reject]").click()
    expect(citizen.page.get_by_role("heading", level=1)).to_have_text("Das hat nicht geklappt")
    assert the_attempt(town, claim).status is Status.DECLINED
    assert not paid_for(town, claim)


def test_not_me_another_card_and_another_method_are_one_step_away(town: "Tenant", known: Citizen) -> None:
    citizen = known
    claim = citizen.at_the_card(town)
    expect(citizen.page.get_by_role("link", name="Andere Zahlungsart wählen")).to_be_visible()
    citizen.frame.get_by_role("button", name="Andere Karte eingeben").click()
    citizen.frame.get_by_role("button", name="Zurück zu meinen Karten").click()
    citizen.frame.get_by_role("button", name="Das bin ich nicht").click()
    expect(citizen.frame.locator("#number")).to_be_visible()
    expect(citizen.frame.locator("#back-here")).to_be_hidden()
    citizen.types_card(MASTERCARD)
    citizen.pays()
    expect_paid(citizen.page)
    assert paid_for(town, claim)
    citizen.at_the_card(town)
    expect(citizen.frame.locator("#number")).to_be_visible()


def test_a_result_given_again_pays_nothing(sandbox: SandboxServer, town: "Tenant", known: Citizen) -> None:
    citizen = known
    citizen.at_the_card(town)
    citizen.pays()
    expect_paid(citizen.page)
    sandbox.behave(src_replay=True)
    claim = citizen.at_the_card(town)
    citizen.pays()
    expect(citizen.page.get_by_role("heading", level=1)).to_have_text("Das hat nicht geklappt")
    assert the_attempt(town, claim).decline_code == "CLICK_TO_PAY_SPENT"
    assert not paid_for(town, claim)
    sandbox.behave()
    choose(citizen.page, "card")
    citizen.sees_the_fields()
    citizen.pays()
    expect_paid(citizen.page)
    assert paid_for(town, claim)


def test_a_pass_that_ran_out_is_renewed(sandbox: SandboxServer, town: "Tenant", known: Citizen) -> None:
    citizen = known
    sandbox.behave(pass_seconds=2)
    claim = citizen.at_the_card(town)
    sandbox.behave()
    citizen.page.wait_for_timeout(2100)
    citizen.pays()
    expect(citizen.page.get_by_role("alert")).to_have_text(
        "Die Seite war lange offen. Bitte bestätigen Sie noch einmal."
    )
    expect(citizen.frame.get_by_role("radio")).to_be_checked()
    citizen.pays()
    expect_paid(citizen.page)
    assert paid_for(town, claim)


def blocked(page: Page) -> None:
    page.route("**/src/*/sdk.js", lambda route: route.abort())


def hanging(page: Page) -> None:
    page.route("**/payone/fields?*ctp=1*", lambda route: None)


# What goes wrong, and within how many seconds the fields are there: the schemes have five, the frame six.
TROUBLES: dict[str, tuple[dict[str, Any], Callable[[Page], None] | None, float]] = {
    "one scheme down": ({"src_down": ["visa"]}, None, 5),
    "their scripts blocked": ({}, blocked, 5),
    "both down": ({"src_down": ["visa", "mastercard"]}, None, 5),
    "both slow": ({"src_slow": ["visa", "mastercard"], "src_slow_seconds": 8}, None, 6),
    "the frame hangs": ({}, hanging, 7.5),
}


@pytest.mark.parametrize("trouble", list(TROUBLES)[: size(2, len(TROUBLES))])
def test_when_it_is_not_there_a_card_is_typed_as_ever(
    sandbox: SandboxServer, town: "Tenant", citizen: Citizen, trouble: str
) -> None:
    """No error, and at the latest a second after the five that the schemes have."""
    switches, spoil, seconds = TROUBLES[trouble]
    sandbox.behave(**switches)
    if spoil:
        spoil(citizen.page)
    claim = citizen.at_the_card(town)
    expect(citizen.frame.locator("#number")).to_be_visible()
    opened = citizen.page.evaluate("performance.now() / 1000")  # since the page was asked for
    print(f"{trouble}: the card can be typed after {opened:.1f} s")
    assert opened < seconds
    expect(citizen.page.get_by_role("alert")).to_be_empty()
    citizen.types_card()
    citizen.pays()
    expect_paid(citizen.page)
    assert paid_for(town, claim)


def test_whom_nobody_knows_and_a_card_that_cannot_be_registered(town: "Tenant", citizen: Citizen) -> None:
    claim = citizen.at_the_card(town)
    citizen.frame.locator("summary").click()
    citizen.types("have-email", an_address())
    citizen.frame.locator("#have-form button").click()
    expect(citizen.frame.locator("#unknown")).to_be_visible()
    expect(citizen.frame.locator("#number")).to_be_visible()
    citizen.registers(an_address(), INELIGIBLE)
    expect(citizen.page.get_by_role("heading", level=1)).to_have_text("Das hat nicht geklappt")
    assert the_attempt(town, claim).status is Status.DECLINED, "that test card is declined, by the bank"


def test_a_scheme_that_goes_down_while_the_citizen_decides(
    sandbox: SandboxServer, town: "Tenant", known: Citizen
) -> None:
    citizen = known
    claim = citizen.at_the_card(town)
    sandbox.behave(src_down=["visa", "mastercard"])
    citizen.pays()
    expect(citizen.frame.locator("#number")).to_be_visible()
    expect(citizen.page.get_by_role("alert")).to_be_empty()
    citizen.types_card()
    citizen.pays()
    expect_paid(citizen.page)
    assert paid_for(town, claim)


def test_without_javascript_the_page_says_so(
    desk: Desk, town: "Tenant", open_browser: Callable[..., BrowserContext]
) -> None:
    page = open_browser(javascript=False).new_page()
    claim = a_claim(town, at=clock.now())
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now())
    page.goto(f"{desk.base_url}/pay/{payment.token}/karte")
    expect(page.get_by_role("button", name=PAY)).to_be_hidden()
    expect(page.get_by_role("link", name="Andere Zahlungsart wählen")).to_be_visible()


LOOKS = [(width, language) for width in (320, 1280) for language in ("de-x-leicht", "de", "en")]


@pytest.mark.parametrize(("width", "language"), LOOKS[: size(1, len(LOOKS))])
def test_everybody_can_use_it(
    sandbox: SandboxServer,
    desk: Desk,
    town: "Tenant",
    open_browser: Callable[..., BrowserContext],
    width: int,
    language: str,
) -> None:
    citizen = Citizen(open_browser(width=width).new_page(), desk)
    citizen.at_the_card(town, language=language)
    expect(citizen.frame.locator("#number")).to_be_visible()
    citizen.frame.locator("#register").click()
    citizen.frame.locator("summary").click()
    citizen.page.locator("details summary").first.click()
    assert_accessible(citizen.page)
    assert fits(citizen.page)
    citizen.page.context.add_cookies(remembered(sandbox))  # type: ignore[arg-type]
    citizen.at_the_card(town, language=language)
    expect(citizen.frame.get_by_role("radio")).to_be_checked()
    assert_accessible(citizen.page)
    assert fits(citizen.page)


def fits(page: Page) -> bool:
    """Whether nothing has to be moved sideways, neither on the page nor in the frame."""
    wide = "document.documentElement.scrollWidth <= window.innerWidth"
    return all(each.evaluate(wide) for each in page.frames)
