"""What reviews must be beyond their schema to be taken from an archive: found by their own ids."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.errors import InvalidRequest
from shared.reviews.repository import record_id_of

_LETTERS = {"Image": "i", "Text": "t", "Video": "v"}


def imported_reviews(team: Mapping[str, Any]) -> Callable[[Sequence[Mapping[str, Any]]], None]:
    """`imported_reviews(team)` returns what is given the team's reviews, some hundred at a time.

    That raises InvalidRequest whose `target` is the number of the wrong one among them.
    """
    def check(values: Sequence[Mapping[str, Any]]) -> None:
        for number, review in enumerate(values):
            review_id = review["id"][12:]
            if review["id"] != record_id_of(review_id) or review_id[6] != _LETTERS[review["type"]]:
                raise InvalidRequest("its id is not the one that its time and type make", str(number))
    return check
