"""The wire models of text:analyze."""
from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.api.content_safety.text import AnalyzeTextOptions, AnalyzeTextResult, CategoryAnalysis, OutputType
from shared.text_analysis.models import Category


@pytest.mark.parametrize("letter", ["x", "é", "\U0001F955"])
def test_length_is_counted_in_code_points(letter: str):
    assert len(AnalyzeTextOptions(text=letter * 10_000).text) == 10_000
    with pytest.raises(ValidationError):
        AnalyzeTextOptions(text=letter * 10_001)


def test_fields_have_their_published_names():
    options = AnalyzeTextOptions.model_validate_json(
        '{"text": "x", "categories": ["SelfHarm"], "blocklistNames": ["a"], "haltOnBlocklistHit": true,'
        ' "outputType": "EightSeverityLevels", "unknown": 1}', strict=True)

    assert options == AnalyzeTextOptions(text="x", categories=[Category.SELF_HARM], blocklist_names=["a"],
                                         halt_on_blocklist_hit=True, output_type=OutputType.EIGHT)


def test_an_answer_without_anything_still_has_both_arrays():
    answer = AnalyzeTextResult(blocklists_match=[], categories_analysis=[])

    assert answer.model_dump(by_alias=True) == {"blocklistsMatch": [], "categoriesAnalysis": []}


def test_categories_are_written_as_published_and_in_that_order():
    assert [str(category) for category in Category] == ["Hate", "SelfHarm", "Sexual", "Violence"]
    assert CategoryAnalysis(category=Category.HATE, severity=3).model_dump(mode="json", by_alias=True) == {
        "category": "Hate", "severity": 3}
