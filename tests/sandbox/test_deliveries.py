"""Files reach the bank's folder once, whoever delivers them, and how many at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from zahlstelle_sandbox import _deliveries
from zahlstelle_sandbox._store import Store, insert


def test_the_scheduler_and_a_request_deliver_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.sqlite")
    with store.writing() as connection:
        insert(
            connection, "merchant", merchant_id="town", secret="s", name="Stadt", iban="DE02120300000000202051",
            bic="TESTDEFF", amount_outcomes=0, fee_cents=0, opening_cents=0,
        )  # fmt: skip
        for number in range(100):
            insert(
                connection, "bank_file", merchant_id="town", name=f"{number}.zip", statement_id="1", content=b"PK",
            )  # fmt: skip
    with ThreadPoolExecutor(8) as threads:
        delivered = [threads.submit(_deliveries.deliver, store, tmp_path / "bank") for _ in range(8)]
        assert sum(each.result() for each in delivered) == 100
    assert sorted(path.name for path in (tmp_path / "bank" / "town").iterdir()) == sorted(
        f"{n}.zip" for n in range(100)
    )
    store.close()
