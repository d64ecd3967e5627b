"""Several children that start together, are waited for, and end together."""

import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import NoReturn

from zahlstelle.kernel import Refusal

from ._children import Child

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback, never through a proxy


class NotReady(Refusal):
    """A child runs but does not answer in time."""

    code = "not_ready"


class Ended(BaseException):
    """A person or the system asked us to end."""


def end_on_signals() -> Callable[[], None]:
    """Raise `Ended` on the first SIGINT, SIGTERM or SIGHUP; return how to ignore further ones while ending."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def ended(*_: object) -> None:
        ignore()
        raise Ended

    def ignore() -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)

    for number in signals:
        signal.signal(number, ended)
    return ignore


def wait_until_ready(child: Child, url: str, *, patience: float = 60.0) -> None:
    """Return when `url` answers 200; raise `ChildDied` or, after `patience` seconds, `NotReady`."""
    deadline = time.monotonic() + patience
    while not answers(url):
        child.raise_if_dead()
        if time.monotonic() > deadline:
            raise NotReady(f"{child.name} does not answer at {url} after {patience:g} s; see {child.log}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Say whether `url` answers 200 now."""
    try:
        with _DIRECT.open(url, timeout=5) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def watch(children: list[Child], *, every: float = 0.3) -> NoReturn:
    """Return never: raise `ChildDied` when one of the children ends."""
    while True:
        for child in children:
            child.raise_if_dead()
        time.sleep(every)
