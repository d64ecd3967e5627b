"""Addresses below /betrieb/."""

from django.urls import URLPattern, path

from . import _account, _towns

app_name = "operator"
urlpatterns: list[URLPattern] = [
    path("", _towns.towns, name="towns"),
    path("anmelden/", _account.log_in, name="log_in"),
    path("abmelden/", _account.log_out, name="log_out"),
]
