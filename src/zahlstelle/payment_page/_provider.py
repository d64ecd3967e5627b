"""Where providers knock: a notification is a hint, checked and then asked back."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from zahlstelle import payments, tenancy
from zahlstelle.kernel import Refusal, clock
from zahlstelle.web.problems import BodyTooLarge, document

MOST_BYTES = 65_536


@csrf_exempt
@require_http_methods(["GET", "POST"])
def notify(request: HttpRequest, slug: str, provider: str) -> HttpResponse:
    """Take a provider's notification: 204 when it was heard, a problem (RFC 9457) when it was not.

    Some providers notify by GET: then what they say is the query, and the answer they wait for is 200.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return document(BodyTooLarge(f"more than {MOST_BYTES} bytes"))
    by_query = request.method == "GET"
    if by_query and not _notifies_by_query(provider):
        return HttpResponseNotAllowed(["POST"])
    body = request.META.get("QUERY_STRING", "").encode("latin-1") if by_query else request.body
    try:
        tenant = tenancy.tenant_by_slug(slug)
        payments.hear(tenant=tenant, provider_name=provider, headers=request.headers, body=body, at=clock.now())
    except payments.MethodUnknown as refusal:
        return document(refusal, status=404)
    except Refusal as refusal:
        return document(refusal)
    if word := _wants_to_read(provider):
        return HttpResponse(word, content_type="text/plain")
    return HttpResponse(status=200 if by_query else 204)


def _wants_to_read(provider: str) -> str | None:
    adapter = payments.provider_named(provider)
    return adapter.notification_answer if isinstance(adapter, payments.WantsToRead) else None


def _notifies_by_query(provider: str) -> bool:
    try:
        return isinstance(payments.provider_named(provider), payments.NotifiesByQuery)
    except payments.MethodUnknown:
        return False
