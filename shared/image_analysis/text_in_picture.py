"""Text in a picture, read and then judged by the deployment's text engine."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.image_analysis.ocr import OCR_VERSION, ReadText
from shared.text_analysis.models import Category, TextModel
from shared.text_analysis.severity import four_level

if TYPE_CHECKING:
    from shared.imaging.models import Picture

LONGEST_TEXT = 10_000
"""Code points of a picture's text that are judged: as many as a text may have."""


@dataclass(frozen=True, slots=True)
class TextJudgement:
    """`severities` are 0, 2, 4 or 6 and there for every category. `engine` says who judged: nobody where there is no text."""

    severities: Mapping[Category, int]
    engine: str | None = None


class TextInPicture:
    def __init__(self, read: Callable[[Picture], ReadText], load_model: Callable[[], TextModel]) -> None:
        """`load_model` is called where there is text, so that a picture without text does not load it."""
        self._read = read
        self._load_model = load_model

    def judge(self, picture: Picture) -> TextJudgement:
        """Return the greater severity of two readings: the lines as one text, and that with lost spaces put back.

        Raises what the text engine raises.
        """
        text = " ".join(self._read(picture).text.split())[:LONGEST_TEXT]
        if not text:
            return TextJudgement(dict.fromkeys(Category, 0))
        # Imported here: it brings a dictionary.
        from shared.text_analysis.word_gaps import with_gaps

        model = self._load_model()
        judged = [model.judge(reading).severities for reading in dict.fromkeys((text, with_gaps(text)[:LONGEST_TEXT]))]
        return TextJudgement({category: four_level(max(each[category] for each in judged)) for category in Category},
                             f"{model.engine} {model.version} {OCR_VERSION}")
