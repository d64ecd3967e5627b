"""Return, notification and poll at the same moment: one booking, and nobody is told anything wrong."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from tests.support.fake_provider import FakeProvider
from tests.support.sizes import size
from tests.support.towns import a_claim

from zahlstelle import claims, ledger, payments
from zahlstelle.kernel import clock
from zahlstelle.payments import PaymentStatus, ProviderStatus
from zahlstelle.tenancy import Tenant

WRONG = ("fehlgeschlagen", "abgelehnt", "nicht geklappt", "Fehler passiert")


def together(*calls: Callable[[], None]) -> list[BaseException]:
    """Let all calls begin at the same moment, each in a thread of its own; return what they raised."""
    start, raised = threading.Barrier(len(calls)), []

    def run(call: Callable[[], None]) -> None:
        start.wait()
        try:
            call()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.prove("return_notification_poll")
def test_three_ways_to_one_truth(citizen: Client, town: Tenant, provider: FakeProvider) -> None:
    for _ in range(size(8, 1000)):
        provider.says = ProviderStatus.OPEN
        started = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=clock.now())
        citizen.post(f"/pay/{started.token}", {"method": "card"})
        attempt = payments.attempts_of(tenant=town, payment_id=started.payment.id)[-1]
        provider.says = ProviderStatus.PAID
        seen: list[str] = []

        def come_back(token: str = started.token, seen: list[str] = seen) -> None:
            seen.append(Client(SERVER_NAME="localhost").get(f"/pay/{token}/ergebnis").content.decode())

        def notify(reference: str = str(attempt.id)) -> None:
            headers = {"Signature": "merchant secret"}
            address = f"/provider/{town.slug}/fake/notify"
            answer = Client(SERVER_NAME="localhost").post(address, reference, "application/json", headers=headers)
            assert answer.status_code == 204

        def poll(attempt_id: object = attempt.id) -> None:
            payments.refresh(tenant=town, attempt_id=attempt_id, at=clock.now())  # type: ignore[arg-type]

        assert together(come_back, come_back, notify, notify, poll) == []
        assert len(seen) == 2
        assert not any(wrong in page for page in seen for wrong in WRONG)
        assert all("Ihre Zahlung ist da" in page for page in seen)
        status = payments.payment_by_id(tenant=town, payment_id=started.payment.id).status
        assert status is PaymentStatus.PAID
        assert claims.claim_by_id(tenant=town, claim_id=started.payment.claim_ids[0]).open.is_zero
    assert ledger.balance(tenant=town, account="clearing:fake") == 3700 * size(8, 1000)
