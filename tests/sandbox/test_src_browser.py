"""The schemes' own script and the card facilitator's page in Chromium, as a payment provider's page uses them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect
from tests.support.axe import findings
from tests.support.canaries import CARD_CODE, CARD_NUMBER, HOLDER, OTHER_CARD_NUMBER
from tests.support.sandbox import SandboxServer
from tests.support.sizes import size
from tests.support.src import REMEMBER_ME, TERMS, Initiator, citizen, code, initiator, payload, switched
from tests.support.town_page import town_page

from zahlstelle.kernel import new_id

SDK = {"mastercard": "window.SRCSDK_MASTERCARD", "visa": "new window.vAdapters.VisaSRCI()"}
INIT = """order => sdk.init({srcInitiatorId: order.initiator, srciDpaId: order.dpa,
  srciTransactionId: crypto.randomUUID(), recognitionToken: order.token,
  dpaTransactionOptions: {confirmPayment: order.confirm,
  payloadTypeIndicatorCheckout: "FULL",
  transactionAmount: {transactionAmount: "37.00", transactionCurrencyCode: "EUR"}}})"""
CARD = {
    "panExpirationMonth": "12",
    "panExpirationYear": "2060",
    "cardSecurityCode": CARD_CODE,
    "cardholderFullName": HOLDER,
}
ANSWERS = {"Andere Karte wählen": "CHANGE_CARD", "Andere Karte eingeben": "ADD_CARD", "Abbrechen": "CANCEL"}
IN_FRAME = """order => { window.paid = sdk.checkout({...order, windowRef: window.frames.ctpIframe})
  .then(told => told, refused => ({refused})); }"""
VERIFY = """async ([base, jws]) => {
  const plain = text => atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = text => Uint8Array.from(plain(text), sign => sign.charCodeAt());
  const [head, body, signature] = jws.split('.');
  const {kid} = JSON.parse(atob(head));
  const {keys} = await (await fetch(`${base}/keys`)).json();
  const jwk = keys.find(key => key.kid === kid);
  const how = {name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256'};
  const key = await crypto.subtle.importKey('jwk', jwk, how, false, ['verify']);
  return crypto.subtle.verify(how, key, bytes(signature), new TextEncoder().encode(`${head}.${body}`));
}"""


@pytest.fixture
def provider(sandbox: SandboxServer, tmp_path: Path) -> Initiator:
    return initiator(sandbox, tmp_path)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with town_page() as port:
        yield port


@pytest.fixture
def device(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(params=SDK)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(device: BrowserContext, provider: Initiator, port: int, scheme: str, **order: Any) -> Page:
    """A town's page with the scheme's script, begun."""
    page = device.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    page.add_script_tag(url=f"{provider.sandbox.base}/src/{scheme}/sdk.js")
    page.evaluate(f"() => {{ window.sdk = {SDK[scheme]}; }}")
    page.evaluate(INIT, {"initiator": provider.initiator, "dpa": provider.src_dpa_id, **order})
    return page


def facilitator(page: Page) -> Frame:
    """The card facilitator's page in the frame."""
    frame = page.frame("ctpIframe")
    assert frame
    frame.wait_for_url("**/facilitator/**")
    return frame


def proved(sandbox: SandboxServer, page: Page, scheme: str, email: str) -> str:
    """Prove by a code who one is; the first card."""
    if scheme == "visa":
        assert page.evaluate("who => sdk.identityLookup({identityValue: who, type: 'EMAIL'})", email)["consumerPresent"]
    else:
        who = {"consumerIdentity": {"identityType": "EMAIL_ADDRESS", "identityValue": email}}
        assert page.evaluate("who => sdk.identityLookup(who)", who)["consumerPresent"]
    page.evaluate("() => sdk.initiateIdentityValidation({requestedValidationChannelId: 'EMAIL'})")
    given: Any = code(sandbox, email) if scheme == "visa" else {"validationData": code(sandbox, email)}
    token = page.evaluate("code => sdk.completeIdentityValidation(code)", given)["idToken"]
    profile = page.evaluate("idTokens => sdk.getSrcProfile({idTokens})", [token])["profiles"][0]
    return str(profile["maskedCards"][0]["srcDigitalCardId"])


def test_a_new_card_is_sealed_in_the_browser_and_the_result_is_signed(
    sandbox: SandboxServer, provider: Initiator, device: BrowserContext, port: int, scheme: str
) -> None:
    page, sent = opened(device, provider, port, scheme), []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    number = CARD_NUMBER if scheme == "visa" else OTHER_CARD_NUMBER
    sealed = page.evaluate("card => sdk.encryptCard(card)", CARD | {"primaryAccountNumber": number})
    assert sealed["cardBrand"] == scheme
    email = f"neu.{new_id().hex}@example.org"
    order = {"encryptedCard": sealed["encryptedCard"], "consumer": {"emailAddress": email}}
    done = page.evaluate("order => sdk.checkout(order)", order | {"complianceSettings": TERMS | REMEMBER_ME})
    assert done["dcfActionCode"] == "COMPLETE"
    assert number not in "".join(sent)
    result = done["checkoutResponseSignature"]
    assert page.evaluate(VERIFY, [f"{sandbox.base}/src/{scheme}", result])
    assert not page.evaluate(VERIFY, [f"{sandbox.base}/src/{scheme}", result[:-8] + "AAAAAAAA"])
    assert provider.opened(payload(result)["encryptedPayload"])["consumerFullName"] == HOLDER
    clean = device.browser.new_context() if device.browser else device
    other = opened(clean, provider, port, scheme, token=done["recognitionToken"])
    assert other.evaluate("() => sdk.isRecognized()")["recognized"], "a device without the cookie, by the token"
    other.evaluate("() => sdk.unbindAppInstance()")
    clean.close()
    again = opened(device, provider, port, scheme)
    assert not again.evaluate("() => sdk.isRecognized()")["recognized"], "the device was forgotten"


def test_the_facilitator_takes_a_card_and_remembers_only_who_wants_it(
    sandbox: SandboxServer, provider: Initiator, device: BrowserContext, port: int
) -> None:
    page, email = opened(device, provider, port, "visa"), f"neu.{new_id().hex}@example.org"
    page.evaluate(IN_FRAME, {})
    frame = facilitator(page)
    terms, remember = frame.get_by_role("checkbox", name="Bedingungen"), frame.get_by_role("checkbox", name="Gerät")
    assert not terms.is_checked()
    assert not remember.is_checked(), "nothing is ticked before"
    frame.get_by_role("button", name="Weiter").click()
    expect(frame.get_by_role("alert")).to_contain_text("Ohne die Bedingungen geht die Anmeldung nicht.")
    frame.get_by_label("Kartennummer").fill(OTHER_CARD_NUMBER)
    frame.get_by_label("Gültig bis").fill("12/60")
    frame.get_by_label("Prüfziffer").fill(CARD_CODE)
    frame.get_by_label("E-Mail-Adresse").fill(email)
    terms.check()
    frame.get_by_role("button", name="Weiter").click()
    expect(frame.get_by_role("alert")).to_contain_text("Diese Testkarte kann hier nicht angemeldet werden.")
    frame.get_by_label("Kartennummer").fill(CARD_NUMBER)
    frame.get_by_label("Prüfziffer").fill(CARD_CODE)
    terms.check()
    frame.get_by_role("button", name="Weiter").click()
    assert page.evaluate("() => window.paid")["dcfActionCode"] == "COMPLETE"
    (kept,) = sandbox.admin("GET", f"/src/profiles?email={email}")["profiles"]
    assert (kept["devices"], [card["panLastFour"] for card in kept["cards"]]) == (0, ["1111"])
    assert device.cookies() == [], "nothing on the device without consent"


def test_the_facilitator_asks_before_paying_and_says_what_was_answered(
    sandbox: SandboxServer, provider: Initiator, device: BrowserContext, port: int, scheme: str
) -> None:
    email = citizen(sandbox, "paid" if scheme == "visa" else "paid-mastercard")
    page = opened(device, provider, port, scheme, confirm=True)
    card = proved(sandbox, page, scheme, email)
    for button, word in (
        ("Andere Karte wählen", "CHANGE_CARD"),
        ("Andere Karte eingeben", "ADD_CARD"),
        ("Abbrechen", "CANCEL"),
    ):
        page.evaluate(IN_FRAME, {"srcDigitalCardId": card})
        frame = facilitator(page)
        frame.get_by_role("button", name=button).click()
        assert page.evaluate("() => window.paid") == {"dcfActionCode": word}
        page.evaluate("() => { window.frames.ctpIframe.location = 'about:blank'; }")
        frame.wait_for_url("about:blank")
    page.evaluate(IN_FRAME, {"srcDigitalCardId": card})
    frame = facilitator(page)
    expect(frame.get_by_text("37,00")).to_be_visible()
    frame.get_by_role("checkbox", name="Gerät").check()
    where = frame.url
    frame.get_by_role("button", name="Weiter").click()
    done = page.evaluate("() => window.paid")
    assert (done["dcfActionCode"], "recognitionToken" in done) == ("COMPLETE", True)
    assert sandbox.http.get(where.replace(sandbox.base, "")).status_code == 404, "answered once"
    assert [cookie["name"] for cookie in device.cookies()] == [f"src_{scheme}"]


def test_refusals_have_each_schemes_own_shape(
    provider: Initiator, device: BrowserContext, port: int, scheme: str, sandbox: SandboxServer
) -> None:
    page = opened(device, provider, port, scheme)
    refused = "() => sdk.checkout({srcDigitalCardId: 'x'}).catch(refused => refused)"
    told = page.evaluate(refused)
    assert (told["error"] if scheme == "visa" else told)["reason"] == "AUTH_INVALID"
    with switched(sandbox, src_down=[scheme]):
        told = page.evaluate(refused)
    assert (told["error"] if scheme == "visa" else told)["reason"] == "SERVICE_ERROR"


@pytest.mark.prove("src_slow")
def test_a_slow_scheme_is_given_up_after_its_patience(
    provider: Initiator, device: BrowserContext, port: int, sandbox: SandboxServer
) -> None:
    """At full size after the five seconds it has; small, with a script that has a tenth of them."""
    patience = size(500, 5000)

    def impatient(route: Route) -> None:
        code = sandbox.http.get("/src/visa/sdk.js").text
        assert "const patience = 5000;" in code
        route.fulfill(body=code.replace("5000", str(patience)), content_type="text/javascript")

    device.route("**/src/visa/sdk.js", impatient)
    page = opened(device, provider, port, "visa")
    waited = """async () => { const from = performance.now();
      const told = await sdk.isRecognized().catch(refused => refused.error.reason);
      return [told, performance.now() - from]; }"""
    with switched(sandbox, src_slow=["visa"], src_slow_seconds=patience / 1000 + 1):
        told, milliseconds = page.evaluate(waited)
    assert told == "REQUEST_TIMEOUT"
    assert patience - 50 <= milliseconds < patience + 1000


def test_without_a_frame_a_window_opens_and_closing_it_is_an_answer(
    provider: Initiator, device: BrowserContext, port: int
) -> None:
    page = opened(device, provider, port, "visa")
    for close in (False, True):
        with page.expect_popup() as shown:
            page.evaluate("() => { window.paid = sdk.checkout({}); }")
        window = shown.value
        if close:
            window.close()
        else:
            window.get_by_role("button", name="Abbrechen").click()
        assert page.evaluate("() => window.paid") == {"dcfActionCode": "CANCEL"}
        if not window.is_closed():
            window.wait_for_event("close")


def test_the_schemes_pages_are_for_everyone(
    sandbox: SandboxServer, provider: Initiator, browser: Browser, port: int
) -> None:
    citizen(sandbox)
    found = []
    for width, colours in ((320, "dark"), (1280, "light")):
        device = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=colours)
        page = opened(device, provider, port, "visa")
        page.evaluate("() => { sdk.checkout({windowRef: window.frames.ctpIframe}); }")
        shown = facilitator(page).url
        page.goto(shown)
        found += findings(page)
        page.get_by_role("button", name="Weiter").click()
        expect(page.get_by_role("alert")).to_be_visible()
        found += findings(page)
        page.goto(f"{sandbox.base}/src/outbox")
        found += findings(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not too_wide
        device.close()
    assert found == []
