"""Two people settle an unclear payment by the keyboard alone, on a phone and on a desk; every page is for everyone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect
from tests.browser.test_the_treasury import log_in, seen_by_everyone
from tests.browser.test_the_worklist import Keys
from tests.support.desk import Desk

LOOKS = [{"width": 320, "dark": True}, {"width": 1280}]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: str(look["width"]))
def test_one_says_another_confirms(
    desk: Desk, open_browser: Callable[..., BrowserContext], look: dict[str, Any]
) -> None:
    from tests.back_office.test_releasing import of_two
    from tests.support.towns import AT, PASSWORD, a_claim, found_town

    from zahlstelle import claims, payments, treasury
    from zahlstelle.payments import NoAnswer, _operations

    content = of_two()
    content["providers"] = [{**content["providers"][0], "name": "sandbox"}]
    town = found_town(password=PASSWORD, **content)
    claim = a_claim(town)
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    attempt = _operations.intend(tenant=town, payment_id=payment.id, provider="sandbox", method="card", at=AT)
    _operations.record_start(tenant=town, attempt_id=attempt.id, answer=NoAnswer("timeout"), at=AT)

    first = open_browser(**look).new_page()
    log_in(first, desk, town)
    keys = Keys(first)
    first.goto(f"{desk.base_url}/kasse/{town.slug}/unklare-zahlungen/")
    assert seen_by_everyone(first) == []
    keys.do(first.get_by_role("link", name="Klären 37,00"), 30)
    assert seen_by_everyone(first) == []
    expect(first.get_by_role("heading", level=2, name="Was zeigt das Portal")).to_be_visible()
    keys.to(first.get_by_role("radio").first, 40)
    keys.press("Space")
    keys.to(first.get_by_label("Grund: Woher wissen Sie es?"))
    keys.type("im Portal gesehen")
    keys.do(first.get_by_role("button", name="Eintragen"))
    expect(first.get_by_role("alert")).to_be_focused()  # the provider's name of the payment is missing
    assert seen_by_everyone(first) == []
    keys.to(first.get_by_label("Wie nennt er die Zahlung?"), 20)
    keys.type("portal-1")
    keys.do(first.get_by_role("button", name="Eintragen"))
    expect(first.get_by_role("status")).to_contain_text("Jetzt muss eine zweite Person bestätigen.")
    assert seen_by_everyone(first) == []
    first.goto(f"{desk.base_url}/kasse/{town.slug}/unklare-zahlungen/{attempt.id}/")
    expect(first.get_by_role("button", name="Bestätigen")).to_have_count(0)
    assert seen_by_everyone(first) == []

    second = open_browser(**look).new_page()
    log_in(second, desk, town, "second")
    second.goto(f"{desk.base_url}/kasse/{town.slug}/unklare-zahlungen/{attempt.id}/")
    assert seen_by_everyone(second) == []
    expect(second.get_by_role("main")).to_contain_text("im Portal gesehen")
    Keys(second).do(second.get_by_role("button", name="Bestätigen"), 40)
    expect(second.get_by_role("status")).to_contain_text("Gebucht: Die Zahlung gilt als bezahlt.")
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero
    second.goto(f"{desk.base_url}/kasse/{town.slug}/unklare-zahlungen/{attempt.id}/")
    expect(second.get_by_role("main")).to_contain_text("Hier ist nichts mehr zu klären")
    assert seen_by_everyone(second) == []
    assert treasury.check_book(tenant=town) == []
