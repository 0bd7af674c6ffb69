"""A worker with classifiers, and what tests ask of it."""
from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from shared.accounts.models import Account
from shared.bootstrap import services_of
from shared.classifiers.image_queries import OrderBy, Selection
from shared.classifiers.image_uploads import CreatedImage, NewImage
from shared.classifiers.iteration_models import Iteration
from shared.classifiers.models import Image, Project, Tag
from shared.classifiers.project_service import ProjectSettings
from shared.classifiers.training_service import TrainingOptions
from shared.jobs.declaration import JobMessage
from shared.jobs.work import QUEUE_JOBS
from shared.settings import Settings
from shared.storage.holdings import CV_IMAGE, CV_ITERATION, CV_PREDICTION, CV_PROJECT, HOLDINGS, Shape
from tests.integration.storage.wire import Wire
from tests.pictures import encoded, pixels

WORKSPACE = Selection()
_OWNERS = (CV_PROJECT, CV_IMAGE, CV_ITERATION, CV_PREDICTION)
COMPACT = "0732100f-1a38-4e49-a514-c9b44c697ab5"
DETECTION = "da2e3a8a-40a5-4171-82f4-58522f70fbc1"


@cache
def png(number: int, width: int = 40, height: int = 32) -> bytes:
    return encoded(pixels(number, width, height))


@cache
def coloured(name: str, shade: int) -> bytes:
    """A PNG of one shade of red or blue."""
    bright = 200 + shade
    return encoded(np.full((32, 32, 3), (bright, 30, 20) if name == "red" else (20, 30, bright), np.uint8))


class Worker:
    def __init__(self, settings: Settings, account: Account, wire: Wire | None = None) -> None:
        self.services = services_of(settings, **(wire.options if wire else {}))
        self.store = self.services.accounts.open(account)
        self.classifiers = self.services.classifiers

    def project(self, name: str = "birds", kind: str | None = None, domain_id: str | None = None) -> Project:
        return self.classifiers.projects.create(self.store, name, "", ProjectSettings(domain_id, kind))

    def tag(self, project: Project, name: str, kind: str | None = None) -> Tag:
        return self.classifiers.tags.create(self.store, project, name, None, kind)

    def upload(self, project: Project, numbers: Sequence[int], tags: Sequence[Tag] = (), **options) -> list[CreatedImage]:
        return self.classifiers.uploads.create(
            self.store, project, [NewImage(f"{number}", png(number)) for number in numbers], [tag.id for tag in tags], **options)

    def colours(self, name: str = "colours") -> Project:
        """A project that can be trained: two tags of five images each."""
        project = self.project(name, "Multiclass", COMPACT)
        for colour in ("red", "blue"):
            tag = self.tag(project, colour)
            self.classifiers.uploads.create(self.store, project, [NewImage(None, coloured(colour, 10 * at)) for at in range(5)], [tag.id])
        return project

    def begun(self, project: Project) -> Iteration:
        return self.classifiers.training.train(self.store, project.id, TrainingOptions(is_forced=True))

    def train(self, project: Project, iteration: Iteration) -> Iteration:
        """Run the job of a training."""
        self.run("train-iteration", f"{project.id}/{iteration.id}")
        return self.classifiers.iterations.get(self.store, project, iteration.id)

    def images(self, project: Project, selection: Selection = WORKSPACE) -> list[Image]:
        """All of a selection, the oldest first."""
        return list(self.classifiers.queries.page(self.store, project, selection, OrderBy.OLDEST, 0, 10_000).images)

    def ids(self, project: Project, selection: Selection = WORKSPACE) -> list[str]:
        return [image.id for image in self.images(project, selection)]

    def counts(self, project: Project) -> dict[str, int]:
        """How many images each tag has, by its name."""
        found = self.classifiers.tags.image_counts(self.store, project)
        return {tag.name: found[tag.id] for tag in self.classifiers.tags.all(self.store, project)}

    def run(self, kind: str, subject: str) -> None:
        """Run a queue job of the account."""
        message = JobMessage(kind=kind, accountId=self.store.account_id, id=subject)
        next(job for job in QUEUE_JOBS if job.kind == kind).run(self.services, message)

    def left(self) -> dict[str, int]:
        """How many rows and blobs there are of each kind of Custom Vision."""
        count: dict[str, int] = {}
        for holding in HOLDINGS:
            if holding not in _OWNERS and holding.parent not in _OWNERS:
                continue
            if holding.shape is Shape.BLOB:
                number = len(self.store.blobs.ids(holding))
            else:
                number = len(self.store.records.places(holding.kind, None, 999)[0])
            if number:
                count[holding.kind] = number
        return count


def assert_agree(worker: Worker, project: Project) -> None:
    """What rosters say of images and tags is what the images' own records say."""
    images = worker.images(project)
    known = {tag.id for tag in worker.classifiers.tags.all(worker.store, project)}
    roster = worker.classifiers.images.roster(worker.store, project)
    assert {image.id: set(image.tag_ids) for image in images} == {image_id: set(tag_ids) & known for image_id, tag_ids in roster.items()}
    assert worker.classifiers.queries.count(worker.store, project, Selection()) == len(images)
