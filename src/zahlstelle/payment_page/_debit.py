"""Paying by direct debit: the citizen gives account and name and consents to the mandate, word for word as shown."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zahlstelle import payments, tenancy
from zahlstelle.kernel import InputRefused, clock
from zahlstelle.payments import (
    AlreadyBeingPaid,
    AlreadyPaid,
    DebitTerms,
    HolderWrong,
    IbanWrong,
    Payment,
    PaymentOver,
)
from zahlstelle.tenancy import Tenant
from zahlstelle.web.language import has_chosen, known
from zahlstelle.web.tags import money as said_amount

from ._card_numbers import without_card_number
from ._frame import SeeOther, friendly
from ._standing import contents
from ._words import CardNumberTyped, ConsentMissing, words_for

_FIELD: Mapping[type[InputRefused], str] = {
    IbanWrong: "iban",
    HolderWrong: "holder",
    CardNumberTyped: "holder",
    ConsentMissing: "consent",
}


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def debit(request: HttpRequest, token: str) -> HttpResponse:
    """Show the mandate's form, or take it. What was wrong is said at its field."""
    tenant, payment = payments.payment_by_token(token)
    if not has_chosen(request):
        translation.activate(known(payment.language))
    terms = payments.debit_terms(tenant=tenant, at=clock.now())
    if request.method != "POST":
        return _form(request, token, tenant, payment, terms)
    result = reverse("payment_page:result", args=[token])
    try:
        _order(request, tenant, payment, terms)
    except tuple(_FIELD) as refused:
        return _form(request, token, tenant, payment, terms, refused)
    except (AlreadyPaid, PaymentOver):
        pass
    except AlreadyBeingPaid:
        if not payments.attempts_of(tenant=tenant, payment_id=payment.id):
            raise
    return SeeOther(result)


def _order(request: HttpRequest, tenant: Tenant, payment: Payment, terms: DebitTerms) -> None:
    if request.POST.get("consent") != "yes":
        raise ConsentMissing("the mandate was not consented to")
    payments.order_debit(
        tenant=tenant,
        payment_id=payment.id,
        iban=request.POST.get("iban", ""),
        holder=without_card_number(request.POST.get("holder", "")),
        text="\n".join(_mandate(payment, terms)),
        at=clock.now(),
    )


def _form(
    request: HttpRequest,
    token: str,
    tenant: Tenant,
    payment: Payment,
    terms: DebitTerms,
    refused: InputRefused | None = None,
) -> HttpResponse:
    with tenancy.inside(tenant):
        name, shown = contents(token, tenant, payment.id)
    if name != "choose":
        return SeeOther(reverse("payment_page:result", args=[token]))
    more = {
        "terms": terms,
        "mandate": _mandate(payment, terms),
        "holder": "" if isinstance(refused, CardNumberTyped) else request.POST.get("holder", ""),
        "iban": request.POST.get("iban", ""),
        "consent": request.POST.get("consent") == "yes",
        "wrong": {_FIELD[type(refused)]: words_for(refused)} if refused else {},
        "code": refused.code if refused else "",
    }
    return render(request, "payment_page/debit.html", {**shown, **more}, status=422 if refused else 200)


def _mandate(payment: Payment, terms: DebitTerms) -> list[str]:
    """Write the mandate's words (Mandatstext), in the page's language: what is shown is what is kept."""
    said = {
        "creditor": terms.creditor,
        "id": terms.creditor_id,
        "amount": said_amount(payment.amount),
        "day": f"{terms.due_on:%d.%m.%Y}",
    }
    return [
        _("Zahlungsempfänger: %(creditor)s, Gläubiger-Identifikationsnummer %(id)s.") % said,
        _(
            "Ich ermächtige den Zahlungsempfänger, einmalig %(amount)s von meinem Konto mittels Lastschrift "
            "einzuziehen. Zugleich weise ich mein Kreditinstitut an, die vom Zahlungsempfänger auf mein Konto "
            "gezogene Lastschrift einzulösen."
        )
        % said,
        _("Der Betrag wird frühestens am %(day)s abgebucht. Diese Seite ist die Vorabankündigung.") % said,
        _(
            "Hinweis: Ich kann innerhalb von acht Wochen, beginnend mit dem Belastungsdatum, die Erstattung des "
            "belasteten Betrages verlangen. Es gelten dabei die mit meinem Kreditinstitut vereinbarten Bedingungen."
        ),
    ]
