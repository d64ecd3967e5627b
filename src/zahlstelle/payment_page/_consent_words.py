"""What a citizen reads before a card is kept: what is shown is what is kept. A changed text gets a new version."""

from django.utils.translation import gettext as _

from zahlstelle.tenancy import Tenant

VERSION = "2026-11-25"


def box(tenant: Tenant) -> tuple[str, str]:
    """Say what the box beside the card is for: its label, and what stands below."""
    said = {"town": tenant.name}
    return (
        _("Karte für das nächste Mal merken"),
        _(
            "Nächstes Mal zahlen Sie an %(town)s mit einem Klick. Die Karte liegt beim Zahlungsdienst, nicht bei uns. "
            "Das ist freiwillig, und Sie können sie jederzeit löschen."
        )
        % said,
    )


def step(tenant: Tenant) -> list[str]:
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
        _(
            "Sie können alles jederzeit löschen, auch beim Zahlungsdienst. Von selbst gelöscht wird die Karte, wenn "
            "sie abläuft oder zwei Jahre lang nicht benutzt wird. Ohne diesen Schritt ist sie in zwei Stunden gelöscht."
        ),
    ]
