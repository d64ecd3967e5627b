"""One bank file: what it brought, or why it was set aside and what to do; and the file itself, as it came."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from zahlstelle import bank, treasury
from zahlstelle.bank import ArchivedFile
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Permission

from . import _words
from ._desk import Desk, at_the_desk, page

_PLACE = re.compile(
    r"(?P<file>.*?)(?::(?P<line>\d+))?: (?P<code>[a-z_]+)(?: in (?P<element>[\w/@:]+))?: (?P<why>.*)", re.S
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file was set aside: in words, where, and what to do."""

    words: Any
    to_do: Any
    code: str
    why: str
    file: str | None = None
    line: str | None = None
    element: str | None = None


def refused(file: ArchivedFile) -> Refused:
    """Read the place out of what was kept of the refusal."""
    code, reason = file.code or "", file.reason or ""
    words, to_do = _words.FILE_CODES.get(code, _words.FILE_CODE_OTHERWISE)
    found = _PLACE.fullmatch(reason)
    if found is None or found["code"] != code:
        return Refused(words, to_do, code, reason)
    return Refused(words, to_do, code, found["why"], found["file"], found["line"], found["element"])


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk(Permission.SEE_MONEY, POST=Permission.IMPORT_BANK_FILES)
def file(request: HttpRequest, desk: Desk, file: UUID) -> HttpResponse:
    """Show a file; a POST lets the worker try it again, or lets it wait no longer (`tun=erledigt`)."""
    if request.method == "POST":
        dismissed = request.POST.get("tun") == "erledigt"
        what = bank.dismiss if dismissed else bank.ask_again
        if what(tenant=desk.tenant, file_id=file, at=clock.now(), by=str(desk.person.id)):
            messages.success(request, _("Abgelegt.") if dismissed else _("Die Datei wird noch einmal gelesen."))
        else:
            messages.warning(request, _("Nichts geändert: Die Datei steht nicht mehr so da wie auf Ihrer Seite."))
        return redirect("kasse:file", town=desk.tenant.slug, file=file)
    found = treasury.bank_file(tenant=desk.tenant, file_id=file)
    no = refused(found.file) if found.file.outcome in ("refused", "dismissed") else None
    deeds = [(deed, found.people.get(deed.actor, _("der Dienst"))) for deed in found.deeds]
    return page(request, desk, "file", {"found": found, "file": found.file, "no": no, "deeds": deeds})


@require_safe
@at_the_desk(Permission.TAKE_BANK_FILES_AWAY)
def original(request: HttpRequest, desk: Desk, file: UUID) -> HttpResponse:
    """Hand the file out as it came, and write down who took it."""
    by = str(desk.person.id)
    with treasury.file_to_take_away(tenant=desk.tenant, file_id=file, by=by, at=clock.now()) as (name, path):
        content = path.open("rb")  # stays readable when the folder is gone
    answer: HttpResponseBase = FileResponse(content, as_attachment=True, filename=name)
    answer.headers["Content-Type"] = "application/octet-stream"
    return answer  # type: ignore[return-value]
