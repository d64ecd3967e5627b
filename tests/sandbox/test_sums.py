"""What must always hold: every captured cent is paid out exactly once, and every balance is the sum of what moved."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from zahlstelle_sandbox import _bank, _deliveries, _merchants, _payments, _refunds
from zahlstelle_sandbox._cards import BY_SLUG
from zahlstelle_sandbox._clock import berlin_day
from zahlstelle_sandbox._problems import Problem
from zahlstelle_sandbox._rules import Status
from zahlstelle_sandbox._store import Store

BEGIN = datetime(2026, 5, 4, 6, tzinfo=UTC)
OPENING, FEE = 50_000, 35
SLUGS = sorted(set(BY_SLUG) - {"challenge"})

STEP = st.one_of(
    st.tuples(st.just("pay"), st.sampled_from(SLUGS), st.integers(1, 50_000)),
    st.tuples(st.just("refund"), st.integers(0, 9), st.integers(1, 50_000)),
    st.tuples(st.just("transfer"), st.just(0), st.integers(1, 50_000)),
    st.tuples(st.just("close"), st.just(0), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 30), st.just(0)),
)


class Town:
    """A town at the sandbox, without a server, and with a clock that the test turns."""

    def __init__(self, folder: Path) -> None:
        self.store, self.at = Store(folder / "sandbox.sqlite3"), BEGIN
        self.payments: list[str] = []
        body = {"secret": "s" * 24, "name": "Stadt", "iban": "DE02120300000000202051", "bic": "TESTDEFF"}
        with self.store.writing() as connection:
            _merchants.put(connection, "town", body | {"opening_cents": OPENING, "fee_cents": FEE})
            self.merchant = _merchants.get(connection, "town")

    def pay(self, slug: str, cents: int) -> None:
        order = {
            "reference": f"a{len(self.payments)}",
            "kassenzeichen": "4711",
            "amount_cents": cents,
            "currency": "EUR",
            "method": "card",
            "description": "Gebühr",
            "return_url": "http://127.0.0.1:9/",
            "expires_at": (self.at + timedelta(hours=1)).isoformat(),
            "language": "de",
        }
        with self.store.writing() as connection:
            _, answer = _payments.start(connection, self.merchant, order["reference"], order, "http://x", self.at)
            _payments.pay(connection, answer["payment_id"], BY_SLUG[slug], None, self.at)
        self.payments.append(answer["payment_id"])

    def refund(self, which: int, cents: int) -> None:
        if which < len(self.payments):
            body, key = {"amount_cents": cents, "currency": "EUR"}, f"r{self.at}"
            try:
                with self.store.writing() as connection:
                    _refunds.refund(connection, self.merchant, self.payments[which], key, body, self.at)
            except Problem as problem:
                assert problem.code in ("not_captured", "more_than_refundable")

    def transfer(self, _: int, cents: int) -> None:
        body = {"amount_cents": cents, "debtor_name": "x", "remittance": "y"}
        with self.store.writing() as connection:
            _bank.transfer(connection, self.merchant, body, self.at)

    def close(self, *_: int) -> None:
        with self.store.writing() as connection:
            _bank.close_day(connection, self.merchant, berlin_day(self.at), self.at)

    def wait(self, hours: int, _: int) -> None:
        self.at += timedelta(hours=hours)
        with self.store.writing() as connection:
            _payments.settle_due(connection, self.at)

    def rows(self, query: str) -> list[Any]:
        with self.store.reading() as connection:
            return connection.execute(query).fetchall()

    def sum(self, query: str) -> int:
        return int(self.rows(query)[0][0] or 0)


@contextmanager
def a_town() -> Iterator[Town]:
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder))
        yield town
        town.store.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=25))
def test_every_cent_is_paid_out_once_and_every_balance_adds_up(steps: list[tuple[str, Any, int]]) -> None:
    with a_town() as town:
        for name, what, cents in steps:
            town.at += timedelta(seconds=1)
            getattr(town, name)(what, cents)
        town.wait(30, 0)
        town.close()

        captured = town.rows(f"SELECT amount_cents, payout_id FROM payment WHERE status = '{Status.CAPTURED}'")
        assert all(row["payout_id"] for row in captured)
        assert town.sum("SELECT count(*) FROM payment WHERE status <> 'captured' AND payout_id IS NOT NULL") == 0
        paid = sum(row["amount_cents"] for row in captured)
        assert town.sum("SELECT sum(amount_cents) FROM entry WHERE kind = 'payout'") == paid
        back = town.sum("SELECT sum(amount_cents) FROM refund")
        assert town.sum("SELECT sum(amount_cents) FROM entry WHERE kind = 'refunds'") == back
        assert town.sum("SELECT count(*) FROM payment WHERE refunded_cents > amount_cents") == 0
        transferred = town.sum("SELECT sum(amount_cents) FROM entry WHERE kind = 'transfer'")
        assert town.sum("SELECT count(*) FROM entry WHERE statement_id IS NULL") == 0

        statements = town.rows("SELECT * FROM statement ORDER BY number")
        balances = [OPENING, *(row["closing_cents"] for row in statements)]
        assert [row["opening_cents"] for row in statements] == balances[:-1]
        assert balances[-1] == OPENING + paid + transferred - back - FEE * len(captured)
        assert [row["day"] for row in statements] == sorted(row["day"] for row in statements)


@given(st.text(min_size=1, max_size=140).filter(lambda text: text.strip() == text and text.isprintable()))
@settings(max_examples=60, deadline=None)
def test_whatever_a_person_writes_arrives_in_the_bank_file(text: str) -> None:
    with a_town() as town:
        body = {"amount_cents": 1, "debtor_name": "x", "remittance": text}
        with town.store.writing() as connection:
            _bank.transfer(connection, town.merchant, body, town.at)
            entry = connection.execute("SELECT * FROM entry").fetchone()
            message = _deliveries._camt.write_statement(_statement(_deliveries._entry(connection, entry, BEGIN.date())))
        found = etree.fromstring(message).findall(".//{*}Ustrd")
        assert "".join(node.text or "" for node in found) == text


def _statement(entry: Any) -> Any:
    account = _deliveries._camt.Account("DE02120300000000202051", "TESTDEFF", "Stadt")
    return _deliveries._camt.Statement("S1", 1, BEGIN.date(), BEGIN, account, 0, 1, (entry,))
