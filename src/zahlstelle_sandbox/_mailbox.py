"""The mailbox one can look into: mails that were written into the folder `mail` instead of being sent."""

import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

from flask import Blueprint, Response

from ._context import sandbox
from ._pages import Page, language, page
from ._problems import Problem

mailbox = Blueprint("mailbox", __name__, url_prefix="/postfach")
_NAME = re.compile(r"[0-9a-f-]{36}")
_MOST = 50


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as one reads it."""

    name: str
    sender: str
    recipient: str
    title: str
    text: str
    files: tuple[str, ...]


@mailbox.get("")
def home() -> Page:
    return page("mailbox.html", language(), mails=list(_newest()))


@mailbox.get("/<name>/<int:number>")
def file(name: str, number: int) -> Page:
    attached = list(_read(name).iter_attachments())
    if not 0 <= number < len(attached):
        raise Problem(404, "unknown_file", "This mail has no such file.")
    response = Response(attached[number].get_content(), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=attached[number].get_filename() or "datei.pdf")
    return response


def _newest() -> Iterator[Mail]:
    """Names grow with time."""
    for path in sorted(_folder().glob("*.eml"), reverse=True)[:_MOST]:
        message = _read(path.stem)
        body = message.get_body(("plain",))
        yield Mail(
            path.stem,
            str(message["From"]),
            str(message["To"]),
            str(message["Subject"]),
            body.get_content() if body else "",
            tuple(str(part.get_filename()) for part in message.iter_attachments()),
        )


def _read(name: str) -> EmailMessage:
    path = _folder() / f"{name}.eml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise Problem(404, "unknown_mail", "There is no such mail.")
    message = message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _folder() -> Path:
    return sandbox().bank_folder.parent / "mail"
