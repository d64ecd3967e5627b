"""Learned payers at the desk: seen with what they are worth, switched on by a person, written down."""

import re
from html import unescape

from django.test import Client
from tests.support.towns import AT
from tests.support.treasury_day import at_the_desk, person

from zahlstelle import allocation, audit
from zahlstelle.kernel import new_id
from zahlstelle.tables.allocation import PayerTrialRow
from zahlstelle.tenancy import Tenant, inside


def trials(town: Tenant, agreed: int, wrong: int) -> None:
    with inside(town):
        for right in [True] * agreed + [False] * wrong:
            PayerTrialRow.objects.create(id=new_id(), tenant_id=town.id, detail=new_id(), agreed=right, decided_at=AT)


def read(client: Client, town: Tenant) -> str:
    answer = client.get(f"/kasse/{town.slug}/bekannte-zahler/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def switch(client: Client, town: Tenant, to: str) -> int:
    return client.post(f"/kasse/{town.slug}/bekannte-zahler/", {"zeigen": to}).status_code


def test_before_enough_trials_nobody_can_switch_them_on(town: Tenant) -> None:
    client = at_the_desk(town)
    trials(town, 28, 1)
    text = read(client, town)
    assert "Trefferquote 96 % 28 von 29 Proben richtig" in text
    assert "es fehlt noch eine." in text and "Vorschläge einschalten" not in text
    assert switch(client, town, "ja") == 409
    assert not allocation.learned_payers(tenant=town).shown


def test_a_person_switches_them_on_and_off_and_both_are_written_down(town: Tenant) -> None:
    client, by = at_the_desk(town), person(town, "treasurer")
    trials(town, 29, 1)
    assert switch(client, town, "ja") == 302
    assert f"Vorschläge eingeschaltet {by.name}," in read(client, town)
    assert allocation.learned_payers(tenant=town).shown
    assert switch(client, town, "nein") == 302
    assert not allocation.learned_payers(tenant=town).shown
    deeds = audit.deeds(tenant=town, subject="learned_payers")
    assert [(deed.actor, deed.details["shown"], deed.details["trials"]) for deed in deeds] == [
        (str(by.id), False, 30),
        (str(by.id), True, 30),
    ]


def test_who_may_not_settle_may_look_but_not_switch(town: Tenant) -> None:
    client = at_the_desk(town, "auditor")
    trials(town, 30, 0)
    assert "Vorschläge einschalten" not in read(client, town)
    assert switch(client, town, "ja") == 403
    assert not allocation.learned_payers(tenant=town).shown
