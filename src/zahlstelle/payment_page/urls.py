"""The citizens' addresses, and where providers knock."""

from django.urls import path

from . import _debit, _invoice, _keep, _payment, _provider, _town, _wallet_page

app_name = "payment_page"
urlpatterns = [
    path("", _town.towns, name="towns"),
    path("pay/<str:token>", _payment.page, name="pay"),
    path("pay/<str:token>/ergebnis", _payment.page, name="result"),
    path("pay/<str:token>/lastschrift", _debit.debit, name="debit"),
    path("pay/<str:token>/ueberweisung.pdf", _invoice.invoice, name="invoice"),
    path("pay/<str:token>/stand", _payment.state, name="state"),
    path("pay/<str:token>/abbrechen", _payment.cancel, name="cancel"),
    path("pay/<str:token>/neu", _payment.anew, name="anew"),
    path("pay/<str:token>/quittung.pdf", _payment.receipt, name="receipt"),
    path("pay/<str:token>/merken/frage", _keep.ask_to_keep, name="ask_to_keep"),
    path("pay/<str:token>/merken", _keep.keep, name="keep"),
    path("pay/<str:token>/merken/nicht", _keep.keep_not, name="keep_not"),
    path("pay/<str:token>/karte/frage", _keep.ask_to_pay, name="ask_to_pay"),
    path("pay/<str:token>/karte", _keep.pay, name="pay_again"),
    path("pay/<str:token>/karte/nicht-ich", _keep.not_me, name="not_me"),
    path("provider/<slug:slug>/<slug:provider>/notify", _provider.notify, name="notify"),
    path("<slug:slug>/", _town.town, name="town"),
    path("<slug:slug>/karten/", _wallet_page.page, name="wallet"),
    path("<slug:slug>/karten/frage", _wallet_page.ask, name="wallet_ask"),
    path("<slug:slug>/karten/loeschen", _wallet_page.delete, name="wallet_delete"),
    path("<slug:slug>/karten/auskunft.json", _wallet_page.account, name="wallet_account"),
    path("<slug:slug>/karten/schliessen", _wallet_page.close, name="wallet_close"),
    path("<slug:slug>/leistungen/<slug:key>/", _town.service, name="service"),
]
