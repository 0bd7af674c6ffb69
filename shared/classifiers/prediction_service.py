"""Predictions of pictures: made, kept where asked for, found again, deleted."""
from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from shared.classifiers.failures import Code, Refused
from shared.classifiers.iteration_models import Iteration, Prediction, Scored
from shared.classifiers.iteration_service import IterationService
from shared.classifiers.models import Project, Tag, TagType
from shared.classifiers.pictures import TRAINING_LIMITS, pictures_of
from shared.classifiers.predicting import Models
from shared.classifiers.predictions import KeptPrediction, PredictionRepository, new_prediction_id
from shared.classifiers.tags import TagRepository
from shared.storage.account_store import AccountStore

APPLICATION_CHARACTERS = 256
DELETED_AT_ONCE = 64
TAGS_OF_A_QUERY = 2
RESULTS = 64
MOST_RESULTS = 256
_LOOKED_AT = 2_000


class PredictionOrder(StrEnum):
    NEWEST = "Newest"
    OLDEST = "Oldest"
    SUGGESTED = "Suggested"


@dataclass(frozen=True, slots=True)
class TagRange:
    tag_id: str
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class PredictionQuery:
    """What must be true of a prediction; `after` is the one that the last page ended with."""

    order: PredictionOrder = PredictionOrder.NEWEST
    size: int = RESULTS
    after: str | None = None
    ranges: Sequence[TagRange] = ()
    iteration_id: str | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    application: str | None = None


class PredictionService:
    def __init__(self, iterations: IterationService, models: Models, predictions: PredictionRepository, tags: TagRepository,
                 retention: timedelta, now: Callable[[], datetime]) -> None:
        self._iterations = iterations
        self._models = models
        self._predictions = predictions
        self._tags = tags
        self._retention = retention
        self._now = now

    def classify(self, account: AccountStore, project: Project, published_name: str, content: bytes, *, store: bool,
                 application: str | None) -> Prediction:
        """By the iteration that is published under this name. Raises Missing, Refused, ImageRefused, Unavailable."""
        if project.classification_type is None:
            raise Refused(Code.OPERATION_NOT_SUPPORTED, "The project is for object detection; it cannot classify.")
        return self._predict(account, project, self._iterations.published(account, project, published_name), content, store, application)

    def check_detects(self, project: Project) -> None:
        """Raises Refused, always: no project can detect yet."""
        raise Refused(Code.OPERATION_NOT_SUPPORTED, "The project is for classification; use classify." if project.classification_type
                      else "Projects for object detection are not trained here, so that they cannot detect.")

    def quick_test(self, account: AccountStore, project: Project, iteration_id: str | None, content: bytes, *, store: bool) -> Prediction:
        """By an iteration, or by the newest that is trained. Raises Missing, Refused, ImageRefused, Unavailable."""
        iteration = (self._iterations.default(account, project) if iteration_id is None
                     else self._iterations.get(account, project, iteration_id))
        return self._predict(account, project, iteration, content, store, None)

    def content(self, account: AccountStore, project: Project, prediction_id: str) -> bytes:
        """The picture of a kept prediction. Raises Missing."""
        return self._predictions.content(account, project, prediction_id)

    def query(self, account: AccountStore, project: Project, query: PredictionQuery) -> tuple[list[Prediction], str | None]:
        """A page, and the prediction to go on after, None at the end. Raises Refused."""
        if query.size > MOST_RESULTS:
            raise Refused(Code.PREDICTION_RESULTS_COUNT, f"maxCount may be {MOST_RESULTS} at the most.", "maxCount")
        if len(query.ranges) > TAGS_OF_A_QUERY:
            raise Refused(Code.PREDICTION_TAGS_COUNT, f"A query may name {TAGS_OF_A_QUERY} tags at the most.", "tags")
        named = {tag.id: tag for tag in self._tags.all(account, project)}
        if query.order is PredictionOrder.SUGGESTED:
            return self._most_uncertain(account, project, query, named)
        walk = self._predictions.oldest_first if query.order is PredictionOrder.OLDEST else self._predictions.newest_first
        found: list[Prediction] = []
        for looked_at, kept in enumerate(walk(account, project, query.after), start=1):
            if self._is_meant(kept, query):
                found.append(_shown(project, kept, named))
            if len(found) >= query.size or looked_at >= _LOOKED_AT:
                return found, kept.id
        return found, None

    def delete(self, account: AccountStore, project: Project, prediction_ids: Sequence[str]) -> None:
        """Raises Refused."""
        if not prediction_ids:
            raise Refused(Code.PREDICTION_IDS_MISSING, "Name the predictions to delete.", "ids")
        if len(prediction_ids) > DELETED_AT_ONCE:
            raise Refused(Code.PREDICTION_IDS_COUNT, f"{DELETED_AT_ONCE} predictions may be deleted at once.", "ids")
        self._predictions.delete(account, project, prediction_ids)

    def _predict(self, account: AccountStore, project: Project, iteration: Iteration, content: bytes, store: bool,
                 application: str | None) -> Prediction:
        from shared.imaging.decoding import decode

        if application is not None and len(application) > APPLICATION_CHARACTERS:
            raise Refused(Code.INVALID_APPLICATION_NAME, f"application has {APPLICATION_CHARACTERS} characters at the most.", "application")
        model = self._models.get(account, iteration)
        picture = decode(content, TRAINING_LIMITS)
        scores, uncertainty = self._models.judged(model, picture)
        now = self._now()
        prediction_id = new_prediction_id(now) if store else str(uuid.uuid4())
        if store:
            self._predictions.insert(account, project, KeptPrediction(
                prediction_id, iteration.id, now, now + self._retention, application or "",
                {score.tag_id: score.probability for score in scores}, iteration.domain_id, picture.width_px, picture.height_px),
                pictures_of(content, picture))
        return Prediction(prediction_id, project.id, iteration.id, now, scores, uncertainty, iteration.domain_id,
                          picture.width_px, picture.height_px)

    def _most_uncertain(self, account: AccountStore, project: Project, query: PredictionQuery,
                        named: Mapping[str, Tag]) -> tuple[list[Prediction], str | None]:
        """Of the newest ones, so many as one request looks at."""
        looked_at = islice(self._predictions.newest_first(account, project, None), _LOOKED_AT)
        meant = sorted((_shown(project, kept, named) for kept in looked_at if self._is_meant(kept, query)),
                       key=lambda each: (-each.uncertainty, each.id))
        start = next((place + 1 for place, each in enumerate(meant) if each.id == query.after), 0)
        page = meant[start:start + query.size]
        return page, page[-1].id if page and start + query.size < len(meant) else None

    def _is_meant(self, kept: KeptPrediction, query: PredictionQuery) -> bool:
        return (kept.expires_at > self._now()
                and query.iteration_id in (None, kept.iteration_id)
                and (query.begins_at is None or kept.created_at >= query.begins_at)
                and (query.ends_at is None or kept.created_at <= query.ends_at)
                and (not query.application or kept.application == query.application)
                and all(each.least <= kept.probabilities.get(each.tag_id, -1) <= each.most for each in query.ranges))


def _shown(project: Project, kept: KeptPrediction, named: Mapping[str, Tag]) -> Prediction:
    """With the tags as they are named now; one that was deleted has no name any more and is left out."""
    likeliest = sorted(kept.probabilities.items(), key=lambda score: -score[1])
    scores = tuple(Scored(tag_id, named[tag_id].name, TagType(named[tag_id].type), probability)
                   for tag_id, probability in likeliest if tag_id in named)
    # The likelihood of the two best being mixed up: the same measure for all, whatever iteration they are of.
    best = [probability for _, probability in likeliest[:2]] + [0.0, 0.0]
    return Prediction(kept.id, project.id, kept.iteration_id, kept.created_at, scores, 1 - (best[0] - best[1]), kept.domain_id,
                      kept.width, kept.height)
