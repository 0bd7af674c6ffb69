from types import SimpleNamespace

from shared.blocklists.matcher import BlocklistMatcher
from shared.image_analysis.service import ImageAnalysisService
from shared.text_analysis.models import Category, Judgement
from shared.text_analysis.service import TextAnalysisService
from shared.workflows.analysis import Analysers, PictureAnalysis, WrittenAnalysis
from shared.workflows.outputs import SEVERITIES, Output

LEVELS = dict(zip(Category, (1, 3, 5, 7), strict=True))


class CountedModel:
    """An engine for texts and for pictures that counts what it judges."""

    engine, version, is_complete = "counted", "1", True

    def __init__(self):
        self.judged = 0

    def judge(self, content):
        self.judged += 1
        return Judgement(LEVELS, None)


def analysers(**services):
    return Analysers(**dict.fromkeys(("screening", "texts", "pictures", "moderation", "match_images")) | services)


def test_all_severities_of_a_text_come_from_one_run_of_the_model():
    model = CountedModel()
    texts = TextAnalysisService(BlocklistMatcher(None, None, None), lambda: model)
    analysis = WrittenAnalysis(SimpleNamespace(), "a text", analysers(texts=texts))
    assert [analysis.value(Output(name)) for name in SEVERITIES] == [1.0, 3.0, 5.0, 7.0]
    assert model.judged == 1


def test_all_severities_of_a_picture_come_from_one_run_of_the_model():
    model = CountedModel()
    analysis = PictureAnalysis(SimpleNamespace(), SimpleNamespace(), analysers(pictures=ImageAnalysisService(lambda: model, None)))
    assert [analysis.value(Output(name)) for name in SEVERITIES] == [1.0, 3.0, 5.0, 7.0]
    assert model.judged == 1


def test_a_model_is_not_asked_before_a_severity_is():
    model = CountedModel()
    WrittenAnalysis(SimpleNamespace(), "a text", analysers(texts=TextAnalysisService(BlocklistMatcher(None, None, None), lambda: model)))
    assert model.judged == 0
