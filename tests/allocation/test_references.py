"""What a payment names: whole words only, whatever stands around them."""

import pytest

from zahlstelle.allocation._rules import references_in


@pytest.mark.parametrize("text", [f"{'9' * 35}20261005", "Ü20261005", f"{'X' * 40}20261005Y", "_20261005"])
def test_the_end_of_a_longer_word_is_no_reference(text: str) -> None:
    found = references_in(end_to_end_id=None, reference=None, remittance=[text], pools=[])
    assert "20261005" not in found.candidates


@pytest.mark.parametrize("text", ["20261005", "KZ: 20261005.", "Gebühr 20261005, danke", "(20261005)"])
def test_a_whole_word_is_one(text: str) -> None:
    found = references_in(end_to_end_id=None, reference=None, remittance=[text], pools=[])
    assert "20261005" in found.candidates
