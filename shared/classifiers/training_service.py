"""Begins a training: what may be trained is decided before anything is, and what is trained is what there is at that moment."""
from __future__ import annotations

import dataclasses
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shared.classifiers.failures import Code, Missing, Refused
from shared.classifiers.images import ImageRepository
from shared.classifiers.iteration_models import Iteration, IterationStatus, Snapshot, SnapshotTag
from shared.classifiers.iterations import IterationRepository
from shared.classifiers.models import ClassificationType, Project
from shared.classifiers.project_service import ProjectService, busy
from shared.classifiers.projects import ProjectRepository
from shared.classifiers.tags import TagRepository
from shared.classifiers.training_job import ATTEMPTS, TRAIN_ITERATION
from shared.errors import Conflict, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.turns import tries

IMAGES_OF_A_TAG = 5
TAGS = 2
ITERATIONS = 20
MOST_IMAGES = 10_000
"""Of one training: their features are in memory together, some 40 kB for each."""
STALLED_AFTER = timedelta(minutes=15)
_MIRRORED = "horizontal flip"


@dataclasses.dataclass(frozen=True, slots=True)
class TrainingOptions:
    """`selected_tags` are ids; all tags where None."""

    training_type: str | None = None
    reserved_budget_in_hours: int = 0
    is_forced: bool = False
    selected_tags: Sequence[str] | None = None
    has_base_model: bool = False
    has_address: bool = False


class TrainingService:
    def __init__(self, projects: ProjectRepository, service: ProjectService, tags: TagRepository, images: ImageRepository,
                 iterations: IterationRepository, jobs: JobQueue, features_version: str, now: Callable[[], datetime]) -> None:
        self._projects = projects
        self._service = service
        self._tags = tags
        self._images = images
        self._iterations = iterations
        self._jobs = jobs
        self._features_version = features_version
        self._now = now

    def train(self, account: AccountStore, project_id: str, options: TrainingOptions) -> Iteration:
        """The iteration that a job trains from now on. Raises Missing, Refused."""
        for _ in tries():
            project = self._service.get(account, project_id)
            kind = _kind_of(project, options)
            snapshot = self._snapshot(account, project, options.selected_tags)
            _check(snapshot, kind)
            workspace = _digest(project, snapshot, self._features_version)
            earlier = self._iterations.all(account, project)
            _check_earlier(project, earlier, workspace, options.is_forced)
            number = max([project.iterations_made, *(each.number for each in earlier)]) + 1
            now = self._now()
            iteration = Iteration(
                id=str(uuid.uuid4()), number=number, name=f"Iteration {number}", status=IterationStatus.TRAINING, created_at=now,
                last_modified_at=now, updated_at=now, domain_id=project.domain_id, classification_type=kind,
                generation=uuid.uuid4().hex, workspace=workspace, reserved_budget_in_hours=options.reserved_budget_in_hours)
            etag = self._iterations.insert(account, project, iteration, snapshot)
            iteration = dataclasses.replace(iteration, etag=etag)
            try:
                # The project names the one iteration that is in training: of two requests, one is overtaken here.
                self._projects.replace(account, dataclasses.replace(project, iterations_made=number, training=iteration.id))
            except (Conflict, NotFound):
                self._iterations.discard(account, project, iteration)
                continue
            self._jobs.send(TRAIN_ITERATION, account.account_id, f"{project.id}/{iteration.id}")
            return iteration
        raise busy()

    def revive(self, account: AccountStore) -> None:
        """Queue again what gave no sign of life for a while, and give up what was tried often enough."""
        stalled_before = self._now() - STALLED_AFTER
        for project in self._projects.all(account):
            for iteration in self._iterations.all(account, project):
                if iteration.status is not IterationStatus.TRAINING or iteration.updated_at > stalled_before:
                    continue
                changed = dataclasses.replace(iteration, updated_at=self._now())
                if iteration.attempts >= ATTEMPTS:
                    changed = dataclasses.replace(changed, status=IterationStatus.FAILED, last_modified_at=self._now(),
                                                  error=iteration.error or f"The training did not finish in {ATTEMPTS} attempts.")
                try:
                    self._iterations.replace(account, project, changed)
                except (Conflict, NotFound):
                    continue  # it moved
                if changed.status is IterationStatus.TRAINING:
                    self._jobs.send(TRAIN_ITERATION, account.account_id, f"{project.id}/{iteration.id}")

    def _snapshot(self, account: AccountStore, project: Project, selected: Sequence[str] | None) -> Snapshot:
        tags = {tag.id: tag for tag in self._tags.all(account, project)}
        chosen = frozenset(tags if selected is None else selected)
        if not chosen <= tags.keys():
            raise Missing(Code.NOT_FOUND_TAG, "The project has no tag with one of the selected ids.")
        images = {image_id: tuple(sorted(tag_ids & tags.keys())) for image_id, tag_ids in self._images.roster(account, project).items()}
        return Snapshot(tuple(SnapshotTag(tag.id, tag.name, tag.description, tag.type) for tag in tags.values()), images, chosen,
                        project.augmentation_methods.get(_MIRRORED, True))


def _kind_of(project: Project, options: TrainingOptions) -> ClassificationType:
    if project.classification_type is None:
        raise Refused(Code.OPERATION_NOT_SUPPORTED, "Projects for object detection cannot be trained here; those for classification can.")
    if options.training_type not in (None, "", "Regular"):
        raise Refused(Code.ADVANCED_TRAINING_DOMAIN, "The domain can be trained with the training type Regular alone.", "trainingType")
    if options.has_base_model:
        raise Refused(Code.NOT_SUPPORTED, "A training begins from the built-in network; customBaseModelInfo is not supported.")
    if options.has_address:
        raise Refused(Code.NOT_SUPPORTED, "No mail is sent; leave notificationEmailAddress out, and ask for the iteration.")
    return project.classification_type


def _check(snapshot: Snapshot, kind: ClassificationType) -> None:
    counts = Counter({tag_id: 0 for tag_id in snapshot.selected})
    trained = 0
    for tag_ids in snapshot.images.values():
        own = snapshot.selected.intersection(tag_ids)
        if len(own) > 1 and kind is ClassificationType.MULTICLASS:
            raise Refused(Code.MULTICLASS_TRAINING_VALIDATION_FAILED, "An image has several tags; a Multiclass project has one for each.")
        counts.update(own)
        trained += bool(own)
    if len(counts) < TAGS:
        raise Refused(Code.CLASSIFICATION_TRAINING_VALIDATION_FAILED, f"A training needs {TAGS} tags; there are {len(counts)}.")
    scarce = [count for count in counts.values() if count < IMAGES_OF_A_TAG]
    if scarce:
        raise Refused(Code.CLASSIFICATION_TRAINING_VALIDATION_FAILED,
                      f"Not enough images per tag for training: each tag needs {IMAGES_OF_A_TAG}, and {len(scarce)} have fewer.")
    if trained > MOST_IMAGES:
        raise Refused(Code.TRAINING_VALIDATION_FAILED, f"A training takes {MOST_IMAGES} images at the most; there are {trained}.")


def _check_earlier(project: Project, earlier: Sequence[Iteration], workspace: str, is_forced: bool) -> None:
    if any(each.id == project.training and each.status is IterationStatus.TRAINING for each in earlier):
        raise Refused(Code.TRAINING_ALREADY_IN_PROGRESS, "An iteration of the project is in training.")
    if len(earlier) >= ITERATIONS:
        raise Refused(Code.ITERATION_LIMIT, f"The project has {ITERATIONS} iterations, and may not have more.")
    newest = next((each for each in earlier if each.status is IterationStatus.COMPLETED), None)
    if newest is not None and newest.workspace == workspace and not is_forced:
        raise Refused(Code.TRAINING_NOT_NEEDED, "Nothing has changed since the last training; forceTrain trains all the same.")


def _digest(project: Project, snapshot: Snapshot, features_version: str) -> str:
    """Of all that decides what is learned."""
    decides = [project.domain_id, project.classification_type, features_version, snapshot.is_mirrored,
               sorted((tag.id, tag.type) for tag in snapshot.tags), sorted(snapshot.selected),
               sorted((image_id, sorted(tag_ids)) for image_id, tag_ids in snapshot.images.items() if tag_ids)]
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()
