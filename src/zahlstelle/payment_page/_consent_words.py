"""What a citizen reads before a card is kept: what is shown is what is kept. A changed text gets a new version."""

from django.utils.translation import gettext as _

from zahlstelle.payments import CardKeeping
from zahlstelle.tenancy import Tenant

VERSION = "2026-11-25b"


def box(tenant: Tenant, keeping: CardKeeping) -> tuple[str, str]:
    """Say what the box beside the card is for: its label, and what stands below."""
    said = {"town": tenant.name}
    how = (
        _("Nächstes Mal zahlen Sie an %(town)s mit einem Klick und der Prüfziffer Ihrer Karte.")
        if keeping.asks_code
        else _("Nächstes Mal zahlen Sie an %(town)s mit einem Klick.")
    )
    where = (
        _(
            "Die Karte liegt beim Zahlungsdienst, nicht bei uns. "
            "Das ist freiwillig, und Sie können sie jederzeit löschen."
        )
        if keeping.forgets
        else _(
            "Die Karte liegt beim Zahlungsdienst, nicht bei uns. Das ist freiwillig. "
            "Bei uns können Sie sie jederzeit löschen, beim Zahlungsdienst nur auf schriftliche Bitte."
        )
    )
    return _("Karte für das nächste Mal merken"), f"{how % said} {where}"


def step(tenant: Tenant, keeping: CardKeeping) -> list[str]:
    """Say, after paying, what is kept where, for how long, and how it ends."""
    said = {"town": tenant.name}
    return [
        _(
            "Sie legen einen Passkey an. Dann kann mit der Karte nur bezahlen, wer Ihr Gerät mit Fingerabdruck, "
            "Gesicht oder PIN entsperrt."
        ),
        _(
            "%(town)s speichert: Ihre E-Mail-Adresse, den öffentlichen Teil des Passkeys, Marke, letzte vier Ziffern "
            "und Ablaufdatum der Karte. Ihre Kartennummer kennen wir nicht."
        )
        % said,
        _("Auf diesem Gerät merkt sich ein Cookie, welche Karte wir Ihnen anbieten, höchstens ein Jahr lang."),
        _("Ihre Bank kann beim Bezahlen trotzdem eine Freigabe verlangen."),
        _end(keeping) % said,
    ]


def _end(keeping: CardKeeping) -> str:
    """Say how it ends; a provider that cannot be asked to forget is not promised to."""
    if keeping.forgets:
        return _(
            "Sie können alles jederzeit löschen, auch beim Zahlungsdienst. Von selbst gelöscht wird die Karte, wenn "
            "sie abläuft oder zwei Jahre lang nicht benutzt wird. Ohne diesen Schritt ist sie in zwei Stunden gelöscht."
        )
    return _(
        "Hier können Sie alles jederzeit löschen. Dann kann niemand mehr mit der Karte bezahlen. Der Zahlungsdienst "
        "löscht sie nicht auf Knopfdruck: Soll auch er sie löschen, schreiben Sie bitte an: %(town)s. Bei uns gelöscht "
        "wird sie von selbst, wenn sie abläuft oder zwei Jahre lang nicht benutzt wird. Ohne diesen Schritt merken wir "
        "uns nichts."
    )
