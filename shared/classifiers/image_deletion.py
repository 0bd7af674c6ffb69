"""The end of images: they leave the roster first, and so every list and count; then what they own is deleted.

A record of kind CV_REMOVAL says what is to be deleted before anything is, and a job goes on where a worker dies. An image
that an iteration has stays as a record that the workspace does not have, unless it is to leave all iterations too.
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from shared.classifiers.images import ImageRepository
from shared.classifiers.models import Image, Project
from shared.classifiers.parallel import waiting
from shared.classifiers.project_service import DELETION_DELAY_SECONDS
from shared.classifiers.projects import ProjectRepository
from shared.classifiers.rosters import RosterRepository
from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_REMOVAL
from shared.storage.queues import JobQueue
from shared.storage.turns import tries

DELETE_IMAGES = "delete-classifier-images"
_AT_ONCE = 128
_UPLOAD_TAKES = timedelta(minutes=15)


class Iterations(Protocol):
    def kept_image_ids(self, account: AccountStore, project: Project) -> set[str]:
        """The images that the project's iterations have, all together."""


class ImageDeletion:
    def __init__(self, projects: ProjectRepository, images: ImageRepository, rosters: RosterRepository, iterations: Iterations,
                 jobs: JobQueue, delete_owned: Callable[[AccountStore, str], None], now: Callable[[], datetime]) -> None:
        """`delete_owned` deletes whatever lies under an image's key."""
        self._projects = projects
        self._images = images
        self._rosters = rosters
        self._iterations = iterations
        self._jobs = jobs
        self._delete_owned = delete_owned
        self._now = now

    def delete(self, account: AccountStore, project: Project, image_ids: Sequence[str]) -> None:
        """Delete these images of the workspace; those that are not there do not matter."""
        known = self._rosters.of_images(account, project.generation, image_ids)
        if not known:
            return
        removal = self._note(account, project, list(known), everything=False, all_iterations=False)
        self._jobs.send(DELETE_IMAGES, account.account_id, f"{project.id}.{removal}", DELETION_DELAY_SECONDS)
        self._remove(account, project, list(known), self._iterations.kept_image_ids(account, project))
        account.records.delete(CV_REMOVAL, removal, project.generation)

    def delete_later(self, account: AccountStore, project: Project, image_ids: Sequence[str] | None, all_iterations: bool) -> None:
        """Begin to delete these images, or all where None; from all iterations too where asked for."""
        removal = self._note(account, project, list(image_ids or ()), image_ids is None, all_iterations)
        self._jobs.send(DELETE_IMAGES, account.account_id, f"{project.id}.{removal}")
        if image_ids:
            self._rosters.remove(account, project.generation, self._rosters.of_images(account, project.generation, image_ids))

    def carry_out(self, account: AccountStore, subject: str) -> None:
        """Job: delete what a removal names. Nothing happens where it is done, or the project is gone."""
        project_id, _, removal = subject.partition(".")
        project = self._projects.find(account, project_id)
        record = None if project is None else account.records.find(CV_REMOVAL, removal, project.generation)
        if project is None or record is None:
            return
        kept = set() if record.content["allIterations"] else self._iterations.kept_image_ids(account, project)
        if record.content["everything"]:
            self._remove_everything(account, project, datetime.fromisoformat(record.content["everything"]), kept)
        else:
            self._remove(account, project, record.content["imageIds"], kept)
        account.records.delete(CV_REMOVAL, removal, project.generation)

    def release(self, account: AccountStore, project: Project, image_ids: Sequence[str]) -> None:
        """Delete those of these images that neither the workspace nor an iteration has any more."""
        known = self._rosters.of_images(account, project.generation, image_ids)
        kept = self._iterations.kept_image_ids(account, project)
        self._remove(account, project, [image_id for image_id in image_ids if image_id not in known and image_id not in kept], kept)

    def _note(self, account: AccountStore, project: Project, image_ids: list[str], everything: bool, all_iterations: bool) -> str:
        removal = secrets.token_hex(16)
        account.records.insert(CV_REMOVAL, Record(removal, {
            "imageIds": image_ids, "everything": self._now().isoformat() if everything else "", "allIterations": all_iterations,
        }), project.generation)
        return removal

    def _remove_everything(self, account: AccountStore, project: Project, asked_at: datetime, kept: set[str]) -> None:
        """All that was there when it was asked for; and what an upload that was cut off left, which no roster has."""
        listed = self._images.roster(account, project).keys()
        images = (image for image in self._images.stored(account, project)
                  if image.created_at <= asked_at and (image.id in listed or image.created_at < self._now() - _UPLOAD_TAKES))
        while stretch := [image.id for image in islice(images, _AT_ONCE)]:
            self._remove(account, project, stretch, kept)

    def _remove(self, account: AccountStore, project: Project, image_ids: Sequence[str], kept: set[str]) -> None:
        for start in range(0, len(image_ids), _AT_ONCE):
            stretch = image_ids[start:start + _AT_ONCE]
            self._rosters.remove(account, project.generation, stretch)
            waiting(lambda image: self._end(account, project, image, image.id in kept),
                    self._images.find_all(account, project, stretch).values())

    def _end(self, account: AccountStore, project: Project, image: Image, is_kept: bool) -> None:
        self._images.contents_claimed(account, project).release(image.content_hash, image.id)
        if not is_kept:
            self._delete_owned(account, image.key)
            self._images.delete(account, project, image)
            return
        for _ in tries():
            current = self._images.find(account, project, image.id)
            if current is None or not current.in_workspace:
                return
            try:
                self._images.replace(account, project, dataclasses.replace(current, in_workspace=False))
            except (Conflict, NotFound):
                continue
            return
        raise Unavailable("The image is being changed by many requests; try again.")
