"""What happens by itself: payments expire or resolve, the bank closes its day, files are delivered."""

import os
import signal
import threading
import traceback
from datetime import datetime, time
from pathlib import Path

from . import _bank, _deliveries, _payments
from ._clock import BERLIN, berlin_day, now, written
from ._notifications import Sender
from ._store import Store


def settle(store: Store, at: datetime) -> int:
    """Move what time has moved; takes the pen only if there is something to write."""
    with store.reading() as connection:
        if not _payments.anything_due(connection, at):
            return 0
    with store.writing() as connection:
        return _payments.settle_due(connection, at)


def close_days(store: Store, payout_at: time | None, at: datetime) -> int:
    """Close the bank's day for every merchant once the set time of day has come; how many were closed."""
    today = berlin_day(at)
    if payout_at is None or at.astimezone(BERLIN).time() < payout_at:
        return 0
    with store.reading() as connection:
        query = "SELECT * FROM merchant WHERE coalesce(paid_out_on, '') < ?"
        merchants = connection.execute(query, [today.isoformat()]).fetchall()
    closed = 0
    for merchant in merchants:
        with store.writing() as connection:
            later = connection.execute(
                "SELECT 1 FROM statement WHERE merchant_id = ? AND day > ?",
                [merchant["merchant_id"], today.isoformat()],
            ).fetchone()
            # A person may have closed a day that lies ahead; then there is nothing left to close today.
            if not later:
                _bank.close_day(connection, merchant, today, at)
                closed += 1
            connection.execute(
                "UPDATE merchant SET paid_out_on = ? WHERE merchant_id = ?",
                [today.isoformat(), merchant["merchant_id"]],
            )
    return closed


class Scheduler:
    """The background thread; it also ends the server when the process that started it is gone."""

    def __init__(self, store: Store, sender: Sender, folder: Path, payout_at: time | None) -> None:
        self._store, self._sender, self._folder, self._payout_at = store, sender, folder, payout_at
        self._stop = threading.Event()
        self._parent = os.getppid()
        self._thread = threading.Thread(target=self._run, name="sandbox-scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            if os.getppid() != self._parent:
                print(f"sandbox: ends at {written(now())}, its parent is gone", flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                self._tick(now())
            except Exception:  # a thread that ended would be silence: say it and go on
                traceback.print_exc()

    def _tick(self, at: datetime) -> None:
        if settle(self._store, at):
            self._sender.wake()
        close_days(self._store, self._payout_at, at)
        _deliveries.deliver(self._store, self._folder)
