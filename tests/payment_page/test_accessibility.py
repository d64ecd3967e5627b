"""The statement on accessibility and the form to report a barrier, as BITV 2.0 asks for them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from zahlstelle import jobs
from zahlstelle.kernel import clock
from zahlstelle.tables.audit import AuditRow
from zahlstelle.tenancy import Tenant, inside
from zahlstelle.web import feedback
from zahlstelle.web.limits import LIMITS, What
from zahlstelle.web.statement import statement_of


def form_of(citizen: Client, address: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', citizen.get(address).content.decode())
    assert found
    return found[1]


def report(citizen: Client, town: Tenant, **said: str) -> Any:
    address = f"/{town.slug}/barrierefreiheit/"
    return citizen.post(address, {"form": form_of(citizen, address), "text": "Der Knopf fehlt.", **said})


def test_every_foot_leads_to_the_statement(citizen: Client, town: Tenant) -> None:
    assert f'href="/{town.slug}/barrierefreiheit/"' in citizen.get(f"/{town.slug}/").content.decode()
    assert 'href="/barrierefreiheit/"' in citizen.get("/").content.decode()
    page = citizen.get("/barrierefreiheit/").content.decode()
    assert f'href="/{town.slug}/barrierefreiheit/"' in page
    assert "<form" not in page.split("<main")[1]


def test_a_towns_statement_names_contact_and_enforcement(citizen: Client, found: Any, provider: Any) -> None:
    town = found(
        settings={
            "accessibility": {
                "phone": "01234 5678",
                "email": "barrierefrei@stadt.example",
                "enforcer": "Durchsetzungsstelle des Landes",
                "enforcer_link": "https://durchsetzung.example",
                "checked_on": "2026-10-01",
                "checked_by": "Selbstbewertung.",
                "known": ["Der Stadtplan hat keinen Text."],
            },
            "links": {"accessibility": "https://stadt.example/barrierefrei"},
        }
    )
    page = citizen.get(f"/{town.slug}/barrierefreiheit/").content.decode()
    for said in ("01234 5678", "mailto:barrierefrei@stadt.example", "Durchsetzungsstelle des Landes", "01.10.2026"):
        assert said in page
    assert 'href="https://durchsetzung.example"' in page
    assert 'href="https://stadt.example/barrierefrei"' in page
    assert "Der Stadtplan hat keinen Text." in page


@pytest.mark.parametrize(
    "said", [None, "x", {"known": "x", "enforcer_link": "javascript:1", "checked_on": "soon", "phone": 5}]
)
def test_what_is_no_statement_is_left_out(said: object) -> None:
    read = statement_of({"accessibility": said})
    assert (read.known, read.enforcer_link, read.checked_on, read.phone) == ([], "", None, "")


def test_a_report_is_kept_as_it_was_written(citizen: Client, town: Tenant) -> None:
    answer = report(
        citizen, town, text="Der Knopf\r\nfehlt.\x07", place="Bezahlen", name="Erika", email=" erika@example.org "
    )
    assert answer.status_code == 303
    assert "Vielen Dank" in citizen.get(answer.headers["Location"]).content.decode()
    (kept,) = feedback.listed(tenant=town)
    assert (kept.text, kept.place, kept.name, kept.email) == (
        "Der Knopf\nfehlt.",
        "Bezahlen",
        "Erika",
        "erika@example.org",
    )


def test_nobody_has_to_say_who_they_are(citizen: Client, town: Tenant, neighbour: Tenant) -> None:
    assert report(citizen, town).status_code == 303
    (kept,) = feedback.listed(tenant=town)
    assert (kept.name, kept.email, kept.place) == ("", "", "")
    assert feedback.listed(tenant=neighbour) == []


def test_the_form_sent_twice_is_one_report(citizen: Client, town: Tenant) -> None:
    sent = {"form": form_of(citizen, f"/{town.slug}/barrierefreiheit/"), "text": "Der Knopf fehlt."}
    assert [citizen.post(f"/{town.slug}/barrierefreiheit/", sent).status_code for _ in range(2)] == [303, 303]
    assert feedback.waiting(tenant=town) == 1


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"text": " \n "}, "feedback_empty", "text"),
        ({"text": "x" * 2001}, "feedback_too_long", "text"),
        ({"text": "Meine Karte 4111 1111 1111 1111 geht nicht"}, "card_number_typed", "text"),
        ({"email": "erika@"}, "email_wrong", "email"),
        ({"email": "erika@example.org\r\nBcc: x@example.org"}, "email_wrong", "email"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    citizen: Client, town: Tenant, said: dict[str, str], code: str, field: str
) -> None:
    answer = report(citizen, town, **said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"Code: {code}" in page
    assert f'id="{field}-error"' in page
    assert "4111 1111" not in page
    assert feedback.waiting(tenant=town) == 0


def test_nobody_floods_the_town(citizen: Client, town: Tenant) -> None:
    most = LIMITS[What.FEEDBACK].here
    answers = [report(citizen, town, text=f"Nummer {n}").status_code for n in range(most + 1)]
    assert answers == [303] * most + [429]
    assert feedback.waiting(tenant=town) == most


def test_what_is_answered_is_forgotten_after_a_while_and_what_waits_is_not(citizen: Client, town: Tenant) -> None:
    report(citizen, town, text="eins")
    report(citizen, town, text="zwei")
    now = clock.now()
    first = feedback.listed(tenant=town)[0]
    feedback.answered(tenant=town, feedback_id=first.id, by="Kasse", at=now)
    feedback.answered(tenant=town, feedback_id=first.id, by="somebody else", at=now)
    assert [(each.text, each.answered_by) for each in feedback.listed(tenant=town)] == [
        ("zwei", None),
        ("eins", "Kasse"),
    ]
    with inside(town):
        assert AuditRow.objects.filter(action="feedback.answered", subject=str(first.id)).count() == 1
    jobs.run_once(tenant=town, at=now + timedelta(days=91))
    assert [each.text for each in feedback.listed(tenant=town)] == ["zwei"]


def test_the_neighbours_report_is_not_there(citizen: Client, town: Tenant, neighbour: Tenant) -> None:
    report(citizen, town)
    (kept,) = feedback.listed(tenant=town)
    with pytest.raises(feedback.FeedbackUnknown):
        feedback.answered(tenant=neighbour, feedback_id=kept.id, by="Kasse", at=clock.now())
    assert feedback.waiting(tenant=town) == 1
