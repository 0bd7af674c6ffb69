"""The words of text analysis: categories and judgements. Free of numpy, so that naming a category loads no model."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Category(enum.StrEnum):
    """A harm category, in the order of the published enum; arrays of per-category numbers follow this order."""

    HATE = "Hate"
    SELF_HARM = "SelfHarm"
    SEXUAL = "Sexual"
    VIOLENCE = "Violence"


CATEGORIES = tuple(Category)
"""In the same order. To go through the enumeration itself is a generator's work each time."""
HIGHEST_SEVERITY = 7


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an engine made of a text: for each category a severity, 0 to 7, and the probability that it applies, 0 to 1.

    An engine that knows severities alone has no `probabilities`.
    """

    severities: Mapping[Category, int]
    probabilities: Mapping[Category, float] | None


class TextModel(Protocol):
    """An engine that judges texts. The same text has the same answer.

    `engine` says which one it is (`built-in`, `onnx`, `azure-content-safety`), `version` which weights. `judge` of one
    that is not part of this project may raise Unavailable, and QuotaExceeded where it is another service.
    """

    engine: str
    version: str

    def judge(self, text: str) -> Judgement: ...
