"""Everything of Custom Vision that a request or a job may use."""
from __future__ import annotations

from dataclasses import dataclass

from shared.classifiers.image_changes import ImageChanges
from shared.classifiers.image_deletion import ImageDeletion
from shared.classifiers.image_queries import ImageQueries
from shared.classifiers.image_uploads import ImageUploads
from shared.classifiers.images import RESIZED, ImageRepository
from shared.classifiers.links import FileLinks
from shared.classifiers.models import Image
from shared.classifiers.project_copies import ProjectCopies
from shared.classifiers.project_imports import ImportedProjects
from shared.classifiers.project_service import ProjectService
from shared.classifiers.proposals import RegionProposal, proposals_of
from shared.classifiers.tag_service import TagService
from shared.storage.account_store import AccountStore


@dataclass(frozen=True, slots=True)
class Classifiers:
    projects: ProjectService
    imported: ImportedProjects
    copies: ProjectCopies
    tags: TagService
    uploads: ImageUploads
    changes: ImageChanges
    deletion: ImageDeletion
    queries: ImageQueries
    links: FileLinks
    images: ImageRepository

    def proposals(self, account: AccountStore, image: Image) -> list[RegionProposal]:
        """Where something stands out of an image. Raises NotFound where its pixels are gone."""
        return proposals_of(self.images.picture(account, image, RESIZED))
