"""Training, predictions and exports of Custom Vision put together."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.classifiers.image_deletion import ImageDeletion
from shared.classifiers.image_features import ImageFeatures
from shared.classifiers.images import ImageRepository
from shared.classifiers.iteration_service import IterationService
from shared.classifiers.iterations import IterationRepository
from shared.classifiers.model_exports import Backbone, ModelExports
from shared.classifiers.predicting import Models
from shared.classifiers.prediction_service import PredictionService
from shared.classifiers.predictions import PredictionRepository
from shared.classifiers.project_service import ProjectService
from shared.classifiers.projects import ProjectRepository
from shared.classifiers.suggestions import Suggestions
from shared.classifiers.tags import TagRepository
from shared.classifiers.training_job import TrainingJob
from shared.classifiers.training_service import TrainingService
from shared.settings import Settings
from shared.storage.queues import JobQueue

if TYPE_CHECKING:
    import numpy as np

    from shared.imaging.models import Picture

FEATURES_VERSION = "mobilenet-v2-mid-1"
"""As in shared/image_analysis/layered_features.py, which a cold start does not load; a test holds the two together."""


@dataclass(frozen=True, slots=True)
class ClassifierModels:
    training: TrainingService
    training_job: TrainingJob
    iterations: IterationService
    predictions: PredictionService
    suggestions: Suggestions
    exports: ModelExports
    models: Models


def classifier_models_of(settings: Settings, projects: ProjectRepository, service: ProjectService, tags: TagRepository,
                         images: ImageRepository, iterations: IterationRepository, deletion: ImageDeletion, jobs: JobQueue,
                         now: Callable[[], datetime]) -> ClassifierModels:
    features = ImageFeatures(images, _both_views, FEATURES_VERSION)
    iteration_service = IterationService(iterations, images, deletion, now)
    models = Models(iterations, _one_view, FEATURES_VERSION, settings.account_cache_seconds)
    return ClassifierModels(
        training=TrainingService(projects, service, tags, images, iterations, jobs, FEATURES_VERSION, now),
        training_job=TrainingJob(projects, iterations, features, now),
        iterations=iteration_service,
        predictions=PredictionService(iteration_service, models, PredictionRepository(), tags,
                                      timedelta(days=settings.prediction_retention_days), now),
        suggestions=Suggestions(iteration_service, images, features, models),
        exports=ModelExports(projects, iterations, models, _backbone, jobs, now),
        models=models)


def _both_views(picture: Picture) -> np.ndarray:
    from shared.image_analysis.layered_features import layered_features_of

    return layered_features_of(picture)


def _one_view(picture: Picture) -> np.ndarray:
    from shared.image_analysis.layered_features import unmirrored_features_of

    return unmirrored_features_of(picture)


def _backbone() -> Backbone:
    from shared.image_analysis.layered_features import BACKBONE_FILE, OUTPUTS

    return Backbone(BACKBONE_FILE.read_bytes(), OUTPUTS)
