"""An analysis is the greater of what pixels and text have, and says what was looked at."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from shared.errors import Unavailable
from shared.image_analysis.models import Examined, ImageJudgement, SexualScores
from shared.image_analysis.ocr import Line, ReadText
from shared.image_analysis.service import ImageAnalysisService
from shared.image_analysis.text_in_picture import LONGEST_TEXT, TextInPicture
from shared.text_analysis.models import Category, Judgement
from tests.pictures import picture

BOTH, TEXT, PIXELS = (Examined.PIXELS, Examined.TEXT), (Examined.TEXT,), (Examined.PIXELS,)
ZEROS = dict.fromkeys(Category, 0)


@dataclass
class Pixels:
    """An engine that says what it is told."""

    severities: Mapping[Category, int]
    is_complete: bool = False
    engine: str = "onnx"
    version: str = "eyes-1"

    def judge(self, _: object) -> ImageJudgement:
        return ImageJudgement(self.severities, SexualScores(0.5, 0.75))


@dataclass
class Words:
    """A text engine that finds violence, of severity 5, in each text with a word, and remembers what it was asked."""

    word: str
    asked: list[str] = field(default_factory=list)
    engine: str = "built-in"
    version: str = "words-1"

    def judge(self, text: str) -> Judgement:
        self.asked.append(text)
        return Judgement({**ZEROS, Category.VIOLENCE: 5 if self.word in text.lower() else 0}, None)


def lines(*texts: str) -> ReadText:
    return ReadText(tuple(Line(text, 0.9, 0, 20 * place, 100, 18) for place, text in enumerate(texts)))


def service(pixels: Pixels, words: Words, *texts: str) -> ImageAnalysisService:
    return ImageAnalysisService(lambda: pixels, TextInPicture(lambda _: lines(*texts), lambda: words))


def test_text_adds_the_categories_that_pixels_do_not_show():
    analysis = service(Pixels({Category.SEXUAL: 2}), Words("kill"), "I will", "kill you").analyze(picture(1), ())

    assert analysis.severities == {**ZEROS, Category.SEXUAL: 2, Category.VIOLENCE: 4}
    assert analysis.examined == {Category.HATE: TEXT, Category.SELF_HARM: TEXT, Category.SEXUAL: BOTH, Category.VIOLENCE: TEXT}
    assert (analysis.engine, analysis.model_version) == ("onnx", "eyes-1")
    assert analysis.text_engine.startswith("built-in words-1 ")


@pytest.mark.parametrize(("seen", "severity"), [(0, 4), (4, 4), (6, 6)])
def test_the_greater_of_pixels_and_text_counts(seen, severity):
    analysis = service(Pixels({Category.SEXUAL: 0, Category.VIOLENCE: seen}), Words("kill"), "kill").analyze(picture(1), ())

    assert analysis.severities[Category.VIOLENCE] == severity


def test_only_the_categories_asked_for_are_there_in_the_published_order():
    analysis = service(Pixels({Category.SEXUAL: 6}), Words("kill"), "kill").analyze(picture(1), [Category.VIOLENCE, Category.SEXUAL])

    assert list(analysis.severities.items()) == [(Category.SEXUAL, 6), (Category.VIOLENCE, 4)]
    assert list(analysis.examined) == [Category.SEXUAL, Category.VIOLENCE]


def test_to_a_complete_engine_nothing_is_added():
    words = Words("kill")
    analysis = service(Pixels({**ZEROS, Category.HATE: 2}, is_complete=True), words, "kill").analyze(picture(1), ())

    assert analysis.severities == {**ZEROS, Category.HATE: 2}
    assert set(analysis.examined.values()) == {PIXELS}
    assert (words.asked, analysis.text_engine) == ([], None)


def test_a_picture_without_text_asks_no_text_engine():
    def load() -> Words:
        raise AssertionError("the text engine is loaded")
    text = TextInPicture(lambda _: ReadText(()), load)
    analysis = ImageAnalysisService(lambda: Pixels({Category.SEXUAL: 0}), text).analyze(picture(1), ())

    assert analysis.severities == ZEROS
    assert analysis.examined[Category.HATE] == TEXT
    assert analysis.text_engine is None


def test_lines_are_judged_as_one_text_and_once_more_with_lost_spaces_put_back():
    words = Words("kill you")
    analysis = service(Pixels({Category.SEXUAL: 0}), words, "I willkillyou", "tonight").analyze(picture(1), ())

    assert words.asked == ["I willkillyou tonight", "I will kill you tonight"]
    assert analysis.severities[Category.VIOLENCE] == 4


def test_a_text_without_lost_spaces_is_judged_once():
    words = Words("kill")
    service(Pixels({Category.SEXUAL: 0}), words, "Have a nice", "day").analyze(picture(1), ())

    assert words.asked == ["Have a nice day"]


def test_no_more_of_a_text_is_judged_than_a_text_may_have():
    words = Words("kill")
    service(Pixels({Category.SEXUAL: 0}), words, "ab " * LONGEST_TEXT).analyze(picture(1), ())

    assert [len(text) for text in words.asked] == [LONGEST_TEXT]


def test_a_text_engine_that_is_not_there_makes_the_analysis_fail():
    def load() -> Words:
        raise Unavailable("no engine")
    text = TextInPicture(lambda _: lines("Good morning"), load)

    with pytest.raises(Unavailable):
        ImageAnalysisService(lambda: Pixels({Category.SEXUAL: 0}), text).analyze(picture(1), ())


def test_scores_are_those_of_the_pixels():
    evaluation = service(Pixels({Category.SEXUAL: 0}), Words("kill"), "kill").evaluate(picture(1))

    assert (evaluation.scores, evaluation.engine, evaluation.model_version) == (SexualScores(0.5, 0.75), "onnx", "eyes-1")
