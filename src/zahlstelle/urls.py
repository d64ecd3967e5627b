"""Every address of the web node: each interface brings its own list."""

from django.urls import URLPattern, URLResolver, include, path

from zahlstelle.web import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("kasse/", include("zahlstelle.back_office.urls")),
    # Last: it owns `/` and every town's name.
    path("", include("zahlstelle.payment_page.urls")),
]
