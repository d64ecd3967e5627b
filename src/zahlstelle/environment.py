"""What the ZAHLSTELLE_* variables say, read strictly: what cannot be meant is refused before anything starts.

A message never repeats an address, because a password may stand in it.
"""

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import unquote, urlsplit

from zahlstelle.kernel import Refusal

DATABASE_URL = "ZAHLSTELLE_DATABASE_URL"
SECRET_KEY = "ZAHLSTELLE_SECRET_KEY"  # noqa: S105 - a name
SHORTEST_SECRET = 40
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")


class NotSetUp(Refusal):
    """This installation is not set up so that the command can begin."""

    code = "not_set_up"


class SettingWrong(NotSetUp):
    """A ZAHLSTELLE_* variable is missing, or says what cannot be meant."""

    code = "setting_wrong"


def text(name: str, default: str) -> str:
    """Give what a variable says; set but empty is not set."""
    return os.environ.get(name, "").strip() or default


def whole(name: str, default: int, *, least: int = 1, most: int) -> int:
    """Give a whole number. Raises SettingWrong."""
    said = text(name, str(default))
    if not (said.isascii() and said.isdigit() and len(said) < 10 and least <= int(said) <= most):
        raise SettingWrong(f"{name} is {said[:40]!r}; it must be a whole number from {least} to {most}")
    return int(said)


def origin(name: str, default: str) -> str:
    """Give the address of a site: scheme and host, without a path. Raises SettingWrong."""
    said = text(name, default).rstrip("/")
    if not _ORIGIN.fullmatch(said):
        raise SettingWrong(f"{name} must be scheme and host without a path, such as https://pay.example")
    return said


def networks(name: str, default: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Give addresses and networks, separated by commas. Raises SettingWrong."""
    try:
        return tuple(ip_network(part.strip()) for part in text(name, default).split(","))
    except ValueError:
        raise SettingWrong(f"{name} must be addresses or networks, such as 10.0.0.5,10.1.0.0/24") from None


def mail(name: str) -> Mapping[str, Any]:
    """Give Django's settings for sending mail; empty where nothing is set. Raises SettingWrong.

    `smtp://` speaks TLS after STARTTLS, `smtps://` from the beginning, `smtp+plain://` never; `file:` is a folder.
    """
    said = text(name, "")
    if not said:
        return {}
    if said.startswith("file:"):
        return {"EMAIL_BACKEND": "zahlstelle.web.mailbox.Folder", "EMAIL_FILE_PATH": said.removeprefix("file:")}
    try:
        asked = urlsplit(said)
        port = asked.port or {"smtp": 587, "smtps": 465, "smtp+plain": 25}[asked.scheme]
    except (ValueError, KeyError):
        port = 0
    if not port or not asked.hostname or asked.path.strip("/") or asked.query:
        raise SettingWrong(f"{name} must be smtp://USER:PASSWORD@HOST:PORT, smtps://, smtp+plain:// or file:FOLDER")
    return {
        "EMAIL_HOST": asked.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(asked.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(asked.password or ""),
        "EMAIL_USE_TLS": asked.scheme == "smtp",
        "EMAIL_USE_SSL": asked.scheme == "smtps",
    }


def mail_from(name: str, *, needed: bool) -> str:
    """Give the address mail is sent from; empty where no mail is sent. Raises SettingWrong."""
    said = text(name, "")
    if needed and not re.fullmatch(r"[^@\s<>,]+@[^@\s<>,]+", said):
        raise SettingWrong(f"{name} must be the e-mail address that mail is sent from, such as kasse@stadt.example")
    return said if needed else ""


def database(name: str, default: str) -> Mapping[str, Any]:
    """Give the parts of a database's address. Raises SettingWrong."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return conninfo_to_dict(text(name, default))
    except ProgrammingError:
        raise SettingWrong(
            f"{name} cannot be read; it must be postgresql://USER:PASSWORD@HOST/DATABASE, with what is special in "
            "the password written as %XX, or key=value pairs"
        ) from None


def secret_key() -> str:
    """Give the key that signs sessions and forms. Raises SettingWrong."""
    key = os.environ.get(SECRET_KEY, "")
    if len(key) < SHORTEST_SECRET:
        state = f"shorter than {SHORTEST_SECRET} characters" if key else "not set"
        raise SettingWrong(f"{SECRET_KEY} is {state}; set it to {SHORTEST_SECRET} or more random characters")
    return key
