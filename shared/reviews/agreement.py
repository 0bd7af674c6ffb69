"""How far reviewers agree: for each two and each tag, by percent agreement and Cohen's kappa.

Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960).
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from shared.reviews.decision_models import Opinion


@dataclass(frozen=True, slots=True)
class TagAgreement:
    """Of two reviewers on one tag. `both` and `neither` count reviews on which they agree."""

    code: str
    both: int = 0
    only_first: int = 0
    only_second: int = 0
    neither: int = 0

    @property
    def reviews(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def percent(self) -> float:
        """0 to 100."""
        return 100 * (self.both + self.neither) / self.reviews

    @property
    def kappa(self) -> float | None:
        """-1 to 1, 0 where they agree as often as chance would; None where chance alone has them always agree."""
        total = self.reviews
        # Whole numbers up to the division: whether chance explains all is then no matter of rounding.
        by_chance = ((self.both + self.only_first) * (self.both + self.only_second)
                     + (self.neither + self.only_second) * (self.neither + self.only_first))
        if by_chance == total * total:
            return None
        return ((self.both + self.neither) * total - by_chance) / (total * total - by_chance)


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """`first` and `second` are ids of members; `tags` are those that both judged, by code."""

    first: str
    second: str
    reviews: int
    tags: tuple[TagAgreement, ...]


def agreement_of(reviews: Iterable[Sequence[Opinion]]) -> list[PairAgreement]:
    """For each two members who gave an opinion on the same review, those with the most reviews first.

    A tag counts where both decisions knew it: one that the team has since then, or had no longer, was not judged.
    """
    judged: dict[tuple[str, str], list[tuple[Opinion, Opinion]]] = {}
    for opinions in reviews:
        for one, other in combinations(sorted(opinions, key=lambda opinion: opinion.member_id), 2):
            judged.setdefault((one.member_id, other.member_id), []).append((one, other))
    pairs = [PairAgreement(*members, len(both), tuple(_tags(both))) for members, both in judged.items()]
    return sorted(pairs, key=lambda pair: (-pair.reviews, pair.first, pair.second))


def _tags(judged: Sequence[tuple[Opinion, Opinion]]) -> list[TagAgreement]:
    counts: dict[str, list[int]] = {}
    for one, other in judged:
        for code in one.tags.keys() & other.tags.keys():
            cell = 2 * (not one.tags[code]) + (not other.tags[code])
            counts.setdefault(code, [0, 0, 0, 0])[cell] += 1
    return [TagAgreement(code, *counts[code]) for code in sorted(counts)]
