"""What citizens read: words for every refusal, every method, and the reasons a provider gives."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zahlstelle.kernel import CardNumberTyped as CardNumberTyped
from zahlstelle.kernel import InputRefused, Refusal

Said = str | Promise


class Words(NamedTuple):
    """What happened, and what to do now."""

    title: Said
    text: Said


class NothingToPay(InputRefused):
    """Nothing is open under this Kassenzeichen: unknown and settled look the same to whoever guesses."""

    code = "nothing_to_pay"


class LetterCodeMissing(InputRefused):
    """The town asks for the code of the letter, and none was given."""

    code = "letter_code_missing"


class NameTooLong(InputRefused):
    """The name has more characters than a claim keeps."""

    code = "name_too_long"


class AmountTooHigh(InputRefused):
    """The amount is more than is taken online."""

    code = "amount_too_high"


class CardTokenWrong(InputRefused):
    """What the card page sent is no token of a card."""

    code = "card_token_wrong"


class ConsentMissing(InputRefused):
    """The mandate was not consented to; without it nothing is collected."""

    code = "consent_missing"


_NOT_OURS = Words(
    _("Das hat nicht geklappt"),
    _("Es ist nichts bezahlt worden. Bitte versuchen Sie es noch einmal."),
)

_CALL_THEM = Words(
    _("Hier geht es im Moment nicht weiter"),
    _("Die Stadt kann gerade keine neuen Zahlungen anlegen. Es ist nichts bezahlt worden. Bitte rufen Sie dort an."),
)

WORDS: Mapping[str, Words] = {
    "amount_unreadable": Words(
        _("Diesen Betrag können wir nicht lesen"),
        _("Bitte schreiben Sie ihn in Euro und Cent, zum Beispiel 12,50."),
    ),
    "amount_not_positive": Words(
        _("Der Betrag muss größer als null sein"),
        _("Bitte schreiben Sie ihn in Euro und Cent, zum Beispiel 12,50."),
    ),
    "amount_too_high": Words(
        _("Dieser Betrag ist für die Online-Zahlung zu hoch"),
        _("Online geht bis 999.999,99 €. Bitte prüfen Sie die Stellen vor und nach dem Komma."),
    ),
    "name_too_long": Words(
        _("Der Name ist zu lang"),
        _("Bitte kürzen Sie ihn auf höchstens 70 Zeichen."),
    ),
    "card_number_typed": Words(
        _("Hier gehört keine Kartennummer hin"),
        _("Wir haben sie nicht gespeichert. Ihre Karte geben Sie erst später auf der Seite des Zahlungsdienstes an."),
    ),
    "kassenzeichen_wrong": Words(
        _("Das ist kein Kassenzeichen"),
        _("Ein Kassenzeichen hat 6 bis 35 Ziffern oder Buchstaben. Sie finden es in Ihrem Schreiben."),
    ),
    "check_digit_wrong": Words(
        _("In diesem Kassenzeichen ist ein Zeichen vertippt"),
        _("Die Prüfziffer passt nicht. Bitte vergleichen Sie jede Ziffer mit Ihrem Schreiben."),
    ),
    "nothing_to_pay": Words(
        _("Zu diesem Kassenzeichen ist nichts offen"),
        _(
            "Bitte vergleichen Sie jede Ziffer mit Ihrem Schreiben. Wenn Sie schon bezahlt haben, ist alles erledigt. "
            "Wenn Ihr Schreiben ganz neu ist, versuchen Sie es bitte morgen wieder."
        ),
    ),
    "letter_code_wrong": Words(
        _("Kassenzeichen und Code passen nicht zusammen"),
        _("Bitte vergleichen Sie beide mit Ihrem Schreiben. Der Code hat sechs Zeichen, zum Beispiel K7M-2QX."),
    ),
    "letter_code_missing": Words(
        _("Hier fehlt der Code"),
        _("Er steht in Ihrem Schreiben neben dem Kassenzeichen und hat sechs Zeichen, zum Beispiel K7M-2QX."),
    ),
    "feedback_empty": Words(
        _("Hier steht noch nichts"),
        _("Bitte schreiben Sie in einem oder zwei Sätzen, was nicht ging."),
    ),
    "feedback_too_long": Words(
        _("Das ist zu lang"),
        _("Bitte kürzen Sie Ihre Nachricht auf höchstens 2000 Zeichen."),
    ),
    "feedback_unknown": _NOT_OURS,
    "email_wrong": Words(
        _("Diese E-Mail-Adresse stimmt nicht"),
        _("Bitte prüfen Sie sie. Sie sieht zum Beispiel so aus: name@beispiel.de."),
    ),
    "too_many_tries": Words(
        _("Das waren zu viele Versuche"),
        _(
            "Bitte warten Sie eine Viertelstunde und versuchen Sie es dann noch einmal. "
            "Sie können den Betrag auch überweisen, so wie es in Ihrem Schreiben steht."
        ),
    ),
    "claim_unknown": Words(
        _("Diese Forderung gibt es nicht"),
        _("Bitte prüfen Sie die Angaben in Ihrem Schreiben."),
    ),
    "kassenzeichen_taken": _NOT_OURS,
    "lines_differ": _NOT_OURS,
    "fee_unknown": _NOT_OURS,
    "pool_unknown": _NOT_OURS,
    "pool_exhausted": _CALL_THEM,
    "collecting_account_unknown": _CALL_THEM,
    "input_refused": _NOT_OURS,
    "refused": _NOT_OURS,
    "service_unknown": Words(
        _("Diese Leistung gibt es hier nicht"),
        _("Vielleicht hat sich das Angebot geändert. Bitte wählen Sie auf der Seite der Stadt neu aus."),
    ),
    "tenant_unknown": Words(
        _("Diese Seite gibt es nicht"),
        _("Vielleicht ist die Adresse nicht vollständig. Bitte vergleichen Sie sie mit Ihrem Schreiben."),
    ),
    "payment_unknown": Words(
        _("Diesen Zahlungslink kennen wir nicht"),
        _(
            "Vielleicht ist die Adresse nicht vollständig. Öffnen Sie den Link bitte noch einmal dort, "
            "wo Sie ihn bekommen haben."
        ),
    ),
    "already_paid": Words(
        _("Das ist schon bezahlt"),
        _("Sie müssen nichts mehr tun."),
    ),
    "basket_changed": Words(
        _("Nicht mehr alles ist offen"),
        _("Eine dieser Gebühren ist inzwischen auf anderem Weg bezahlt worden. Es ist nichts abgebucht worden."),
    ),
    "basket_unsound": Words(
        _("Das passt nicht in eine Zahlung"),
        _("Zusammen geht es bis zu 20 Gebühren, jede einmal. Bitte bezahlen Sie die übrigen danach."),
    ),
    "already_being_paid": Words(
        _("Diese Gebühr wird gerade schon bezahlt"),
        _(
            "Es läuft bereits eine Zahlung dafür, vielleicht in einem anderen Fenster. "
            "Bitte bezahlen Sie nicht doppelt."
        ),
    ),
    "payment_over": Words(
        _("Die Zeit für diese Zahlung ist abgelaufen"),
        _("Es ist nichts abgebucht worden. Sie können neu beginnen."),
    ),
    "method_unknown": Words(
        _("Diese Zahlungsart gibt es hier nicht"),
        _("Bitte wählen Sie eine der angebotenen Zahlungsarten."),
    ),
    "iban_wrong": Words(
        _("Diese IBAN stimmt nicht"),
        _("Bitte vergleichen Sie jedes Zeichen mit Ihrer Bankkarte. Das Konto muss im SEPA-Raum liegen."),
    ),
    "holder_wrong": Words(
        _("Hier fehlt der Name"),
        _("Bitte schreiben Sie den Namen wie auf der Bankkarte, höchstens 70 Zeichen."),
    ),
    "consent_missing": Words(
        _("Ohne Ihr Mandat dürfen wir nicht abbuchen"),
        _("Bitte kreuzen Sie an, dass Sie das Mandat erteilen. Oder wählen Sie eine andere Zahlungsart."),
    ),
    "passkey_refused": Words(
        _("Das hat mit dem Passkey nicht geklappt"),
        _("Es ist nichts bezahlt worden. Versuchen Sie es noch einmal, oder nehmen Sie eine andere Zahlungsart."),
    ),
    "link_refused": Words(
        _("Dieser Link gilt nicht mehr"),
        _(
            "Ein Link gilt 30 Minuten und nur einmal. Bitte verlangen Sie einen neuen. "
            "Ihren Karten ist nichts geschehen."
        ),
    ),
    "last_passkey": Words(
        _("Das ist Ihr letzter Passkey"),
        _("Legen Sie zuerst einen neuen an. Oder löschen Sie alles: Dann gehen Karten und Passkey zusammen."),
    ),
    "stored_card_unknown": Words(
        _("Diese Karte ist nicht mehr gemerkt"),
        _("Es ist nichts bezahlt worden. Bitte nehmen Sie eine andere Karte oder eine andere Zahlungsart."),
    ),
    "nothing_to_keep": Words(
        _("Hier gibt es keine Karte zu merken"),
        _("Vielleicht ist die Zeit dafür vorbei, oder sie ist schon gemerkt. Ihre Zahlung ist davon nicht betroffen."),
    ),
    "card_token_wrong": _NOT_OURS,
    "card_fields_away": Words(
        _("Die Kartenzahlung ist gerade nicht erreichbar"),
        _(
            "Es ist nichts bezahlt worden. Bitte versuchen Sie es in ein paar Minuten noch einmal, "
            "oder wählen Sie eine andere Zahlungsart."
        ),
    ),
    "return_url_not_allowed": _NOT_OURS,
    "notification_forged": _NOT_OURS,
}


def words_for(refusal: Refusal) -> Words:
    """Say a refusal to a citizen. A code without words is a defect and raises KeyError."""
    return WORDS[refusal.code]


class Method(NamedTuple):
    """How a method is offered."""

    name: Said
    hint: Said


_METHODS: Mapping[str, Method] = {
    "card": Method(_("Karte"), _("Kreditkarte oder Debitkarte, sofort bezahlt")),
    "wero": Method("Wero", _("Mit der Wero-App Ihrer Bank, sofort bezahlt")),
    "paypal": Method("PayPal", _("Mit Ihrem PayPal-Konto, sofort bezahlt")),
    "apple_pay": Method("Apple Pay", _("Mit Ihrem iPhone oder Mac, sofort bezahlt")),
    "google_pay": Method("Google Pay", _("Mit Ihrem Google-Konto, sofort bezahlt")),
    "click_to_pay": Method("Click to Pay", _("Mit Ihrer gespeicherten Karte, sofort bezahlt")),
    "direct_debit": Method(_("Lastschrift"), _("Wir buchen den Betrag von Ihrem Konto ab")),
    "sepa_debit": Method(_("Lastschrift"), _("Mit IBAN; wir buchen den Betrag in ein paar Tagen ab")),
    "transfer": Method(_("Überweisung"), _("Mit QR-Code in der Banking-App, ein bis zwei Bankarbeitstage")),
}


def method_for(key: str) -> Method:
    """Say a method; one that has no words yet is said by its own name."""
    return _METHODS.get(key) or Method(key.replace("_", " ").title(), "")


_REASONS: Mapping[str, Said] = {
    "insufficient_funds": _("Die Bank meldet: Das Konto ist dafür nicht gedeckt oder das Limit ist erreicht."),
    "expired_card": _("Die Bank meldet: Die Karte ist abgelaufen."),
    "authentication_failed": _("Die Freigabe bei Ihrer Bank ist nicht gelungen."),
}


def reason_for(decline_code: str | None) -> Said:
    """Say why a provider declined; empty where it gave no reason that helps."""
    return _REASONS.get(decline_code or "", "")
