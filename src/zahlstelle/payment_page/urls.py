"""The citizens' addresses, and where providers knock."""

from django.urls import path

from . import (
    _accessibility,
    _basket,
    _card,
    _debit,
    _invoice,
    _keep,
    _letter,
    _payment,
    _provider,
    _receipt_mail,
    _town,
    _wallet_page,
)

app_name = "payment_page"
urlpatterns = [
    path("", _town.towns, name="towns"),
    path("pay/<str:token>", _payment.page, name="pay"),
    path("pay/<str:token>/ergebnis", _payment.page, name="result"),
    path("pay/<str:token>/karte", _card.card, name="card"),
    path("pay/<str:token>/karte/ausweis", _card.renew, name="card_renew"),
    path("pay/<str:token>/lastschrift", _debit.debit, name="debit"),
    path("pay/<str:token>/ueberweisung.pdf", _invoice.invoice, name="invoice"),
    path("pay/<str:token>/stand", _payment.state, name="state"),
    path("pay/<str:token>/abbrechen", _payment.cancel, name="cancel"),
    path("pay/<str:token>/weitere", _basket.more, name="more"),
    path("pay/<str:token>/ohne", _basket.without, name="without"),
    path("pay/<str:token>/neu", _payment.anew, name="anew"),
    path("pay/<str:token>/quittung.pdf", _payment.receipt, name="receipt"),
    path("pay/<str:token>/merken/frage", _keep.ask_to_keep, name="ask_to_keep"),
    path("pay/<str:token>/merken", _keep.keep, name="keep"),
    path("pay/<str:token>/merken/nicht", _keep.keep_not, name="keep_not"),
    path("pay/<str:token>/gemerkt/frage", _keep.ask_to_pay, name="ask_to_pay"),
    path("pay/<str:token>/gemerkt", _keep.pay, name="pay_again"),
    path("pay/<str:token>/gemerkt/nicht-ich", _keep.not_me, name="not_me"),
    path("pay/<str:token>/quittung-mail", _receipt_mail.receipt_mail, name="receipt_mail"),
    path("provider/<slug:slug>/<slug:provider>/notify", _provider.notify, name="notify"),
    path("barrierefreiheit/", _accessibility.of_all, name="accessibility_of_all"),
    path("<slug:slug>/", _town.town, name="town"),
    path("<slug:slug>/karten/", _wallet_page.page, name="wallet"),
    path("<slug:slug>/karten/frage", _wallet_page.ask, name="wallet_ask"),
    path("<slug:slug>/karten/loeschen", _wallet_page.delete, name="wallet_delete"),
    path("<slug:slug>/karten/auskunft.json", _wallet_page.account, name="wallet_account"),
    path("<slug:slug>/karten/schliessen", _wallet_page.close, name="wallet_close"),
    path("<slug:slug>/barrierefreiheit/", _accessibility.accessibility, name="accessibility"),
    path("<slug:slug>/zahlen/<str:number>/<str:code>", _letter.letter, name="letter"),
    path("<slug:slug>/leistungen/<slug:key>/", _town.service, name="service"),
]
