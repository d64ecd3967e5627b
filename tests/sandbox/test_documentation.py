"""What docs/integrating/sandbox.md says is what the sandbox does."""

import re
from dataclasses import fields
from pathlib import Path

from zahlstelle_sandbox._behaviour import KINDS, OPERATIONS, Behaviour
from zahlstelle_sandbox._cards import BY_CENTS, CARDS
from zahlstelle_sandbox._notifications import BACKOFF
from zahlstelle_sandbox._rules import EDGES, FINAL, Status

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/integrating/sandbox.md").read_text()
SOURCE = "\n".join(path.read_text() for path in (ROOT / "src/zahlstelle_sandbox").glob("*.py"))


def test_every_test_card_is_listed() -> None:
    assert re.findall(r"^\| (\d{4} \d{4} \d{4} \d{4}) \| `([a-z-]+)`", PAGE, re.M) == [
        (card.grouped, card.scenario.slug) for card in CARDS
    ]


def test_the_cents_are_listed() -> None:
    assert [int(cents) for cents in re.findall(r"`\.(\d\d)` ", PAGE)] == list(BY_CENTS)


def test_every_status_is_listed_with_what_it_may_become() -> None:
    rows = {row[0]: row[1] for row in re.findall(r"^\| `([a-z]+)` \| [^|]+ \|([^|\n]*)\|$", PAGE, re.M)}
    assert set(rows) >= set(Status)
    for status in set(Status) - {Status.CREATED}:
        assert {Status(word) for word in re.findall(r"`([a-z]+)`", rows[status])} == {
            b for a, b in EDGES if a == status
        }
    assert {status for status in Status if not rows[status].strip()} == FINAL
    assert {b for a, b in EDGES if a == Status.CREATED} == set(Status) - {Status.CREATED}


def test_every_code_is_listed() -> None:
    raised = set(re.findall(r'Problem\(\s*\d{3},\s*"([a-z_]+)"', SOURCE))
    listed = set(re.findall(r"`([a-z_]+)`", PAGE[PAGE.index("### Codes") : PAGE.index("## Test cards")]))
    assert raised == listed - {"code"}


def test_every_reason_of_the_card_schemes_is_listed() -> None:
    section = PAGE[PAGE.index("## Click to Pay scheme") : PAGE.index("## What it is not")]
    script = (ROOT / "src/zahlstelle_sandbox/src_scripts/sdk.js").read_text()
    raised = set(re.findall(r'Refused\(\s*"([A-Z_]+)"', SOURCE)) | set(re.findall(r'"([A-Z]+_[A-Z]+)"', script))
    listed = section[section.index("| `reason`") : section.index("### Between servers")]
    assert raised == set(re.findall(r"`([A-Z_]+)`", listed))
    assert set(re.findall(r'NotSpendable\("([a-z_]+)"', SOURCE)) == set(
        re.findall(r"`([a-z_]+)`", section[section.index("or says why not") :])
    )


def test_every_decline_code_is_listed() -> None:
    codes = {card.scenario.decline_code for card in CARDS if card.scenario.decline_code} | {"three_ds_rejected"}
    line = PAGE[PAGE.index("`decline_code`:") :].splitlines()[0]
    assert set(re.findall(r"`([a-z_]+)`", line)) - {"decline_code"} == codes


def test_every_switch_and_fault_is_listed() -> None:
    table = PAGE[PAGE.index("| switch | default") : PAGE.index("`faults` spoil")]
    assert set(re.findall(r"`([a-z_]+)`", table)) == {field.name for field in fields(Behaviour)}
    assert "|".join(OPERATIONS) in PAGE
    assert re.findall(r"^\| `([a-z_]+)` \|", PAGE[PAGE.index("| kind |") : PAGE.index("## Bank")], re.M) == list(KINDS)


def test_the_pauses_are_those_of_the_sender() -> None:
    said = PAGE[PAGE.index("is tried again after") :].split(".")[0]
    assert tuple(int(number) for number in re.findall(r"\d+", said)) == BACKOFF
