"""What an iteration would tag images with, and how unsure it is: of images by id, or of those without a tag."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.classifiers.failures import Code, Missing, Refused
from shared.classifiers.image_features import ImageFeatures
from shared.classifiers.images import ImageRepository
from shared.classifiers.iteration_models import Iteration, Scored
from shared.classifiers.iteration_service import IterationService
from shared.classifiers.models import Image, Project
from shared.classifiers.predicting import Models, judged
from shared.storage.account_store import AccountStore

IMAGES_AT_ONCE = 64
UNTAGGED = 1_000
"""So many images without a tag are looked at, the newest."""
RESULTS = 64


@dataclass(frozen=True, slots=True)
class Suggestion:
    image: Image
    iteration: Iteration
    scores: tuple[Scored, ...]
    uncertainty: float

    @property
    def made_at(self) -> datetime:
        return self.iteration.trained_at or self.iteration.created_at


class Suggestions:
    def __init__(self, iterations: IterationService, images: ImageRepository, features: ImageFeatures, models: Models) -> None:
        self._iterations = iterations
        self._images = images
        self._features = features
        self._models = models

    def of_images(self, account: AccountStore, project: Project, iteration_id: str, image_ids: Sequence[str]) -> list[Suggestion]:
        """In the order of the ids. Raises Missing, Refused."""
        if not 1 <= len(image_ids) <= IMAGES_AT_ONCE:
            raise Refused(Code.EXCEEDED_BATCH_SIZE, f"1 to {IMAGES_AT_ONCE} images may be named.", "imageIds")
        found = {each.image.id: each for each in self._judged(account, project, iteration_id, image_ids)}
        if left := set(image_ids) - found.keys():
            if self._images.find_all(account, project, list(left)).keys() == left:
                raise Refused(Code.IMAGE_FORMAT, "An image with one of these ids cannot be decoded.")
            raise Missing(Code.NOT_FOUND_IMAGE, "The project has no image with one of these ids.")
        return [found[image_id] for image_id in image_ids]

    def untagged(self, account: AccountStore, project: Project, iteration_id: str, tag_ids: Sequence[str], threshold: float, *,
                 is_sure_first: bool, after: str | None, size: int) -> tuple[list[Suggestion], str | None]:
        """A page of images without a tag that may have one of these tags, or any, and the image to go on after.

        Raises Missing, Refused.
        """
        meant = sorted((each for each in self._untagged(account, project, iteration_id) if _has(each, tag_ids, threshold)),
                       key=lambda each: (each.uncertainty if is_sure_first else -each.uncertainty, each.image.id))
        start = next((place + 1 for place, each in enumerate(meant) if each.image.id == after), 0)
        page = meant[start:start + size]
        return page, page[-1].image.id if page and start + size < len(meant) else None

    def counts(self, account: AccountStore, project: Project, iteration_id: str, tag_ids: Sequence[str],
               threshold: float) -> Mapping[str, int]:
        """How many images without a tag may have each of these tags, or each there is. Raises Missing, Refused."""
        iteration = self._iterations.get(account, project, iteration_id)
        counts = Counter({tag.id: 0 for tag in self._models.get(account, iteration).tags if not tag_ids or tag.id in tag_ids})
        for each in self._untagged(account, project, iteration_id):
            counts.update(score.tag_id for score in each.scores if score.tag_id in counts and score.probability >= threshold)
        return counts

    def _untagged(self, account: AccountStore, project: Project, iteration_id: str) -> list[Suggestion]:
        known = self._images.roster(account, project)
        newest = sorted((image_id for image_id, tag_ids in known.items() if not tag_ids), reverse=True)[:UNTAGGED]
        return self._judged(account, project, iteration_id, newest)

    def _judged(self, account: AccountStore, project: Project, iteration_id: str, image_ids: Sequence[str]) -> list[Suggestion]:
        iteration = self._iterations.get(account, project, iteration_id)
        model = self._models.get(account, iteration)
        features = self._features.of_images(account, project, image_ids)
        images = self._images.find_all(account, project, list(features))
        return [Suggestion(images[image_id], iteration, *judged(model, features[image_id][:1]))
                for image_id in image_ids if image_id in images]


def _has(suggestion: Suggestion, tag_ids: Sequence[str], threshold: float) -> bool:
    return any(score.probability >= threshold for score in suggestion.scores if not tag_ids or score.tag_id in tag_ids)
