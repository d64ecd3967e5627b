"""What a checkout gives: only the payment provider reads it; it pays once, its amount, its merchant, and soon."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.canaries import CANARIES, CRYPTOGRAM_PREFIX, HOLDER
from tests.support.sandbox import Merchant, SandboxServer
from tests.support.sizes import size
from tests.support.src import (
    Initiator,
    View,
    citizen,
    description,
    faults,
    initiator,
    of_payone,
    payload,
    rsa_key,
    switched,
    view,
)

from zahlstelle.kernel import clock, new_id
from zahlstelle_sandbox import _src_jose, _src_keys
from zahlstelle_sandbox._src_checkout import take_payload
from zahlstelle_sandbox._src_rules import SCHEMES, TOKEN_PREFIXES
from zahlstelle_sandbox._src_spending import NotSpendable, Spent, spend
from zahlstelle_sandbox._store import Store

CHECKOUT, CONFIRMATIONS = "c2p-checkout-api-swagger.yaml", "confirmations-api-swagger.yaml"
CREDENTIALS = "/src/mastercard/api/digital/payments/transaction/credentials"
CONFIRM = "/src/mastercard/api/confirmations"


@pytest.fixture
def provider(sandbox: SandboxServer, tmp_path: Path) -> Initiator:
    return initiator(sandbox, tmp_path)


@pytest.fixture
def payone(sandbox: SandboxServer, town: Merchant, tmp_path: Path) -> Initiator:
    return of_payone(sandbox, town, tmp_path)


@pytest.fixture
def store(sandbox: SandboxServer) -> Iterator[Store]:
    """The memory of the running sandbox, as a provider inside it has it."""
    store = Store(sandbox.data / "sandbox.sqlite3")
    yield store
    store.close()


def checked_out(sandbox: SandboxServer, page: View, card: str = "") -> tuple[str, str]:
    """The result of a checkout and the card it was made with."""
    email = citizen(sandbox, card or {"visa": "paid", "mastercard": "paid-mastercard"}[page.scheme])
    (chosen,) = page.cards(page.proved(email))
    done = page.ask("checkout", srcDigitalCardId=chosen["srcDigitalCardId"])
    return str(done["checkoutResponseSignature"]), str(chosen["srcDigitalCardId"])


def spent(
    store: Store,
    town: Merchant,
    result: str,
    *,
    cents: int = 3700,
    currency: str = "EUR",
    later: timedelta = timedelta(0),
) -> Spent | str:
    """What a provider inside the sandbox gets for a result; the reason, if it gets nothing."""
    at = clock.now() + later
    try:
        with store.writing() as connection:
            return spend(connection, result, merchant_id=town.merchant_id, amount_cents=cents, currency=currency, at=at)
    except NotSpendable as refused:
        return refused.reason


@pytest.mark.parametrize("scheme", SCHEMES)
def test_mastercards_own_library_reads_what_only_the_provider_may(
    sandbox: SandboxServer, provider: Initiator, scheme: str
) -> None:
    result, _ = checked_out(sandbox, view(provider, scheme))
    said = payload(result)
    assert not any(pattern.search(str(said)) for pattern in CANARIES.values()), "sealed to all but the provider"
    opened = provider.opened(said["encryptedPayload"])
    assert opened["token"]["paymentToken"].startswith(TOKEN_PREFIXES[scheme])
    assert opened["dynamicData"]["dynamicDataValue"].startswith(CRYPTOGRAM_PREFIX)
    assert "card" not in opened, "a token, never the card"
    with pytest.raises(_src_jose.Unreadable):
        _src_jose.decrypted(rsa_key("somebody else"), said["encryptedPayload"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_result_fits_mastercards_description(sandbox: SandboxServer, provider: Initiator, scheme: str) -> None:
    result, _ = checked_out(sandbox, view(provider, scheme))
    head, said = _src_jose.head(result), payload(result)
    opened = provider.opened(said["encryptedPayload"])
    logical = {
        "jose_header": head,
        "jws_payload": said | {"encryptedPayload": opened},
        "jws_signature": result.split(".")[2],
    }
    assert faults(CHECKOUT, "CheckoutResponse", {"checkoutResponseJWS": logical}) == []
    assert "payload-verification" in head["kid"]
    assert said["assuranceData"]["verificationData"][0]["verificationMethod"] == "04", "by a code"


def test_the_providers_server_gets_a_payload_once(sandbox: SandboxServer, provider: Initiator) -> None:
    page = view(provider, "mastercard", payloadTypeIndicatorCheckout="SUMMARY")
    result, card = checked_out(sandbox, page)
    assert "encryptedPayload" not in payload(result)
    body = {
        "srcClientId": provider.initiator,
        "srcDpaId": provider.src_dpa_id,
        "srcCorrelationId": page.correlation_id,
        "srcDigitalCardId": card,
    }
    assert faults(CHECKOUT, "CheckoutRequest", body) == []
    answer = provider.ask(CREDENTIALS, body, head={"X-Src-Cx-Flow-Id": page.correlation_id})
    assert (answer.status_code, answer.headers["x-src-cx-flow-id"]) == (200, page.correlation_id)
    given = payload(answer.json()["checkoutResponseJWS"])
    assert provider.opened(given["encryptedPayload"])["consumerFullName"] == "Erika Mustermann"
    again = provider.ask(CREDENTIALS, body)
    assert (again.status_code, again.json()["reason"]) == (400, "INVALID_ARGUMENT")
    assert faults(CHECKOUT, "Error", again.json()) == []


def test_a_payload_has_the_amount_of_its_checkout(
    sandbox: SandboxServer, payone: Initiator, town: Merchant, store: Store
) -> None:
    page = view(payone, "visa", payloadTypeIndicatorCheckout="SUMMARY")
    _, card = checked_out(sandbox, page)
    dearer = {"transactionAmount": {"transactionAmount": "99.00", "transactionCurrencyCode": "EUR"}}
    page.ask("checkout", srcDigitalCardId=card, windowRef=True, dpaTransactionOptions=dearer)
    body = {"srcCorrelationId": page.correlation_id, "srcDpaId": payone.src_dpa_id, "srcDigitalCardId": card}
    with store.writing() as connection:
        result = take_payload(connection, SCHEMES["visa"], payone.initiator, body, clock.now())
    assert (spent(store, town, result, cents=9900), isinstance(spent(store, town, result), Spent)) == ("amount", True)


def test_a_payload_that_the_page_got_is_not_given_again(sandbox: SandboxServer, provider: Initiator) -> None:
    page = view(provider, "mastercard")
    _, card = checked_out(sandbox, page)
    body = {
        "srcClientId": provider.initiator,
        "srcDpaId": provider.src_dpa_id,
        "srcCorrelationId": page.correlation_id,
        "srcDigitalCardId": card,
    }
    assert provider.ask(CREDENTIALS, body).json()["reason"] == "INVALID_ARGUMENT"


def test_without_an_amount_there_is_nothing_to_pay_with(sandbox: SandboxServer, provider: Initiator) -> None:
    page = view(provider, "mastercard", None)
    email = citizen(sandbox, "paid-mastercard")
    (card,) = page.cards(page.proved(email))
    chosen = card["srcDigitalCardId"]
    assert page.refused("checkout", srcDigitalCardId=chosen) == "INVALID_PARAMETER"
    summary = {"payloadTypeIndicatorCheckout": "SUMMARY"}
    page.ask("checkout", srcDigitalCardId=chosen, dpaTransactionOptions=summary)
    body = {
        "srcClientId": provider.initiator,
        "srcDpaId": provider.src_dpa_id,
        "srcCorrelationId": page.correlation_id,
        "srcDigitalCardId": chosen,
    }
    assert provider.ask(CREDENTIALS, body).json()["reason"] == "INVALID_ARGUMENT"


def test_a_server_call_is_signed_by_the_provider_now_and_once(sandbox: SandboxServer, provider: Initiator) -> None:
    """Signed as Mastercard's own library signs."""
    page = view(provider, "mastercard", payloadTypeIndicatorCheckout="SUMMARY")
    _, card = checked_out(sandbox, page)
    body = {
        "srcClientId": provider.initiator,
        "srcDpaId": provider.src_dpa_id,
        "srcCorrelationId": page.correlation_id,
        "srcDigitalCardId": card,
    }

    def reason(answer: Any) -> tuple[int, str]:
        assert faults(CHECKOUT, "Error", answer.json()) == []
        return answer.status_code, answer.json()["reason"]

    assert reason(provider.ask(CREDENTIALS, body, key=rsa_key("forger"))) == (401, "UNAUTHENTICATED")
    assert reason(provider.ask(CREDENTIALS, body, sent=b"{}")) == (401, "UNAUTHENTICATED"), "another body"
    assert reason(provider.ask(CREDENTIALS, body, head={"Authorization": "Bearer x"})) == (401, "UNAUTHENTICATED")
    other = initiator(sandbox, provider.folder)
    assert reason(other.ask(CREDENTIALS, body)) == (403, "PERMISSION_DENIED"), "another provider's checkout"
    mine = body | {"srcClientId": other.initiator, "srcDpaId": other.src_dpa_id}
    assert reason(other.ask(CREDENTIALS, mine)) == (403, "PERMISSION_DENIED")
    for name in body:
        lacking = provider.ask(CREDENTIALS, {key: value for key, value in body.items() if key != name})
        (detail,) = lacking.json()["errordetail"]
        assert (lacking.status_code, detail["reason"], detail["source"]) == (400, "CANNOT_BE_NULL", name)
        assert faults(CHECKOUT, "Error", lacking.json()) == []
    assert reason(provider.ask(CREDENTIALS, body | {"more": "x"})) == (400, "INVALID_ARGUMENT")
    good = provider.ask(CREDENTIALS, body)
    assert good.status_code == 200, "after all of this nothing was used up"
    assert reason(provider.ask(CREDENTIALS, body, head=dict(good.request.headers))) == (401, "UNAUTHENTICATED")


def test_a_confirmation_is_kept(sandbox: SandboxServer, provider: Initiator) -> None:
    page = view(provider, "mastercard")
    checked_out(sandbox, page)
    event = {
        "checkoutEventType": "01",
        "checkoutEventStatus": "02",
        "confirmationStatus": "01",
        "confirmationTimestamp": "2026-05-04T10:00:00Z",
        "networkTransactionIdentifier": "UNAVLB",
    }
    body = {"srcClientId": provider.initiator, "srcCorrelationId": page.correlation_id, "confirmationData": event}
    wrong = body | {"confirmationData": {"checkoutEventType": "01"}}
    foreign = body | {"srcCorrelationId": str(new_id())}
    for refused, status in ((wrong, 400), (foreign, 403), (body | {"srcClientId": str(new_id())}, 403)):
        answer = provider.ask(CONFIRM, refused)
        assert answer.status_code == status
        assert faults(CONFIRMATIONS, "Error", answer.json()) == []
    where = f"/src/confirmations?srcCorrelationId={page.correlation_id}"
    assert sandbox.admin("GET", where)["confirmations"] == []
    assert faults(CONFIRMATIONS, "ConfirmationRequest", body) == []
    answer = provider.ask(CONFIRM, body)
    assert (answer.status_code, answer.content) == (204, b"")
    (kept,) = sandbox.admin("GET", where)["confirmations"]
    assert kept["confirmationData"] == event


def test_both_descriptions_are_those_of_the_two_calls() -> None:
    assert "/transaction/credentials" in description(CHECKOUT)["paths"]
    assert "/confirmations" in description(CONFIRMATIONS)["paths"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_result_pays_once(
    sandbox: SandboxServer, payone: Initiator, town: Merchant, store: Store, scheme: str
) -> None:
    result, _ = checked_out(sandbox, view(payone, scheme))
    stranger = sandbox.merchant()
    of_payone(sandbox, stranger, payone.folder)
    assert spent(store, stranger, result) == "merchant"
    assert spent(store, town, result, cents=3699) == "amount"
    assert spent(store, town, result, currency="CHF") == "amount"
    assert spent(store, town, result, later=timedelta(minutes=15)) == "expired"
    paid = spent(store, town, result, later=timedelta(minutes=14))
    assert isinstance(paid, Spent), "what was refused used nothing up"
    assert (paid.card.brand, paid.scheme, paid.verified_by, paid.holder) == (
        SCHEMES[scheme].brand, scheme, "04", "Erika Mustermann",
    )  # fmt: skip
    assert spent(store, town, result) == "spent"


def test_a_result_of_another_provider_pays_nothing_at_payone(
    sandbox: SandboxServer, provider: Initiator, payone: Initiator, town: Merchant, store: Store
) -> None:
    result, _ = checked_out(sandbox, view(provider, "visa"))
    assert spent(store, town, result) == "not_ours"
    summary, _ = checked_out(sandbox, view(payone, "visa", payloadTypeIndicatorCheckout="SUMMARY"))
    assert spent(store, town, summary) == "unreadable"


def test_what_was_altered_or_forged_pays_nothing(
    sandbox: SandboxServer, payone: Initiator, town: Merchant, store: Store
) -> None:
    result, _ = checked_out(sandbox, view(payone, "visa"))
    head, said = _src_jose.head(result), payload(result)
    first, body, signature = result.split(".")
    forged = [
        _src_jose.sign(rsa_key("forger"), head, said),
        _src_jose.sign(rsa_key("forger"), head | {"kid": "none"}, said),
        ".".join([_src_jose.encoded(b'{"alg": "none"}'), body, ""]),
        ".".join([first, body, signature[:-6] + "AAAAAA"]),
        ".".join([first, _src_jose.encoded(b"{}"), signature]),
        result + ".x",
        result + "=",
        "",
        "x",
    ]
    with store.writing() as connection:
        _, cards = _src_keys.key(connection, "visa", _src_keys.CARDS)
    forged.append(_src_jose.sign(cards, head, said))
    assert {spent(store, town, each) for each in forged} <= {"unreadable", "signature"}
    with store.writing() as connection:
        kid, key = _src_keys.key(connection, "visa", _src_keys.RESULTS)
    own = _src_jose.encrypt(rsa_key("x").public_key(), {}, {"token": {}})
    assert spent(store, town, _src_jose.sign(key, {"kid": kid}, said | {"encryptedPayload": own})) == "not_ours"
    assert spent(store, town, _src_jose.sign(key, {"kid": kid}, said | {"encryptedPayload": 1})) == "unreadable"
    assert isinstance(spent(store, town, result), Spent), "none of them used it up"


def test_a_scheme_that_repeats_itself_pays_once(
    sandbox: SandboxServer, payone: Initiator, town: Merchant, store: Store
) -> None:
    page = view(payone, "visa")
    result, card = checked_out(sandbox, page)
    assert isinstance(spent(store, town, result), Spent)
    with switched(sandbox, src_replay=True):
        again = page.ask("checkout", srcDigitalCardId=card)["checkoutResponseSignature"]
    assert (again == result, spent(store, town, again)) == (True, "spent")
    new = page.ask("checkout", srcDigitalCardId=card)["checkoutResponseSignature"]
    assert isinstance(spent(store, town, new), Spent), "a second checkout is a second payment"


@pytest.mark.prove("src_payload")
def test_many_results_each_fit_are_read_and_pay_once_whoever_comes_first(
    sandbox: SandboxServer, payone: Initiator, provider: Initiator, town: Merchant, store: Store
) -> None:
    """Each is read by Mastercard's library and fits its description; four that spend one at once pay once."""
    seen = set()
    theirs, ours = view(provider, "mastercard"), view(payone, "mastercard")
    _, their_card = checked_out(sandbox, theirs)
    _, our_card = checked_out(sandbox, ours)
    for _ in range(size(3, 500)):
        said = payload(theirs.ask("checkout", srcDigitalCardId=their_card)["checkoutResponseSignature"])
        opened = provider.opened(said["encryptedPayload"])
        assert faults(CHECKOUT, "CheckoutResponseJWSPayload", said | {"encryptedPayload": opened}) == []
        seen.add(opened["dynamicData"]["dynamicDataValue"])
        result = ours.ask("checkout", srcDigitalCardId=our_card)["checkoutResponseSignature"]
        with ThreadPoolExecutor(4) as people:
            got = [*people.map(lambda each: spent(store, town, each), [result] * 4)]
        assert sorted(isinstance(each, Spent) for each in got) == [False, False, False, True]
        assert [each for each in got if isinstance(each, str)] == ["spent"] * 3
    assert len(seen) == size(3, 500), "no cryptogram twice"


def test_keys_are_read_back_as_they_were_written() -> None:
    key = rsa_key("kept")
    assert _src_jose.private(_src_jose.written(key)).private_numbers() == key.private_numbers()
    text = _src_jose.public_written(key.public_key())
    assert _src_jose.public(text).public_numbers() == key.public_key().public_numbers()
    with pytest.raises(ValueError, match="PEM"):
        _src_jose.public("no key")


def test_moments_of_a_result_are_real_ones(sandbox: SandboxServer, provider: Initiator) -> None:
    result, _ = checked_out(sandbox, view(provider, "visa"))
    opened = provider.opened(payload(result)["encryptedPayload"])
    until = datetime.fromisoformat(opened["dynamicData"]["dynamicDataExpiration"])
    assert until.tzinfo == UTC
    assert timedelta(minutes=14) < until - clock.now() <= timedelta(minutes=15)
    assert HOLDER not in str(opened)
