"""Tags of a project: what they may be, and how many images have them."""
from __future__ import annotations

import dataclasses
import uuid
from collections import Counter

from shared.classifiers.failures import Code, Refused
from shared.classifiers.image_changes import ImageChanges
from shared.classifiers.images import ImageRepository
from shared.classifiers.models import Project, Tag, TagType
from shared.classifiers.project_service import DELETION_DELAY_SECONDS, DESCRIPTION_CHARACTERS, NAME_CHARACTERS
from shared.classifiers.projects import ProjectRepository
from shared.classifiers.tags import TagRepository
from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.turns import tries

UNTAG_IMAGES = "untag-classifier-images"
_SINGLE = {TagType.NEGATIVE: Code.MULTIPLE_NEGATIVE_TAG, TagType.GENERAL_PRODUCT: Code.MULTIPLE_GENERAL_PRODUCT_TAG}


class TagService:
    def __init__(self, projects: ProjectRepository, tags: TagRepository, images: ImageRepository, changes: ImageChanges,
                 jobs: JobQueue, tag_limit: int) -> None:
        self._projects = projects
        self._tags = tags
        self._images = images
        self._changes = changes
        self._jobs = jobs
        self._tag_limit = tag_limit

    def create(self, account: AccountStore, project: Project, name: str, description: str | None, kind: str | None) -> Tag:
        """Raises Refused."""
        tag = Tag(str(uuid.uuid4()), name, description, _type(kind))
        _check_texts(tag)
        if len(self._tags.all(account, project)) >= self._tag_limit:
            raise Refused(Code.TAG_LIMIT, f"The project has {self._tag_limit} tags, and may not have more.")
        self._check_unique(account, project, tag)
        self._tags.insert(account, project, tag)
        try:
            self._check_unique(account, project, tag)  # of two requests at the same time one sees the other
        except Refused:
            self._tags.delete(account, project, tag)
            raise
        return tag

    def get(self, account: AccountStore, project: Project, tag_id: str) -> Tag:
        """Raises Missing."""
        return self._tags.get(account, project, tag_id)

    def all(self, account: AccountStore, project: Project) -> list[Tag]:
        """By name."""
        return self._tags.all(account, project)

    def image_counts(self, account: AccountStore, project: Project) -> Counter[str]:
        """How many images of the workspace have a tag, by its id."""
        return Counter(tag_id for tag_ids in self._images.roster(account, project).values() for tag_id in tag_ids)

    def update(self, account: AccountStore, project: Project, tag_id: str, name: str | None, description: str | None,
               kind: str | None) -> Tag:
        """Change what is given. Raises Missing, Refused."""
        for _ in tries():
            current = self._tags.get(account, project, tag_id)
            changed = dataclasses.replace(
                current, name=current.name if name is None else name,
                description=current.description if description is None else description, type=current.type if kind is None else _type(kind))
            _check_texts(changed)
            if (changed.type is TagType.NEGATIVE) != (current.type is TagType.NEGATIVE):
                self._check_alone(account, project, tag_id)
            self._check_unique(account, project, changed)
            try:
                changed = dataclasses.replace(changed, etag=self._tags.replace(account, project, changed))
            except (Conflict, NotFound):
                continue
            try:
                self._check_unique(account, project, changed)
            except Refused:
                self._tags.replace(account, project, dataclasses.replace(current, etag=changed.etag))
                raise
            return changed
        raise busy()

    def delete(self, account: AccountStore, project: Project, tag_id: str) -> None:
        """The tag is gone at once, and jobs take it from its images. Raises Missing."""
        tag = self._tags.get(account, project, tag_id)
        subject = f"{project.id}.{tag_id}"
        self._jobs.send(UNTAG_IMAGES, account.account_id, subject, DELETION_DELAY_SECONDS)
        self._tags.delete(account, project, tag)
        self._jobs.send(UNTAG_IMAGES, account.account_id, subject)

    def untag(self, account: AccountStore, subject: str) -> None:
        """Job: take a deleted tag from the images that have it. Nothing happens while the tag is there."""
        project_id, _, tag_id = subject.partition(".")
        project = self._projects.find(account, project_id)
        if project is None or self._tags.find(account, project, tag_id) is not None:
            return
        tagged = [image_id for image_id, tag_ids in self._images.roster(account, project).items() if tag_id in tag_ids]
        self._changes.untag(account, project, tagged, [tag_id])

    def _check_unique(self, account: AccountStore, project: Project, tag: Tag) -> None:
        others = [other for other in self._tags.all(account, project) if other.id != tag.id]
        if any(other.name == tag.name for other in others):
            raise Refused(Code.TAG_NAME_NOT_UNIQUE, "Another tag of the project has this name.", "name")
        if tag.type in _SINGLE and any(other.type is tag.type for other in others):
            raise Refused(_SINGLE[tag.type], f"A project has one tag of the type {tag.type} at the most.", "type")

    def _check_alone(self, account: AccountStore, project: Project, tag_id: str) -> None:
        if any(tag_id in tag_ids and len(tag_ids) > 1 for tag_ids in self._images.roster(account, project).values()):
            raise Refused(Code.NEGATIVE_AND_REGULAR_TAG, "Images with this tag have others too: it cannot be negative.", "type")


def busy() -> Unavailable:
    return Unavailable("The tag is being changed by many requests; try again.")


def _type(kind: str | None) -> TagType:
    if kind is not None and kind not in set(TagType):
        raise Refused(Code.TAG_TYPE, f"The type of a tag is one of {', '.join(TagType)}.", "type")
    return TagType(kind) if kind else TagType.REGULAR


def _check_texts(tag: Tag) -> None:
    if not tag.name.strip() or len(tag.name) > NAME_CHARACTERS:
        raise Refused(Code.TAG_NAME, f"The name of a tag has 1 to {NAME_CHARACTERS} characters.", "name")
    if len(tag.description or "") > DESCRIPTION_CHARACTERS:
        raise Refused(Code.TAG_DESCRIPTION, f"The description of a tag has {DESCRIPTION_CHARACTERS} characters at the most.", "description")
