"""Content Moderator's three scores, made of the four categories of the text model.

The published service had a model of its own for them; how they are made here, and what they come out as, is in
docs/text-model.md, section "Three scores".
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.text_analysis.models import HIGHEST_SEVERITY, Category, Judgement

EXPLICIT_FROM = 2
EXPLICIT_WHOLLY = 6
"""Severities of sexual content between which it goes from suggestive to explicit."""
REVIEW_EXPLICIT = 0.3
REVIEW_SUGGESTIVE = 0.5
REVIEW_OFFENSIVE = 0.5
"""Scores from which on a review is recommended."""


@dataclass(frozen=True, slots=True)
class Classification:
    """Scores in [0, 1]."""

    explicit: float
    suggestive: float
    offensive: float

    @property
    def review_recommended(self) -> bool:
        return (self.explicit >= REVIEW_EXPLICIT or self.suggestive >= REVIEW_SUGGESTIVE
                or self.offensive >= REVIEW_OFFENSIVE)


def classify(judgement: Judgement) -> Classification:
    """Return the three scores of a judgement.

    Suggestive: the probability that the text is sexual at all. Explicit: the same, weighed by how grave it is. Offensive:
    the greater of the probabilities of hate and violence.
    """
    sexual = _probability(judgement, Category.SEXUAL)
    gravity = (judgement.severities[Category.SEXUAL] - EXPLICIT_FROM) / (EXPLICIT_WHOLLY - EXPLICIT_FROM)
    return Classification(
        explicit=sexual * min(1.0, max(0.0, gravity)),
        suggestive=sexual,
        offensive=max(_probability(judgement, Category.HATE), _probability(judgement, Category.VIOLENCE)),
    )


def _probability(judgement: Judgement, category: Category) -> float:
    """The engine's probability; of one that knows severities alone, the severity as a part of the highest."""
    if judgement.probabilities is not None:
        return judgement.probabilities[category]
    return judgement.severities[category] / HIGHEST_SEVERITY
