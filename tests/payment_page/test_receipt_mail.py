"""The receipt by mail: asked for on the page, sent once by the worker, the address forgotten."""

import email.policy
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from tests.support.towns import AT, a_claim

from zahlstelle import environment, jobs, payments
from zahlstelle.environment import SettingWrong
from zahlstelle.kernel import clock, new_id
from zahlstelle.tables.web import MailRow
from zahlstelle.tenancy import Tenant, inside
from zahlstelle.web import mail
from zahlstelle.web.limits import LIMITS, What

ADDRESS = "erika@example.org"


class Changed:
    """Django's settings, changed for one test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        object.__setattr__(self, "_patch", monkeypatch)

    def __setattr__(self, name: str, value: object) -> None:
        self._patch.setattr(django_settings, name, value)

    def __getattr__(self, name: str) -> object:
        return getattr(django_settings, name)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Changed:
    return Changed(monkeypatch)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """An installation whose mails become files."""
    settings.EMAIL_BACKEND = "zahlstelle.web.mailbox.Folder"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.DEFAULT_FROM_EMAIL = "kasse@stadt.example"
    return tmp_path / "mail"


def paid(citizen: Client, town: Tenant, language: str = "de", purpose: str = "Hundesteuer") -> str:
    provider: Any = payments.provider_named("fake")
    claim = a_claim(town, purpose=purpose)
    started = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now(), language=language)
    provider.says = payments.ProviderStatus.PAID
    citizen.post(f"/pay/{started.token}", {"method": "card"})
    assert citizen.get(f"/pay/{started.token}").status_code == 200
    return started.token


def ask(citizen: Client, token: str, address: str = ADDRESS) -> Any:
    return citizen.post(f"/pay/{token}/quittung-mail", {"email": address})


def waiting(town: Tenant) -> list[MailRow]:
    with inside(town):
        return list(MailRow.objects.order_by("written_at"))


def mails(folder: Path) -> list[Any]:
    return [message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in sorted(folder.glob("*.eml"))]


def test_a_receipt_comes_by_mail_and_the_address_is_forgotten(citizen: Client, town: Tenant, folder: Path) -> None:
    token = paid(citizen, town)
    answer = ask(citizen, token, f" {ADDRESS} ")
    assert answer.status_code == 303
    assert "Die Quittung ist unterwegs" in citizen.get(answer.headers["Location"]).content.decode()
    assert [row.recipient for row in waiting(town)] == [ADDRESS]
    jobs.run_once(tenant=town, at=clock.now())
    jobs.run_once(tenant=town, at=clock.now())
    (sent,) = mails(folder)
    assert (sent["To"], sent["Auto-Submitted"]) == (ADDRESS, "auto-generated")
    assert sent["From"] == f"{town.name} <kasse@stadt.example>"
    (attached,) = sent.iter_attachments()
    assert attached.get_content() == citizen.get(f"/pay/{token}/quittung.pdf").content
    assert attached.get_filename().startswith("quittung-4711")
    assert waiting(town) == []


def test_nothing_of_the_payment_stands_where_others_see_it(citizen: Client, town: Tenant, folder: Path) -> None:
    ask(citizen, paid(citizen, town))
    jobs.run_once(tenant=town, at=clock.now())
    (sent,) = mails(folder)
    seen = f"{sent['Subject']} {sent.get_body(('plain',)).get_content()}"
    assert sent["Subject"] == f"Ihre Quittung von: {town.name}"
    assert "37" not in seen and "Hundesteuer" not in seen


def test_the_mail_speaks_the_payments_language(citizen: Client, town: Tenant, folder: Path) -> None:
    ask(citizen, paid(citizen, town, language="en"))
    jobs.run_once(tenant=town, at=clock.now())
    (sent,) = mails(folder)
    assert sent["Subject"] == f"Your receipt from: {town.name}"
    assert next(iter(sent.iter_attachments())).get_filename().startswith("receipt-")


@pytest.mark.parametrize(
    "address", ["", "erika", "erika@", "a@b.example\r\nBcc: c@d.example", f"{'x' * 250}@example.org"]
)
def test_what_is_no_address_is_said_at_its_field(citizen: Client, town: Tenant, folder: Path, address: str) -> None:
    answer = ask(citizen, paid(citizen, town), address)
    assert answer.status_code == 422
    assert "Code: email_wrong" in answer.content.decode()
    assert 'id="email-error"' in answer.content.decode()
    assert waiting(town) == []


def test_the_form_opened_by_its_address_leads_back_to_the_payment(citizen: Client, town: Tenant, folder: Path) -> None:
    token = paid(citizen, town)
    answer = citizen.get(f"/pay/{token}/quittung-mail")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/pay/{token}/ergebnis")


def test_there_is_no_mail_about_what_is_not_paid(citizen: Client, town: Tenant, folder: Path) -> None:
    started = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=clock.now())
    assert ask(citizen, started.token).status_code == 404
    assert ask(citizen, "guessed").status_code == 404
    assert waiting(town) == []


def test_where_no_mail_is_sent_none_is_offered(citizen: Client, town: Tenant, settings: Any) -> None:
    assert settings.DEFAULT_FROM_EMAIL == ""
    token = paid(citizen, town)
    assert "quittung-mail" not in citizen.get(f"/pay/{token}").content.decode()
    assert ask(citizen, token).status_code == 404


def test_the_button_pressed_twice_is_one_mail(citizen: Client, town: Tenant, folder: Path) -> None:
    token = paid(citizen, town)
    assert [ask(citizen, token).status_code for _ in range(2)] == [303, 303]
    assert len(waiting(town)) == 1


def test_nobody_is_flooded_with_receipts(citizen: Client, town: Tenant, folder: Path) -> None:
    token, most = paid(citizen, town), LIMITS[What.MAIL].about or 0
    answers = [ask(citizen, token, f"a{n}@example.org").status_code for n in range(most + 1)]
    assert answers == [303] * most + [429]
    assert len(waiting(town)) == most


# --- a mail server that does not do what it should ------------------------------------------------------------------


class Server:
    """Speaks as much SMTP as is needed, and ends a mail as the test says: "250", "451", "550", or "gone"."""

    def __init__(self, outcome: str) -> None:
        self.outcome, self.heard = outcome, 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as file:
                self._speak(file)

    def _speak(self, file: Any) -> None:
        def say(line: str) -> None:
            file.write(f"{line}\r\n".encode())
            file.flush()

        say("220 here")
        for line in file:
            word = line[:4].upper()
            if word == b"DATA":
                say("354 go on")
                for part in file:
                    if part == b".\r\n":
                        break
                self.heard += 1
                if self.outcome == "gone":
                    return
                say(f"{self.outcome} so be it")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 yes")

    def stop(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # else whoever waits in `accept` takes one more
        self._socket.close()


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make a mail server that ends mails so, and let the installation use it."""
    started: list[Server] = []
    monkeypatch.setattr(mail, "_AWAY", {})

    def start(outcome: str) -> Server:
        made = Server(outcome)
        started.append(made)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
        settings.DEFAULT_FROM_EMAIL = "kasse@stadt.example"
        return made

    yield start
    for each in started:
        each.stop()


def a_mail(town: Tenant, address: str = ADDRESS) -> None:
    mail.post(
        tenant=town,
        about=new_id(),
        recipient=address,
        title="Ihre Quittung",
        text="Guten Tag",
        file_name="quittung.pdf",
        file=b"%PDF",
        at=AT,
    )


def test_a_mail_server_takes_it(town: Tenant, server: Any) -> None:
    there = server("250")
    a_mail(town)
    assert mail.send_due(tenant=town, at=AT) == 1
    assert (there.heard, waiting(town)) == (1, [])


def test_who_is_unknown_there_is_not_asked_for_again(town: Tenant, server: Any) -> None:
    there = server("550")
    a_mail(town)
    mail.send_due(tenant=town, at=AT)
    mail.send_due(tenant=town, at=AT + timedelta(hours=1))
    assert (there.heard, waiting(town)) == (1, [])


def test_not_now_is_tried_again_later_and_later(town: Tenant, server: Any) -> None:
    there = server("451")
    a_mail(town)
    for minutes in (0, 0.5, 1, 2, 6, 7):  # again after 1 minute, then after 5
        mail.send_due(tenant=town, at=AT + timedelta(minutes=minutes))
    assert there.heard == 3
    there.outcome = "250"
    mail.send_due(tenant=town, at=AT + timedelta(minutes=60))
    assert (there.heard, waiting(town)) == (4, [])


def test_a_day_later_it_is_given_up_and_the_address_forgotten(town: Tenant, server: Any) -> None:
    server("451")
    a_mail(town)
    mail.send_due(tenant=town, at=AT)
    assert len(waiting(town)) == 1
    mail.send_due(tenant=town, at=AT + timedelta(hours=24, minutes=1))
    assert waiting(town) == []


def test_no_answer_after_the_mail_is_not_sent_again(town: Tenant, server: Any) -> None:
    there = server("gone")
    a_mail(town)
    mail.send_due(tenant=town, at=AT)
    mail.send_due(tenant=town, at=AT + timedelta(hours=1))
    assert (there.heard, waiting(town)) == (1, [])


def test_a_mail_server_that_is_away_is_left_alone_for_a_while(town: Tenant, server: Any) -> None:
    there = server("250")
    there.stop()
    a_mail(town)
    a_mail(town, "other@example.org")
    assert mail.send_due(tenant=town, at=AT) == 0
    assert sorted(row.tries for row in waiting(town)) == [0, 1]
    assert mail.send_due(tenant=town, at=AT + timedelta(seconds=30)) == 0
    assert sorted(row.tries for row in waiting(town)) == [0, 1]
    server("250")
    assert mail.send_due(tenant=town, at=AT + timedelta(minutes=2)) == 2
    assert waiting(town) == []


def test_a_worker_that_was_killed_while_sending_does_not_send_twice(town: Tenant, server: Any) -> None:
    there = server("250")
    a_mail(town)
    with inside(town):
        MailRow.objects.update(sending_at=AT)
    mail.send_due(tenant=town, at=AT + timedelta(minutes=14))
    assert len(waiting(town)) == 1
    mail.send_due(tenant=town, at=AT + timedelta(minutes=16))
    assert (there.heard, waiting(town)) == (0, [])


def test_many_workers_send_each_mail_once(town: Tenant, server: Any) -> None:
    from django.db import connection

    there = server("250")
    for n in range(12):
        a_mail(town, f"a{n}@example.org")

    def work() -> None:
        mail.send_due(tenant=town, at=AT)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (there.heard, waiting(town)) == (12, [])


# --- what an installation says --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("smtp://kasse:p%40ss@mail.example", ("mail.example", 587, "kasse", "p@ss", True, False)),
        ("smtps://mail.example:4465", ("mail.example", 4465, "", "", False, True)),
        ("smtp+plain://localhost", ("localhost", 25, "", "", False, False)),
    ],
)
def test_a_mail_server_is_named_by_one_address(
    monkeypatch: pytest.MonkeyPatch, said: str, read: tuple[object, ...]
) -> None:
    monkeypatch.setenv("ZAHLSTELLE_MAIL", said)
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    told = environment.mail("ZAHLSTELLE_MAIL")
    assert tuple(told[f"EMAIL_{name}"] for name in names) == read


@pytest.mark.parametrize("said", ["mail.example", "http://mail.example", "smtp://", "smtp://host:x", "smtp://h/path"])
def test_what_is_no_mail_server_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("ZAHLSTELLE_MAIL", said)
    with pytest.raises(SettingWrong) as caught:
        environment.mail("ZAHLSTELLE_MAIL")
    assert "mail.example" not in str(caught.value)


@pytest.mark.parametrize("said", ["", "kasse", "a@b, c@d", "Kasse <a@b>"])
def test_mail_needs_one_address_it_comes_from(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("ZAHLSTELLE_MAIL_FROM", said)
    with pytest.raises(SettingWrong):
        environment.mail_from("ZAHLSTELLE_MAIL_FROM", needed=True)
