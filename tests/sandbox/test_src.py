"""Click to Pay at the sandbox: who is recognised, who proves what by a code, and what a checkout takes."""

from pathlib import Path

import httpx
import pytest
from tests.support.canaries import CARD_NUMBER, HOLDER, OTHER_CARD_NUMBER, found
from tests.support.sandbox import SandboxServer
from tests.support.src import (
    REMEMBER_ME,
    TERMS,
    Initiator,
    citizen,
    code,
    initiator,
    payload,
    rsa_key,
    switched,
    view,
)

from zahlstelle.kernel import new_id
from zahlstelle_sandbox import _src_jose

SCHEMES = {"visa": ("paid", CARD_NUMBER), "mastercard": ("paid-mastercard", OTHER_CARD_NUMBER)}
OTHER = {"visa": "mastercard", "mastercard": "visa"}


@pytest.fixture
def provider(sandbox: SandboxServer, tmp_path: Path) -> Initiator:
    return initiator(sandbox, tmp_path)


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_who_has_no_profile_is_not_found_and_gets_no_code(provider: Initiator, scheme: str) -> None:
    page = view(provider, scheme)
    assert page.ask("isRecognized") == {"recognized": False, "idTokens": []}
    assert not page.found("nobody@example.org")
    assert page.refused("initiateIdentityValidation") == "ACCT_INACCESSIBLE"
    assert page.refused("completeIdentityValidation", validationData="123456") == "ACCT_INACCESSIBLE"


def test_the_right_code_opens_the_profile_and_the_wrong_one_does_not(
    sandbox: SandboxServer, provider: Initiator, scheme: str
) -> None:
    email, page = citizen(sandbox, SCHEMES[scheme][0]), view(provider, scheme)
    assert page.found(email.upper())
    assert page.ask("initiateIdentityValidation") == {"maskedValidationChannel": "e***@example.org"}
    sent = code(sandbox, email)
    assert page.refused("completeIdentityValidation", validationData=f"{(int(sent) + 1) % 10**6:06d}") == "CODE_INVALID"
    token = page.ask("completeIdentityValidation", validationData=sent)["idToken"]
    assert [card["panLastFour"] for card in page.cards(token)] == [SCHEMES[scheme][1][-4:]]
    assert page.refused("completeIdentityValidation", validationData=sent) == "CODE_INVALID", "used"
    assert email not in token and email not in str(payload(token)), "an ID token names nobody"


def test_a_code_proves_only_the_address_it_was_sent_to(sandbox: SandboxServer, provider: Initiator) -> None:
    mine, theirs, page = citizen(sandbox), citizen(sandbox), view(provider, "visa")
    assert page.found(mine)
    page.ask("initiateIdentityValidation")
    assert page.found(theirs)
    assert page.refused("completeIdentityValidation", validationData=code(sandbox, mine)) == "CODE_INVALID"
    assert page.found(mine)
    page.ask("completeIdentityValidation", validationData=code(sandbox, mine))


def test_five_wrong_codes_are_enough(sandbox: SandboxServer, provider: Initiator, scheme: str) -> None:
    email, page = citizen(sandbox, SCHEMES[scheme][0]), view(provider, scheme)
    assert page.found(email)
    page.ask("initiateIdentityValidation")
    wrong = f"{(int(code(sandbox, email)) + 1) % 10**6:06d}"
    assert {page.refused("completeIdentityValidation", validationData=wrong) for _ in range(5)} == {"CODE_INVALID"}
    right = code(sandbox, email)
    assert page.refused("completeIdentityValidation", validationData=right) == "RETRIES_EXCEEDED"
    page.ask("initiateIdentityValidation")
    assert page.refused("completeIdentityValidation", validationData=right) == "CODE_INVALID", "the earlier is void"
    page.ask("completeIdentityValidation", validationData=code(sandbox, email))


def test_a_profile_is_opened_by_its_own_token_only(sandbox: SandboxServer, provider: Initiator, scheme: str) -> None:
    email, page = citizen(sandbox, SCHEMES[scheme][0]), view(provider, scheme)
    token = page.proved(email)
    stranger = view(provider, scheme)
    head, said = _src_jose.head(token), payload(token)
    forged = _src_jose.sign(rsa_key("forger"), head, said)
    unsigned = ".".join([_src_jose.encoded(b'{"alg": "none"}'), token.split(".")[1], ""])
    another = view(initiator(sandbox, provider.folder), scheme)
    for wrong in (forged, unsigned, token[:-4] + "AAAA", "x", "", None):
        assert stranger.refused("getSrcProfile", idTokens=[wrong]) == "AUTH_INVALID"
    assert another.refused("getSrcProfile", idTokens=[token]) == "AUTH_INVALID", "made for another initiator"
    assert stranger.refused("getSrcProfile", idTokens=[]) == "INVALID_PARAMETER"
    card = page.cards(token)[0]["srcDigitalCardId"]
    assert stranger.refused("checkout", srcDigitalCardId=card) == "AUTH_INVALID", "nobody proved anything here"
    other = view(provider, scheme)
    other.proved(citizen(sandbox, SCHEMES[scheme][0]))
    assert other.refused("checkout", srcDigitalCardId=card) == "NOT_FOUND", "another citizen's card"


def test_one_schemes_token_opens_the_profile_at_the_other(
    sandbox: SandboxServer, provider: Initiator, scheme: str
) -> None:
    email = citizen(sandbox, "paid", "paid-mastercard")
    token = view(provider, scheme).proved(email)
    there = view(provider, OTHER[scheme])
    (card,) = there.cards(token)
    assert card["panLastFour"] == SCHEMES[OTHER[scheme]][1][-4:]
    assert there.ask("checkout", srcDigitalCardId=card["srcDigitalCardId"])["dcfActionCode"] == "COMPLETE"
    alone = view(provider, scheme).proved(citizen(sandbox, SCHEMES[scheme][0]))
    assert view(provider, OTHER[scheme]).cards(alone) == [], "known here only"


def test_who_registers_a_strangers_address_at_one_scheme_opens_nothing_at_the_other(
    sandbox: SandboxServer, provider: Initiator, scheme: str
) -> None:
    """A registration proves no address: it is remembered here, and worth nothing there until a code came."""
    theirs, device = citizen(sandbox, SCHEMES[OTHER[scheme]][0]), {}
    page = view(provider, scheme, device=device)
    order = {"encryptedCard": page.encrypted(SCHEMES[scheme][1]), "consumer": {"emailAddress": theirs}}
    done = page.ask("checkout", **order, complianceSettings=TERMS | REMEMBER_ME)
    later = view(provider, scheme, device=device)
    (recognised,) = later.ask("isRecognized")["idTokens"]
    for token in (done["idToken"], recognised):
        assert len(later.cards(token)) == 1, "their own card"
        there = view(provider, OTHER[scheme])
        assert there.cards(token) == []
        assert there.refused("checkout", srcDigitalCardId="x") == "AUTH_INVALID"
    proved = view(provider, scheme).proved(theirs)
    assert len(view(provider, OTHER[scheme]).cards(proved)) == 1, "who has the mail has both"
    assert not view(provider, scheme, device=device).ask("isRecognized")["recognized"], "and the other is out"
    (card,) = view(provider, scheme).cards(proved)
    for old in (page, later):
        assert old.refused("checkout", srcDigitalCardId=card["srcDigitalCardId"]) == "AUTH_INVALID"
    assert [view(provider, scheme).cards(token) for token in (done["idToken"], recognised)] == [[], []]


def test_who_registered_and_then_proves_the_address_goes_on(
    sandbox: SandboxServer, provider: Initiator, scheme: str
) -> None:
    email, page = f"neu.{new_id().hex}@example.org", view(provider, scheme)
    order = {"encryptedCard": page.encrypted(SCHEMES[scheme][1]), "consumer": {"emailAddress": email}}
    page.ask("checkout", **order, complianceSettings=TERMS)
    proved = view(provider, scheme).proved(email)
    (card,) = page.cards(proved)
    assert page.ask("checkout", srcDigitalCardId=card["srcDigitalCardId"])["dcfActionCode"] == "COMPLETE"


def test_a_remembered_device_is_recognised_in_another_town_until_it_is_forgotten(
    sandbox: SandboxServer, provider: Initiator, scheme: str, tmp_path: Path
) -> None:
    email, device = citizen(sandbox, SCHEMES[scheme][0]), {}
    page = view(provider, scheme, device=device)
    (card,) = page.cards(page.proved(email))
    page.ask("checkout", srcDigitalCardId=card["srcDigitalCardId"])
    assert device == {}, "nothing is remembered that nobody asked for"
    done = page.ask("checkout", srcDigitalCardId=card["srcDigitalCardId"], complianceSettings=REMEMBER_ME)
    assert list(device) == [scheme]
    town = view(initiator(sandbox, tmp_path), scheme, device=device)
    known = town.ask("isRecognized")
    assert known["recognized"]
    assert [each["srcDigitalCardId"] for each in town.cards(known["idTokens"][0])] == [card["srcDigitalCardId"]]
    without = view(provider, scheme)
    by_token = without.ask("isRecognized", recognitionToken=done["recognitionToken"])
    assert by_token["recognized"]
    assert without.refused("getSrcProfile", idTokens=[done["recognitionToken"]]) == "AUTH_INVALID", "of another purpose"
    newer = town.ask("checkout", srcDigitalCardId=card["srcDigitalCardId"], complianceSettings=REMEMBER_ME)
    assert not without.ask("isRecognized", recognitionToken=done["recognitionToken"])["recognized"], "one at a time"
    town.ask("unbindAppInstance")
    assert device == {}
    assert not without.ask("isRecognized", recognitionToken=newer["recognitionToken"])["recognized"]
    assert town.refused("checkout", srcDigitalCardId=card["srcDigitalCardId"]) == "AUTH_INVALID"
    again = view(provider, scheme)
    assert not again.ask("isRecognized", recognitionToken=done["recognitionToken"])["recognized"]
    assert not again.ask("isRecognized", recognitionToken="nonsense")["recognized"]


def test_what_waits_for_an_answer_ends_with_the_next_call(sandbox: SandboxServer, provider: Initiator) -> None:
    """Else its page would show one amount, and the answer pay another."""
    page = view(provider, "visa")
    first = page.ask("checkout")["page"]
    assert sandbox.http.get(first).status_code == 200
    dearer = {"transactionAmount": {"transactionAmount": "99.00", "transactionCurrencyCode": "EUR"}}
    second = page.ask("checkout", dpaTransactionOptions=dearer)["page"]
    assert (sandbox.http.get(first).status_code, "99,00" in sandbox.http.get(second).text) == (404, True)
    assert sandbox.http.post(first, data={"action": "continue"}).status_code == 404


def test_a_registration_needs_accepted_terms_and_an_address_that_nobody_has(
    sandbox: SandboxServer, provider: Initiator, scheme: str
) -> None:
    email, page = f"neu.{new_id().hex}@example.org", view(provider, scheme)
    card = page.encrypted(SCHEMES[scheme][1])
    order = {"encryptedCard": card, "consumer": {"emailAddress": email, "firstName": "Erika"}}
    assert "page" in page.ask("checkout", **order), "the terms are still to be asked for"
    assert sandbox.admin("GET", f"/src/profiles?email={email}")["profiles"] == []
    done = page.ask("checkout", **order, complianceSettings=TERMS | REMEMBER_ME)
    assert (done["dcfActionCode"], "recognitionToken" in done) == ("COMPLETE", True)
    (kept,) = sandbox.admin("GET", f"/src/profiles?email={email}")["profiles"]
    assert (kept["scheme"], kept["devices"], len(kept["cards"])) == (scheme, 1, 1)
    stranger = view(provider, scheme)
    assert stranger.refused("checkout", **order, complianceSettings=TERMS) == "AUTH_INVALID", "the address is taken"
    later = view(provider, scheme)
    assert [each["panLastFour"] for each in later.cards(later.proved(email))] == [SCHEMES[scheme][1][-4:]]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"primaryAccountNumber": "4111111111111112"}, "CARD_INELIGIBLE"),
        ({"primaryAccountNumber": "4000000000030009"}, "CARD_INELIGIBLE"),
        ({"primaryAccountNumber": OTHER_CARD_NUMBER}, "CARD_INELIGIBLE"),
        ({"panExpirationYear": "2020"}, "CARD_INELIGIBLE"),
        ({"panExpirationMonth": "13"}, "INVALID_PARAMETER"),
        ({"cardSecurityCode": "12"}, "INVALID_PARAMETER"),
    ],
)
def test_a_card_that_does_not_fit_is_refused_and_not_repeated(
    sandbox: SandboxServer, provider: Initiator, changes: dict[str, str], reason: str
) -> None:
    page, email = view(provider, "visa"), f"neu.{new_id().hex}@example.org"
    order = {"consumer": {"emailAddress": email}, "complianceSettings": TERMS}
    answer = page.send("checkout", encryptedCard=page.encrypted(CARD_NUMBER, **changes), **order)
    assert answer.json()["reason"] == reason
    assert changes.get("primaryAccountNumber", CARD_NUMBER) not in answer.text
    assert page.refused("checkout", encryptedCard="a.b.c.d.e", **order) == "INVALID_PARAMETER"
    foreign = view(provider, "mastercard").encrypted(CARD_NUMBER)
    assert page.refused("checkout", encryptedCard=foreign, **order) == "INVALID_PARAMETER"
    assert sandbox.admin("GET", f"/src/profiles?email={email}")["profiles"] == []


def test_the_schemes_keep_no_number_and_no_code(sandbox: SandboxServer, provider: Initiator) -> None:
    page, email = view(provider, "visa"), f"neu.{new_id().hex}@example.org"
    order = {"encryptedCard": page.encrypted(CARD_NUMBER), "consumer": {"emailAddress": email}}
    done = page.ask("checkout", **order, complianceSettings=TERMS)
    kept = b"".join(path.read_bytes() for path in sandbox.data.rglob("sandbox.sqlite3*")).decode("latin-1")
    assert set(found(kept)) <= {"network token", "cryptogram"}, "those are the scheme's own to keep"
    assert HOLDER in kept
    assert found(str(done)) == [], "the page gets them sealed only"


def test_who_types_an_address_that_has_a_profile_registers_nothing(sandbox: SandboxServer, provider: Initiator) -> None:
    email, page = citizen(sandbox, "paid"), view(provider, "visa")
    asked = page.ask("checkout", encryptedCard=page.encrypted("4000000000040008"))
    typed = {"action": "continue", "email": email, "terms": "yes", "remember": "yes"}
    told = sandbox.http.post(asked["page"], data=typed)
    assert (told.status_code, "set-cookie" in told.headers) == (200, False)
    assert "ERROR" in told.text and "AUTH_INVALID" in told.text, "the page that asked hears why"
    (kept,) = sandbox.admin("GET", f"/src/profiles?email={email}")["profiles"]
    assert ([card["panLastFour"] for card in kept["cards"]], kept["devices"]) == (["1111"], 0)
    assert sandbox.http.post(asked["page"], data=typed).status_code == 404, "answered once"


def test_a_page_of_another_origin_presses_no_button_of_the_facilitator(
    sandbox: SandboxServer, provider: Initiator
) -> None:
    asked = view(provider, "visa").ask("checkout")["page"]
    foreign = {"Sec-Fetch-Site": "same-site"}
    with httpx.Client(trust_env=False) as browser:
        assert browser.post(asked, data={"action": "cancel"}, headers=foreign).status_code == 403
    assert sandbox.http.get(asked).status_code == 200, "still waiting"


@pytest.mark.parametrize("amount", ["0", "-1", "1.234", "1,00", "x", "", 12.5, True, "٣"])
def test_an_amount_that_is_none_begins_no_session(provider: Initiator, amount: object) -> None:
    page = view(provider, "visa")
    options = {"transactionAmount": {"transactionAmount": amount, "transactionCurrencyCode": "EUR"}}
    order = {"srcInitiatorId": provider.initiator, "srciDpaId": provider.src_dpa_id, "srciTransactionId": str(new_id())}
    assert page.refused("init", **order, dpaTransactionOptions=options) == "INVALID_PARAMETER"


def test_only_known_initiators_and_their_merchants_begin(sandbox: SandboxServer, provider: Initiator) -> None:
    page, other = view(provider, "visa"), initiator(sandbox, provider.folder)
    order = {"srcInitiatorId": provider.initiator, "srciDpaId": provider.src_dpa_id, "srciTransactionId": str(new_id())}
    for wrong in ({"srcInitiatorId": str(new_id())}, {"srciDpaId": other.src_dpa_id}, {"srciDpaId": "x"}):
        assert page.refused("init", **(order | wrong)) == "PERMISSION_DENIED"
    assert page.refused("init", **(order | {"srciTransactionId": "x"})) == "INVALID_PARAMETER"
    page.session = "none"
    assert page.refused("isRecognized") == "AUTH_INVALID"


def test_pages_of_other_machines_may_not_call(provider: Initiator) -> None:
    path = "/src/visa/sdk/isRecognized"
    for origin, allowed in (("http://127.0.0.1:8000", True), ("https://evil.example", False), ("null", False)):
        asked = provider.sandbox.http.options(path, headers={"Origin": origin})
        assert (asked.headers.get("access-control-allow-origin") == origin) is allowed


def test_a_citizen_is_forgotten_at_both_schemes(sandbox: SandboxServer, provider: Initiator) -> None:
    email, device = citizen(sandbox, "paid", "paid-mastercard"), {}
    page = view(provider, "visa", device=device)
    (card,) = page.cards(page.proved(email))
    page.ask("checkout", srcDigitalCardId=card["srcDigitalCardId"], complianceSettings=REMEMBER_ME)
    assert sandbox.admin("DELETE", f"/src/profiles?email={email}") == {"forgotten": 2}
    assert sandbox.admin("GET", f"/src/profiles?email={email}")["profiles"] == []
    assert sandbox.admin("GET", f"/src/codes?email={email}")["codes"] == []
    assert page.refused("checkout", srcDigitalCardId=card["srcDigitalCardId"]) == "AUTH_INVALID"
    later = view(provider, "visa", device=device)
    assert not later.ask("isRecognized")["recognized"]
    assert not later.found(email)


def test_one_scheme_down_leaves_the_other(sandbox: SandboxServer, provider: Initiator) -> None:
    page, other = view(provider, "visa"), view(provider, "mastercard")
    with switched(sandbox, src_down=["visa"]):
        assert page.refused("isRecognized") == "SERVICE_ERROR"
        for path in ("sdk.js", "keys"):
            assert sandbox.http.get(f"/src/visa/{path}").status_code == 503
        assert other.ask("isRecognized")["recognized"] is False
    assert page.ask("isRecognized")["recognized"] is False


def test_a_slow_scheme_answers_late_and_a_wrong_code_can_be_had(sandbox: SandboxServer, provider: Initiator) -> None:
    email, page = citizen(sandbox), view(provider, "visa")
    assert page.found(email)
    page.ask("initiateIdentityValidation")
    with switched(sandbox, src_slow=["visa"], src_slow_seconds=0.4, src_wrong_codes=True):
        answer = page.send("completeIdentityValidation", validationData=code(sandbox, email))
        assert answer.json()["reason"] == "CODE_INVALID"
        assert answer.elapsed.total_seconds() >= 0.4
    page.ask("completeIdentityValidation", validationData=code(sandbox, email))
