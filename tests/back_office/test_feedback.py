"""Reported barriers at the desk: read by who works here, done by who may."""

from html import unescape

from django.http import HttpResponse
from django.test import Client
from tests.support.towns import AT
from tests.support.treasury_day import at_the_desk, person

from zahlstelle.tenancy import Tenant
from zahlstelle.web import feedback


def reported(town: Tenant, text: str = "Der <b>Knopf</b> fehlt.") -> feedback.Feedback:
    feedback.report(tenant=town, form="f", text=text, place="", name="", email="e@example.org", language="de", at=AT)
    return feedback.listed(tenant=town)[0]


def read(client: Client, town: Tenant) -> str:
    answer = client.get(f"/kasse/{town.slug}/rueckmeldungen/")
    assert answer.status_code == 200
    return answer.text


def done(client: Client, town: Tenant, report: feedback.Feedback) -> HttpResponse:
    return client.post(f"/kasse/{town.slug}/rueckmeldungen/", {"meldung": str(report.id)})


def test_a_report_is_read_and_done(town: Tenant) -> None:
    report, client = reported(town), at_the_desk(town)
    page = read(client, town)
    assert "Der &lt;b&gt;Knopf&lt;/b&gt; fehlt." in page
    assert "mailto:e@example.org" in page
    assert f'href="/kasse/{town.slug}/rueckmeldungen/"' in client.get(f"/kasse/{town.slug}/").text
    answer = done(client, town, report)
    assert answer.headers["Location"] == f"/kasse/{town.slug}/rueckmeldungen/"
    assert f"erledigt von {person(town, 'treasurer').name}" in unescape(read(client, town))
    assert feedback.waiting(tenant=town) == 0


def test_an_auditor_reads_and_changes_nothing(town: Tenant) -> None:
    report, client = reported(town), at_the_desk(town, "auditor")
    assert "Erledigt</span>" not in read(client, town)
    assert done(client, town, report).status_code == 403
    assert feedback.waiting(tenant=town) == 1


def test_another_towns_report_is_not_there(town: Tenant, neighbour: Tenant) -> None:
    report = reported(neighbour)
    assert done(at_the_desk(town), town, report).status_code == 404
    assert feedback.waiting(tenant=neighbour) == 1
