"""What one list and one analysis may cost: regular expressions by their compiled steps, hits by their number."""
from __future__ import annotations

import pytest

from shared.blocklists.models import NewItem
from shared.errors import InvalidRequest
from shared.matching.patterns import compile_pattern

MATCH_LIMIT = 1_000
STEPS_OF_A_LIST = 100_000
STEPS_OF_AN_ANALYSIS = 200_000


def costly(number: int) -> str:
    return f"[a-z]{{1,60}}{number:04}"


def fill(services, account, name: str, count: int) -> None:
    services.blocklists.upsert(account.store, name, "")
    for start in range(0, count, 100):
        services.blocklists.add_items(account.store, name, [
            NewItem(costly(number), None, True) for number in range(start, min(count, start + 100))])


def test_regular_expressions_of_a_list_are_refused_once_they_are_too_costly_together(services, account):
    fitting = STEPS_OF_A_LIST // compile_pattern(costly(0)).program_size
    fill(services, account, "costly", fitting)
    with pytest.raises(InvalidRequest, match="too costly"):
        services.blocklists.add_items(account.store, "costly", [NewItem(costly(fitting), None, True)])
    analysis = services.text_analysis.analyze(account.store, f"hello{fitting - 1:04} hello{fitting:04}", [], ["costly"], True)
    assert [match.item_text for match in analysis.matches] == [costly(fitting - 1)]


def test_an_analysis_refuses_lists_whose_regular_expressions_are_too_costly_together(services, account):
    in_each = STEPS_OF_AN_ANALYSIS // 3 // compile_pattern(costly(0)).program_size + 1
    for name in "abc":
        fill(services, account, name, in_each)
    assert len(services.text_analysis.analyze(account.store, "hello0000", [], ["a", "b"], True).matches) == 2
    with pytest.raises(InvalidRequest, match="name fewer lists"):
        services.text_analysis.analyze(account.store, "hello0000", [], ["a", "b", "c"], True)


@pytest.mark.parametrize("count", [MATCH_LIMIT, MATCH_LIMIT + 1])
def test_an_analysis_reports_the_first_thousand_hits_of_the_text(services, account, count):
    words = [f"leek{number}" for number in range(count)]
    services.blocklists.upsert(account.store, "long", "")
    for start in range(0, count, 100):
        services.blocklists.add_items(account.store, "long", [NewItem(word, None, False) for word in words[start:start + 100]])
    matches = services.text_analysis.analyze(account.store, " ".join(words), [], ["long"], True).matches
    assert [match.item_text for match in matches] == words[:MATCH_LIMIT]
