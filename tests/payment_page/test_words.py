"""Every refusal, method and page has its words, in every language."""

import re
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from zahlstelle import claims, kernel, payments, tenancy, wallet
from zahlstelle.kernel import Refusal
from zahlstelle.payment_page import _words
from zahlstelle.payment_page._words import WORDS, method_for
from zahlstelle.web import _counting, addresses, feedback

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
    "claim_not_chosen",
    "claim_not_of_payment",
    # What became of a payment that nobody knows is said by the treasury.
    "nothing_to_release",
    "release_too_early",
    "release_waiting",
    "release_needs_another",
    "release_over",
    "release_unknown",
    "release_incomplete",
    "release_reference_differs",
    # Taken over from another system by the operator.
    "payment_taken",
    "mandate_unknown",
    "mandate_of_other_creditor",
    "mandate_blocked",
}
LANGUAGES = ("de", "de-x-leicht", "en")
CATALOGUES = sorted(messages.LOCALE.glob("*/LC_MESSAGES/django.po"))
every_catalogue = pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
LEICHT = messages.LOCALE / "de_X-leicht" / "LC_MESSAGES" / "django.po"
# The words of the law, and names of files, are the same in Leichte Sprache.
_AS_IT_IS = re.compile(
    r"^(Hinweis: Ich kann|Zahlungsempfänger:|Ich ermächtige|Der Betrag wird frühestens am %.*Vorab|[a-z]+$)"
)


def refusals(kind: type[Refusal] = Refusal) -> set[type[Refusal]]:
    return {kind, *(deeper for below in kind.__subclasses__() for deeper in refusals(below))}


def reachable() -> set[str]:
    known = (kernel, tenancy, claims, payments, wallet, _words, _counting, addresses, feedback)
    rooms = tuple(room.__name__ for room in known)
    return {each.code for each in refusals() if each.__module__.startswith(rooms)} - OUT_OF_REACH


def test_every_refusal_has_words() -> None:
    assert reachable() == set(WORDS)


@pytest.mark.parametrize("code", sorted(WORDS))
def test_words_say_what_happened_and_what_to_do(code: str) -> None:
    for language in LANGUAGES:
        with translation.override(language):
            title, text = map(str, WORDS[code])
        assert title and not title.endswith(".")
        assert text.endswith(".")


def test_a_method_without_words_is_said_by_its_name() -> None:
    assert method_for("new_thing").name == "New Thing"


@every_catalogue
def test_every_text_has_its_translation(catalogue: Path) -> None:
    entries = messages.read_po(catalogue)
    assert list(entries) == messages.used(), "run: python scripts/messages.py update"
    assert [said for said, there in entries.items() if not there] == []


@every_catalogue
def test_the_pages_read_what_the_translators_wrote(catalogue: Path) -> None:
    entries = messages.read_po(catalogue)
    compiled = catalogue.with_suffix(".mo").read_bytes()
    assert compiled == messages.mo_of(entries, catalogue.parts[-3]), "run: python scripts/messages.py compile"


@every_catalogue
def test_translations_keep_what_is_filled_in(catalogue: Path) -> None:
    names = re.compile(r"%\((\w+)\)s")
    for said, there in messages.read_po(catalogue).items():
        assert sorted(names.findall(said)) == sorted(names.findall(there)), said


@every_catalogue
def test_python_reads_the_compiled_texts(catalogue: Path) -> None:
    import gettext

    with catalogue.with_suffix(".mo").open("rb") as file:
        texts = gettext.GNUTranslations(file)
    for said, there in messages.read_po(catalogue).items():
        assert texts.gettext(said) == there


def test_nobody_is_spoken_to_in_office_german() -> None:
    stiff = re.compile(r"gemäß|diesbezüglich|bezüglich|erfolgt|seitens|zwecks|Transaktion", re.IGNORECASE)
    assert [said for said in messages.used() if stiff.search(said)] == []


def test_every_language_that_can_be_chosen_has_its_catalogue() -> None:
    assert [code for code, _ in settings.LANGUAGES] == list(LANGUAGES)
    assert [path.parts[-3] for path in CATALOGUES] == ["de_X-leicht", "en"]


def test_leichte_sprache_has_short_sentences_and_short_words() -> None:
    """Rules of Leichte Sprache that a machine can see: one thing in a sentence, no hard words, no long ones."""
    easy = {there for said, there in messages.read_po(LEICHT).items() if not _AS_IT_IS.match(said)}
    assert len(easy) > 200
    sentences = [each for text in easy for each in re.split(r"(?<=[.!?:])\s+|\n", text) if each]
    assert [each for each in sentences if len(each.split()) > 12] == []
    hard = re.compile(r";|, (dass|weil|wenn|damit|obwohl)\b|\b(wird|werden|wurde|worden|würde)\b|\b\w*(ung|keit)s\w+")
    assert [each for each in sentences if hard.search(each)] == []
    long = re.compile(r"[A-Za-zäöüßÄÖÜ]{17,}")
    assert [each for each in sentences if long.search(re.sub(r"%\(\w+\)s", "", each))] == []


def test_leichte_sprache_is_read_by_the_pages() -> None:
    with translation.override("de-x-leicht"):
        assert translation.gettext("Kassenzeichen") == "Kassen-Zeichen"
        assert method_for("transfer").hint == "Sie schicken das Geld mit Ihrer Bank. Das dauert 1 bis 2 Tage."
