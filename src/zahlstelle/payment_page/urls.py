"""The citizens' addresses, and where providers knock."""

from django.urls import path

from . import _accessibility, _card, _debit, _invoice, _letter, _payment, _provider, _receipt_mail, _town

app_name = "payment_page"
urlpatterns = [
    path("", _town.towns, name="towns"),
    path("pay/<str:token>", _payment.page, name="pay"),
    path("pay/<str:token>/ergebnis", _payment.page, name="result"),
    path("pay/<str:token>/karte", _card.card, name="card"),
    path("pay/<str:token>/lastschrift", _debit.debit, name="debit"),
    path("pay/<str:token>/ueberweisung.pdf", _invoice.invoice, name="invoice"),
    path("pay/<str:token>/stand", _payment.state, name="state"),
    path("pay/<str:token>/abbrechen", _payment.cancel, name="cancel"),
    path("pay/<str:token>/neu", _payment.anew, name="anew"),
    path("pay/<str:token>/quittung.pdf", _payment.receipt, name="receipt"),
    path("pay/<str:token>/quittung-mail", _receipt_mail.receipt_mail, name="receipt_mail"),
    path("provider/<slug:slug>/<slug:provider>/notify", _provider.notify, name="notify"),
    path("barrierefreiheit/", _accessibility.of_all, name="accessibility_of_all"),
    path("<slug:slug>/", _town.town, name="town"),
    path("<slug:slug>/barrierefreiheit/", _accessibility.accessibility, name="accessibility"),
    path("<slug:slug>/zahlen/<str:number>/<str:code>", _letter.letter, name="letter"),
    path("<slug:slug>/leistungen/<slug:key>/", _town.service, name="service"),
]
