"""The commands of direct debit, called as a treasurer calls them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.debits import PAYER, a_collecting_town, all_of, ordered
from tests.support.towns import a_claim

from zahlstelle import payments
from zahlstelle.cli import main
from zahlstelle.cli.debits_mandates import MandateLineWrong, read_mandate
from zahlstelle.tenancy import Tenant

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call a command; its exit status and what it says."""

    def called(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


@pytest.fixture
def town() -> Tenant:
    return a_collecting_town()


def test_collect_never_takes_another_files_place(call: Call, town: Tenant, tmp_path: Path) -> None:
    ordered(town)
    taken = tmp_path / "taken.xml"
    taken.write_text("not the bank's yet")
    code, _, said = call("debits", "collect", "--tenant", town.slug, "-o", str(taken))
    assert (code, taken.read_text()) == (1, "not the bank's yet")
    assert "[file_there]" in said
    file = tmp_path / "collection.xml"
    code, told, _ = call("debits", "collect", "--tenant", town.slug, "-o", str(file))
    assert code == 0 and "1 debits, 37.00 EUR" in told
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    (message,) = all_of("MsgId", file.read_bytes())
    assert "[nothing_to_collect]" in call("debits", "collect", "--tenant", town.slug, "-o", str(tmp_path / "2"))[2]
    again = tmp_path / "again.xml"
    code, told, _ = call("debits", "collect", "--tenant", town.slug, "-o", str(again), "--again", message)
    assert code == 0 and "give it to the bank only once" in told
    assert again.read_bytes() == file.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.xml", "collection.xml", "taken.xml"]


def test_paper_mandates_are_read_in_and_collected_by(call: Call, town: Tenant, tmp_path: Path) -> None:
    good = {"iban": PAYER, "holder": "Erika Muster", "signed_on": "2026-09-01"}
    path = tmp_path / "mandates.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in (good, {**good, "iban": "DE00"})))
    code, _, said = call("debits", "mandates", str(path), "--tenant", town.slug)
    assert code == 1 and "mandates.jsonl:2" in said and "[mandate_line_wrong]" in said and "DE00" not in said
    path.write_text(json.dumps(good))
    code, told, _ = call("debits", "mandates", str(path), "--tenant", town.slug)
    reference = told.strip()
    assert (code, call("debits", "mandates", str(path), "--tenant", town.slug)[1].strip()) == (0, reference)
    claim = a_claim(town)
    for _ in range(2):
        code, told, _ = call("debits", "order", claim.kassenzeichen, "--mandate", reference, "--tenant", town.slug)
        assert (code, told) == (0, f"{claim.kassenzeichen}: 37.00 EUR will be collected\n")
    assert len(payments.payments_of_claim(tenant=town, claim_id=claim.id)) == 1
    assert call("debits", "order", "--block", "--mandate", reference, "--tenant", town.slug)[0] == 0
    assert payments.mandate_named(tenant=town, reference=reference).blocked == "taken_back"
    other = a_claim(town)
    said = call("debits", "order", other.kassenzeichen, "--mandate", reference, "--tenant", town.slug)[2]
    assert "[mandate_blocked]" in said
    assert payments.payments_of_claim(tenant=town, claim_id=other.id) == []


@pytest.mark.parametrize(
    "line", ["", "[]", "{}", '{"iban": 1, "holder": "a", "signed_on": "2026-09-01"}', '{"iban": "DE02", "holder": "a"}']
)
def test_a_line_that_is_no_mandate_is_named(line: str) -> None:
    with pytest.raises(MandateLineWrong, match="file:7"):
        read_mandate(line, "file:7")
