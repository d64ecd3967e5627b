"""The sandbox's adapter against the real sandbox: it asks once, it doubts aloud, it believes no forged word."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.support.sandbox import Ear, Merchant, SandboxServer, free_port, until

from zahlstelle.kernel import Money, Secret
from zahlstelle.kernel.ids import new_id
from zahlstelle.payments import (
    ForgedNotification,
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    Notification,
    NotStarted,
    Provider,
    ProviderStatus,
    Report,
    Started,
    StartRequest,
)
from zahlstelle.providers.sandbox import MEANING, SandboxProvider, VendorStatus

PROVIDER: Provider = SandboxProvider()
HASTY = SandboxProvider(timeout=httpx.Timeout(0.5))


@pytest.fixture
def access(sandbox: SandboxServer, town: Merchant) -> MerchantAccess:
    return MerchantAccess(town.merchant_id, Secret(town.secret), sandbox.base)


def asked(access: MerchantAccess, **changes: Any) -> StartRequest:
    values: dict[str, Any] = {
        "attempt_id": new_id(),
        "merchant": access,
        "kassenzeichen": "4711.0001",
        "amount": Money(3700),
        "description": "Personalausweis",
        "method": "card",
        "return_url": "http://127.0.0.1:9/pay/return",
        "notify_url": "http://127.0.0.1:9/notify",
        "language": "de",
        "expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    }
    return StartRequest(**values | changes)


def status(access: MerchantAccess, attempt_id: UUID, provider: Provider = PROVIDER) -> Report | NeverSeen | NoAnswer:
    return provider.status(merchant=access, reference=str(attempt_id), provider_reference=None)


def begun(access: MerchantAccess, **changes: Any) -> tuple[StartRequest, Started]:
    request = asked(access, **changes)
    started = PROVIDER.start(request)
    assert isinstance(started, Started)
    return request, started


def effects(sandbox: SandboxServer, access: MerchantAccess) -> int:
    return len(sandbox.admin("GET", f"/payments?merchant_id={access.merchant_id}")["payments"])


def test_every_word_of_the_sandbox_has_a_meaning() -> None:
    assert set(MEANING) == set(VendorStatus)


def test_the_words_are_those_the_sandbox_has() -> None:
    """The one place that looks at both sides: neither program imports the other."""
    from zahlstelle_sandbox._rules import Status

    assert {word.value for word in VendorStatus} == {word.value for word in Status}


def test_only_captured_means_paid() -> None:
    assert [word for word, meant in MEANING.items() if meant is ProviderStatus.PAID] == [VendorStatus.CAPTURED]


def test_a_start_leads_to_the_card_page(sandbox: SandboxServer, access: MerchantAccess) -> None:
    request, started = begun(access)
    assert started.redirect_url.startswith(f"{sandbox.base}/card/")
    assert "4711.0001" not in sandbox.http.get(started.redirect_url).headers.get("location", "")
    assert status(access, request.attempt_id) == Report(
        ProviderStatus.OPEN,
        started.provider_reference,
        access.merchant_id,
        str(request.attempt_id),
        Money(3700),
        None,
        "created",
    )


def test_starting_again_starts_nothing_new(sandbox: SandboxServer, access: MerchantAccess) -> None:
    request = asked(access)
    answers = {PROVIDER.start(request) for _ in range(3)}
    assert [type(each) for each in answers] == [Started]
    assert effects(sandbox, access) == 1


def test_a_long_purpose_is_cut_and_an_empty_one_replaced(sandbox: SandboxServer, access: MerchantAccess) -> None:
    begun(access, description="Personalausweis\n" * 30)
    begun(access, description=" ")
    assert effects(sandbox, access) == 2


@pytest.mark.parametrize("kind", ["answer_lost", "garbage", "slow"])
def test_a_lost_answer_is_a_doubt_and_asking_again_finds_the_payment(
    sandbox: SandboxServer, access: MerchantAccess, kind: str
) -> None:
    sandbox.behave(faults=[{"operation": "start", "kind": kind, "seconds": 1}])
    request = asked(access)
    assert isinstance(HASTY.start(request), NoAnswer)
    assert effects(sandbox, access) == 1
    found = status(access, request.attempt_id)
    assert isinstance(found, Report)
    assert found.status is ProviderStatus.OPEN
    again = PROVIDER.start(request)
    assert isinstance(again, Started)
    assert again.provider_reference == found.provider_reference
    assert effects(sandbox, access) == 1


def test_a_start_that_never_arrived_was_never_seen(sandbox: SandboxServer, access: MerchantAccess) -> None:
    sandbox.behave(faults=[{"operation": "start", "kind": "unavailable"}])
    request = asked(access)
    assert PROVIDER.start(request) == NoAnswer("503 unavailable")
    assert status(access, request.attempt_id) == NeverSeen()
    assert effects(sandbox, access) == 0


def test_nobody_answers_there(access: MerchantAccess) -> None:
    elsewhere = MerchantAccess(access.merchant_id, access.secret, f"http://127.0.0.1:{free_port()}")
    assert PROVIDER.start(asked(elsewhere)) == NoAnswer("ConnectError")
    assert status(elsewhere, new_id()) == NoAnswer("ConnectError")
    assert PROVIDER.cancel(merchant=elsewhere, provider_reference="sbx_1") == NoAnswer("ConnectError")


@contextmanager
def hanging_up(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A provider that hangs up on a request for every empty answer; its address and the requests it got."""
    requests: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            connection, _ = door.accept()
            with connection:
                requests.append(connection.recv(65536))
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}", requests
        thread.join(5)


def test_a_kept_connection_that_was_closed_is_no_doubt(access: MerchantAccess) -> None:
    body = b'{"code":"unauthorised"}'
    no = b"HTTP/1.1 401 No\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)
    with hanging_up(b"", no) as (address, requests):
        there = MerchantAccess(access.merchant_id, access.secret, address)
        assert SandboxProvider().start(asked(there)) == NotStarted("unauthorised")
    keys = [re.search(rb"(?i)idempotency-key: (\S+)", each) for each in requests]
    assert len({key[1] for key in keys if key}) == 1
    assert len(keys) == 2


def test_hung_up_on_twice_it_is_a_doubt(access: MerchantAccess) -> None:
    with hanging_up(b"", b"") as (address, requests):
        there = MerchantAccess(access.merchant_id, access.secret, address)
        answer = SandboxProvider().start(asked(there))
    assert answer in (NoAnswer("RemoteProtocolError"), NoAnswer("ReadError")), "closed, or reset: both are a doubt"
    assert len(requests) == 2


@pytest.mark.parametrize("changes", [{"amount": Money(0)}, {"amount": Money(1, "USD")}, {"kassenzeichen": "x" * 36}])
def test_a_no_is_a_no(sandbox: SandboxServer, access: MerchantAccess, changes: dict[str, Any]) -> None:
    assert PROVIDER.start(asked(access, **changes)) == NotStarted("invalid_request")
    assert effects(sandbox, access) == 0


def test_a_wrong_secret_is_a_no(access: MerchantAccess) -> None:
    wrong = MerchantAccess(access.merchant_id, Secret("sk_test_wrong_wrong_wrong_wrong"), access.base_url)
    assert PROVIDER.start(asked(wrong)) == NotStarted("unauthorised")
    assert status(wrong, new_id()) == NoAnswer("401 unauthorised")


def test_the_same_attempt_with_another_amount_is_a_doubt(sandbox: SandboxServer, access: MerchantAccess) -> None:
    """The provider has something under this key, so it is not certain that nothing happened."""
    request, _ = begun(access)
    changed = asked(access, attempt_id=request.attempt_id, amount=Money(3701))
    assert PROVIDER.start(changed) == NoAnswer("422 idempotency_key_reused")
    found = status(access, request.attempt_id)
    assert isinstance(found, Report)
    assert found.amount == Money(3700)


@pytest.mark.parametrize(
    ("card", "meant", "code"),
    [
        ("paid", ProviderStatus.PAID, None),
        ("insufficient-funds", ProviderStatus.DECLINED, "insufficient_funds"),
        ("challenge", ProviderStatus.PENDING, None),
        ("unknown-paid", ProviderStatus.UNKNOWN, None),
    ],
)
def test_what_became_of_it(
    sandbox: SandboxServer, access: MerchantAccess, card: str, meant: ProviderStatus, code: str | None
) -> None:
    request, started = begun(access)
    sandbox.admin("POST", f"/payments/{started.provider_reference}/act", {"card": card})
    by_reference = status(access, request.attempt_id)
    by_id = PROVIDER.status(
        merchant=access, reference=str(request.attempt_id), provider_reference=started.provider_reference
    )
    assert by_id == by_reference
    assert isinstance(by_id, Report)
    assert (by_id.status, by_id.decline_code) == (meant, code)


def test_a_silent_provider_is_no_answer_and_later_the_truth(sandbox: SandboxServer, access: MerchantAccess) -> None:
    sandbox.behave(timeout_seconds=0.6)
    request, started = begun(access)
    sandbox.admin("POST", f"/payments/{started.provider_reference}/act", {"card": "timeout"})
    assert status(access, request.attempt_id) == NoAnswer("504 no_answer")
    report = until(lambda: isinstance(told := status(access, request.attempt_id), Report) and told)
    assert report.status is ProviderStatus.PAID


def test_the_report_says_what_the_provider_says_also_if_it_is_wrong(
    sandbox: SandboxServer, access: MerchantAccess
) -> None:
    """Comparing is the reducer's work; the adapter hands on and corrects nothing."""
    lie = {"amount_cents": 1, "merchant_id": "another", "reference": "another's"}
    request, _ = begun(access)
    sandbox.behave(faults=[{"operation": "status", "kind": "lie", "answer": lie}])
    report = status(access, request.attempt_id)
    assert isinstance(report, Report)
    assert (report.amount, report.merchant_id, report.reference) == (Money(1), "another", "another's")


@pytest.mark.parametrize(
    "amount", [{"amount_cents": "3700"}, {"amount_cents": 37.0}, {"currency": "euro"}, {"currency": None}]
)
def test_an_amount_that_is_none_is_not_guessed(
    sandbox: SandboxServer, access: MerchantAccess, amount: dict[str, Any]
) -> None:
    request, _ = begun(access)
    sandbox.behave(faults=[{"operation": "status", "kind": "lie", "answer": amount}])
    report = status(access, request.attempt_id)
    assert isinstance(report, Report)
    assert report.amount is None


def test_a_word_never_heard_is_unknown(
    sandbox: SandboxServer, access: MerchantAccess, capsys: pytest.CaptureFixture[str]
) -> None:
    request, _ = begun(access)
    sandbox.behave(faults=[{"operation": "status", "kind": "lie", "answer": {"status": "settled_probably"}}])
    report = status(access, request.attempt_id)
    assert isinstance(report, Report)
    assert (report.status, report.vendor_word) == (ProviderStatus.UNKNOWN, "settled_probably")
    said = capsys.readouterr()
    assert "provider_word_unknown" in said.out + said.err


@pytest.mark.parametrize("answer", [{"status": None}, {"status": 7}, {"payment_id": None}, {"decline_code": 5}])
def test_half_a_report_is_no_report(sandbox: SandboxServer, access: MerchantAccess, answer: dict[str, Any]) -> None:
    request, _ = begun(access)
    sandbox.behave(faults=[{"operation": "status", "kind": "lie", "answer": answer}])
    assert isinstance(status(access, request.attempt_id), NoAnswer)


@pytest.mark.parametrize("kind", ["unavailable", "answer_lost", "garbage", "slow"])
def test_no_answer_to_the_query(sandbox: SandboxServer, access: MerchantAccess, kind: str) -> None:
    request, _ = begun(access)
    sandbox.behave(faults=[{"operation": "status", "kind": kind, "seconds": 1}])
    assert isinstance(status(access, request.attempt_id, HASTY), NoAnswer)


def test_another_towns_payment_was_never_seen(sandbox: SandboxServer, access: MerchantAccess) -> None:
    request, _ = begun(access)
    other = sandbox.merchant()
    theirs = MerchantAccess(other.merchant_id, Secret(other.secret), sandbox.base)
    assert status(theirs, request.attempt_id) == NeverSeen()


def test_giving_up(sandbox: SandboxServer, access: MerchantAccess) -> None:
    _, started = begun(access)
    for _ in range(2):
        report = PROVIDER.cancel(merchant=access, provider_reference=started.provider_reference)
        assert isinstance(report, Report)
        assert report.status is ProviderStatus.CANCELLED


def test_too_late_to_give_up(sandbox: SandboxServer, access: MerchantAccess) -> None:
    _, started = begun(access)
    sandbox.admin("POST", f"/payments/{started.provider_reference}/act", {"card": "paid"})
    report = PROVIDER.cancel(merchant=access, provider_reference=started.provider_reference)
    assert isinstance(report, Report)
    assert report.status is ProviderStatus.PAID


@pytest.fixture
def heard(sandbox: SandboxServer, access: MerchantAccess, ear: Ear) -> Iterator[Callable[..., Notification]]:
    """A real notification, read by the adapter with what the test changes of it."""
    sandbox.behave(duplicates=1)
    _, started = begun(access, notify_url=ear.url)
    sandbox.admin("POST", f"/payments/{started.provider_reference}/act", {"card": "paid"})
    until(lambda: len(ear.heard) == 2)
    first, second = ear.heard
    assert first.body == second.body

    def read(
        headers: dict[str, str] | None = None,
        body: bytes = first.body,
        after: timedelta = timedelta(),
        merchant: MerchantAccess = access,
    ) -> Notification:
        at = datetime.fromtimestamp(int(first.headers["webhook-timestamp"]), UTC) + after
        return PROVIDER.read_notification(merchant=merchant, headers=first.headers | (headers or {}), body=body, at=at)

    yield read


def test_a_notification_and_its_copy(heard: Callable[..., Notification]) -> None:
    told = heard()
    assert told == heard()
    assert told.provider_reference
    assert told.provider_reference.startswith("sbx_")
    assert UUID(told.reference)
    assert told.message_id.startswith("msg_")


def test_headers_are_read_in_any_case(heard: Callable[..., Notification]) -> None:
    assert heard({}) == heard({"Webhook-Id": heard().message_id})


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1,ä"},
        {"webhook-signature": "v2,AAAA v1a,BBBB"},
        {"webhook-id": ""},
        {"webhook-id": "msg_another"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "²"},
        {"webhook-timestamp": "9" * 40},
    ],
)
def test_a_forged_notification(heard: Callable[..., Notification], headers: dict[str, str]) -> None:
    with pytest.raises(ForgedNotification):
        heard(headers)


def test_one_signature_that_fits_is_enough_while_secrets_change(heard: Callable[..., Notification], ear: Ear) -> None:
    fits = ear.heard[0].headers["webhook-signature"]
    assert heard({"webhook-signature": f"v1,AAAA {fits}"}) == heard()


def test_a_changed_body_is_forged(heard: Callable[..., Notification], ear: Ear) -> None:
    with pytest.raises(ForgedNotification):
        heard(body=ear.heard[0].body.replace(b"captured", b"declined"))


@pytest.mark.parametrize(("minutes", "good"), [(-5, True), (5, True), (-6, False), (6, False)])
def test_an_old_notification_is_not_looked_at(heard: Callable[..., Notification], minutes: int, good: bool) -> None:
    if good:
        assert heard(after=timedelta(minutes=minutes))
    else:
        with pytest.raises(ForgedNotification):
            heard(after=timedelta(minutes=minutes))


def test_a_notification_signed_for_another_town(sandbox: SandboxServer, heard: Callable[..., Notification]) -> None:
    other = sandbox.merchant()
    with pytest.raises(ForgedNotification):
        heard(merchant=MerchantAccess(other.merchant_id, Secret(other.secret), sandbox.base))


def test_a_town_whose_secret_fits_but_whose_name_does_not(
    access: MerchantAccess, heard: Callable[..., Notification]
) -> None:
    with pytest.raises(ForgedNotification):
        heard(merchant=MerchantAccess("another", access.secret, access.base_url))


def test_a_corrupt_signature(sandbox: SandboxServer, access: MerchantAccess, ear: Ear) -> None:
    sandbox.behave(corrupt_signature=True)
    _, started = begun(access, notify_url=ear.url)
    sandbox.admin("POST", f"/payments/{started.provider_reference}/act", {"card": "paid"})
    heard = until(lambda: ear.heard)[0]
    at = datetime.fromtimestamp(int(heard.headers["webhook-timestamp"]), UTC)
    assert json.loads(heard.body)["type"] == "payment.captured"
    with pytest.raises(ForgedNotification):
        PROVIDER.read_notification(merchant=access, headers=heard.headers, body=heard.body, at=at)


def test_nobody_prints_the_secret(access: MerchantAccess) -> None:
    assert access.secret.reveal() not in repr(asked(access))
