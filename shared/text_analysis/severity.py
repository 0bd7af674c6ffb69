"""From probabilities to the published severity levels: eight (0 to 7) by each category's cuts, or four (0, 2, 4, 6)."""

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.text_analysis import gravity
from shared.text_analysis.models import CATEGORIES, HIGHEST_SEVERITY, Category


@dataclass(frozen=True, slots=True)
class Cuts:
    """The probabilities at which one category reaches severity 2, 4 and 6; rising, each in (0, 1)."""

    two: float
    four: float
    six: float
    steps: tuple[float, ...] = field(init=False, repr=False, compare=False)
    """Where the severities 1 to 7 begin: each band between two cuts is split at its geometric middle.

    The lowest band counts from a quarter of the first cut, so severity 1 begins at half of that cut.
    """

    def __post_init__(self) -> None:
        if not 0 < self.two < self.four < self.six < 1:
            raise ValueError("cuts must rise and lie between 0 and 1")
        edges = (self.two / 4, self.two, self.four, self.six, 1.0)
        steps = [bound for low, high in itertools.pairwise(edges) for bound in (math.sqrt(low * high), high)]
        object.__setattr__(self, "steps", tuple(steps[:HIGHEST_SEVERITY]))


def severity_of(probability: float, cuts: Cuts) -> int:
    """Return the eight-level severity: how many of the steps the probability has reached."""
    return bisect.bisect_right(cuts.steps, probability)


def four_level(severity: int) -> int:
    """Return the even level at or below an eight-level severity: 1 -> 0, 3 -> 2, 5 -> 4, 7 -> 6."""
    return severity - severity % 2


def severities(probabilities: Sequence[float], passages: Sequence[str], cuts: Sequence[Cuts]) -> dict[Category, int]:
    """Return every category's eight-level severity: its probability by its cuts, then the gravity cues of its passage.

    The three sequences follow Category order; a reading of the model gives the first two.
    """
    return {
        category: gravity.weigh(category, severity_of(float(probability), own_cuts), passage)
        for category, probability, passage, own_cuts in zip(CATEGORIES, probabilities, passages, cuts, strict=True)
    }
