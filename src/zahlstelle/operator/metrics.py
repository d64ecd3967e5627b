"""What monitoring asks: sums over all towns of a mode, never a town's name and never an amount."""

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from zahlstelle import __version__, tenancy, treasury
from zahlstelle.kernel import clock
from zahlstelle.treasury import Health

_MODES = ("live", "test")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in the text format of Prometheus. Whatever node is asked says the same: it is read from the database."""
    if not _known(request):
        return HttpResponse(
            "please send Authorization: Bearer and ZAHLSTELLE_METRICS_TOKEN\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": 'Bearer realm="Zahlstelle metrics"'},
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(clock.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _known(request: HttpRequest) -> bool:
    """Whoever knows the token; without one set, only who asks on this machine and not through a proxy."""
    token = settings.METRICS_TOKEN
    if not token:
        return _on_this_machine(request)
    word, _, sent = request.headers.get("Authorization", "").partition(" ")
    return word.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), token.encode())


_BY_A_PROXY = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via")


def _on_this_machine(request: HttpRequest) -> bool:
    """A proxy on this machine asks on loopback, too: for the whole world. It is known by its headers and the host."""
    host, _ = split_domain_port(request.get_host())
    if any(name in request.headers for name in _BY_A_PROXY) or not _loopback(host.strip("[]")):
        return False
    return _loopback(request.META.get("REMOTE_ADDR") or "")


def _loopback(address: str) -> bool:
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False


class _Figures:
    """The figures of one moment."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def describe(self) -> Sequence[GaugeMetricFamily]:
        """Say nothing before being asked."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask every town; a database that does not answer is a figure, too."""
        version = GaugeMetricFamily("zahlstelle_build_info", "The version that answers.", labels=["version"])
        version.add_metric([__version__], 1)
        yield version
        try:
            told = self._healths()
        except DatabaseError:
            yield GaugeMetricFamily("zahlstelle_database_up", "Whether the database answers.", value=0)
            return
        yield GaugeMetricFamily("zahlstelle_database_up", "Whether the database answers.", value=1)
        for name, (help_text, figures) in _families(told, self._at).items():
            family = GaugeMetricFamily(f"zahlstelle_{name}", help_text, labels=["mode"])
            for mode in _MODES:
                family.add_metric([mode], figures[mode])
            yield family

    def _healths(self) -> Mapping[str, Sequence[Health]]:
        told: dict[str, list[Health]] = {mode: [] for mode in _MODES}
        for town in tenancy.all_tenants():
            told[town.mode].append(treasury.health(tenant=town, at=self._at))
        return told


def _families(told: Mapping[str, Sequence[Health]], at: datetime) -> Mapping[str, tuple[str, Mapping[str, int]]]:
    def of_mode(figure: Callable[[Sequence[Health]], int]) -> Mapping[str, int]:
        return {mode: figure(healths) for mode, healths in told.items()}

    def oldest(moments: Sequence[datetime | None]) -> int:
        return max(((at - moment) // timedelta(seconds=1) for moment in moments if moment), default=0)

    return {
        "towns": ("Towns that run here.", of_mode(len)),
        "towns_in_trouble": ("Towns for which /betrieb/ shows a trouble.", of_mode(lambda h: sum(map(_troubled, h)))),
        "payments_checking": (
            "Online payments whose outcome is not known yet.",
            of_mode(lambda h: sum(town.checking for town in h)),
        ),
        "payments_checking_oldest_seconds": (
            "Age of the oldest payment whose outcome is not known.",
            of_mode(lambda h: oldest([town.checking_since for town in h])),
        ),
        "suspense_details": (
            "Details of the bank whose money waits in suspense.",
            of_mode(lambda h: sum(town.waiting for town in h)),
        ),
        "bank_files_refused": (
            "Bank files that were refused and wait for somebody.",
            of_mode(lambda h: sum(town.files_refused for town in h)),
        ),
        "towns_without_bank_file": (
            "Towns that never had a bank file.",
            of_mode(lambda h: sum(town.file_at is None for town in h)),
        ),
        "towns_without_worker": (
            "Towns for which no worker has ever made its round.",
            of_mode(lambda h: sum(town.worker_at is None for town in h)),
        ),
        "worker_oldest_round_seconds": (
            "Time since the worker's last round for the town that has waited longest for one.",
            of_mode(lambda h: oldest([town.worker_at for town in h])),
        ),
        "bank_file_oldest_seconds": (
            "Age of the latest bank file of the town that has waited longest for one.",
            of_mode(lambda h: oldest([town.file_at for town in h])),
        ),
    }


def _troubled(health: Health) -> bool:
    return bool(health.troubles)
