"""German words for what rooms say in stable words. Each table is complete; tests compare them with the rooms."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from zahlstelle.allocation import Doubt, Rest
from zahlstelle.claims import ClaimStatus
from zahlstelle.payments import ItemKind, ReleaseState, Word
from zahlstelle.tenancy import Role
from zahlstelle.treasury import FindingKind

Words = Mapping[Any, Any]

ROLES: Words = {
    Role.TREASURER: _("Kassenverwaltung"),
    Role.CLERK: _("Sachbearbeitung"),
    Role.AUDITOR: _("Rechnungsprüfung"),
    Role.OPERATOR: _("Rechenzentrum"),
}

CLAIM_STATUS: Words = {
    ClaimStatus.OPEN: _("offen"),
    ClaimStatus.PARTLY_SETTLED: _("teilweise bezahlt"),
    ClaimStatus.SETTLED: _("bezahlt"),
}

SHORT_DOUBT: Words = {
    Doubt.NO_REFERENCE: _("ohne Kassenzeichen"),
    Doubt.UNKNOWN_REFERENCE: _("Forderung unbekannt"),
    Doubt.CHECK_DIGIT_WRONG: _("Prüfziffer falsch"),
    Doubt.SEVERAL_REFERENCES: _("mehrere Kassenzeichen"),
    Doubt.ALREADY_SETTLED: _("schon bezahlt"),
    Doubt.LESS_THAN_OPEN: _("zu wenig"),
    Doubt.MORE_THAN_OPEN: _("zu viel"),
    Doubt.PAYMENT_UNDER_WAY: _("Online-Zahlung läuft"),
    Doubt.PAYMENT_NOT_CONFIRMED: _("nicht bestätigt"),
    Doubt.PAYMENT_AMOUNT_DIFFERS: _("anderer Betrag"),
    Doubt.ALREADY_PAID_OUT: _("doppelt ausgezahlt"),
    Doubt.PAYOUT_REPORT_MISSING: _("Abrechnung fehlt"),
    Doubt.PAYOUT_REPORT_DIFFERS: _("Abrechnung weicht ab"),
    Doubt.PAYOUT_ITEM_UNKNOWN: _("Posten unbekannt"),
    Doubt.PAYOUT_ITEM_DIFFERS: _("Posten passt nicht"),
    Doubt.DETAILS_MISSING: _("Einzelumsätze fehlen"),
    Doubt.DETAILS_DO_NOT_ADD_UP: _("Summe stimmt nicht"),
    Doubt.MONEY_GOES_OUT: _("Abgang"),
    Doubt.RETURNED: _("Rückgabe"),
    Doubt.FOREIGN_CURRENCY: _("fremde Währung"),
    Doubt.REFERENCE_UNSURE: _("nicht sicher"),
    Doubt.PAID_LATE: _("verspätet"),
    Doubt.REST_WAITS: _("Rest"),
    Doubt.TAKEN_BACK: _("zurückgenommen"),
}

TO_DO: Words = {
    Doubt.NO_REFERENCE: _(
        "Prüfen Sie Namen und Verwendungszweck und fragen Sie notfalls den Zahler."
        " Ein gleicher Betrag allein genügt nicht."
    ),
    Doubt.UNKNOWN_REFERENCE: _(
        "Fragen Sie das Fachamt, ob die Forderung noch angelegt wird. Sobald sie da ist, wird der Betrag von selbst"
        " zugeordnet."
    ),
    Doubt.CHECK_DIGIT_WRONG: _("Vergleichen Sie das Kassenzeichen mit dem Bescheid; meist ist eine Ziffer vertauscht."),
    Doubt.SEVERAL_REFERENCES: _("Klären Sie mit dem Zahler, welcher Teil auf welches Kassenzeichen gehört."),
    Doubt.ALREADY_SETTLED: _("Prüfen Sie, ob doppelt gezahlt wurde; dann ist der Betrag zu erstatten."),
    Doubt.LESS_THAN_OPEN: _("Entscheiden Sie, ob es eine Teilzahlung ist oder der Rest nachgefordert wird."),
    Doubt.MORE_THAN_OPEN: _(
        "Prüfen Sie, ob der Zahler mehrere Gebühren zusammen bezahlt hat; sonst ist der Rest zu erstatten."
    ),
    Doubt.PAYMENT_UNDER_WAY: _("Nichts zu tun: Der Ausgang der Online-Zahlung entscheidet, dann wird neu geprüft."),
    Doubt.PAYMENT_NOT_CONFIRMED: _(
        "Nichts zu tun: Der Zahlungsdienstleister wird weiter gefragt, dann wird neu geprüft."
    ),
    Doubt.PAYMENT_AMOUNT_DIFFERS: _("Fragen Sie den Zahlungsdienstleister nach der Abrechnung dieser Auszahlung."),
    Doubt.ALREADY_PAID_OUT: _("Fragen Sie den Zahlungsdienstleister; wahrscheinlich ist das Geld zurückzugeben."),
    Doubt.PAYOUT_REPORT_MISSING: _(
        "Nichts zu tun, wenn der Zahlungsdienstleister Abrechnungen abrufbar macht: Er wird gefragt. Sonst lesen Sie"
        " seine Abrechnung ein; dann wird von selbst aufgeteilt."
    ),
    Doubt.PAYOUT_REPORT_DIFFERS: _(
        "Fragen Sie den Zahlungsdienstleister nach einer berichtigten Abrechnung; bis dahin bleibt der Betrag ganz."
    ),
    Doubt.PAYOUT_ITEM_UNKNOWN: _(
        "Fragen Sie den Zahlungsdienstleister, was der Posten ist; vielleicht gehört er zu einem anderen Verfahren."
    ),
    Doubt.PAYOUT_ITEM_DIFFERS: _("Vergleichen Sie die Zahlung beim Zahlungsdienstleister mit der Forderung."),
    Doubt.DETAILS_MISSING: _("Laden Sie die camt.054-Datei mit den Einzelumsätzen. Dann wird von selbst aufgeteilt."),
    Doubt.DETAILS_DO_NOT_ADD_UP: _(
        "Fragen Sie Ihre Bank nach vollständigen Einzelumsätzen; bis dahin bleibt der Betrag ganz."
    ),
    Doubt.MONEY_GOES_OUT: _("Ordnen Sie den Abgang zu: Erstattung, Gebühr der Bank oder Abbuchung."),
    Doubt.RETURNED: _("Prüfen Sie, welche Forderung dadurch wieder offen ist, und fordern Sie neu an."),
    Doubt.FOREIGN_CURRENCY: _("Klären Sie mit Ihrer Bank den Gegenwert in Euro."),
    Doubt.REFERENCE_UNSURE: _("Vergleichen Sie Betrag, Namen und Verwendungszweck mit der vorgeschlagenen Forderung."),
    Doubt.PAID_LATE: _("Prüfen Sie, ob Säumniszuschläge oder Mahngebühren dazukommen, und ordnen Sie dann zu."),
    Doubt.REST_WAITS: _("Ordnen Sie auch den Rest zu, oder buchen Sie ihn als Überzahlung."),
    Doubt.TAKEN_BACK: _("Ordnen Sie neu zu; von selbst wird dieser Betrag nicht mehr zugeordnet."),
}

RESTS: Words = {
    Rest.NONE: _("Es bleibt kein Rest"),
    Rest.WAITS: _("Der Rest wartet weiter in Verwahrung"),
    Rest.OVERPAID: _("Der Rest ist eine Überzahlung und wird erstattet"),
    Rest.FEES: _("Der Rest sind Gebühren der Bank"),
    Rest.SMALL_DIFFERENCE: _("Der Rest ist eine Kleindifferenz"),
}

WHOLE: Words = {
    Rest.OVERPAID: _("als Überzahlung: dem Zahler zu erstatten"),
    Rest.FEES: _("als Gebühren der Bank"),
}

ACCOUNTS: Words = {
    "overpaid": _("Überzahlung: dem Zahler zu erstatten"),
    "fees": _("Gebühren der Bank"),
}

# What a person reads when an operation says no, by the refusal's stable code.
NO: Words = {
    "detail_not_waiting": _("Diesen Betrag hat inzwischen jemand anderes geklärt. Es wurde nichts doppelt gebucht."),
    "shares_differ": _(
        "Die Anteile ergeben nicht den Betrag. Bitte ändern Sie sie, oder wählen Sie, was mit dem Rest geschieht."
    ),
    "share_too_large": _(
        "Ein Anteil ist größer, als bei der Forderung noch möglich ist. Bitte prüfen Sie die Beträge."
    ),
    "claim_unknown": _("Eine der Forderungen gibt es nicht mehr. Bitte suchen Sie neu."),
    "bank_busy": _("Gerade wird eine Bankdatei eingelesen. Bitte versuchen Sie es in einer Minute noch einmal."),
    "account_not_for_this": _("Auf dieses Konto kann dieser Betrag nicht gebucht werden."),
    "note_missing": _("Bitte schreiben Sie einen Vermerk, damit später jeder den Grund kennt."),
    "nothing_to_release": _("Der Ausgang ist inzwischen bekannt. Es wurde nichts geändert."),
    "release_too_early": _("Dafür ist es noch zu früh: Der Zahler kann noch beim Zahlungsdienstleister sein."),
    "release_waiting": _("Jemand hat schon etwas eingetragen. Das muss erst bestätigt oder abgelehnt werden."),
    "release_needs_another": _("Bestätigen muss eine andere Person als die, die es eingetragen hat."),
    "release_over": _("Das ist schon erledigt. Vielleicht war jemand schneller."),
    "release_unknown": _("Das ist schon erledigt. Vielleicht war jemand schneller."),
    "release_incomplete": _(
        "Bitte wählen Sie, was das Portal zeigt, und schreiben Sie einen Grund. Zu „ist bezahlt“ gehört auch, wie der"
        " Zahlungsdienstleister die Zahlung nennt."
    ),
    "release_reference_differs": _(
        "So nennt der Zahlungsdienstleister eine andere Zahlung. Bitte prüfen Sie die Referenz."
    ),
    "payment_taken": _("Diese Referenz gehört schon zu einer anderen Zahlung. Bitte prüfen Sie sie."),
    "card_number_typed": _("Das sieht nach einer Kartennummer aus. Bitte schreiben Sie keine Kartennummern hinein."),
    "nothing_to_take_back": _("Hier ist nichts mehr zurückzunehmen. Vielleicht war jemand schneller."),
}

STATES: Words = {
    "noted": _("vorgemerkt"),
    "allocated": _("zugeordnet"),
    "partly": _("teilweise zugeordnet"),
    "suspended": _("in Verwahrung"),
    "undecided": _("noch nicht geprüft"),
}

MOMENTS: Words = {
    "claim.opened": _("Forderung angelegt"),
    "claim.settled": _("Forderung bezahlt"),
    "claim.partly_settled": _("Forderung teilweise bezahlt"),
    "claim.reopened": _("Forderung wieder offen"),
    "payment.created": _("Zahlvorgang begonnen"),
    "payment.started": _("Zahler beim Zahlungsdienstleister"),
    "payment.start_unanswered": _("Zahlungsdienstleister hat nicht geantwortet; es wird nachgefragt"),
    "payment.started_after_all": _("Zahlung war doch begonnen"),
    "payment.never_started": _("Zahlung wurde nie begonnen"),
    "payment.refused": _("Zahlungsdienstleister hat abgelehnt"),
    "payment.transfer_chosen": _("Zahler hat Überweisung gewählt"),
    "payment.transfer_taken_back": _("Überweisung gehörte zu etwas anderem; wird wieder erwartet"),
    "payment.debit_ordered": _("Zahler hat Lastschrift gewählt"),
    "payment.debit_collected": _("Lastschrift zum Einzug gegeben"),
    "payment.debit_returned": _("Rücklastschrift: Die Bank des Zahlers hat das Geld zurückgegeben"),
    "payment.release_contradicted": _("Zahlungsdienstleister widerspricht der Angabe der Kasse: bitte prüfen"),
    "audit.release.said": _("Die Kasse hat eingetragen, was das Portal zeigt"),
    "audit.release.applied": _("Auf Angabe der Kasse entschieden"),
    "audit.release.withdrawn": _("Angabe der Kasse zurückgenommen"),
    "audit.release.overtaken": _("Angabe der Kasse überholt: Der Zahlungsdienstleister hat geantwortet"),
    "audit.release.dealt_with": _("Widerspruch als erledigt vermerkt"),
    "payment.pending": _("Zahlung wird bearbeitet"),
    "payment.outcome_unknown": _("Ausgang unbekannt; es wird nachgefragt"),
    "payment.contradicted": _("Meldung widerspricht dem Auftrag: bitte prüfen"),
    "payment.paid": _("Online bezahlt"),
    "payment.paid_late": _("Doch noch bezahlt"),
    "payment.paid_twice": _("Doppelt bezahlt: Betrag ist zu erstatten"),
    "payment.declined": _("Zahlung abgelehnt"),
    "payment.cancelled": _("Zahlung abgebrochen"),
    "payment.charged_back": _("Rückbelastung: Die Bank des Zahlers hat das Geld zurückgeholt"),
    "payout.reported": _("Zahlungsdienstleister hat die Auszahlung abgerechnet"),
    "payment.expired": _("Zeit für die Zahlung abgelaufen"),
    "bank.entry": _("Umsatz auf dem Konto"),
    "allocation.allocated": _("Der Forderung zugeordnet"),
    "allocation.taken_back": _("Zuordnung zurückgenommen"),
    "allocation.suspended": _("In Verwahrung genommen"),
    "allocation.returned": _("Zahlung zurückgegeben"),
    "ledger.booked": _("Gebucht"),
}

METHODS: Words = {
    "card": _("Karte"),
    "paypal": _("PayPal"),
    "transfer": _("Überweisung"),
    "giropay": _("giropay"),
    "wero": _("Wero"),
    "direct_debit": _("Lastschrift"),
    "sepa_debit": _("Lastschrift"),
}

UNSURE: Words = {
    "payment_unknown": _(
        "Der Zahlungsdienstleister hat nicht geantwortet. Er wird weiter gefragt. Bleibt es dabei: Sehen Sie in seinem"
        " Portal nach, ob bezahlt wurde."
    ),
    "payment_contradicted": _(
        "Der Zahlungsdienstleister meldet etwas anderes, als bestellt war: Betrag, Vertrag oder Vorgang. Klären Sie es"
        " mit ihm."
    ),
    "payment_surplus": _("Bezahlt, obwohl die Forderung schon bezahlt war. Der Betrag ist zu erstatten."),
    "refund_unknown": _(
        "Ob die Erstattung ausgeführt ist, weiß niemand. Es wird weiter gefragt. Sehen Sie im Portal des"
        " Zahlungsdienstleisters nach; erstatten Sie nicht noch einmal."
    ),
    "release_contradicted": _(
        "Was hier auf Angabe der Kasse entschieden wurde, stimmt nach einer späteren Auskunft des"
        " Zahlungsdienstleisters nicht. Klären Sie es mit ihm."
    ),
    "debit_left_out": _(
        "Diese Lastschrift wird nicht eingezogen: Ihr Mandat nennt eine andere Gläubiger-Identifikationsnummer als die"
        " Stadt heute. Holen Sie ein neues Mandat ein."
    ),
}

RELEASES: Words = {
    Word.PAID: _("Die Zahlung ist bezahlt."),
    Word.NOT_MADE: _("Die Zahlung ist nicht zustande gekommen."),
    Word.GIVEN_BACK: _("Die Erstattung wurde ausgezahlt."),
    Word.NOT_GIVEN_BACK: _("Die Erstattung wurde nicht ausgezahlt."),
}

RELEASED: Words = {
    Word.PAID: _("Gebucht: Die Zahlung gilt als bezahlt."),
    Word.NOT_MADE: _("Die Zahlung ist beendet. Die Forderung kann neu bezahlt werden."),
    Word.GIVEN_BACK: _("Gebucht: Die Erstattung gilt als ausgezahlt."),
    Word.NOT_GIVEN_BACK: _("Die Erstattung gilt als nicht ausgezahlt. Der Betrag kann neu erstattet werden."),
}

RELEASE_STATES: Words = {
    ReleaseState.WAITING: _("wartet auf eine zweite Person"),
    ReleaseState.APPLIED: _("gilt"),
    ReleaseState.WITHDRAWN: _("zurückgenommen"),
    ReleaseState.OVERTAKEN: _("überholt: Der Zahlungsdienstleister hat selbst geantwortet"),
}

FINDINGS: Words = {
    FindingKind.UNBALANCED_BOOK: _("Summe SOLL und Summe HABEN sind verschieden"),
    FindingKind.UNBALANCED_ENTRY: _("Buchung geht nicht auf"),
    FindingKind.BROKEN_SEAL: _("Siegel gebrochen: seither wurde etwas verändert"),
    FindingKind.OPEN_AMOUNT: _("Offener Betrag weicht vom Buch ab"),
    FindingKind.ALLOCATION: _("Zuordnung weicht vom Buch ab"),
    FindingKind.SUSPENSE: _("Verwahrung weicht vom Buch ab"),
    FindingKind.BANK_ENTRY: _("Kontoumsatz ist nicht oder anders gebucht"),
    FindingKind.CLEARING: _("Zahlung beim Dienstleister ist nicht oder anders gebucht"),
    FindingKind.PAYOUT: _("Abrechnung des Dienstleisters ist nicht oder anders gebucht"),
    FindingKind.AUDIT_CHAIN: _("Protokoll ist ab hier verändert oder lückenhaft"),
}

ITEMS: Words = {
    ItemKind.PAYMENT: _("Zahlungen"),
    ItemKind.FEE: _("Entgelte"),
    ItemKind.REFUND: _("Erstattungen"),
    ItemKind.CHARGEBACK: _("Rückbelastungen"),
    ItemKind.CHARGEBACK_FEE: _("Entgelte für Rückbelastungen"),
    ItemKind.ADJUSTMENT: _("Berichtigungen"),
}

FILE_OUTCOMES: Words = {
    "received": _("wartet"),
    "imported": _("eingelesen"),
    "refused": _("abgewiesen"),
    "dismissed": _("erledigt"),
}

FILE_DEEDS: Words = {
    "bank_file.received": _("Hochgeladen"),
    "bank_file.imported": _("Eingelesen"),
    "bank_file.tried_again": _("Noch einmal versucht"),
    "bank_file.dismissed": _("Als erledigt abgelegt"),
    "bank_file.downloaded": _("Heruntergeladen"),
}

# Why a file was set aside, and what a person does then: by the stable codes of reading and of the bank.
_ASK_BANK = _("Laden Sie die Datei noch einmal bei Ihrer Bank. Bleibt es dabei, zeigen Sie der Bank diese Seite.")
FILE_CODES: Mapping[str, tuple[Any, Any]] = {
    "empty": (_("Die Datei ist leer."), _ASK_BANK),
    "not_xml": (_("Das ist kein gültiges XML."), _ASK_BANK),
    "truncated": (
        _("Die Datei hört mitten im Text auf."),
        _("Laden Sie die Datei noch einmal: Sie kam nicht ganz an."),
    ),
    "not_camt": (
        _("Das ist keine camt-Datei (052, 053 oder 054)."),
        _("Prüfen Sie, ob die richtige Datei gewählt war. MT940 und PDF kann Zahlstelle nicht lesen."),
    ),
    "not_pain": (_("Das ist keine pain-Datei."), _("Prüfen Sie, ob die richtige Datei gewählt war.")),
    "control_sum_differs": (_("Die Prüfsumme der Datei stimmt nicht mit ihrem Inhalt überein."), _ASK_BANK),
    "encoding_unreadable": (_("Die Zeichen der Datei sind nicht lesbar."), _ASK_BANK),
    "doctype_refused": (
        _("Die Datei enthält eine Dokumenttyp-Deklaration, die keine Bank verwendet."),
        _("Öffnen Sie die Datei nicht weiter, und fragen Sie, woher sie kommt."),
    ),
    "entity_refused": (
        _("Die Datei enthält fremde XML-Entitäten, die keine Bank verwendet."),
        _("Öffnen Sie die Datei nicht weiter, und fragen Sie, woher sie kommt."),
    ),
    "too_large": (_("Die Datei ist größer, als Banken sie senden."), _ASK_BANK),
    "too_deep": (_("Die Datei ist tiefer verschachtelt, als camt es ist."), _ASK_BANK),
    "amount_unreadable": (_("Ein Betrag ist nicht in ganzen Cent lesbar. Er wird nie als null gelesen."), _ASK_BANK),
    "side_unreadable": (_("Bei einem Umsatz ist nicht klar, ob Geld kam oder ging."), _ASK_BANK),
    "zip_refused": (_("Das ZIP ist beschädigt, verschlüsselt oder zu tief verschachtelt."), _ASK_BANK),
    "zip_bomb": (
        _("Das ZIP würde auf eine unsinnige Größe anwachsen."),
        _("Öffnen Sie die Datei nicht weiter, und fragen Sie, woher sie kommt."),
    ),
    "not_found": (_("Die Datei war beim Lesen nicht mehr da."), _("Laden Sie die Datei noch einmal hoch.")),
    "account_unknown": (
        _("Die Datei gehört zu einem Konto, das nicht zu dieser Stadt gehört."),
        _("Prüfen Sie die IBAN. Ein neues Konto trägt Ihr Rechenzentrum ein; dann lesen Sie noch einmal ein."),
    ),
}
FILE_CODE_OTHERWISE = (_("Die Datei wurde abgewiesen."), _("Zeigen Sie Ihrem Rechenzentrum diese Seite."))

BREAKDOWNS: Words = {
    "none": _("ein Umsatz ohne Einzelheiten"),
    "single": _("ein Umsatz"),
    "whole": _("Sammelbuchung, vollständig aufgeteilt"),
    "pending": _("Sammelbuchung, Einzelumsätze fehlen noch"),
    "broken": _("Sammelbuchung, Einzelumsätze ergeben nicht die Summe"),
}


def moment_words(what: str) -> Any:
    """Say a moment in German; a deed of the audit log keeps its own word."""
    if what.startswith("audit.") and what not in MOMENTS:
        return _("Vermerk im Protokoll: %(deed)s") % {"deed": what.removeprefix("audit.")}
    return MOMENTS.get(what, what)


def likely(score: int) -> Any:
    """Say how sure a proposal is."""
    if score >= 90:
        return _("sehr wahrscheinlich")
    return _("wahrscheinlich") if score >= 60 else _("möglich")
