"""Settling at the desk, without a script: by a proposal, by a split, to an account, and taking it back."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from tests.support.book import assert_sound, state
from tests.support.doubts import Doubts, doubts
from tests.support.treasury_day import at_the_desk

from zahlstelle import allocation, claims
from zahlstelle.allocation import Wanted
from zahlstelle.claims import Claim


@pytest.fixture
def told(tmp_path: Path) -> Doubts:
    return doubts(tmp_path)


@pytest.fixture
def client(told: Doubts) -> Client:
    return at_the_desk(told.town)


def waiting(told: Doubts) -> dict[int, UUID]:
    """What waits, by its cents."""
    return {item.amount.cents: item.detail for item in allocation.worklist(tenant=told.town, wanted=Wanted())}


def post(client: Client, told: Doubts, detail: UUID, **said: Any) -> Any:
    return client.post(f"/kasse/{told.town.slug}/verwahrung/{detail}/", said)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def open_cents(told: Doubts, claim: Claim) -> int:
    return claims.claim_by_id(tenant=told.town, claim_id=claim.id).open.cents


def split(told: Doubts, first: str, second: str, **more: str) -> dict[str, Any]:
    """Say what the form of a split over both claims says."""
    return {
        "tun": "aufteilen",
        "forderung": [str(told.first.id), str(told.second.id)],
        f"betrag-{told.first.id}": first,
        f"betrag-{told.second.id}": second,
        "rest": "none",
        **more,
    }


def test_one_press_settles_and_leads_to_the_next_in_the_list(client: Client, told: Doubts) -> None:
    waits = waiting(told)
    share = {"tun": "vorschlag", "anteil": f"{told.easy.id}:3700", "rest": "none", "von": "liste", "seite": "1"}
    answer = post(client, told, waits[3700], **share)
    place = f"/kasse/{told.town.slug}/verwahrung/"
    assert (answer.status_code, answer["Location"]) == (302, f"{place}?seite=1#betrag-{waits[6000]}")
    assert open_cents(told, told.easy) == 0
    assert_sound(told.town)


def test_the_same_press_twice_settles_once_and_says_so(client: Client, told: Doubts) -> None:
    detail = waiting(told)[3700]
    share = {"tun": "vorschlag", "anteil": f"{told.easy.id}:3700", "rest": "none"}
    post(client, told, detail, **share)
    before = state(told.town)
    again = client.post(f"/kasse/{told.town.slug}/verwahrung/{detail}/", share, follow=True)
    assert "Diesen Betrag hat inzwischen jemand anderes geklärt." in text_of(again)
    assert state(told.town) == before


def test_a_split_settles_both_to_the_cent(client: Client, told: Doubts) -> None:
    answer = post(client, told, waiting(told)[6000], **split(told, "20", "40,00 €"))
    assert answer.status_code == 302
    assert answer["Location"].endswith("/#inhalt"), "on to the next amount"
    assert (open_cents(told, told.first), open_cents(told, told.second)) == (0, 0)
    assert_sound(told.town)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("19,00", "40,00", "Die Anteile ergeben nicht den Betrag."),
        ("20,00", "vierzig", "geben Sie je Forderung einen Betrag in Euro an."),
        ("30,00", "30,00", "Ein Anteil ist größer, als bei der Forderung noch möglich ist."),
        ("0", "60,00", "geben Sie je Forderung einen Betrag in Euro an."),
        ("20,005", "39,995", "geben Sie je Forderung einen Betrag in Euro an."),
    ],
)
def test_a_split_that_does_not_fit_books_nothing_and_keeps_what_was_typed(
    client: Client, told: Doubts, first: str, second: str, words: str
) -> None:
    before = state(told.town)
    answer = post(client, told, waiting(told)[6000], **split(told, first, second, vermerk="Telefonat"))
    assert answer.status_code in (409, 422)
    assert words in text_of(answer)
    assert f'value="{second}"' in answer.text and 'value="Telefonat"' in answer.text
    assert state(told.town) == before


def test_enter_in_an_amount_counts_again_and_books_nothing(client: Client, told: Doubts) -> None:
    before = state(told.town)
    answer = post(client, told, waiting(told)[6000], **split(told, "20", "30", tun="weiter"))
    assert answer.status_code == 200
    assert "Noch zu verteilen: 10,00 €" in text_of(answer)
    assert state(told.town) == before


def test_money_that_belongs_to_no_claim_needs_a_note(client: Client, told: Doubts) -> None:
    detail, before = waiting(told)[500], state(told.town)
    refused = post(client, told, detail, tun="konto", konto="overpaid", vermerk=" ")
    assert refused.status_code == 422 and "Bitte schreiben Sie einen Vermerk" in text_of(refused)
    assert state(told.town) == before
    assert post(client, told, detail, tun="konto", konto="overpaid", vermerk="Spende").status_code == 302
    assert 500 not in waiting(told)
    assert_sound(told.town)


def test_what_was_settled_is_taken_back_with_a_reason(client: Client, told: Doubts) -> None:
    detail = waiting(told)[6000]
    post(client, told, detail, **split(told, "20", "40"))
    path = f"/kasse/{told.town.slug}/zuordnung/{detail}/"
    assert client.post(path, {"grund": ""}).status_code == 422
    assert open_cents(told, told.first) == 0, "nothing is taken back without a reason"
    assert client.post(path, {"grund": "vertauscht"}).status_code == 302
    assert (open_cents(told, told.first), open_cents(told, told.second)) == (2000, 4000)
    assert detail in waiting(told).values()
    assert_sound(told.town)


@pytest.mark.parametrize("role", ["clerk", "auditor"])
def test_who_may_only_look_sees_the_proposals_and_no_button(told: Doubts, role: str) -> None:
    client, detail, before = at_the_desk(told.town, role), waiting(told)[3700], state(told.town)
    page = client.get(f"/kasse/{told.town.slug}/verwahrung/{detail}/")
    assert "Betrag gleich offenem Betrag, Name des Zahlers stimmt" in text_of(page)
    assert 'name="tun" value="aufteilen"' not in page.text and "kern-btn" not in page.text
    share = {"tun": "vorschlag", "anteil": f"{told.easy.id}:3700", "rest": "none"}
    assert post(client, told, detail, **share).status_code == 403
    assert state(told.town) == before
