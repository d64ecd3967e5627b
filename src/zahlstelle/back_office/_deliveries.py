"""What is handed on to the finance system: deliveries of camt.054, and the camt.054 of one entry."""

import tempfile
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zahlstelle import treasury
from zahlstelle.kernel import Refusal
from zahlstelle.tenancy import Permission

from ._desk import Desk, at_the_desk, page

_IN_MEMORY = 4 * 1_048_576


@require_safe
@at_the_desk(Permission.SEE_MONEY)
def deliveries(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the latest deliveries."""
    on = bool(desk.tenant.settings.get("notify_outbox"))
    return page(request, desk, "deliveries", {"found": treasury.deliveries(tenant=desk.tenant), "on": on})


@require_safe
@at_the_desk(Permission.TAKE_BANK_FILES_AWAY)
def notification(request: HttpRequest, desk: Desk, entry: UUID) -> HttpResponse:
    """Hand out the camt.054 of an entry as it stands now."""
    content = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        treasury.write_notification(tenant=desk.tenant, entry_id=entry, to=content)  # type: ignore[arg-type]
    except Refusal as refusal:
        content.close()
        if not isinstance(refusal, treasury.NotExplained | treasury.NotWritable):
            raise
        return page(request, desk, "no_notification", {"id": entry}, status=409)
    content.seek(0)
    name = f"camt.054_{entry}.xml"
    return FileResponse(content, as_attachment=True, filename=name, content_type="application/xml")  # type: ignore[return-value]
