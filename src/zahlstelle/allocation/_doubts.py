"""Why money waits in suspense, in stable words and in the treasury's. No IO."""

from collections.abc import Mapping
from enum import StrEnum


class Doubt(StrEnum):
    """Why money waits in suspense (Verwahrung)."""

    NO_REFERENCE = "no_reference"
    UNKNOWN_REFERENCE = "unknown_reference"
    CHECK_DIGIT_WRONG = "check_digit_wrong"
    SEVERAL_REFERENCES = "several_references"
    ALREADY_SETTLED = "already_settled"
    LESS_THAN_OPEN = "less_than_open"
    MORE_THAN_OPEN = "more_than_open"
    PAYMENT_UNDER_WAY = "payment_under_way"
    PAYMENT_NOT_CONFIRMED = "payment_not_confirmed"
    PAYMENT_AMOUNT_DIFFERS = "payment_amount_differs"
    ALREADY_PAID_OUT = "already_paid_out"
    PAYOUT_REPORT_MISSING = "payout_report_missing"
    PAYOUT_REPORT_DIFFERS = "payout_report_differs"
    PAYOUT_ITEM_UNKNOWN = "payout_item_unknown"
    PAYOUT_ITEM_DIFFERS = "payout_item_differs"
    DETAILS_MISSING = "details_missing"
    DETAILS_DO_NOT_ADD_UP = "details_do_not_add_up"
    MONEY_GOES_OUT = "money_goes_out"
    RETURNED = "returned"
    FOREIGN_CURRENCY = "foreign_currency"
    REFERENCE_UNSURE = "reference_unsure"
    PAID_LATE = "paid_late"
    REST_WAITS = "rest_waits"
    TAKEN_BACK = "taken_back"


DOUBT_WORDS: Mapping[Doubt, str] = {
    Doubt.NO_REFERENCE: "Der Zahler hat kein Kassenzeichen angegeben.",
    Doubt.UNKNOWN_REFERENCE: "Das Kassenzeichen ist gültig, aber es gibt dazu keine Forderung.",
    Doubt.CHECK_DIGIT_WRONG: "Die Prüfziffer stimmt nicht: Das Kassenzeichen ist vertippt.",
    Doubt.SEVERAL_REFERENCES: "Die Zahlung nennt mehrere Kassenzeichen.",
    Doubt.ALREADY_SETTLED: "Die Forderung ist schon bezahlt.",
    Doubt.LESS_THAN_OPEN: "Es kam weniger, als offen ist.",
    Doubt.MORE_THAN_OPEN: "Es kam mehr, als offen ist.",
    Doubt.PAYMENT_UNDER_WAY: "Für die Forderung läuft gerade eine Online-Zahlung. Ihr Ausgang entscheidet.",
    Doubt.PAYMENT_NOT_CONFIRMED: "Der Zahlungsdienstleister hat diese Zahlung noch nicht bestätigt.",
    Doubt.PAYMENT_AMOUNT_DIFFERS: "Der Zahlungsdienstleister hat einen anderen Betrag ausgezahlt als bestätigt.",
    Doubt.ALREADY_PAID_OUT: "Der Zahlungsdienstleister hat diese Zahlung schon einmal ausgezahlt.",
    Doubt.PAYOUT_REPORT_MISSING: "Auszahlung eines Zahlungsdienstleisters: Seine Abrechnung ist noch nicht da.",
    Doubt.PAYOUT_REPORT_DIFFERS: "Die Abrechnung des Zahlungsdienstleisters ergibt einen anderen Betrag.",
    Doubt.PAYOUT_ITEM_UNKNOWN: "Die Abrechnung nennt einen Posten, den wir nicht kennen.",
    Doubt.PAYOUT_ITEM_DIFFERS: "Ein Posten der Abrechnung passt nicht zu dem, was wir von der Zahlung wissen.",
    Doubt.DETAILS_MISSING: "Sammelbuchung: Die Einzelumsätze sind noch nicht da.",
    Doubt.DETAILS_DO_NOT_ADD_UP: "Sammelbuchung: Die Einzelumsätze ergeben nicht den gebuchten Betrag.",
    Doubt.MONEY_GOES_OUT: "Abgang vom Konto: Bitte prüfen.",
    Doubt.RETURNED: "Rückgabe oder Rücklastschrift: Bitte prüfen.",
    Doubt.FOREIGN_CURRENCY: "Fremde Währung.",
    Doubt.REFERENCE_UNSURE: "Das Kassenzeichen hat keine Prüfziffer, und nichts anderes bestätigt es.",
    Doubt.PAID_LATE: "Die Zahlung kam nach der Fälligkeit.",
    Doubt.REST_WAITS: "Rest einer von Hand aufgeteilten Zahlung.",
    Doubt.TAKEN_BACK: "Die Zuordnung wurde von Hand zurückgenommen.",
}

# What another fact can settle later without a person: the worker tries these again.
RETRIED = frozenset({Doubt.UNKNOWN_REFERENCE, Doubt.PAYMENT_UNDER_WAY, Doubt.PAYMENT_NOT_CONFIRMED})
