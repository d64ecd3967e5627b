"""The receipt by mail: asked for by who paid, to an address that is forgotten as soon as it is sent."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zahlstelle import payments, tenancy
from zahlstelle.kernel import Refusal, clock
from zahlstelle.payments import Payment, PaymentUnknown, Status
from zahlstelle.tenancy import Tenant
from zahlstelle.web import limits, mail
from zahlstelle.web.addresses import EmailWrong, read_email
from zahlstelle.web.language import has_chosen, known
from zahlstelle.web.limits import TooManyTries, What
from zahlstelle.web.visitor import digest_of, visitor_of

from . import _receipt
from ._frame import SeeOther, friendly
from ._standing import contents, latest
from ._words import words_for


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
def receipt_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Take the address and let the worker send the receipt; what is wrong is said at the field."""
    result = reverse("payment_page:result", args=[token])
    if request.method != "POST":  # the page that said what was wrong is opened again, or in another language
        return SeeOther(result)
    tenant, payment = payments.payment_by_token(token)
    if not has_chosen(request):
        translation.activate(known(payment.language))
    attempt = latest(tenant, payment.id)
    if attempt is None or attempt.status is not Status.PAID or not mail.offered():
        raise PaymentUnknown("there is a receipt only for what is paid")
    try:
        recipient = read_email(request.POST.get("email", ""))
        _count(request, tenant, payment)
    except (EmailWrong, TooManyTries) as refusal:
        return _again(request, token, tenant, payment, refusal)
    _post(tenant, payment, recipient)
    return SeeOther(f"{result}?gesendet=1#mail")


def _count(request: HttpRequest, tenant: Tenant, payment: Payment) -> None:
    limits.take(
        tenant=tenant,
        what=What.MAIL,
        visitor=visitor_of(request),
        subject=digest_of(str(payment.id)),
        at=clock.now(),
    )


def _post(tenant: Tenant, payment: Payment, recipient: str) -> None:
    """Write the mail. Its title says neither amount nor purpose: others may see it on a screen."""
    name, content = _receipt.file_of(tenant, payment)
    with translation.override(known(payment.language)):
        said = {"town": tenant.name}
        mail.post(
            tenant=tenant,
            about=payment.id,
            recipient=recipient,
            title=_("Ihre Quittung von: %(town)s") % said,
            text=_(
                "Guten Tag,\n\nIhre Zahlung ist da. Die Quittung liegt als PDF-Datei bei.\n\n"
                "Sie haben diese E-Mail auf der Zahlungsseite bestellt. Ihre Adresse haben wir nur dafür benutzt und "
                "inzwischen gelöscht. Auf diese E-Mail können Sie nicht antworten.\n\n%(town)s\n"
            )
            % said,
            file_name=name,
            file=content,
            at=clock.now(),
        )


def _again(request: HttpRequest, token: str, tenant: Tenant, payment: Payment, refusal: Refusal) -> HttpResponse:
    with tenancy.inside(tenant):
        name, shown = contents(token, tenant, payment.id)
    said = {"email": request.POST.get("email", ""), "words": words_for(refusal), "code": refusal.code}
    return render(request, f"payment_page/{name}.html", {**shown, **said}, status=refusal.status)
