"""Addresses below /kasse/. Every address with a town goes through `at_the_desk`."""

from django.urls import URLPattern, path

from . import (
    _account,
    _book,
    _claim,
    _day,
    _deliveries,
    _feedback,
    _file,
    _files,
    _payers,
    _releasing,
    _settling,
    _suspense,
    _taking_back,
    _unsure,
)

app_name = "kasse"
urlpatterns: list[URLPattern] = [
    path("anmelden/", _account.log_in, name="log_in"),
    path("abmelden/", _account.log_out, name="log_out"),
    path("", _account.choose_town, name="choose"),
    path("<slug:town>/", _day.today, name="today"),
    path("<slug:town>/umsatz/<uuid:entry>/", _day.entry, name="entry"),
    path("<slug:town>/verwahrung/", _suspense.suspense, name="suspense"),
    path("<slug:town>/verwahrung/<uuid:detail>/", _settling.item, name="item"),
    path("<slug:town>/unklare-zahlungen/", _unsure.unsure, name="unsure"),
    path("<slug:town>/unklare-zahlungen/<uuid:attempt>/", _releasing.release, name="release"),
    path("<slug:town>/unklare-zahlungen/<uuid:attempt>/<uuid:refund>/", _releasing.release, name="release_refund"),
    path("<slug:town>/bekannte-zahler/", _payers.payers, name="payers"),
    path("<slug:town>/zuordnung/<uuid:detail>/", _taking_back.decided, name="decided"),
    path("<slug:town>/suche/", _claim.search, name="search"),
    path("<slug:town>/forderung/<str:kassenzeichen>/", _claim.claim, name="claim"),
    path("<slug:town>/buchung/<uuid:entry>/", _book.journal_entry, name="journal_entry"),
    path("<slug:town>/rueckmeldungen/", _feedback.reports, name="feedback"),
    path("<slug:town>/buch/", _book.book, name="book"),
    path("<slug:town>/dateien/", _files.files, name="files"),
    path("<slug:town>/dateien/<uuid:file>/", _file.file, name="file"),
    path("<slug:town>/dateien/<uuid:file>/original/", _file.original, name="original"),
    path("<slug:town>/lieferungen/", _deliveries.deliveries, name="deliveries"),
    path("<slug:town>/umsatz/<uuid:entry>/camt054/", _deliveries.notification, name="notification"),
]
