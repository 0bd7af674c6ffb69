"""Answers of a trained iteration, and the models that a process remembers for them."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from shared.caching import BoundedCache
from shared.classifiers.failures import Code, Missing, Refused
from shared.classifiers.iteration_models import Iteration, IterationStatus, Scored, SnapshotTag
from shared.classifiers.iterations import IterationRepository
from shared.classifiers.learning.heads import uncertainties_of
from shared.classifiers.model_files import Model, UnreadableModel
from shared.errors import NotFound
from shared.storage.account_store import AccountStore

if TYPE_CHECKING:
    import numpy as np

    from shared.imaging.models import Picture

_CACHE_BYTES = 256_000_000


class Models:
    """The models of iterations. One never changes, so that the iteration's generation names it."""

    def __init__(self, iterations: IterationRepository, features_of: Callable[[Picture], np.ndarray], features_version: str,
                 idle_seconds: float) -> None:
        """`features_of` gives float32 [1, features] of a picture."""
        self._iterations = iterations
        self._features_of = features_of
        self._features_version = features_version
        self._kept: BoundedCache[tuple[str, str], Model] = BoundedCache(
            _CACHE_BYTES, lambda model: model.head.weights.nbytes + 10_000, idle_seconds)

    def get(self, account: AccountStore, iteration: Iteration) -> Model:
        """Raises Refused where it is not trained, Missing where its model is gone."""
        if iteration.status is not IterationStatus.COMPLETED:
            raise Refused(Code.ITERATION_IS_NOT_TRAINED, f"The iteration is {iteration.status}; it has no model yet.")
        key = (account.account_id, iteration.generation)
        model = self._kept.find(key)
        if model is None:
            try:
                model = self._iterations.model(account, iteration.generation)
            except (NotFound, UnreadableModel):
                raise Missing(Code.NOT_FOUND_ITERATION, "The iteration's model is gone or cannot be read; train again.") from None
            if model.features_version != self._features_version:
                raise Missing(Code.NOT_FOUND_ITERATION, "The iteration was trained on another network; train again.")
            self._kept.put(key, model)
        return model

    def forget(self, account_id: str) -> None:
        self._kept.forget_where(lambda key: key[0] == account_id)

    def judged(self, model: Model, picture: Picture) -> tuple[tuple[Scored, ...], float]:
        """The scores of a picture, and how unsure they are."""
        return judged(model, self._features_of(picture))


def judged(model: Model, features: np.ndarray) -> tuple[tuple[Scored, ...], float]:
    """As `Models.judged`, of features [1, features]."""
    probabilities = model.head.probabilities(features)
    return scores_of(probabilities[0], model.tags), float(uncertainties_of(probabilities, model.head.likelihood)[0])


def scores_of(probabilities: np.ndarray, tags: Sequence[SnapshotTag]) -> tuple[Scored, ...]:
    """From the likeliest tag to the least likely."""
    scores = (Scored(tag.id, tag.name, tag.type, float(probability)) for tag, probability in zip(tags, probabilities, strict=True))
    return tuple(sorted(scores, key=lambda score: -score.probability))
