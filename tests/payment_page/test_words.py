"""Every refusal, method and page has its words, in both languages."""

import re
import sys
from pathlib import Path

import pytest
from django.utils import translation

from zahlstelle import claims, kernel, payments, tenancy, wallet
from zahlstelle.kernel import Refusal
from zahlstelle.payment_page import _words
from zahlstelle.payment_page._words import WORDS, method_for

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import messages  # noqa: E402

# Setting up a town, calling the API, logging in to the back office, importing settlement reports.
OUT_OF_REACH = {
    "town_file_wrong",
    "api_key_unknown",
    "login_refused",
    "login_paused",
    "payout_report_taken",
    "payout_report_wrong",
    # Refunds are asked for by online services and the treasury, never by the citizen.
    "nothing_captured",
    "more_than_refundable",
    "refundable_differs",
    "refund_taken",
    "refund_unknown",
    "refund_not_offered",
    "refund_wish_impossible",
    "attempt_not_chosen",
    "mandate_unknown",
    "mandate_blocked",
}
CATALOGUE = messages.LOCALE / "en" / "LC_MESSAGES" / "django.po"


def refusals(kind: type[Refusal] = Refusal) -> set[type[Refusal]]:
    return {kind, *(deeper for below in kind.__subclasses__() for deeper in refusals(below))}


def reachable() -> set[str]:
    rooms = tuple(room.__name__ for room in (kernel, tenancy, claims, payments, wallet, _words))
    return {each.code for each in refusals() if each.__module__.startswith(rooms)} - OUT_OF_REACH


def test_every_refusal_has_words() -> None:
    assert reachable() == set(WORDS)


@pytest.mark.parametrize("code", sorted(WORDS))
def test_words_say_what_happened_and_what_to_do(code: str) -> None:
    for language in ("de", "en"):
        with translation.override(language):
            title, text = map(str, WORDS[code])
        assert title and not title.endswith(".")
        assert text.endswith(".")


def test_a_method_without_words_is_said_by_its_name() -> None:
    assert method_for("new_thing").name == "New Thing"


def test_every_text_has_its_translation() -> None:
    entries = messages.read_po(CATALOGUE)
    assert list(entries) == messages.used(), "run: python scripts/messages.py update"
    assert [said for said, there in entries.items() if not there] == []


def test_the_pages_read_what_the_translators_wrote() -> None:
    entries = messages.read_po(CATALOGUE)
    compiled = CATALOGUE.with_suffix(".mo").read_bytes()
    assert compiled == messages.mo_of(entries, "en"), "run: python scripts/messages.py compile"


def test_translations_keep_what_is_filled_in() -> None:
    names = re.compile(r"%\((\w+)\)s")
    for said, there in messages.read_po(CATALOGUE).items():
        assert sorted(names.findall(said)) == sorted(names.findall(there)), said


def test_python_reads_the_compiled_texts() -> None:
    import gettext

    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        texts = gettext.GNUTranslations(file)
    for said, there in messages.read_po(CATALOGUE).items():
        assert texts.gettext(said) == there


def test_nobody_is_spoken_to_in_office_german() -> None:
    stiff = re.compile(r"gemäß|diesbezüglich|bezüglich|erfolgt|seitens|zwecks|Transaktion", re.IGNORECASE)
    assert [said for said in messages.used() if stiff.search(said)] == []
