"""A folder instead of a mail server, for the demo: every mail is a file that any mail program opens."""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from zahlstelle.kernel import new_id


class Folder(BaseEmailBackend):
    """Writes each mail whole, or not at all."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them."""
        folder = Path(str(settings.EMAIL_FILE_PATH))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            half = folder / f".{new_id()}.half"
            half.write_bytes(message.message().as_bytes())
            half.rename(folder / f"{new_id()}.eml")
        return len(email_messages)
