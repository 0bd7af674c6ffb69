"""Everything of Custom Vision that a request or a job may use."""
from __future__ import annotations

from dataclasses import dataclass

from shared.classifiers.image_changes import ImageChanges
from shared.classifiers.image_deletion import ImageDeletion
from shared.classifiers.image_queries import ImageQueries
from shared.classifiers.image_uploads import ImageUploads
from shared.classifiers.images import RESIZED, ImageRepository
from shared.classifiers.iteration_service import IterationService
from shared.classifiers.links import FileLinks
from shared.classifiers.model_exports import ModelExports
from shared.classifiers.models import Image
from shared.classifiers.predicting import Models
from shared.classifiers.prediction_service import PredictionService
from shared.classifiers.project_copies import ProjectCopies
from shared.classifiers.project_imports import ImportedProjects
from shared.classifiers.project_service import ProjectService
from shared.classifiers.proposals import RegionProposal, proposals_of
from shared.classifiers.suggestions import Suggestions
from shared.classifiers.tag_service import TagService
from shared.classifiers.training_job import TrainingJob
from shared.classifiers.training_service import TrainingService
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
    training: TrainingService
    training_job: TrainingJob
    iterations: IterationService
    predictions: PredictionService
    suggestions: Suggestions
    exports: ModelExports
    models: Models

    def proposals(self, account: AccountStore, image: Image) -> list[RegionProposal]:
        """Where something stands out of an image. Raises NotFound where its pixels are gone."""
        return proposals_of(self.images.picture(account, image, RESIZED))
