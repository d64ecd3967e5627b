"""Many payers and many notifications at once: one capture for each claim, each effect once."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.db import connection
from tests.support.book import assert_sound
from tests.support.fake_provider import FakeProvider
from tests.support.patience import patient
from tests.support.rest import at_once
from tests.support.sizes import size
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import claims, ledger, payments, treasury
from zahlstelle.payments import Attempt, ProviderStatus, Status, _flow, _operations
from zahlstelle.tenancy import Tenant, inside

PAYERS = 64


@pytest.mark.prove("many_payers")
def test_64_payers_of_one_claim_pay_it_once() -> None:
    """Each has a payment of its own and presses at the same moment as the others, claim by claim."""
    fake = FakeProvider(says=ProviderStatus.PAID)
    payments.plug(fake)
    access = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}
    town = found_town(providers=[access])
    count = size(2, 500)

    def pay(payment: payments.Payment) -> str:
        try:
            attempt = payments.begin(
                tenant=town, payment_id=payment.id, method="card", return_url="", notify_url="", at=AT
            )
        except (payments.AlreadyPaid, payments.AlreadyBeingPaid) as refused:
            return refused.code
        return payments.refresh(tenant=town, attempt_id=attempt.id, at=AT).status.value

    for _ in range(count):
        claim, before = a_claim(town), len(fake.asked)
        mine = [payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment for _ in range(PAYERS)]
        with patient():
            told = at_once(PAYERS, lambda number, mine=mine: pay(mine[number]))  # type: ignore[misc]
        assert sorted(set(told) - {"already_paid", "already_being_paid"}) == ["paid"]
        assert told.count("paid") == 1
        assert len(fake.asked) == before + 1, "the provider was asked once: one capture"
        assert claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero
    _flow._PLUGGED.pop("fake")
    assert ledger.balance(tenant=town, account="clearing:fake") == 3700 * count
    assert_sound(town)
    print(f"\n{PAYERS} payers at once for each of {count} claims: {count} captures")


class Says:
    """A provider's truth over HTTP, for workers that are killed: what it says of a payment never depends on them."""

    def __init__(self) -> None:
        self.status: dict[str, str] = {}
        truth = self.status

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"status": truth[self.path.strip("/")]}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def says() -> Iterator[Says]:
    provider = Says()
    yield provider
    provider.close()


OUTCOMES = ["paid", "paid", "paid", "declined", "cancelled", "expired", "pending", "paid_late"]
WORKERS, SHARE = size(2, 3), size(60, 500)


@pytest.mark.prove("event_storm")
def test_every_event_five_times_shuffled_with_workers_killed(says: Says, tmp_path: Path) -> None:
    """Each payment's two events come five times in any order, to workers of which one is killed again and again."""
    events = size(40, 20_000)
    access = {
        "name": "told",
        "merchant_id": "m",
        "secret": "s",
        "base_url": says.url,
        "methods": ["card"],
    }
    town = found_town(providers=[access])
    attempts = [a_started(town) for _ in range(events // 2)]
    draw = random.Random(20)
    outcomes = {attempt.id: OUTCOMES[number % len(OUTCOMES)] for number, attempt in enumerate(attempts)}
    for attempt in attempts:
        says.status[str(attempt.id)] = outcomes[attempt.id].removesuffix("_late")
    copies = [f"{attempt.id} {kind}" for attempt in attempts for kind in ("first", "last") for _ in range(5)]
    draw.shuffle(copies)
    for attempt in attempts:  # our own timer has given them up before the provider's word comes
        if outcomes[attempt.id] == "paid_late":
            _operations.end(tenant=town, attempt_id=attempt.id, status=Status.EXPIRED, at=AT)
    killed = deliver(town, copies, tmp_path, kills=size(1, 60))
    assert killed > 0
    for attempt in attempts:
        now = payments.attempts_by_id(tenant=town, attempts=[attempt.id])[attempt.id]
        assert now.status.value == outcomes[attempt.id].removesuffix("_late")
    paid = [a for a in attempts if outcomes[a.id].startswith("paid")]
    assert ledger.balance(tenant=town, account="clearing:told") == 3700 * len(paid)
    opened = sum(not claims.claim_by_id(tenant=town, claim_id=a.claim_ids[0]).open.is_zero for a in attempts)
    assert opened == len(attempts) - len(paid)
    with inside(town), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM notification WHERE tenant_id = %s", [town.id])
        assert cursor.fetchone() == (events,)
        cursor.execute("SELECT count(*) FROM event WHERE tenant_id = %s AND name LIKE 'payment.paid%%'", [town.id])
        assert cursor.fetchone() == (len(paid),)
    assert_sound(town)
    assert treasury.check_book(tenant=town) == []
    print(f"\n{events} events, {len(copies)} copies shuffled, {killed} workers killed: {len(paid)} paid once each")


def a_started(town: Tenant) -> Attempt:
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
    attempt = _operations.intend(tenant=town, payment_id=payment.id, provider="told", method="card", at=AT)
    started = payments.Started(f"told-{attempt.id}", "https://provider.example/")
    return _operations.record_start(tenant=town, attempt_id=attempt.id, answer=started, at=AT)


def deliver(town: Tenant, copies: list[str], folder: Path, *, kills: int) -> int:
    """Hand copies to workers; a copy counts as taken when its worker has said so. Returns how many were killed."""
    waiting, taken, lock = list(copies), 0, threading.Lock()

    def tend(seat: int) -> int:
        nonlocal taken
        died = 0
        while True:
            with lock:
                mine, waiting[:] = waiting[:SHARE], waiting[SHARE:]
            if not mine:
                return died
            worker = Worker(town)
            lost = worker.take(mine, kill=seat == 0 and died < kills)
            with lock:
                taken += len(mine) - len(lost)
                waiting.extend(lost)
            died += bool(lost)

    with ThreadPoolExecutor(WORKERS) as seats:
        killed = sum(seats.map(tend, range(WORKERS)))
    assert taken == len(copies)
    return killed


class Worker:
    """A process that takes notifications and says after each that it has."""

    def __init__(self, town: Tenant) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.hearer", town.slug],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def take(self, copies: list[str], *, kill: bool) -> list[str]:
        """Hand over copies; give back those that nobody has said to have taken."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("".join(f"{copy}\n" for copy in copies))
        if not kill:
            self.process.stdin.close()
            said = self.process.stdout.read().split("\n")
        else:
            self.process.stdin.flush()
            said = [self.process.stdout.readline().strip() for _ in range(len(copies) // 3)]
            time.sleep(0.002)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.stdin.close()
        self.process.stdout.close()
        status = self.process.wait()
        assert kill or status == 0
        done = sum(line == "taken" for line in said)
        return copies[done:]
