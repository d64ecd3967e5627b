"""What a person is proposed: the right claim first, with its reasons; never by the amount alone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.ledger_story import BY, Teller, tell
from tests.support.towns import AT

from zahlstelle import allocation, audit
from zahlstelle.allocation import Proposal, Rest
from zahlstelle.allocation._names import NameMatch, compare_names, parts_of
from zahlstelle.allocation._references import near_pool_numbers, one_mistake
from zahlstelle.claims import Pool
from zahlstelle.kernel import CheckMethod, Refusal, new_id


def proposed(teller: Teller, name: str) -> list[tuple[str, int]]:
    """The claims of each proposal, by the letters of the story, and its points."""
    letters = {claim.id: letter for letter, claim in teller.claims.items()}
    found = allocation.proposals_for(tenant=teller.town, detail=teller.details[name])
    return [("+".join(letters[s.claim_id] for s in p.shares), p.score) for p in found]


def take_first(teller: Teller, name: str) -> Proposal:
    """One click: settle as the first proposal says."""
    (first, *_) = allocation.proposals_for(tenant=teller.town, detail=teller.details[name])
    shares = [(share.claim_id, share.cents) for share in first.shares]
    given = {"tenant": teller.town, "detail": teller.details[name], "by": BY, "at": AT}
    allocation.settle(shares=shares, rest=first.rest, **given)
    return first


def mistakes(number: str) -> dict[str, str]:
    return {
        "a digit wrong": number[:6] + str((int(number[6]) + 1) % 10) + number[7:],
        "swapped": next(n for n, what in one_mistake(number, 12) if "vertauscht" in what),
        "a digit missing": number[:7] + number[8:],
        "a digit too many": number[:7] + "5" + number[7:],
        "the beginning missing": number[4:],
        "letters": number.replace("0", "O").replace("1", "I"),
    }


@pytest.mark.parametrize("mistake", mistakes("471100000014"))
def test_a_mistake_in_the_number_and_the_right_claim_is_first(mistake: str) -> None:
    teller = tell("""
        claim   A         37.00  debtor Erika_Mustermann
        claim   B         37.00  debtor Bodo_Beispiel
        claim   C         37.00
    """)
    written = mistakes(teller.claims["A"].kassenzeichen)[mistake]
    teller.tell(f"""
        credit  c1        37.00  KZ {written}  from ERIKA MUSTERMANN
        open    A         37.00
    """)
    assert proposed(teller, "c1")[0][0] == "A"
    first = take_first(teller, "c1")
    assert any("ähnlich" in reason for reason in first.reasons)
    teller.tell("""
        open    A          0.00
        waits   c1       nothing
    """)


def test_a_name_and_an_amount_are_proposed_and_the_amount_alone_is_not() -> None:
    teller = tell("""
        claim   A         37.00  debtor Jörg_Müller
        claim   B         37.00  debtor Bodo_Beispiel
        claim   C         38.00  debtor Jörg_Müller
        credit  c1        37.00  Ausweis  from MUELLER JOERG
        credit  c2        37.00  Ausweis  from Xaver Unbekannt
        credit  c3        37.00  Ausweis  from Anna Müller
    """)
    assert [name for name, _ in proposed(teller, "c1")] == ["A"]
    assert proposed(teller, "c2") == []
    assert [name for name, _ in proposed(teller, "c3")] == ["A"]
    assert proposed(teller, "c1")[0][1] > proposed(teller, "c3")[0][1]


def test_several_claims_together_where_one_number_is_mistyped() -> None:
    teller = tell("""
        claim   A         37.00
        claim   B         20.00
    """)
    b = teller.claims["B"].kassenzeichen
    wrong = f"{b[:-1]}{(int(b[-1]) + 1) % 10}"
    teller.tell(f"""
        credit  c1        57.00  A und {wrong}
        waits   c1        57.00  several_references
    """)
    assert proposed(teller, "c1")[0][0] in ("A+B", "B+A")
    take_first(teller, "c1")
    teller.tell("""
        open    A          0.00
        open    B          0.00
    """)


def test_what_settles_part_over_and_double_payments() -> None:
    teller = tell("""
        claim   A        100.00
        credit  c1        40.00  A
        credit  c2        70.00  A
        credit  c3        60.00  A
    """)
    assert take_first(teller, "c1").rest is Rest.NONE
    teller.tell("open A 60.00")
    first = take_first(teller, "c2")
    assert (first.rest, first.rest_cents) == (Rest.OVERPAID, 1000)
    teller.tell("open A 0.00")
    first = take_first(teller, "c3")
    assert (list(first.shares), first.rest, first.rest_cents) == ([], Rest.OVERPAID, 6000)
    teller.tell("""
        waits   c3       nothing
        account overpaid -70.00
    """)


def test_returns_and_charges_of_the_bank() -> None:
    teller = tell("""
        claim   A         50.00
        credit  d1        50.00  A
        debit   r1        53.00  A  reason MS03
        debit   f1         4.90  Abrechnung  code 805
        debit   f2         1.10  Entgelt zu Auszahlung 4711
        debit   f3         2.00  Ueberweisung
    """)
    assert proposed(teller, "f3") == []
    first = take_first(teller, "r1")
    assert (first.rest, first.rest_cents) == (Rest.FEES, 300)
    assert take_first(teller, "f1").score > take_first(teller, "f2").score
    teller.tell("""
        open    A         50.00
        account fees       9.00
        account suspense   2.00
    """)


def test_a_refund_that_could_not_be_paid_out_is_owed_again() -> None:
    teller = tell("""
        claim   A         50.00
        credit  d1        50.00  A
        credit  b1        50.00  RETOURE A  reason AC04
        waits   b1        50.00  returned
    """)
    first = take_first(teller, "b1")
    assert (list(first.shares), first.rest) == ([], Rest.OVERPAID)
    teller.tell("account overpaid -50.00")


def test_the_import_says_how_much_is_proposed() -> None:
    teller = tell("""
        claim   A         50.00
        credit  c1        40.00  A
        credit  c2        50.00  nichts
    """)
    deeds = [d for d in audit.deeds(tenant=teller.town, subject=None) if d.action == "bank_file.imported"]
    assert sorted(d.details["proposed"] for d in deeds) == [0, 1]


# --- learned payers ------------------------------------------------------------------------------------------------

PAYER = "DE02120300000000202051"


def test_a_learned_payer_is_tried_in_shadow_and_shown_when_a_person_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zahlstelle.allocation._payers.LEAST_TRIALS", 10)
    teller = tell("""
        claim   A         50.00  debtor Erika_Mustermann
        claim   B         60.00  debtor Erika_Mustermann
        claim   C         70.00  debtor Bodo_Beispiel
        credit  c1        50.00  A  from X
        credit  c2        70.00  C  from X  iban DE86370501980000000001
    """)
    town = teller.town
    assert allocation.learn_payers(tenant=town) == 2
    assert allocation.learn_payers(tenant=town) == 0
    assert (allocation.learned_payers(tenant=town).trials, allocation.learned_payers(tenant=town).shown) == (0, False)
    teller.tell("credit c3 60.00 nichts  from X")
    assert proposed(teller, "c3") == []
    with pytest.raises(Refusal, match="trials"):
        allocation.show_learned_payers(tenant=town, shown=True, by=BY, at=AT)
    story = ""
    for number in range(10):
        debtor = "Bodo_Beispiel" if number == 9 else "Erika_Mustermann"
        story += f"claim N{number} 5.00 debtor {debtor}\ncredit n{number} 5.00 N{number}  from X\n"
    teller.tell(story)
    allocation.learn_payers(tenant=town)
    now = allocation.learned_payers(tenant=town)
    assert (now.trials, now.agreed, now.percent) == (10, 9, 90)
    allocation.show_learned_payers(tenant=town, shown=True, by=BY, at=AT)
    assert "B" in [name for name, _ in proposed(teller, "c3")]
    assert allocation.retry_doubts(tenant=town, at=AT) == 0
    teller.tell("waits c3 60.00 no_reference")
    allocation.show_learned_payers(tenant=town, shown=False, by=BY, at=AT)
    assert proposed(teller, "c3") == []
    deeds = [d.details["shown"] for d in audit.deeds(tenant=town, subject="learned_payers")]
    assert sorted(deeds) == [False, True]


# --- the parts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payer", "debtor", "match"),
    [
        ("MUSTERMANN, ERIKA", "Erika Mustermann", NameMatch.AGREES),
        ("Eheleute Erika und Max Mustermann", "Erika Mustermann", NameMatch.AGREES),
        ("Mueller Joerg", "Jörg Müller", NameMatch.AGREES),
        ("Muller Jorg", "Jörg Müller", NameMatch.AGREES),
        ("Max Mustermann", "Erika Mustermann", NameMatch.RELATED),
        ("Mustermann", "Erika Mustermann", NameMatch.RELATED),
        ("Stefan Braun", "Stefanie Braun", NameMatch.SIMILAR),
        ("Anna Clausen", "Bodo Beispiel", NameMatch.DIFFERS),
        ("", "Bodo Beispiel", NameMatch.UNKNOWN),
        ("Bodo Beispiel", None, NameMatch.UNKNOWN),
    ],
)
def test_names(payer: str, debtor: str | None, match: NameMatch) -> None:
    assert compare_names(payer, debtor) is match


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 10**7 - 1), st.data())
def test_whatever_the_one_mistake_is_the_number_is_among_the_near_ones(counter: int, data: st.DataObject) -> None:
    pool = Pool(new_id(), "p", "4711", 7, CheckMethod.MOD11)
    number = pool.kassenzeichen(counter)
    if number is None:
        return
    length = data.draw(st.sampled_from([11, 12, 13]))
    written, _ = data.draw(st.sampled_from(sorted(set(one_mistake(number, length)))))
    near = near_pool_numbers(end_to_end_id=None, reference=None, remittance=[f"KZ {written}"], pools=[pool])
    assert number in near or written == number


NAMES = [
    ("Jörg Müller", ("jorg", "mulle")),
    ("MUELLER, JOERG", ("mulle", "jorg")),
    ("Dr. Ärmel von der Straße", ("armel", "stras")),
    ("Großmann & SÖHNE KG", ("gross", "kg")),
    ("Hans-Peter Łukasz Meier-Schmidt", ("hans", "schmi")),
    ("ẞander", ("ssand", None)),
    ("X", (None, None)),
    ("Анна", (None, None)),
    ("", (None, None)),
]


def cut(name: str) -> tuple[str | None, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT debtor_part(%(n)s, 1), debtor_part(%(n)s, -1)", {"n": name})
        return tuple(cursor.fetchone())


@pytest.mark.parametrize(("name", "parts"), NAMES)
def test_the_database_cuts_names_for_its_indexes(name: str, parts: tuple[str | None, ...]) -> None:
    assert cut(name) == parts


@given(st.lists(st.text(st.characters(max_codepoint=0x24F, exclude_characters="\0"), max_size=12), max_size=4))
@settings(max_examples=100, deadline=None)
def test_it_cuts_them_as_the_rules_do(words: list[str]) -> None:
    name = " ".join(words)
    told, parts = cut(name), [part[:5] for part in parts_of(name)]
    assert told[0] == (parts[0] if parts else None)
    assert {part for part in told if part} <= set(parts)


def test_a_page_asks_as_often_for_many_as_for_one_and_finds_the_same() -> None:
    teller = tell("""
        claim   A         10.00  debtor Jörg_Müller
        claim   B         11.00  debtor Erika_Mustermann
        claim   C         12.00  debtor Bodo_Beispiel
        credit  a1        10.00  Ausweis  from MUELLER JOERG
        credit  b1        11.00  Ausweis  from Erika Musterm
        credit  c1        12.00  Ausweis  from Bodo Beispiel
        credit  odd        9.00  A  from Jemand Anderes
        debit   fee        3.10  Entgelt
    """)
    details = list(teller.details.values())
    asked = []
    for some in (details[:1], details):
        with CaptureQueriesContext(connection) as queries:
            found = allocation.proposals_of(tenant=teller.town, details=some)
        asked.append(len(queries))
    assert found == {
        detail: proposals
        for detail in details
        if (proposals := allocation.proposals_for(tenant=teller.town, detail=detail))
    }
    assert len(found) == 5
    assert asked[1] <= asked[0] + 6, "six more for money that went out"
