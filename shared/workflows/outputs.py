"""What a workflow's conditions may ask of a content."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

IMAGE, TEXT = "Image", "Text"
Value = bool | float | str
SEVERITIES = ("hate", "selfHarm", "sexual", "violence")
"""Severities of Content Safety's categories by their names here, in the order of `Category`."""


class OutputKind(Enum):
    TRUTH = "true or false"
    NUMBER = "a number"
    LANGUAGE = "a language"


@dataclass(frozen=True, slots=True)
class DeclaredOutput:
    """`takes_list`: AlternateInput may be the number of a list; `needs_list`: it must be."""

    name: str
    kind: OutputKind
    takes_list: bool = False
    needs_list: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """A value that a condition asks for; `list_number` of which list."""

    name: str
    list_number: int | None = None

    @property
    def label(self) -> str:
        """As reports and results name it."""
        return self.name if self.list_number is None else f"{self.name}:{self.list_number}"


_SEVERITIES = tuple(DeclaredOutput(name, OutputKind.NUMBER) for name in SEVERITIES)
_DECLARED = {
    IMAGE: (DeclaredOutput("isAdult", OutputKind.TRUTH), DeclaredOutput("adultScore", OutputKind.NUMBER),
            DeclaredOutput("isRacy", OutputKind.TRUTH), DeclaredOutput("racyScore", OutputKind.NUMBER),
            DeclaredOutput("hasText", OutputKind.TRUTH), DeclaredOutput("faceCount", OutputKind.NUMBER),
            DeclaredOutput("isMatch", OutputKind.TRUTH, takes_list=True), *_SEVERITIES),
    TEXT: (DeclaredOutput("category1Score", OutputKind.NUMBER), DeclaredOutput("category2Score", OutputKind.NUMBER),
           DeclaredOutput("category3Score", OutputKind.NUMBER), DeclaredOutput("reviewRecommended", OutputKind.TRUTH),
           DeclaredOutput("hasProfanity", OutputKind.TRUTH), DeclaredOutput("hasPII", OutputKind.TRUTH),
           DeclaredOutput("language", OutputKind.LANGUAGE),
           DeclaredOutput("isMatch", OutputKind.TRUTH, takes_list=True, needs_list=True), *_SEVERITIES),
}
OUTPUTS: Mapping[str, Mapping[str, DeclaredOutput]] = {
    content_type: {declared.name.lower(): declared for declared in outputs} for content_type, outputs in _DECLARED.items()}
"""By type of content, then by name in lower case."""
ALWAYS = {IMAGE: tuple(map(Output, ("adultScore", "isAdult", "racyScore", "isRacy"))),
          TEXT: tuple(map(Output, ("category1Score", "category2Score", "category3Score", "hasProfanity")))}
"""What the result of every job tells."""
