"""The job that trains an iteration.

It may run twice, side by side too. Whoever began last has the claim (its id stands in the record); an earlier run notices
with its next sign of life and stops. Both would write the same bytes, so that a run that takes over loses nothing but time;
features that were made stay.
"""
from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.classifiers.image_features import ImageFeatures
from shared.classifiers.iteration_models import Iteration, IterationStatus, Snapshot
from shared.classifiers.iterations import IterationRepository
from shared.classifiers.model_files import HeldOut, Model
from shared.classifiers.models import ClassificationType, Project
from shared.classifiers.projects import ProjectRepository
from shared.errors import Conflict, NotFound, ServiceError, Unavailable
from shared.storage.account_store import AccountStore
from shared.storage.turns import tries

if TYPE_CHECKING:
    import numpy as np

TRAIN_ITERATION = "train-iteration"
ATTEMPTS = 5
_SIGN_OF_LIFE = timedelta(seconds=2)
_OUR_FAULT = "An internal error occurred."


class Superseded(Exception):
    """Another run has the training, or nobody wants it any more."""


class Untrainable(Exception):
    """Too little is left of what was to be trained. The message is for the iteration's owner."""


class TrainingJob:
    def __init__(self, projects: ProjectRepository, iterations: IterationRepository, features: ImageFeatures,
                 now: Callable[[], datetime]) -> None:
        self._projects = projects
        self._iterations = iterations
        self._features = features
        self._now = now

    def run(self, account: AccountStore, project_id: str, iteration_id: str) -> None:
        """Train. Nothing happens where the iteration has ended or is gone. What goes wrong rises, to be tried again."""
        try:
            project = self._projects.get(account, project_id)
            claim = self._claimed(account, project, iteration_id)
        except (NotFound, Superseded):
            return
        try:
            self._train(account, project, claim)
        except Superseded:
            self._tidy(account, project, claim.iteration)
        except Untrainable as reason:
            claim.end(IterationStatus.FAILED, str(reason))
        except Exception as error:
            claim.fail(error)
            raise

    def _claimed(self, account: AccountStore, project: Project, iteration_id: str) -> Claim:
        attempt = uuid.uuid4().hex
        for _ in tries():
            iteration = self._iterations.get(account, project, iteration_id)
            if iteration.status is not IterationStatus.TRAINING:
                raise Superseded
            claim = Claim(self._iterations, account, project, iteration, self._now)
            if iteration.attempts >= ATTEMPTS:
                claim.end(IterationStatus.FAILED, iteration.error or f"The training did not finish in {ATTEMPTS} attempts.")
                raise Superseded
            try:
                claim.begin(attempt)
            except Conflict:
                continue
            return claim
        raise Unavailable("The iteration is being changed by many requests; try again.")

    def _tidy(self, account: AccountStore, project: Project, iteration: Iteration) -> None:
        """Take away what this run may have written for an iteration that was deleted meanwhile."""
        if not self._iterations.is_there(account, project, iteration):
            self._iterations.discard(account, project, iteration)

    def _train(self, account: AccountStore, project: Project, claim: Claim) -> None:
        import numpy as np

        from shared.classifiers.learning.apart import learn_apart
        from shared.classifiers.learning.heads import Likelihood

        snapshot = self._iterations.snapshot(account, claim.iteration)
        tags = tuple(tag for tag in snapshot.tags if tag.id in snapshot.selected)
        tagged = {image_id: snapshot.selected.intersection(tag_ids) for image_id, tag_ids in snapshot.images.items()}
        found = self._features.of_images(account, project, sorted(image_id for image_id, own in tagged.items() if own), claim.sign_of_life)
        image_ids = sorted(found)
        targets = np.array([[tag.id in tagged[image_id] for tag in tags] for image_id in image_ids], dtype=np.uint8)
        if len(image_ids) == 0 or (targets.sum(axis=0) > 0).sum() < 2:
            raise Untrainable("Images were deleted before the training had seen them, or cannot be decoded: fewer than two tags are left.")
        likelihood = Likelihood.SOFTMAX if claim.iteration.classification_type is ClassificationType.MULTICLASS else Likelihood.SIGMOID
        learned = learn_apart(_array_of(found, image_ids, snapshot), targets, likelihood, claim.sign_of_life)
        claim.sign_of_life(is_due=True)
        self._iterations.write_trained(account, claim.iteration, Model(learned.head, tags, self._features.version),
                                       HeldOut(tuple(image_ids), tags, learned.held_out, targets, learned.folds))
        claim.end(IterationStatus.COMPLETED, "")


def _array_of(found: dict[str, np.ndarray], image_ids: list[str], snapshot: Snapshot) -> np.ndarray:
    import numpy as np

    views = 2 if snapshot.is_mirrored else 1
    return np.stack([found[image_id][:views] for image_id in image_ids])


class Claim:
    """One run's hold on an iteration. Every change raises Superseded once it is lost."""

    def __init__(self, iterations: IterationRepository, account: AccountStore, project: Project, iteration: Iteration,
                 now: Callable[[], datetime]) -> None:
        self.iteration = iteration
        self._iterations = iterations
        self._account = account
        self._project = project
        self._now = now

    def begin(self, attempt: str) -> None:
        """Raises Conflict where the iteration changed meanwhile, NotFound where it is gone."""
        begun = dataclasses.replace(self.iteration, attempt=attempt, attempts=self.iteration.attempts + 1, updated_at=self._now())
        self.iteration = dataclasses.replace(begun, etag=self._iterations.replace(self._account, self._project, begun))

    def sign_of_life(self, is_due: bool = False) -> None:
        if is_due or self._now() - self.iteration.updated_at >= _SIGN_OF_LIFE:
            self._change()

    def end(self, status: IterationStatus, error: str) -> None:
        now = self._now()
        self._change(status=status, error=error, last_modified_at=now,
                     **({"trained_at": now} if status is IterationStatus.COMPLETED else {}))

    def fail(self, error: Exception) -> None:
        """Leave it to the next delivery, or to its owner's eyes after the last attempt."""
        reason = error.message if isinstance(error, ServiceError) else _OUR_FAULT
        try:
            if self.iteration.attempts < ATTEMPTS:
                self._change(error=reason)
            else:
                self.end(IterationStatus.FAILED, reason)
        except Superseded:
            return

    def _change(self, **changes: object) -> None:
        for _ in tries():
            changed = dataclasses.replace(self.iteration, updated_at=self._now(), **changes)  # type: ignore[arg-type]
            try:
                self.iteration = dataclasses.replace(changed, etag=self._iterations.replace(self._account, self._project, changed))
                return
            except NotFound:
                raise Superseded from None
            except Conflict:
                current = self._current()
            if current.attempt != self.iteration.attempt or current.status is not IterationStatus.TRAINING:
                raise Superseded
            self.iteration = current
        raise Unavailable("The iteration is being changed by many requests; try again.")

    def _current(self) -> Iteration:
        try:
            return self._iterations.get(self._account, self._project, self.iteration.id)
        except NotFound:
            raise Superseded from None
