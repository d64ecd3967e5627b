"""The pages people see, driven as a browser without JavaScript drives them."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.support.sandbox import Ear, Merchant, SandboxServer, until

from zahlstelle_sandbox._bank_pages import _cents
from zahlstelle_sandbox._cards import CARDS

GOOD = {"number": "4111 1111 1111 1111", "expiry": "12/99", "cvc": "123", "holder": "Erika Mustermann"}


def inputs(page: str) -> dict[str, str]:
    """What a form would send: the names and values of its fields."""
    fields = re.findall(r"<input [^>]*>", page)
    read = [(re.search(r'name="([^"]*)"', each), re.search(r'value="([^"]*)"', each)) for each in fields]
    return {name[1]: unescape(value[1]) for name, value in read if name and value}


def status(sandbox: SandboxServer, town: Merchant, payment: dict[str, Any]) -> str:
    return str(sandbox.get(town, f"/payments/{payment['payment_id']}").json()["status"])


def pay(sandbox: SandboxServer, payment: dict[str, Any], card: str) -> httpx.Response:
    """Fill in by the link of the card, and press the button."""
    page = sandbox.http.get(f"{payment['redirect_url']}?card={card}").text
    return sandbox.http.post(payment["redirect_url"], data=inputs(page))


def test_the_card_page_says_what_is_paid_and_that_it_is_a_test(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town, amount_cents=123456, description="Führungszeugnis <b>")
    page = sandbox.http.get(payment["redirect_url"])
    assert page.status_code == 200
    assert '<html lang="de">' in page.text
    assert "1.234,56\N{NO-BREAK SPACE}€" in page.text
    assert "Führungszeugnis &lt;b&gt;" in page.text
    assert "nur zum Testen" in page.text
    assert all(card.grouped in page.text for card in CARDS)
    assert "<script" not in page.text
    assert "style=" not in page.text


def test_in_english(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town, language="en")
    page = sandbox.http.get(payment["redirect_url"]).text
    assert '<html lang="en">' in page
    assert "Pay €37.00" in page
    assert "37,00\N{NO-BREAK SPACE}€ bezahlen" in sandbox.http.get(payment["redirect_url"] + "?lang=de").text


def test_nothing_may_be_loaded_from_elsewhere(sandbox: SandboxServer, town: Merchant) -> None:
    for address in ("/", f"/bank/{town.merchant_id}", sandbox.started(town)["redirect_url"], "/card/none"):
        headers = sandbox.http.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("card", [c.scenario.slug for c in CARDS if c.scenario.redirect and not c.scenario.challenge])
def test_paying_leads_back_with_hints(sandbox: SandboxServer, town: Merchant, card: str) -> None:
    payment = sandbox.started(town)
    answer = pay(sandbox, payment, card)
    assert answer.status_code == 303
    way = urlsplit(answer.headers["location"])
    assert f"{way.scheme}://{way.netloc}{way.path}" == "http://127.0.0.1:9/return"
    assert parse_qs(way.query) == {
        "x": ["1"],
        "reference": [payment["reference"]],
        "payment_id": [payment["payment_id"]],
        "status": [status(sandbox, town, payment)],
    }


@pytest.mark.parametrize("card", ["redirect-lost", "all-lost"])
def test_the_way_back_is_lost(sandbox: SandboxServer, town: Merchant, card: str) -> None:
    payment = sandbox.started(town)
    answer = pay(sandbox, payment, card)
    assert answer.status_code == 200
    assert "127.0.0.1:9" not in answer.text
    assert status(sandbox, town, payment) == "captured"


def test_the_timeout_card_hangs_and_then_fails(sandbox: SandboxServer, town: Merchant) -> None:
    sandbox.behave(hang_seconds=0.7, timeout_seconds=60)
    payment, begun = sandbox.started(town), time.monotonic()
    assert pay(sandbox, payment, "timeout").status_code == 504
    assert time.monotonic() - begun >= 0.7
    assert sandbox.get(town, f"/payments/{payment['payment_id']}").status_code == 504


def test_pressing_twice_pays_once(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    answers = [sandbox.http.post(payment["redirect_url"], data=GOOD) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    again = sandbox.http.get(payment["redirect_url"])
    assert "schon entschieden" in again.text


def test_many_presses_at_once_all_lead_the_same_way(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    payment = sandbox.started(town, notify_url=ear.url)

    def press(_: int) -> httpx.Response:
        with httpx.Client(trust_env=False) as browser:  # each with a connection of its own, as different tabs have
            return browser.post(payment["redirect_url"], data=GOOD)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(16)))
    assert {(each.status_code, each.headers["location"]) for each in answers} == {(303, answers[0].headers["location"])}
    until(lambda: ear.heard)
    assert [heard.event["type"] for heard in ear.about(payment["payment_id"])] == ["payment.captured"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", ""),
        ("number", "4242 4242 4242 4242"),
        ("expiry", "13/99"),
        ("expiry", "12/20"),
        ("expiry", "bald"),
        ("cvc", "12"),
        ("cvc", "12a"),
        ("holder", "x" * 71),
    ],
)
def test_a_wrong_entry_is_named_at_its_field(sandbox: SandboxServer, town: Merchant, field: str, value: str) -> None:
    payment = sandbox.started(town)
    answer = sandbox.http.post(payment["redirect_url"], data=GOOD | {field: value})
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert re.search(rf'<input id="{field}"[^>]*aria-invalid="true" aria-describedby="{field}-error', answer.text)
    assert answer.text.count('aria-invalid="true"') == 1
    assert status(sandbox, town, payment) == "created"


def test_a_real_looking_number_is_neither_shown_again_nor_kept(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    answer = sandbox.http.post(payment["redirect_url"], data=GOOD | {"number": "4242 4242 4242 4242"})
    assert answer.status_code == 422
    assert "4242" not in answer.text
    kept = on_disk(sandbox)
    assert payment["payment_id"].encode() in kept, "what is kept is looked at"
    assert b"4242 4242 4242 4242" not in kept and b"4242424242424242" not in kept


def test_no_card_number_is_on_disk(sandbox: SandboxServer, town: Merchant) -> None:
    payments = [sandbox.started(town) for _ in CARDS]
    for card, payment in zip(CARDS, payments, strict=True):
        answer = sandbox.http.post(payment["redirect_url"], data=GOOD | {"number": card.number})
        assert answer.status_code != 422, card
    kept = on_disk(sandbox)
    assert all(payment["payment_id"].encode() in kept for payment in payments), "what is kept is looked at"
    assert not [card for card in CARDS if card.number.encode() in kept or card.grouped.encode() in kept]


def on_disk(sandbox: SandboxServer) -> bytes:
    """Everything the sandbox has written: its data and its log."""
    return b"".join(path.read_bytes() for path in sandbox.data.parent.rglob("*") if path.is_file())


def test_the_bank_asks_and_the_holder_approves(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    asked = pay(sandbox, payment, "challenge")
    approval = asked.headers["location"]
    assert (asked.status_code, approval.startswith("/acs/")) == (303, True)
    page = sandbox.http.get(approval).text
    assert "Visa …0008" in page
    assert sandbox.http.get(payment["redirect_url"]).headers["location"] == approval
    walked = sandbox.http.post(approval, data={"answer": "walk_away"})
    assert (walked.status_code, status(sandbox, town, payment)) == (200, "pending")
    assert sandbox.http.post(approval, data={"answer": "maybe"}).status_code == 422
    done = sandbox.http.post(approval, data={"answer": "approve"})
    assert "status=captured" in done.headers["location"]
    assert sandbox.http.post(approval, data={"answer": "reject"}).headers["location"] == done.headers["location"]
    assert status(sandbox, town, payment) == "captured"


def test_the_holder_rejects(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    approval = pay(sandbox, payment, "challenge").headers["location"]
    assert "status=declined" in sandbox.http.post(approval, data={"answer": "reject"}).headers["location"]


def test_the_holder_gives_up(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    answer = sandbox.http.post(payment["redirect_url"] + "/cancel")
    assert (answer.status_code, status(sandbox, town, payment)) == (303, "cancelled")


def test_giving_up_after_paying_changes_nothing(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    sandbox.http.post(payment["redirect_url"], data=GOOD)
    sandbox.http.post(payment["redirect_url"] + "/cancel")
    assert status(sandbox, town, payment) == "captured"


def test_the_news_may_come_before_the_way_back(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    sandbox.behave(notify_before_redirect=True, delay_seconds=60)
    payment = sandbox.started(town, notify_url=ear.url)
    pay(sandbox, payment, "paid")
    assert [heard.event["type"] for heard in ear.about(payment["payment_id"])] == ["payment.captured"]


def test_a_page_of_another_origin_presses_no_button(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    for origin in ("cross-site", "same-site"):
        answer = sandbox.http.post(payment["redirect_url"], data=GOOD, headers={"Sec-Fetch-Site": origin})
        assert answer.status_code == 403
    assert status(sandbox, town, payment) == "created"


def test_under_another_name_nobody_answers(sandbox: SandboxServer) -> None:
    for name in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"):
        assert sandbox.http.get("/", headers={"Host": name}).status_code == 421
    assert sandbox.http.get("/", headers={"Host": f"localhost:{sandbox.port}"}).status_code == 200


def test_what_is_not_there_has_a_page(sandbox: SandboxServer) -> None:
    for path in ("/card/none", "/acs/none", "/bank/none", "/bank/none/files/x.zip"):
        answer = sandbox.http.get(path)
        assert answer.status_code == 404
        assert "<h1>Das geht nicht</h1>" in answer.text
    assert sandbox.http.get("/nowhere").status_code == 404


def test_a_person_transfers_and_closes_the_day(sandbox: SandboxServer, town: Merchant) -> None:
    sandbox.paid(town)
    home = f"/bank/{town.merchant_id}"
    form = inputs(sandbox.http.get(home).text) | {"amount": "1.037,50", "remittance": "Kassenzeichen 4711.0001"}
    done = sandbox.http.post(f"{home}/transfers", data=form, follow_redirects=True)
    assert "Überwiesen." in done.text
    closed = sandbox.http.post(f"{home}/close", follow_redirects=True)
    assert "Die Dateien liegen bereit." in closed.text
    assert len(re.findall(r"_C5[34]_", closed.text)) == 4
    assert "1.074,50\N{NO-BREAK SPACE}€" in closed.text
    assert len(list((sandbox.data / "bank" / town.merchant_id).iterdir())) == 2
    assert "nichts abzuschließen" in sandbox.http.post(f"{home}/close", follow_redirects=True).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", ""),
        ("amount", "0"),
        ("amount", "-5"),
        ("amount", "1,2,3"),
        ("amount", "1.2"),
        ("amount", "12,345"),
        ("amount", "1e3"),
        ("amount", "٣"),
        ("remittance", ""),
        ("debtor_name", ""),
        ("debtor_iban", "DE00"),
    ],
)
def test_a_wrong_transfer_is_named_and_moves_nothing(
    sandbox: SandboxServer, town: Merchant, field: str, value: str
) -> None:
    home = f"/bank/{town.merchant_id}"
    form = {"amount": "37,00", "remittance": "x", "debtor_name": "y", "debtor_iban": ""} | {field: value}
    answer = sandbox.http.post(f"{home}/transfers", data=form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "nichts abzuschließen" in sandbox.http.post(f"{home}/close", follow_redirects=True).text


@pytest.mark.parametrize(
    ("typed", "cents"), [("37", 3700), ("37,00", 3700), ("37.05", 3705), ("1.234,56", 123456), ("0,01", 1)]
)
def test_amounts_as_people_type_them(typed: str, cents: int) -> None:
    assert _cents(typed) == cents


def test_the_start_page_explains_in_both_languages(sandbox: SandboxServer, town: Merchant) -> None:
    german, english = sandbox.http.get("/").text, sandbox.http.get("/?lang=en").text
    assert "So geht es" in german
    assert "How it goes" in english
    assert f'href="/bank/{town.merchant_id}?lang=de"' in german
