"""Iterations: names, publishing, their end, and how well they do."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from shared.classifiers.failures import Code, Missing, Refused
from shared.classifiers.image_deletion import ImageDeletion
from shared.classifiers.image_queries import OrderBy
from shared.classifiers.images import ImageRepository
from shared.classifiers.iteration_models import Iteration, IterationStatus, Scored
from shared.classifiers.iterations import IterationRepository, no_such_iteration
from shared.classifiers.learning.metrics import Figures, Performance, performance_of
from shared.classifiers.model_files import HeldOut, UnreadableModel
from shared.classifiers.models import Image, Project
from shared.classifiers.predicting import scores_of
from shared.classifiers.project_service import busy
from shared.errors import Conflict, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.turns import tries

NAME_CHARACTERS = 128
PUBLISH_NAME_CHARACTERS = 256
RESOURCE_CHARACTERS = 1024


@dataclasses.dataclass(frozen=True, slots=True)
class TagFigures:
    tag_id: str
    tag_name: str
    figures: Figures


@dataclasses.dataclass(frozen=True, slots=True)
class IterationFigures:
    overall: Figures
    tags: Sequence[TagFigures]


@dataclasses.dataclass(frozen=True, slots=True)
class JudgedImage:
    """How a model that had not seen the image judged it. `names` are those of its tags by id."""

    image: Image
    scores: tuple[Scored, ...]
    names: Mapping[str, str]


class IterationService:
    def __init__(self, iterations: IterationRepository, images: ImageRepository, deletion: ImageDeletion,
                 now: Callable[[], datetime]) -> None:
        self._iterations = iterations
        self._images = images
        self._deletion = deletion
        self._now = now

    def all(self, account: AccountStore, project: Project) -> list[Iteration]:
        return self._iterations.all(account, project)

    def get(self, account: AccountStore, project: Project, iteration_id: str) -> Iteration:
        """Raises Missing."""
        return self._iterations.get(account, project, iteration_id)

    def rename(self, account: AccountStore, project: Project, iteration_id: str, name: str | None) -> Iteration:
        """Raises Missing, Refused."""
        if name is None:
            return self.get(account, project, iteration_id)
        if not name.strip() or len(name) > NAME_CHARACTERS:
            raise Refused(Code.ITERATION_NAME, f"The name of an iteration has 1 to {NAME_CHARACTERS} characters.", "name")
        if any(each.name == name and each.id != iteration_id for each in self._iterations.all(account, project)):
            raise Refused(Code.ITERATION_NAME_NOT_UNIQUE, "Another iteration of the project has this name.", "name")
        return self._changed(account, project, iteration_id, lambda current: {"name": name})

    def delete(self, account: AccountStore, project: Project, iteration_id: str) -> None:
        """With its model and exports, and with the images that it alone has. Raises Missing, Refused."""
        iteration = self.get(account, project, iteration_id)
        if iteration.publish_name:
            raise Refused(Code.ITERATION_IS_PUBLISHED, "The iteration is published; unpublish it first.")
        try:
            image_ids = list(self._iterations.snapshot(account, iteration).images)
        except NotFound:  # deleted by a request that ended in between
            image_ids = []
        self._iterations.discard(account, project, iteration)
        self._deletion.release(account, project, image_ids)

    def publish(self, account: AccountStore, project: Project, iteration_id: str, name: str, resource: str, overwrite: bool) -> None:
        """Raises Missing, Refused."""
        if not name.strip() or len(name) > PUBLISH_NAME_CHARACTERS or "/" in name:
            raise Refused(Code.INVALID_PUBLISH_NAME, f"A publish name has 1 to {PUBLISH_NAME_CHARACTERS} characters and no slash.")
        if not resource.strip() or len(resource) > RESOURCE_CHARACTERS:
            raise Refused(Code.INVALID_PUBLISH_TARGET, f"predictionId has 1 to {RESOURCE_CHARACTERS} characters.", "predictionId")
        iteration = self.get(account, project, iteration_id)
        if iteration.status is not IterationStatus.COMPLETED:
            raise Refused(Code.ITERATION_IS_NOT_TRAINED, f"The iteration is {iteration.status}; one that is Completed can be published.")
        if iteration.publish_name not in ("", name):
            raise Refused(Code.ITERATION_IS_PUBLISHED, "The iteration is published under another name; unpublish it first.")
        others = self._others(account, project, iteration, name)
        if others and not overwrite:
            raise Refused(Code.INVALID_PUBLISH_NAME, "Another iteration is published under this name; overwrite takes it over.")
        self._changed(account, project, iteration_id, lambda current: {"publish_name": name, "publish_resource": resource})
        for other in self._others(account, project, iteration, name):
            # Those that had it, and one that another request publishes at this very moment: of such two the newer one stays.
            if overwrite or other.number < iteration.number:
                self._withdraw(account, project, other.id, name)
            else:
                self._withdraw(account, project, iteration_id, name)
                raise Refused(Code.INVALID_PUBLISH_NAME, "Another iteration was published under this name at the same moment.")

    def unpublish(self, account: AccountStore, project: Project, iteration_id: str) -> None:
        """Raises Missing, Refused where it is not published."""
        iteration = self.get(account, project, iteration_id)
        if not iteration.publish_name:
            raise Refused(Code.ITERATION_NOT_PUBLISHED, "The iteration is not published.")
        self._withdraw(account, project, iteration_id, iteration.publish_name)

    def published(self, account: AccountStore, project: Project, name: str) -> Iteration:
        """Raises Missing."""
        found = next((each for each in self._iterations.all(account, project) if each.publish_name == name), None)
        if found is None:
            raise Missing(Code.NOT_FOUND_ITERATION, "Invalid iteration: the project has none that is published under this name.")
        return found

    def default(self, account: AccountStore, project: Project) -> Iteration:
        """The newest that is trained. Raises Missing."""
        found = next((each for each in self._iterations.all(account, project) if each.status is IterationStatus.COMPLETED), None)
        if found is None:
            raise Missing(Code.NOT_FOUND_DEFAULT_ITERATION, "The project has no iteration that is trained.")
        return found

    def performance(self, account: AccountStore, project: Project, iteration_id: str, threshold: float) -> IterationFigures:
        """Of images that were held out, at a threshold. Raises Missing."""
        held_out = self._held_out(account, project, iteration_id)
        performance: Performance = performance_of(held_out.probabilities, held_out.targets, held_out.folds, threshold)
        return IterationFigures(performance.overall, [
            TagFigures(tag.id, tag.name, figures) for tag, figures in zip(held_out.tags, performance.tags, strict=True)])

    def judged_count(self, account: AccountStore, project: Project, iteration_id: str, tag_ids: Sequence[str]) -> int:
        """Raises Missing."""
        return len(self._judged(account, self._held_out(account, project, iteration_id), project, tag_ids))

    def judged_images(self, account: AccountStore, project: Project, iteration_id: str, tag_ids: Sequence[str], order: OrderBy,
                      skip: int, take: int) -> list[JudgedImage]:
        """Up to `take` images after `skip` ones, of those with one of the tags where any is given. Raises Missing."""
        held_out = self._held_out(account, project, iteration_id)
        snapshot = self._iterations.snapshot(account, self.get(account, project, iteration_id))
        rows = self._judged(account, held_out, project, tag_ids)
        ids = sorted(rows, reverse=order is OrderBy.NEWEST)[skip:skip + take]
        found = self._images.find_all(account, project, ids)
        names = {tag.id: tag.name for tag in snapshot.tags}
        return [JudgedImage(
            dataclasses.replace(found[image_id], tagged_at={
                tag_id: found[image_id].tagged_at.get(tag_id, found[image_id].created_at) for tag_id in snapshot.images.get(image_id, ())}),
            scores_of(held_out.probabilities[rows[image_id]], held_out.tags), names) for image_id in ids if image_id in found]

    def _judged(self, account: AccountStore, held_out: HeldOut, project: Project, tag_ids: Sequence[str]) -> dict[str, int]:
        columns = [place for place, tag in enumerate(held_out.tags) if tag.id in set(tag_ids)]
        return {image_id: row for row, image_id in enumerate(held_out.image_ids)
                if not tag_ids or held_out.targets[row, columns].any()}

    def _held_out(self, account: AccountStore, project: Project, iteration_id: str) -> HeldOut:
        iteration = self.get(account, project, iteration_id)
        if iteration.status is not IterationStatus.COMPLETED:
            raise Missing(Code.NOT_FOUND_ITERATION_PERFORMANCE, f"The iteration is {iteration.status}; it has no performance.")
        try:
            return self._iterations.held_out(account, iteration)
        except (NotFound, UnreadableModel):
            raise Missing(Code.NOT_FOUND_ITERATION_PERFORMANCE, "The iteration's performance is gone or cannot be read.") from None

    def _others(self, account: AccountStore, project: Project, iteration: Iteration, name: str) -> list[Iteration]:
        """The other iterations that are published under this name: one, or for a moment several."""
        return [each for each in self._iterations.all(account, project) if each.publish_name == name and each.id != iteration.id]

    def _withdraw(self, account: AccountStore, project: Project, iteration_id: str, name: str) -> None:
        """Take this name away; nothing happens where the iteration has it no longer."""
        with suppress(NotFound):
            self._changed(account, project, iteration_id, lambda current: (
                {"publish_name": "", "publish_resource": ""} if current.publish_name == name else {}))

    def _changed(self, account: AccountStore, project: Project, iteration_id: str,
                 change: Callable[[Iteration], Mapping[str, object]]) -> Iteration:
        for _ in tries():
            current = self.get(account, project, iteration_id)
            changes = change(current)
            if not changes:
                return current
            changed = dataclasses.replace(current, last_modified_at=self._now(), **changes)  # type: ignore[arg-type]
            try:
                return dataclasses.replace(changed, etag=self._iterations.replace(account, project, changed))
            except Conflict:
                continue
            except NotFound:
                raise no_such_iteration() from None
        raise busy()
