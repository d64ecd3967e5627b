"""The pages' words, German and English."""

from collections.abc import Callable

TEXTS: dict[str, tuple[str, str]] = {
    "banner": ("Sandbox – nur zum Testen, es fließt kein Geld", "Sandbox – for tests only, no money moves"),
    "skip": ("Zum Inhalt", "Skip to content"),
    "other_language": ("English", "Deutsch"),
    # Card page
    "card_title": ("Mit Karte bezahlen", "Pay by card"),
    "payee": ("Empfänger", "Payee"),
    "amount": ("Betrag", "Amount"),
    "purpose": ("Verwendungszweck", "Purpose"),
    "number": ("Kartennummer", "Card number"),
    "number_hint": ("Nur Testkarten aus der Liste unten", "Only test cards from the list below"),
    "expiry": ("Gültig bis", "Expiry date"),
    "expiry_hint": ("Monat und Jahr, zum Beispiel 12/30", "Month and year, for example 12/30"),
    "cvc": ("Prüfziffer", "Security code"),
    "cvc_hint": ("Drei beliebige Ziffern", "Any three digits"),
    "holder": ("Name auf der Karte (freiwillig)", "Name on the card (optional)"),
    "pay": ("bezahlen", "Pay"),
    "cancel": ("Abbrechen", "Cancel"),
    "cards_title": ("Testkarten", "Test cards"),
    "cards_intro": (
        "Jede Nummer hat ihren Ausgang. „Ausfüllen“ trägt sie oben ein.",
        "Each number has its outcome. “Fill in” puts it into the form.",
    ),
    "fill": ("Ausfüllen", "Fill in"),
    "errors_title": ("Bitte prüfen Sie Ihre Angaben", "Please check your entries"),
    "number_error": (
        "Das ist keine Testkarte. Bitte wählen Sie eine aus der Liste.",
        "This is not a test card. Please choose one from the list.",
    ),
    "expiry_error": (
        "Bitte geben Sie Monat und Jahr so an: 12/30. Das Datum darf nicht vorbei sein.",
        "Please give month and year like this: 12/30. The date must not have passed.",
    ),
    "cvc_error": ("Bitte geben Sie drei Ziffern an.", "Please give three digits."),
    "holder_error": ("Bitte höchstens 70 Zeichen.", "At most 70 characters, please."),
    # Click to Pay
    "src_title": ("Mit Click to Pay bezahlen", "Pay with Click to Pay"),
    "src_new": ("Karte bei Click to Pay anmelden", "Register a card with Click to Pay"),
    "src_auto": ("Es geht gleich weiter.", "This goes on by itself."),
    "src_done": ("Zurück zur Seite des Empfängers", "Back to the payee's page"),
    "email": ("E-Mail-Adresse", "E-mail address"),
    "email_error": ("Bitte geben Sie eine E-Mail-Adresse an.", "Please give an e-mail address."),
    "number_scheme_error": (
        "Diese Testkarte kann hier nicht angemeldet werden. Bitte nehmen Sie eine andere.",
        "This test card cannot be registered here. Please take another.",
    ),
    "terms": (
        "Ich nehme die Bedingungen an: Die Testkarte wird beim Kartensystem der Sandbox gespeichert.",
        "I accept the terms: the test card is kept by the sandbox's card scheme.",
    ),
    "terms_error": ("Ohne die Bedingungen geht die Anmeldung nicht.", "A registration needs the terms."),
    "remember": (
        "Dieses Gerät wiedererkennen (freiwillig, 180 Tage)",
        "Recognise this device (optional, 180 days)",
    ),
    "ctp_wait": ("Einen Moment bitte …", "One moment, please …"),
    "ctp_skip": ("Karte selbst eingeben", "Enter a card yourself"),
    "ctp_known": ("Ihre Karten bei Click to Pay", "Your cards with Click to Pay"),
    "ctp_for": ("Gespeichert für", "Kept for"),
    "ctp_other": ("Andere Karte eingeben", "Enter another card"),
    "ctp_not_me": ("Das bin ich nicht", "This is not me"),
    "ctp_back": ("Zurück zu meinen Karten", "Back to my cards"),
    "ctp_register": (
        "Beim nächsten Mal nicht mehr eintippen: Karte bei Click to Pay anmelden und auf diesem Gerät wiedererkennen."
        " Ich nehme die Bedingungen des Kartensystems an.",
        "No typing the next time: register this card with Click to Pay and recognise it on this device."
        " I accept the card scheme's terms.",
    ),
    "ctp_have": ("Ich habe Click to Pay schon", "I have Click to Pay already"),
    "ctp_send": ("Code schicken", "Send a code"),
    "ctp_code": ("Code aus der E-Mail", "Code from the e-mail"),
    "ctp_sent": ("Wir haben einen Code geschickt an", "We sent a code to"),
    "ctp_check": ("Code prüfen", "Check the code"),
    "ctp_wrong_code": (
        "Der Code stimmt nicht. Bitte sehen Sie noch einmal nach.",
        "The code is wrong. Please look again.",
    ),
    "ctp_unknown": (
        "Zu dieser Adresse gibt es kein Click to Pay. Geben Sie bitte Ihre Karte ein.",
        "There is no Click to Pay for this address. Please enter your card.",
    ),
    "ctp_already": (
        "Diese Adresse hat Click to Pay schon. Sie können sich einen Code schicken lassen.",
        "This address has Click to Pay already. You can have a code sent.",
    ),
    "ctp_remember": ("Dieses Gerät wiedererkennen (freiwillig)", "Recognise this device (optional)"),
    "src_continue": ("Weiter", "Continue"),
    "change_card": ("Andere Karte wählen", "Choose another card"),
    "add_card": ("Andere Karte eingeben", "Type another card"),
    "outbox_title": ("Codes der Kartensysteme", "Codes of the card schemes"),
    "outbox_text": (
        "Einmalcodes für Click to Pay. Ein echtes Kartensystem schickt sie per E-Mail oder SMS; hier liegen sie alle.",
        "One-time codes of Click to Pay. A real scheme sends them by mail or text message; here they all are.",
    ),
    "outbox_none": ("Noch wurde keiner verschickt.", "None was sent yet."),
    "outbox_code": ("Code", "Code"),
    "outbox_for": ("Für", "For"),
    "outbox_sent": ("Verschickt", "Sent"),
    # Mailbox
    "mailbox_title": ("Postfach", "Mailbox"),
    "mailbox_text": (
        "E-Mails an Bürgerinnen und Bürger. In der Demo geht keine hinaus; sie kommen alle hier an.",
        "Mails to citizens. In the demo none goes out; all of them arrive here.",
    ),
    "mailbox_from": ("Von:", "From:"),
    "mailbox_to": ("An:", "To:"),
    "mailbox_none": ("Noch ist keine da.", "There is none yet."),
    # What comes after
    "decided_title": ("Diese Zahlung ist schon entschieden", "This payment is decided already"),
    "decided_text": ("Sie können zum Empfänger zurückkehren.", "You can return to the payee."),
    "back": ("Zurück zum Empfänger", "Back to the payee"),
    "timeout_title": ("Der Anbieter antwortet nicht", "The provider does not answer"),
    "timeout_text": (
        "So ist dieser Testfall gedacht: Ob gezahlt wurde, weiß noch niemand. Die Abfrage antwortet später.",
        "This is what this test case is for: nobody knows yet whether it was paid. The query answers later.",
    ),
    "lost_title": ("Die Verbindung ist weg", "The connection is gone"),
    "lost_text": (
        "Dieser Testfall endet hier, als wäre das Fenster zugegangen: bezahlt, aber ohne Rückweg.",
        "This test case ends here, as if the window had closed: paid, but without a way back.",
    ),
    # Bank's approval
    "acs_title": ("Freigabe bei Ihrer Testbank", "Approval at your test bank"),
    "acs_text": ("Möchten Sie diese Kartenzahlung freigeben?", "Do you approve this card payment?"),
    "card": ("Karte", "Card"),
    "approve": ("Freigeben", "Approve"),
    "reject": ("Ablehnen", "Reject"),
    "walk_away": ("Einfach weggehen", "Just walk away"),
    "walked_title": ("Sie sind weggegangen", "You walked away"),
    "walked_text": (
        "Die Zahlung bleibt offen, bis sie verfällt. Sie können noch zurück und freigeben.",
        "The payment stays open until it expires. You can still go back and approve.",
    ),
    "back_to_acs": ("Doch noch freigeben oder ablehnen", "Approve or reject after all"),
    # Bank
    "bank_title": ("Testbank", "Test bank"),
    "account": ("Konto", "Account"),
    "balance": ("Kontostand laut letztem Auszug", "Balance of the last statement"),
    "owed": ("Kartenzahlungen, noch nicht ausgezahlt", "Card payments not paid out yet"),
    "transfer_title": ("Überweisung an die Stadt", "Transfer to the town"),
    "transfer_amount": ("Betrag in Euro", "Amount in euros"),
    "transfer_amount_hint": ("zum Beispiel 37,00", "for example 37.00"),
    "remittance": ("Verwendungszweck", "Remittance information"),
    "remittance_hint": ("Hier gehört das Kassenzeichen hinein.", "This is where the Kassenzeichen belongs."),
    "debtor_name": ("Wer überweist", "Who transfers"),
    "debtor_iban": ("IBAN (freiwillig)", "IBAN (optional)"),
    "do_transfer": ("Überweisen", "Transfer"),
    "transferred": (
        "Überwiesen. Der Umsatz steht im nächsten Kontoauszug.",
        "Transferred. It will stand in the next statement.",
    ),
    "transfer_failed": ("Die Überweisung ging nicht", "The transfer did not work"),
    "amount_error": ("Bitte geben Sie den Betrag so an: 37,00.", "Please give the amount like this: 37.00."),
    "remittance_error": ("Bitte 1 bis 420 Zeichen.", "1 to 420 characters, please."),
    "debtor_name_error": (
        "Bitte einen Namen mit höchstens 70 Zeichen.",
        "A name of at most 70 characters, please.",
    ),
    "debtor_iban_error": ("Diese IBAN stimmt nicht.", "This IBAN is not right."),
    "close_title": ("Tagesabschluss der Bank", "The bank's day close"),
    "close_text": (
        "Zahlt die Kartenzahlungen in einer Summe aus; liefert Auszug (camt.053) und Auflösung (camt.054).",
        "Pays out all card payments in one sum; delivers statement (camt.053) and breakdown (camt.054).",
    ),
    "do_close": ("Auszahlen und Tag abschließen", "Pay out and close the day"),
    "closed": ("Abgeschlossen. Die Dateien liegen bereit.", "Closed. The files are ready."),
    "nothing": ("Es gab nichts abzuschließen.", "There was nothing to close."),
    "files_title": ("Gelieferte Dateien", "Delivered files"),
    "no_files": ("Noch keine.", "None yet."),
    # Start page
    "index_title": ("Zahlungsdienst und Bank zum Testen", "A payment provider and a bank to test against"),
    "index_text": (
        "Hier spielt ein Programm den Zahlungsdienstleister, die Kartenseite und die Bank. Testkarten"
        " bestimmen den Ausgang; Benachrichtigungen kommen doppelt, spät oder gar nicht, wenn man es so einstellt; am"
        " Ende des Tages liefert die Bank eine Sammelgutschrift mit ihrer Auflösung.",
        "Here one program plays the payment provider, the card page and the bank. Test cards decide the"
        " outcome; notifications come twice, late or never, if so asked; at the end of the day the bank"
        " delivers a collective credit and its breakdown.",
    ),
    "index_way_title": ("So geht es", "How it goes"),
    "index_way_1": (
        "Eine Zahlung beginnt bei der Stadt und führt auf die Kartenseite.",
        "A payment begins at the town and leads to the card page.",
    ),
    "index_way_2": (
        "Dort eine Testkarte wählen; das Ergebnis geht an die Stadt.",
        "Choose a test card there; the outcome goes to the town.",
    ),
    "index_way_3": (
        "Bei der Testbank überweisen oder den Tag abschließen: die Bankdateien liegen bereit.",
        "Transfer money or close the day at the test bank: the bank files are ready.",
    ),
    "index_banks": ("Konten bei der Testbank", "Accounts at the test bank"),
    "index_none": ("Noch keine Städte eingerichtet.", "No towns set up yet."),
    "sorry_title": ("Das geht nicht", "That does not work"),
    "home": ("Zur Startseite der Sandbox", "To the sandbox's start page"),
}


def words(language: str) -> Callable[[str], str]:
    """The texts of one language; an unknown key is a defect and raises."""
    place = 1 if language == "en" else 0
    return lambda key: TEXTS[key][place]


def money(cents: int, language: str) -> str:
    """An amount as people write it: 1.234,56 € or €1,234.56."""
    sign, cents = "−" if cents < 0 else "", abs(cents)
    english = f"{cents // 100:,}.{cents % 100:02d}"
    if language == "en":
        return f"{sign}€{english}"
    return sign + english.translate(str.maketrans(",.", ".,")) + "\N{NO-BREAK SPACE}€"
