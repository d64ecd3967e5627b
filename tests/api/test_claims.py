"""Claims over REST: what is taken, what is refused, and that nothing is guessed."""

from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.rest import Caller, at_once, problem_of
from tests.support.sizes import size
from tests.support.towns import found_town

from zahlstelle import claims, ledger
from zahlstelle.tenancy import Tenant

CLAIMS = "/api/v1/claims"


def test_a_claim_is_opened_booked_and_told(caller: Caller) -> None:
    answer = caller.post(
        CLAIMS,
        {
            "amount": "41.50",
            "currency": "EUR",
            "purpose": "Personalausweis und Meldebescheinigung",
            "debtor_name": "Erika Mustermann",
            "due_on": "2026-12-31",
            "external_reference": "case-1",
            "lines": [
                {"text": "Personalausweis", "amount": "37.00", "posting": {"account": "0431100"}},
                {"text": "Meldebescheinigung", "amount_cents": 450},
            ],
        },
    )
    assert answer.status_code == 201
    claim = answer.json()
    assert (claim["amount_cents"], claim["amount"], claim["open_cents"], claim["status"]) == (
        4150,
        "41.50",
        4150,
        "open",
    )
    assert [line["amount_cents"] for line in claim["lines"]] == [3700, 450]
    assert claim["lines"][0]["posting"] == {"account": "0431100"}
    assert claim["due_on"] == "2026-12-31"
    assert answer.headers["Location"] == f"{CLAIMS}/{claim['id']}"
    assert caller.get(answer.headers["Location"]).content == answer.content
    assert caller.get(f"{CLAIMS}?kassenzeichen={claim['kassenzeichen']}").content == answer.content
    assert ledger.balance(tenant=caller.town, account="receivable") == 4150
    assert not claims.wrong_balances(tenant=caller.town)


def test_a_service_says_its_fee_and_its_posting_data(caller: Caller) -> None:
    answer = caller.post(CLAIMS, {"service": "personalausweis", "purpose": "Ausweis"})
    claim = answer.json()
    assert (claim["amount_cents"], claim["service"]) == (3700, "personalausweis")
    assert claim["lines"][0]["posting"] == {"product": "122010", "account": "431100"}


def test_a_service_without_a_fee_needs_an_amount(caller: Caller) -> None:
    problem_of(caller.post(CLAIMS, {"service": "spende", "purpose": "Spende"}), 422, "fee_unknown")
    assert caller.post(CLAIMS, {"service": "spende", "purpose": "Spende", "amount": "5"}).json()["amount"] == "5.00"


GOOD: dict[str, Any] = {"amount": "37.00", "purpose": "Personalausweis"}
LINE: dict[str, Any] = {"text": "Zeile", "amount": "37.00"}
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("no amount", {"purpose": "x"}, "request_invalid", "#"),
    ("both amounts", GOOD | {"amount_cents": 3700}, "request_invalid", "#"),
    ("amount as a number", GOOD | {"amount": 37.0}, "request_invalid", "#/amount"),
    ("amount as a whole number", GOOD | {"amount": 37}, "request_invalid", "#/amount"),
    ("amount null and none", GOOD | {"amount": None}, "request_invalid", "#"),
    ("amount with a comma", GOOD | {"amount": "37,00"}, "request_invalid", "#/amount"),
    ("three decimals", GOOD | {"amount": "37.001"}, "request_invalid", "#/amount"),
    ("three decimals, the last zero", GOOD | {"amount": "37.000"}, "request_invalid", "#/amount"),
    ("exponent", GOOD | {"amount": "1e3"}, "request_invalid", "#/amount"),
    ("digits of another script", GOOD | {"amount": "٣٧.٠٠"}, "request_invalid", "#/amount"),
    ("blanks", GOOD | {"amount": " 37.00"}, "request_invalid", "#/amount"),
    ("line end", GOOD | {"amount": "37.00\n"}, "request_invalid", "#/amount"),
    ("empty amount", GOOD | {"amount": ""}, "request_invalid", "#/amount"),
    ("infinite", GOOD | {"amount": "Infinity"}, "request_invalid", "#/amount"),
    ("too much", GOOD | {"amount": "1000000000.00"}, "request_invalid", "#/amount"),
    ("nothing", GOOD | {"amount": "0.00"}, "amount_not_positive", ""),
    ("below nothing", GOOD | {"amount": "-37.00"}, "amount_not_positive", ""),
    ("no cents", {"purpose": "x", "amount_cents": 0}, "amount_not_positive", ""),
    ("negative cents", {"purpose": "x", "amount_cents": -1}, "amount_not_positive", ""),
    ("cents as a fraction", {"purpose": "x", "amount_cents": 3700.0}, "request_invalid", "#/amount_cents"),
    ("cents as text", {"purpose": "x", "amount_cents": "3700"}, "request_invalid", "#/amount_cents"),
    ("cents as a truth", {"purpose": "x", "amount_cents": True}, "request_invalid", "#/amount_cents"),
    ("huge cents", {"purpose": "x", "amount_cents": 10**30}, "request_invalid", "#/amount_cents"),
    ("cents beyond a bigint", {"purpose": "x", "amount_cents": 2**63}, "request_invalid", "#/amount_cents"),
    ("another currency", GOOD | {"currency": "USD"}, "request_invalid", "#/currency"),
    ("no purpose", {"amount": "1.00"}, "request_invalid", "#/purpose"),
    ("empty purpose", GOOD | {"purpose": ""}, "request_invalid", "#/purpose"),
    ("blank purpose", GOOD | {"purpose": "  "}, "request_invalid", "#/purpose"),
    ("two lines of purpose", GOOD | {"purpose": "a\nb"}, "request_invalid", "#/purpose"),
    ("endless purpose", GOOD | {"purpose": "x" * 201}, "request_invalid", "#/purpose"),
    ("purpose as a list", GOOD | {"purpose": ["x"]}, "request_invalid", "#/purpose"),
    ("unknown field", GOOD | {"dueon": "2026-12-31"}, "request_invalid", "#/dueon"),
    ("tenant smuggled in", GOOD | {"tenant_id": "x"}, "request_invalid", "#/tenant_id"),
    ("no day", GOOD | {"due_on": "2026-02-30"}, "request_invalid", "#/due_on"),
    ("a day as a number", GOOD | {"due_on": 20261231}, "request_invalid", "#/due_on"),
    ("a German day", GOOD | {"due_on": "31.12.2026"}, "request_invalid", "#/due_on"),
    ("a moment for a day", GOOD | {"due_on": "2026-12-31T00:00:00"}, "request_invalid", "#/due_on"),
    ("unknown service", GOOD | {"service": "mondreise"}, "service_unknown", ""),
    ("unknown service and no amount", {"purpose": "x", "service": "mondreise"}, "service_unknown", ""),
    ("lines that differ", GOOD | {"lines": [LINE | {"amount": "36.99"}]}, "lines_differ", ""),
    ("a line of nothing", GOOD | {"lines": [LINE, LINE | {"amount": "0"}]}, "amount_not_positive", ""),
    ("a line with both", GOOD | {"lines": [LINE | {"amount_cents": 1}]}, "request_invalid", "#/lines/0"),
    ("a line with a float", GOOD | {"lines": [LINE | {"amount": 37.0}]}, "request_invalid", "#/lines/0/amount"),
    ("posting as a number", GOOD | {"lines": [LINE | {"posting": {"a": 1}}]}, "request_invalid", "#/lines/0/posting/a"),
    ("posting as a list", GOOD | {"lines": [LINE | {"posting": []}]}, "request_invalid", "#/lines/0/posting"),
    ("too many lines", GOOD | {"lines": [LINE] * 101}, "request_invalid", "#/lines"),
    ("short Kassenzeichen", GOOD | {"kassenzeichen": "12"}, "kassenzeichen_wrong", ""),
    ("Kassenzeichen of signs", GOOD | {"kassenzeichen": "ABC§§§DEF"}, "kassenzeichen_wrong", ""),
    ("mistyped Kassenzeichen", GOOD | {"kassenzeichen": "471100000018"}, "check_digit_wrong", ""),
]


@pytest.mark.parametrize(("body", "code", "pointer"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_not_sound_is_refused_and_nothing_moves(
    caller: Caller, body: dict[str, Any], code: str, pointer: str
) -> None:
    status = 404 if code == "service_unknown" else 422
    told = problem_of(caller.post(CLAIMS, body), status, code)
    if pointer:
        assert pointer in [fault["pointer"] for fault in told["errors"]]
    assert caller.get(CLAIMS).json() == {"items": [], "next_cursor": None}
    assert ledger.balance(tenant=caller.town, account="receivable") == 0


@pytest.mark.parametrize("body", [[], "x", 1, None, [GOOD]])
def test_a_body_that_is_no_object_is_refused(caller: Caller, body: Any) -> None:
    problem_of(caller.post(CLAIMS, body), 400, "body_unreadable")


@settings(max_examples=size(40, 2000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cents=st.integers(1, 99_999_999_999))
def test_every_amount_comes_back_to_the_cent_either_way(caller: Caller, cents: int) -> None:
    text = f"{Decimal(cents).scaleb(-2):f}"
    by_text = caller.claim(amount=text)
    by_cents = caller.post(CLAIMS, {"amount_cents": cents, "purpose": "x"}).json()
    assert by_text["amount_cents"] == by_cents["amount_cents"] == cents
    assert by_text["amount"] == by_cents["amount"] == f"{cents // 100}.{cents % 100:02d}"


@settings(max_examples=size(60, 5000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amount=st.one_of(st.text(max_size=20), st.from_regex(r"\A-?[0-9]{1,12}(\.[0-9]{0,4})?\Z"), st.floats(), st.none())
)
def test_an_amount_is_read_exactly_or_refused(caller: Caller, amount: Any) -> None:
    answer = _post_amount(caller, amount)
    assert answer.status_code in (201, 400, 422)
    if answer.status_code == 201:
        assert Decimal(answer.json()["amount_cents"]) == Decimal(amount) * 100


def _post_amount(caller: Caller, amount: Any) -> HttpResponse:
    return caller.post(CLAIMS, {"amount": amount, "purpose": "x"})


def test_the_own_kassenzeichen_is_kept_and_asked_twice_opens_one_claim(caller: Caller) -> None:
    first = caller.claim(kassenzeichen="ab.12-34 567")
    assert first["kassenzeichen"] == "AB1234567"
    assert caller.claim(kassenzeichen="AB1234567") == first
    assert ledger.balance(tenant=caller.town, account="receivable") == 3700


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "37.01"},
        {"purpose": "Reisepass"},
        {"debtor_name": "Erika Mustermann"},
        {"due_on": "2026-12-31"},
        {"external_reference": "case-2"},
        {"service": "personalausweis"},
        {"lines": [{"text": "Ausweis", "amount": "37.00"}]},
    ],
)
def test_the_own_kassenzeichen_with_other_content_is_refused(caller: Caller, other: dict[str, Any]) -> None:
    first = caller.claim(kassenzeichen="AB1234567")
    body = {"amount": "37.00", "purpose": "Personalausweis", "kassenzeichen": "AB1234567", **other}
    problem_of(caller.post(CLAIMS, body), 409, "kassenzeichen_taken")
    assert caller.get(CLAIMS).json()["items"] == [first]


def test_many_at_once_under_one_own_kassenzeichen_open_one_claim(caller: Caller) -> None:
    count = size(32, 64)
    found = at_once(count, lambda _: caller.claim(kassenzeichen="RACE000001"))
    assert found == [found[0]] * count
    assert len(caller.get(CLAIMS).json()["items"]) == 1
    assert ledger.balance(tenant=caller.town, account="receivable") == 3700
    assert not claims.wrong_balances(tenant=caller.town)


def test_two_claims_at_once_under_one_kassenzeichen_with_other_amounts_one_wins(caller: Caller) -> None:
    def ask(number: int) -> HttpResponse:
        return caller.post(CLAIMS, {"amount_cents": 100 + number, "purpose": "x", "kassenzeichen": "RACE000002"})

    answers = at_once(8, ask)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert [claim["kassenzeichen"] for claim in caller.get(CLAIMS).json()["items"]] == ["RACE000002"]


def test_many_at_once_get_numbers_of_their_own(caller: Caller) -> None:
    each, threads = size(10, 100), 8
    found = at_once(threads, lambda _: [caller.claim()["kassenzeichen"] for _ in range(each)])
    numbers = [number for share in found for number in share]
    assert len(set(numbers)) == each * threads
    (pool,) = claims.pools(tenant=caller.town)
    assert all(pool.valid(number) for number in numbers)
    assert ledger.balance(tenant=caller.town, account="receivable") == 3700 * each * threads


def test_pages_show_every_claim_once_the_newest_first(caller: Caller) -> None:
    opened = [caller.claim()["id"] for _ in range(7)]
    seen, cursor = [], ""
    while True:
        page = caller.get(f"{CLAIMS}?limit=3{cursor}").json()
        seen += [claim["id"] for claim in page["items"]]
        if page["next_cursor"] is None:
            break
        caller.claim()  # what comes in meanwhile does not shift the pages
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == opened[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=%D9%A3",
        "limit=99999999999999999999",
        "limit=",
        "cursor=x",
        "cursor=",
        "cursor=%00",
        "cursor=AAAA",
        "kassenzeichn=471100000019",
        "limit=1&limit=2",
        "kassenzeichen=471100000019&limit=1",
    ],
)
def test_a_question_that_is_not_understood_is_refused(caller: Caller, query: str) -> None:
    problem_of(caller.get(f"{CLAIMS}?{query}"), 422, "request_invalid")


@pytest.mark.parametrize("number", ["471100000019", "", "%00", "%ED%A0%80", "x" * 500, "%27%20OR%201=1"])
def test_an_unknown_kassenzeichen_is_not_found(caller: Caller, number: str) -> None:
    problem_of(caller.get(f"{CLAIMS}?kassenzeichen={number}"), 404, "claim_unknown")


@pytest.mark.parametrize(
    "claim_id", ["x", "0", "%00", "0199b4c1-7a52-7d3e-9f10-2b6a4c8d1e55", "{" + "0" * 32 + "}", "0" * 32]
)
def test_an_unknown_claim_is_not_found(caller: Caller, claim_id: str) -> None:
    problem_of(caller.get(f"{CLAIMS}/{claim_id}"), 404, "claim_unknown")


def test_a_town_without_a_number_left_says_so(caller_of: Any) -> None:
    town: Tenant = found_town(
        pools=[{"name": "standard", "prefix": "4711", "digits": 1, "check": "none"}],
        services=[],
    )
    caller = caller_of(town)
    opened = [caller.claim()["kassenzeichen"] for _ in range(9)]
    assert opened == [f"4711{n}" for n in range(1, 10)]
    problem_of(caller.post(CLAIMS, GOOD), 409, "pool_exhausted")
    assert ledger.balance(tenant=town, account="receivable") == 9 * 3700


CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    "more",
    [
        {"purpose": f"Ausweis {CARD}"},
        {"purpose": "Karte 5555555555554444, danke"},
        {"debtor_name": f"Erika {CARD}"},
        {"lines": [{"text": f"Ausweis {CARD}", "amount": "37.00"}]},
    ],
)
def test_a_claim_carries_no_card_number(caller: Caller, more: dict[str, Any]) -> None:
    answer = caller.post(CLAIMS, {"amount": "37.00", "purpose": "Ausweis", **more})
    problem_of(answer, 422, "card_number_typed")
    assert "1111" not in answer.content.decode() and "5555" not in answer.content.decode()
    assert claims.recent_claims(tenant=caller.town) == []


@pytest.mark.parametrize(
    "purpose",
    ["Bescheid 20261125000012", "4111 1111 1111 1112", "Zähler 1EMH0004444444", "IBAN DE02120300000000202051"],
)
def test_other_numbers_are_told_as_they_are(caller: Caller, purpose: str) -> None:
    answer = caller.post(CLAIMS, {"amount": "37.00", "purpose": purpose})
    assert (answer.status_code, answer.json()["purpose"]) == (201, purpose)
