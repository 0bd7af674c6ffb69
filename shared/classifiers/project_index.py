"""Rosters and claims of a project made from its records: after an import, or after an erasure took them along."""
from __future__ import annotations

from itertools import islice

from shared.classifiers.images import ImageRepository
from shared.classifiers.models import Project
from shared.classifiers.rosters import RosterRepository
from shared.storage.account_store import AccountStore

_IMAGES_AT_ONCE = 5_000


class ProjectIndex:
    def __init__(self, images: ImageRepository, rosters: RosterRepository) -> None:
        self._images = images
        self._rosters = rosters

    def make(self, account: AccountStore, project: Project) -> None:
        """May run twice, and beside uploads."""
        images = (image for image in self._images.stored(account, project) if image.in_workspace)
        while stretch := list(islice(images, _IMAGES_AT_ONCE)):
            self._rosters.add_all(account, project.generation, {image.id: image.tag_ids for image in stretch})
            self._images.contents_claimed(account, project).write({image.content_hash: image.id for image in stretch})
