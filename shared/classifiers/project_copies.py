"""Copies of projects: a token lets its holder, in whatever account, have a copy with ids of its own.

The ids of the copy are made from its generation and the ids that are copied, so that a job that begins again writes the
same rows; an image keeps the number of its roster.
"""
from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from shared.classifiers.failures import Code, Refused
from shared.classifiers.images import ORIGINAL, RESIZED, THUMBNAIL, ImageRepository
from shared.classifiers.models import Image, Project, ProjectStatus
from shared.classifiers.parallel import waiting
from shared.classifiers.project_service import ProjectService, ProjectSettings
from shared.classifiers.projects import ProjectRepository
from shared.classifiers.rosters import RosterRepository
from shared.classifiers.tags import TagRepository
from shared.crypto.links import SignedLink, link_of, token_of
from shared.errors import Conflict, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue

IMPORT_PROJECT = "import-classifier-project"
TOKEN_LIFETIME = timedelta(hours=24)
_PURPOSE = "project export"
_SECONDS_A_RUN = 240
_IMAGES_AT_ONCE = 16
_MILLISECONDS_AN_IMAGE = 25


class Iterations(Protocol):
    def count(self, account: AccountStore, project: Project) -> int:
        """How many iterations the project has."""

    def is_training(self, account: AccountStore, project: Project) -> bool:
        """Whether one of them is in training now."""

    def copy(self, source: tuple[AccountStore, Project], target: tuple[AccountStore, Project], image_ids: Mapping[str, str],
             tag_ids: Mapping[str, str]) -> None:
        """Copy the finished iterations, which nobody has published there; the mappings are from old ids to new ones."""


@dataclasses.dataclass(frozen=True, slots=True)
class ProjectExport:
    iterations: int
    images: int
    tags: int
    regions: int
    import_milliseconds: int
    token: str


class ProjectCopies:
    def __init__(self, open_account: Callable[[str], AccountStore], service: ProjectService, projects: ProjectRepository,
                 tags: TagRepository, images: ImageRepository, rosters: RosterRepository, iterations: Iterations, jobs: JobQueue,
                 now: Callable[[], datetime]) -> None:
        self._open_account = open_account
        self._service = service
        self._projects = projects
        self._tags = tags
        self._images = images
        self._rosters = rosters
        self._iterations = iterations
        self._jobs = jobs
        self._now = now

    def export(self, account: AccountStore, project: Project) -> ProjectExport:
        """Counts, and the token that lets its holder import the project for a day. Raises Refused while it is in training."""
        if self._iterations.is_training(account, project):
            raise Refused(Code.EXPORT_WHILE_TRAINING, "An iteration is in training: export the project when it has ended.")
        images = regions = 0
        for image in self._images.all(account, project):
            images += 1
            regions += len(image.regions)
        link = SignedLink(account.account_id, uuid.UUID(project.id).bytes, int((self._now() + TOKEN_LIFETIME).timestamp()))
        return ProjectExport(self._iterations.count(account, project), images, len(self._tags.all(account, project)), regions,
                             images * _MILLISECONDS_AN_IMAGE, token_of(link, account.keys, _PURPOSE))

    def begin(self, account: AccountStore, token: str, name: str | None) -> Project:
        """The new project, which a job fills. Raises Refused where the token is not valid, or not any more."""
        try:
            link = link_of(token)
            source_account = self._open_account(link.account_id)
            if not link.is_signed_by(source_account.keys, _PURPOSE) or link.expires_at <= self._now().timestamp():
                raise NotFound("")
            source = self._projects.get(source_account, str(uuid.UUID(bytes=link.subject)))
        except (NotFound, Conflict, ValueError):
            raise Refused(Code.INVALID_IMPORT_TOKEN, "The token is not valid, or not any more.") from None
        project = self._service.create(
            account, self._service.free_name(account, name or source.name), source.description, ProjectSettings(
                source.domain_id, source.classification_type, source.target_export_platforms, source.augmentation_methods),
            ProjectStatus.IMPORTING, source.hash_key)
        self._jobs.send(IMPORT_PROJECT, account.account_id, f"{project.id}.{link.account_id}.{source.id}")
        return project

    def run(self, account: AccountStore, subject: str) -> None:
        """Job: copy for some minutes, and go on with another message. Nothing happens where the copy is made."""
        project_id, source_account_id, source_id = subject.split(".")
        target = self._projects.find(account, project_id)
        if target is None or target.status is not ProjectStatus.IMPORTING:
            return
        try:
            source_account = self._open_account(source_account_id)
            source = self._projects.get(source_account, source_id)
        except (NotFound, Conflict):
            self._service.finish(account, project_id, ProjectStatus.FAILED)
            return
        ends_at = time.monotonic() + _SECONDS_A_RUN
        tag_ids = self._copy_tags((source_account, source), (account, target))
        copied: dict[str, Image] = {}
        images = self._images.all(source_account, source)
        while stretch := list(islice(images, _IMAGES_AT_ONCE)):
            copied |= self._copy_images((source_account, source), (account, target), stretch, tag_ids)
            if time.monotonic() > ends_at:
                self._jobs.send(IMPORT_PROJECT, account.account_id, subject)
                return
        self._rosters.add_all(account, target.generation, {image.id: image.tag_ids for image in copied.values()})
        self._iterations.copy((source_account, source), (account, target), {old: image.id for old, image in copied.items()}, tag_ids)
        self._service.finish(account, project_id, ProjectStatus.SUCCEEDED)

    def _copy_tags(self, source: tuple[AccountStore, Project], target: tuple[AccountStore, Project]) -> dict[str, str]:
        tag_ids: dict[str, str] = {}
        for tag in self._tags.all(*source):
            tag_ids[tag.id] = str(_made(target[1], tag.id))
            copy = dataclasses.replace(tag, id=tag_ids[tag.id], etag=None)
            self._tags.upsert(*target, copy)
        return tag_ids

    def _copy_images(self, source: tuple[AccountStore, Project], target: tuple[AccountStore, Project], images: Iterable[Image],
                     tag_ids: Mapping[str, str]) -> dict[str, Image]:
        """The copies by the ids of what was copied; one that is there already is not written again."""
        account, project = target
        copies = {image.id: _copy(image, source[1], project, tag_ids) for image in images}
        there = self._images.find_all(account, project, [copy.id for copy in copies.values()])
        missing = [image for image in images if copies[image.id].id not in there]

        def write(image: Image) -> None:
            copy = copies[image.id]
            names = (ORIGINAL, RESIZED, THUMBNAIL) if image.is_resized else (ORIGINAL, THUMBNAIL)
            self._images.write_pictures(account, copy, {name: self._images.picture(source[0], image, name) for name in names})
            self._images.contents_claimed(account, project).claim(copy.content_hash, copy.id, takes_over=True)
        waiting(write, missing)
        self._images.insert_all(account, project, [copies[image.id] for image in missing])
        return copies


def _copy(image: Image, source: Project, target: Project, tag_ids: Mapping[str, str]) -> Image:
    return dataclasses.replace(
        image, id=_with_half_of(image.id, _made(target, image.id)), key=_made(target, f"key of {image.id}").hex, etag=None,
        tagged_at={tag_ids[tag_id]: made for tag_id, made in image.tagged_at.items() if tag_id in tag_ids},
        regions=tuple(dataclasses.replace(region, id=_with_half_of(region.id, _made(target, region.id)), tag_id=tag_ids[region.tag_id])
                      for region in image.regions if region.tag_id in tag_ids))


def _made(target: Project, name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.UUID(target.generation), name)


def _with_half_of(old: str, new: uuid.UUID) -> str:
    """The first half, which holds time and roster of an image, from the old id, the rest from the new one."""
    half = (1 << 64) - 1
    return str(uuid.UUID(int=uuid.UUID(old).int & ~half | new.int & half))
