"""Bank files: what came, what became of it, and taking one in by hand."""

import os
from pathlib import Path

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from zahlstelle import allocation, bank
from zahlstelle.allocation import ImportResult
from zahlstelle.iso20022 import Unreadable
from zahlstelle.kernel import InputRefused, clock
from zahlstelle.tenancy import Permission

from ._desk import Desk, at_the_desk, page

UPLOAD_LIMIT_MB = int(os.environ.get("ZAHLSTELLE_UPLOAD_LIMIT_MB", "200"))


class ToDiskUpToLimit(TemporaryFileUploadHandler):
    """Streams an upload to a temporary file; where it grows beyond the limit, the rest is not taken."""

    def __init__(self, request: HttpRequest, limit: int) -> None:
        super().__init__(request)
        self.limit, self.received, self.too_large = limit, 0, False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Write a piece; stop at the limit."""
        self.received += len(raw_data)
        if self.received > self.limit:
            self.too_large = True
            raise StopUpload(connection_reset=True)
        return super().receive_data_chunk(raw_data, start)


@csrf_exempt  # the token is checked in `_files`, after the upload has been bounded
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk(Permission.SEE_MONEY, POST=Permission.IMPORT_BANK_FILES)
def files(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show bank files; a POST takes one in."""
    if request.method == "POST":
        limit = UPLOAD_LIMIT_MB * 1_048_576
        handler = ToDiskUpToLimit(request, limit)
        request.upload_handlers = [handler]
        if _announced(request) > limit + 65_536:
            return _show(request, desk, error=_too_large())
        request.POST  # noqa: B018 - reads the upload, through the handler
        if handler.too_large:
            return _show(request, desk, error=_too_large())
    return _files(request, desk)


def _announced(request: HttpRequest) -> int:
    """Tell how many bytes the request says it has."""
    return int(request.META.get("CONTENT_LENGTH") or 0)


@csrf_protect
def _files(request: HttpRequest, desk: Desk) -> HttpResponse:
    if request.method != "POST":
        return _show(request, desk)
    upload = request.FILES.get("datei")
    if not isinstance(upload, TemporaryUploadedFile) or not upload.size:
        return _show(request, desk, error=_("Bitte wählen Sie eine Datei aus, die nicht leer ist."))
    try:
        result = allocation.import_bank_file(
            tenant=desk.tenant,
            name=Path(upload.name or "upload").name[:200],
            path=Path(upload.temporary_file_path()),
            at=clock.now(),
            by=str(desk.person.id),
        )
    except (Unreadable, InputRefused) as refused:
        return _show(request, desk, error=_("Die Datei wurde abgewiesen: %(reason)s") % {"reason": refused})
    messages.success(request, _said(result))
    return redirect("kasse:files", town=desk.tenant.slug)


def _said(result: ImportResult) -> str:
    if not result.entries and not result.details:
        return _("Die Datei war schon da. Nichts wurde doppelt gebucht.")
    return _(
        "Eingelesen: %(entries)s Umsätze, davon %(allocated)s Einzelumsätze zugeordnet, %(suspended)s in Verwahrung."
    ) % {"entries": result.entries, "allocated": result.allocated, "suspended": result.suspended}


def _too_large() -> str:
    return _(
        "Die Datei ist größer als %(limit)s MB. Bitte laden Sie sie über die Schnittstelle der Bank oder geteilt."
    ) % {"limit": UPLOAD_LIMIT_MB}


def _show(request: HttpRequest, desk: Desk, error: str | None = None) -> HttpResponse:
    found = bank.files(tenant=desk.tenant, limit=100)
    said = {"files": found, "error": error, "limit": UPLOAD_LIMIT_MB}
    return page(request, desk, "files", said, status=422 if error else 200)
