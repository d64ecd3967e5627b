"""Every address of the web node: each interface brings its own list."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path

from zahlstelle import api
from zahlstelle.operator.metrics import metrics
from zahlstelle.web import health


def _nothing(_request: HttpRequest) -> HttpResponse:
    raise Http404


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("api/v1/", api.urls),
    path("oauth2/token", api.token),
    re_path(r"^api(?:/|$)", _nothing),  # before the towns' pages: nothing below /api/ is one
    path("metrics", metrics),
    path("betrieb/", include("zahlstelle.operator.urls")),
    path("kasse/", include("zahlstelle.back_office.urls")),
    # Last: it owns `/` and every town's name.
    path("", include("zahlstelle.payment_page.urls")),
]
