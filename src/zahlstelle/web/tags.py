"""What templates say: amounts, moments and account numbers as people read them, and a town's look."""

from datetime import datetime
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.utils import dateformat, translation

from zahlstelle.kernel import BERLIN, Money
from zahlstelle.tenancy import Tenant

from .look import Look, look_of

register = template.Library()
_NO_BREAK = "\N{NO-BREAK SPACE}"


@register.filter
def money(amount: Money) -> str:
    """Say an amount in the page's language, never broken over two lines."""
    said = amount.english() if translation.get_language() == "en" else amount.german()
    return said.replace(" ", _NO_BREAK)


@register.filter
def moment(at: datetime) -> str:
    """Say day and time in Germany, in the page's language: `5. Oktober 2026, 10:00 Uhr`."""
    wanted = "j F Y, H:i" if translation.get_language() == "en" else f"j. F Y, H:i{_NO_BREAK}\\U\\h\\r"
    return dateformat.format(at.astimezone(BERLIN), wanted)


@register.filter
def in_fours(text: str) -> str:
    """Write an IBAN in groups of four."""
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))


@register.filter
def look(town: Tenant) -> Look:
    """Give a town's look."""
    return look_of(town.name, town.settings)


@register.simple_tag
def in_language(request: HttpRequest, language: str) -> str:
    """Make the address of this page in another language."""
    asked = {key: value for key, value in request.GET.items() if key != "lang"}
    return "?" + urlencode({**asked, "lang": language})
