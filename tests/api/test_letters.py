"""What a claim's answer says for the letter: the link, the code, and the link as a QR code."""

import io
import xml.etree.ElementTree as ET

import segno
from django.conf import settings
from django.test import Client
from tests.support.pdf_text import text_of
from tests.support.rest import Caller, problem_of

from zahlstelle import claims

CLAIMS = "/api/v1/claims"


def test_the_link_of_a_claim_opens_it(caller: Caller) -> None:
    claim = caller.claim()
    letter = claim["letter"]
    assert letter["code"] == claims.letter_code(tenant=caller.town, kassenzeichen=claim["kassenzeichen"])
    assert letter["url"].endswith(f"/{caller.town.slug}/zahlen/{claim['kassenzeichen']}/{letter['code']}")
    path = "/" + letter["url"].split("/", 3)[3]
    page = Client(SERVER_NAME="localhost").get(path)
    assert page.status_code == 200
    assert claim["purpose"] in page.content.decode()


def test_every_way_to_a_claim_tells_the_same_letter(caller: Caller) -> None:
    claim = caller.claim()
    listed = caller.get(CLAIMS).json()["items"]
    assert [each["letter"] for each in listed if each["id"] == claim["id"]] == [claim["letter"]]
    assert caller.get(f"{CLAIMS}/{claim['id']}").json()["letter"] == claim["letter"]


def test_the_code_is_drawn_as_svg_and_png(caller: Caller) -> None:
    claim = caller.claim()
    path = f"{CLAIMS}/{claim['id']}/letter"
    svg, png = caller.get(f"{path}.svg"), caller.get(f"{path}.png")
    assert (svg.headers["Content-Type"], png.headers["Content-Type"]) == ("image/svg+xml", "image/png")
    assert ET.fromstring(svg.content).tag.endswith("svg")
    same = io.BytesIO()
    segno.make_qr(claim["letter"]["url"], error="q").save(same, kind="png", border=4, scale=12, light="#fff")
    assert png.content == same.getvalue()


def test_only_who_may_see_the_claim_gets_the_code(caller: Caller) -> None:
    path = f"{CLAIMS}/{caller.claim()['id']}/letter.svg"
    assert Client(SERVER_NAME="localhost").get(path).status_code == 401
    problem_of(caller.get(f"{CLAIMS}/not-an-id/letter.svg"), 404, "claim_unknown")
    problem_of(caller.get(f"{path}?size=9"), 422, "request_invalid")


def test_the_sheet_is_fetched_with_the_api_key_and_always_about_what_is_open(caller: Caller) -> None:
    claim = caller.claim()
    path = claim["letter"]["pdf_url"].removeprefix(settings.BASE_URL)
    answer = caller.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert claim["letter"]["code"] in text_of(answer.content)
    assert Client(SERVER_NAME="localhost").get(path).status_code == 401
    problem_of(caller.get(f"{path}?language=en"), 422, "request_invalid")
    claims.settle(tenant=caller.town, amounts=[(claim["id"], claim["amount_cents"])])
    problem_of(caller.get(path), 409, "nothing_to_ask_for")
