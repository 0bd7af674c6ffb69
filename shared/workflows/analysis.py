"""What machines say of one content, each thing looked at when it is first asked for."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.image_analysis.moderation import ImageModerationService, ModeratedPicture
from shared.image_analysis.service import ImageAnalysisService
from shared.storage.account_store import AccountStore
from shared.text_analysis.markup.reading import Markup
from shared.text_analysis.models import Category
from shared.text_analysis.screening import BUILT_IN_LIST, Screening, ScreeningService
from shared.text_analysis.service import TextAnalysisService
from shared.workflows.outputs import SEVERITIES, Output, Value

if TYPE_CHECKING:
    from shared.imaging.models import Picture

MatchImages = Callable[[AccountStore, "Picture", int | None], Sequence[object]]
"""The images of a list, or of all lists, that a picture looks like. Raises NotFound."""


class Analysis(Protocol):
    def value(self, output: Output) -> Value:
        """Raises what the engines raise, NotFound for a list that is not there."""


@dataclass(frozen=True, slots=True)
class Analysers:
    """The services that contents are looked at by."""

    screening: ScreeningService
    texts: TextAnalysisService
    pictures: ImageAnalysisService
    moderation: ImageModerationService
    match_images: MatchImages


class PictureAnalysis:
    def __init__(self, account: AccountStore, picture: Picture, analysers: Analysers) -> None:
        self._account = account
        self._picture = picture
        self._analysers = analysers
        self._moderated: ModeratedPicture | None = None
        self._severities: Mapping[Category, int] | None = None  # of all categories: an engine judges them together

    def value(self, output: Output) -> Value:
        if output.name in SEVERITIES:
            if self._severities is None:
                self._severities = self._analysers.pictures.analyze(self._picture, ()).severities
            return _severity(self._severities, output)
        if output.name == "isMatch":
            return bool(self._analysers.match_images(self._account, self._picture, output.list_number))
        if output.name == "hasText":
            return bool(self._analysers.moderation.read_text(self._picture).text.strip())
        if output.name == "faceCount":
            return float(len(self._analysers.moderation.find_faces(self._picture)))
        moderated = self._moderated = self._moderated or self._analysers.moderation.evaluate(self._picture)
        return {"isAdult": moderated.is_adult, "isRacy": moderated.is_racy, "adultScore": moderated.scores.adult,
                "racyScore": moderated.scores.racy}[output.name]


class WrittenAnalysis:
    """Of a text."""

    def __init__(self, account: AccountStore, text: str, analysers: Analysers) -> None:
        self._account = account
        self._text = text
        self._analysers = analysers
        self._screened: Screening | None = None
        self._severities: Mapping[Category, int] | None = None

    def value(self, output: Output) -> Value:
        if output.name in SEVERITIES:
            if self._severities is None:
                self._severities = self._analysers.texts.analyze(self._account, self._text, (), (), False).severities
            return _severity(self._severities, output)
        if output.name == "isMatch":
            found = self._screen(output.list_number).terms
            return any(term.list_id == output.list_number for term in found)
        screened = self._screened = self._screened or self._screen(None)
        if output.name == "hasProfanity":
            return any(term.list_id == BUILT_IN_LIST for term in screened.terms)
        if output.name == "hasPII":
            return bool(screened.personal_data)
        if output.name == "language":
            return screened.language
        scores = screened.classification
        assert scores is not None  # it lacks only where a language was named
        return {"category1Score": scores.explicit, "category2Score": scores.suggestive, "category3Score": scores.offensive,
                "reviewRecommended": scores.review_recommended}[output.name]

    def _screen(self, list_number: int | None) -> Screening:
        is_whole = list_number is None
        return self._analysers.screening.screen(
            self._account, self._text, Markup.PLAIN, language=None, list_id=list_number, with_correction=False,
            with_personal_data=is_whole, with_classification=is_whole)


def _severity(severities: Mapping[Category, int], output: Output) -> float:
    return float(severities[list(Category)[SEVERITIES.index(output.name)]])


class RememberedAnalysis:
    """Another analysis, each value looked at once; `values` are those that were asked for, in that order."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self.values: dict[str, Value] = {}

    def value(self, output: Output) -> Value:
        if output.label not in self.values:
            value = self._analysis.value(output)
            self.values[output.label] = round(value, 6) if isinstance(value, float) else value
        return self.values[output.label]
