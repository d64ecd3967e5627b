"""Mail to citizens: written down first, sent by the worker once, and forgotten with its address as soon as it is sent.

Whoever sends a mail and hears no answer does not know whether it went out. Then it is not sent again: a receipt that
does not come can be asked for anew, and two would look like two payments.
"""

from datetime import datetime, timedelta
from email.utils import format_datetime, formataddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from zahlstelle.kernel import fact_id
from zahlstelle.tables.web import MailRow
from zahlstelle.tenancy import Tenant, inside

_log = structlog.get_logger(__name__)
_GIVEN_UP = timedelta(hours=24)
_UNSURE = timedelta(minutes=15)  # so long after it was begun, nobody is still sending it
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_MOST = 20  # in one round of one town
_AWAY: dict[str, datetime] = {}  # until when a mail server that did not answer is left alone


def offered() -> bool:
    """Say whether this installation sends mail."""
    return bool(settings.DEFAULT_FROM_EMAIL)


def post(
    *,
    tenant: Tenant,
    about: UUID,
    recipient: str,
    title: str,
    text: str,
    at: datetime,
    file_name: str = "",
    file: bytes = b"",
) -> None:
    """Write a mail down to be sent, with a PDF file where it has a name. While it waits, the same again is one mail."""
    row = MailRow(
        id=fact_id("mail", tenant.id, about, recipient.lower()),
        tenant_id=tenant.id,
        about=about,
        recipient=recipient,
        title=title,
        text=text,
        file_name=file_name,
        file=file,
        written_at=at,
        due_at=at,
    )
    with inside(tenant):
        MailRow.objects.bulk_create([row], ignore_conflicts=True)


def send_due(*, tenant: Tenant, at: datetime) -> int:
    """Send what is due. Returns how many were sent. While the mail server does not answer, nothing waits for it."""
    _give_up(tenant, at)
    if not offered() or at < _AWAY.get(_server(), at):
        return 0
    sent = 0
    for _ in range(_MOST):
        row = _next(tenant, at)
        if row is None:
            break
        if not _send(tenant, row, at):
            break
        sent += 1
    return sent


def _next(tenant: Tenant, at: datetime) -> MailRow | None:
    """Take the next mail; that it is being sent is committed before it is sent."""
    with inside(tenant):
        waiting = MailRow.objects.select_for_update(skip_locked=True)
        row = waiting.filter(tenant_id=tenant.id, due_at__lte=at, sending_at=None).order_by("due_at").first()
        if row is not None:
            row.sending_at, row.tries = at, row.tries + 1
            row.save(update_fields=["sending_at", "tries"])
        return row


def _send(tenant: Tenant, row: MailRow, at: datetime) -> bool:
    """Send one; say whether the next may follow."""
    try:
        connection: BaseEmailBackend = get_connection()
        connection.open()
    except (OSError, SMTPException) as error:  # nothing went out
        _AWAY[_server()] = at + _PAUSES[0]
        _later(tenant, row, at, error)
        return False
    try:
        connection.send_messages([_message(tenant, row)])
    except (SMTPResponseException, SMTPRecipientsRefused) as error:
        if _code(error) >= 500:
            _log.warning("mail_refused", tenant=tenant.slug, code=_code(error))
            _forget(tenant, row)
        else:
            _later(tenant, row, at, error)
        return True
    except (OSError, SMTPException) as error:
        _log.warning("mail_unsure", tenant=tenant.slug, exc_info=error)
    finally:
        _close(connection)
    _forget(tenant, row)
    return True


def _message(tenant: Tenant, row: MailRow) -> EmailMessage:
    message = EmailMessage(
        subject=row.title,
        body=row.text,
        from_email=formataddr((tenant.name, settings.DEFAULT_FROM_EMAIL)),
        to=[row.recipient],
        headers={
            "Message-ID": f"<{row.id}.{row.written_at.timestamp():.0f}@{urlsplit(settings.BASE_URL).hostname}>",
            "Date": format_datetime(row.written_at),
            "Auto-Submitted": "auto-generated",
        },
    )
    if row.file_name:
        message.attach(row.file_name, bytes(row.file), "application/pdf")
    return message


def _later(tenant: Tenant, row: MailRow, at: datetime, error: Exception) -> None:
    _log.warning("mail_waits", tenant=tenant.slug, tries=row.tries, exc_info=error)
    pause = _PAUSES[min(row.tries, len(_PAUSES)) - 1]
    with inside(tenant):
        MailRow.objects.filter(tenant_id=tenant.id, id=row.id).update(due_at=at + pause, sending_at=None)


def _forget(tenant: Tenant, row: MailRow) -> None:
    with inside(tenant):
        MailRow.objects.filter(tenant_id=tenant.id, id=row.id).delete()


def _give_up(tenant: Tenant, at: datetime) -> None:
    with inside(tenant):
        rows = MailRow.objects.filter(tenant_id=tenant.id)
        unsure, _ = rows.filter(sending_at__lt=at - _UNSURE).delete()
        old, _ = rows.filter(sending_at=None, written_at__lt=at - _GIVEN_UP).delete()
    if unsure or old:
        _log.warning("mail_given_up", tenant=tenant.slug, unsure=unsure, old=old)


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, SMTPException) as error:
        _log.info("mail_server_left_rudely", exc_info=error)


def _code(error: SMTPResponseException | SMTPRecipientsRefused) -> int:
    if isinstance(error, SMTPResponseException):
        return error.smtp_code
    return max((code for code, _ in error.recipients.values()), default=500)


def _server() -> str:
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
