"""Bank files: what came, what became of it, and taking one in by hand."""

from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from zahlstelle import allocation, bank
from zahlstelle.bank import Received
from zahlstelle.iso20022 import Unreadable
from zahlstelle.kernel import InputRefused, clock
from zahlstelle.tenancy import Permission

from ._desk import Desk, at_the_desk, page
from ._pages import stretch

UPLOAD_LIMIT_MB: int = settings.UPLOAD_LIMIT_MB

_AT_ONCE, _AT_ONCE_ZIP = 1_048_576, 131_072  # bytes that are read while the page waits; more is the worker's
_SIZE = 50
_OUTCOMES = {"wartend": "received", "eingelesen": "imported", "abgewiesen": "refused", "erledigt": "dismissed"}


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
    received = _take_in(desk, upload)
    if received.known:
        messages.success(request, _("Diese Datei war schon da. Nichts wurde doppelt gebucht."))
    return _onward(request, desk, received.file_id)


def _take_in(desk: Desk, upload: TemporaryUploadedFile) -> Received:
    """Keep the file; import a small one at once, leave a large one to the worker."""
    path = Path(upload.temporary_file_path())
    name, by = Path(upload.name or "upload").name[:200], str(desk.person.id)
    received = bank.receive(tenant=desk.tenant, name=name, path=path, at=clock.now(), by=by)
    with path.open("rb") as stream:
        at_once = _AT_ONCE_ZIP if stream.read(2) == b"PK" else _AT_ONCE
    if not received.known and (upload.size or 0) <= at_once:
        with suppress(Unreadable, InputRefused):  # what was refused is told on the file's page
            allocation.import_bank_file(tenant=desk.tenant, name=name, path=path, at=clock.now(), by=by)
    return received


def _onward(request: HttpRequest, desk: Desk, file_id: UUID) -> HttpResponse:
    """Lead to the file's page; a script that shows progress is told where it is."""
    goal = reverse("kasse:file", args=(desk.tenant.slug, file_id))
    if request.headers.get("X-Requested-With") == "progress":
        return HttpResponse(status=204, headers={"X-Goal": goal})
    return redirect(goal)


def _too_large() -> str:
    return _(
        "Die Datei ist größer als %(limit)s MB. Bitte laden Sie sie über die Schnittstelle der Bank oder geteilt."
    ) % {"limit": UPLOAD_LIMIT_MB}


def _show(request: HttpRequest, desk: Desk, error: str | None = None) -> HttpResponse:
    sizes = bank.archive_sizes(tenant=desk.tenant)
    outcome = _OUTCOMES.get(request.GET.get("stand", ""))
    part = stretch(request, _SIZE, sizes.get(outcome, 0) if outcome else sum(sizes.values()))
    found = bank.archived_files(tenant=desk.tenant, outcome=outcome, offset=part.offset, limit=_SIZE)
    said = {
        "files": found,
        "sizes": [(word, sizes.get(name, 0), name) for word, name in _OUTCOMES.items()],
        "all": sum(sizes.values()),
        "outcome": outcome,
        "keep": f"stand={request.GET['stand']}&" if outcome else "",
        "part": part,
        "error": error,
        "limit": UPLOAD_LIMIT_MB,
    }
    return page(request, desk, "files", said, status=422 if error else 200)
