"""Training, iterations, publishing and model exports: the wire."""
from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, RootModel

from shared.api.custom_vision.files import file_address
from shared.api.custom_vision.image_models import ImageRegionBody, ImageTagBody, regions_shown, tags_shown
from shared.api.custom_vision.prediction_models import PredictionBody
from shared.api.custom_vision.wire import Id, Ids, Moment, ProjectPath, Wire, omitted_when_absent, training
from shared.classifiers import domains
from shared.classifiers.image_queries import OrderBy
from shared.classifiers.images import ORIGINAL, THUMBNAIL, picture_id
from shared.classifiers.iteration_models import ExportedModel, ExportStatus, Iteration, IterationStatus
from shared.classifiers.iteration_service import IterationFigures, JudgedImage
from shared.classifiers.iterations import exported_id
from shared.classifiers.learning.metrics import DEFAULT_THRESHOLD, Figures
from shared.classifiers.models import Project
from shared.classifiers.training_service import TrainingOptions
from shared.errors import NotFound
from shared.http.operation import Auth, Call
from shared.storage.account_store import AccountStore
from shared.storage.holdings import CV_EXPORTED_MODEL, CV_PICTURE

_ITERATION = "projects/{projectId}/iterations/{iterationId}"
_TARGETS = ("projectId", "iterationId")


class IterationPath(ProjectPath):
    iteration_id: Id


class BaseModelInfo(Wire):
    project_id: Id
    iteration_id: Id


class TrainQuery(Wire):
    training_type: str | None = None
    reserved_budget_in_hours: int = Field(0, ge=0, le=1000)
    force_train: bool = False
    notification_email_address: str | None = None


class TrainingParameters(Wire):
    selected_tags: list[Id] | None = None
    custom_base_model_info: BaseModelInfo | None = None


class IterationBody(Wire):
    """Source: Iteration, 3.4-preview; trainedAt is left out until there is one, as recorded."""

    id: str
    name: str
    status: str
    created: Moment
    last_modified: Moment
    trained_at: Moment | None = Field(None, exclude_if=omitted_when_absent)
    project_id: str
    exportable: bool
    exportable_to: list[str] | None
    domain_id: str
    classification_type: str
    training_type: str
    reserved_budget_in_hours: int
    training_time_in_minutes: int
    publish_name: str | None
    original_publish_resource_id: str | None
    custom_base_model_info: BaseModelInfo | None = None
    training_error_details: str | None

    @classmethod
    def of(cls, project: Project, iteration: Iteration) -> IterationBody:
        domain = domains.find(iteration.domain_id)
        platforms = domain.exportable_platforms if domain is not None and iteration.status is IterationStatus.COMPLETED else ()
        seconds = (iteration.trained_at - iteration.created_at).total_seconds() if iteration.trained_at else 0
        return cls(
            id=iteration.id, name=iteration.name, status=iteration.status, created=iteration.created_at,
            last_modified=iteration.last_modified_at, trained_at=iteration.trained_at, project_id=project.id, exportable=bool(platforms),
            exportable_to=list(platforms) or None, domain_id=iteration.domain_id,
            classification_type=iteration.classification_type, training_type=iteration.training_type,
            reserved_budget_in_hours=iteration.reserved_budget_in_hours, training_time_in_minutes=round(seconds / 60),
            publish_name=iteration.publish_name or None, original_publish_resource_id=iteration.publish_resource or None,
            training_error_details=iteration.error or None)


class IterationBodies(RootModel[list[IterationBody]]):
    pass


class IterationPatch(Wire):
    name: str | None = None


class PublishQuery(Wire):
    publish_name: str
    prediction_id: str
    overwrite: bool = False


class IsPublished(RootModel[bool]):
    pass


class PerformanceQuery(Wire):
    """`overlapThreshold` is that of boxes, which classification has none of."""

    threshold: float = Field(DEFAULT_THRESHOLD, ge=0, le=1)
    overlap_threshold: float | None = Field(None, ge=0, le=1)


class TagPerformance(Wire):
    """imageCount is ours: how many images the figures are of."""

    id: str
    name: str
    precision: float
    precision_std_deviation: float
    recall: float
    recall_std_deviation: float
    average_precision: float
    image_count: int


class IterationPerformance(Wire):
    per_tag_performance: list[TagPerformance]
    precision: float
    precision_std_deviation: float
    recall: float
    recall_std_deviation: float
    average_precision: float
    image_count: int

    @classmethod
    def of(cls, figures: IterationFigures) -> IterationPerformance:
        return cls(per_tag_performance=[TagPerformance(id=tag.tag_id, name=tag.tag_name, **_shown(tag.figures)) for tag in figures.tags],
                   **_shown(figures.overall))


def _shown(figures: Figures) -> dict[str, float]:
    return {"precision": figures.precision, "precision_std_deviation": figures.precision_deviation, "recall": figures.recall,
            "recall_std_deviation": figures.recall_deviation, "average_precision": figures.average_precision,
            "image_count": figures.pictures}


def _few(tag_ids: list[str]) -> list[str]:
    if len(tag_ids) > 20:
        raise ValueError("at most 20 tags")
    return tag_ids


class JudgedCountQuery(Wire):
    tag_ids: Annotated[Ids, AfterValidator(_few)] = []


class JudgedQuery(JudgedCountQuery):
    order_by: OrderBy = OrderBy.NEWEST
    take: int = Field(50, ge=0, le=256)
    skip: int = Field(0, ge=0)


class ImagePerformance(Wire):
    predictions: list[PredictionBody]
    id: str
    created: Moment
    width: int
    height: int
    image_uri: str
    thumbnail_uri: str
    tags: list[ImageTagBody]
    regions: list[ImageRegionBody]

    @classmethod
    def of(cls, call: Call, account: AccountStore, judged: JudgedImage) -> ImagePerformance:
        image = judged.image
        return cls(
            predictions=[PredictionBody.of(score) for score in judged.scores], id=image.id, created=image.created_at, width=image.width,
            height=image.height, image_uri=file_address(call, account, CV_PICTURE, picture_id(image, ORIGINAL)),
            thumbnail_uri=file_address(call, account, CV_PICTURE, picture_id(image, THUMBNAIL)),
            tags=tags_shown(image, judged.names), regions=regions_shown(image, judged.names))


class ImagePerformances(RootModel[list[ImagePerformance]]):
    pass


class Count(RootModel[int]):
    pass


class ExportQuery(Wire):
    platform: str
    flavor: str | None = None


class ExportBody(Wire):
    platform: str
    status: str
    download_uri: str | None
    flavor: str | None
    newer_version_available: bool = False

    @classmethod
    def of(cls, call: Call, account: AccountStore, iteration: Iteration, export: ExportedModel) -> ExportBody:
        address = (file_address(call, account, CV_EXPORTED_MODEL, exported_id(iteration, export.platform))
                   if export.status is ExportStatus.DONE else None)
        return cls(platform=export.platform, status=export.status, download_uri=address, flavor=export.flavor or None)


class ExportBodies(RootModel[list[ExportBody]]):
    pass


@training.operation("POST", "projects/{projectId}/train", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=("projectId",))
def train_project(call: Call, path: ProjectPath, query: TrainQuery, body: TrainingParameters | None) -> IterationBody:
    """Begin to train an iteration; GET it until it is no longer Training. Source: TrainProject, 3.3 and 3.4-preview."""
    classifiers, parameters = call.services.classifiers, body or TrainingParameters()
    iteration = classifiers.training.train(call.account, path.project_id, TrainingOptions(
        query.training_type, query.reserved_budget_in_hours, query.force_train, parameters.selected_tags or None,
        parameters.custom_base_model_info is not None, bool(query.notification_email_address)))
    return IterationBody.of(classifiers.projects.get(call.account, path.project_id), iteration)


@training.operation("GET", "projects/{projectId}/iterations", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_iterations(call: Call, path: ProjectPath) -> IterationBodies:
    """The iterations of a project, the newest first. Source: GetIterations, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    return IterationBodies([IterationBody.of(project, each) for each in classifiers.iterations.all(call.account, project)])


@training.operation("GET", _ITERATION, auth=Auth.ACCOUNT, errors=(NotFound,))
def get_iteration(call: Call, path: IterationPath) -> IterationBody:
    """One iteration. Source: GetIteration, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    return IterationBody.of(project, classifiers.iterations.get(call.account, project, path.iteration_id))


@training.operation("PATCH", _ITERATION, auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=_TARGETS)
def update_iteration(call: Call, path: IterationPath, body: IterationPatch) -> IterationBody:
    """Give an iteration another name. Source: UpdateIteration, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    return IterationBody.of(project, classifiers.iterations.rename(call.account, project, path.iteration_id, body.name))


@training.operation("DELETE", _ITERATION, auth=Auth.ACCOUNT, success=(204,), errors=(NotFound,), audit_targets=_TARGETS)
def delete_iteration(call: Call, path: IterationPath) -> None:
    """Delete an iteration that is not published, with its model, its exports, and the images that it alone has.

    Source: DeleteIteration, 3.3 and 3.4-preview.
    """
    classifiers = call.services.classifiers
    classifiers.iterations.delete(call.account, classifiers.projects.get(call.account, path.project_id), path.iteration_id)


@training.operation("POST", f"{_ITERATION}/publish", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=_TARGETS)
def publish_iteration(call: Call, path: IterationPath, query: PublishQuery) -> IsPublished:
    """Publish a trained iteration under a name, which counts for the next prediction. Source: PublishIteration, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    classifiers.iterations.publish(call.account, classifiers.projects.get(call.account, path.project_id), path.iteration_id,
                                   query.publish_name, query.prediction_id, query.overwrite)
    return IsPublished(True)


@training.operation("DELETE", f"{_ITERATION}/publish", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound,), audit_targets=_TARGETS)
def unpublish_iteration(call: Call, path: IterationPath) -> None:
    """Take an iteration's published name away. Source: UnpublishIteration, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    classifiers.iterations.unpublish(call.account, classifiers.projects.get(call.account, path.project_id), path.iteration_id)


@training.operation("GET", f"{_ITERATION}/performance", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_iteration_performance(call: Call, path: IterationPath, query: PerformanceQuery) -> IterationPerformance:
    """Precision, recall and average precision of images that were held out. Source: GetIterationPerformance, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    return IterationPerformance.of(classifiers.iterations.performance(call.account, project, path.iteration_id, query.threshold))


@training.operation("GET", f"{_ITERATION}/performance/images", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_image_performances(call: Call, path: IterationPath, query: JudgedQuery) -> ImagePerformances:
    """How each image was judged by a model that had not seen it. Source: GetImagePerformances, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    judged = classifiers.iterations.judged_images(account, classifiers.projects.get(account, path.project_id), path.iteration_id,
                                                  query.tag_ids, query.order_by, query.skip, query.take)
    return ImagePerformances([ImagePerformance.of(call, account, each) for each in judged])


@training.operation("GET", f"{_ITERATION}/performance/images/count", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_image_performance_count(call: Call, path: IterationPath, query: JudgedCountQuery) -> Count:
    """How many images there are such judgements of. Source: GetImagePerformanceCount, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    return Count(classifiers.iterations.judged_count(call.account, project, path.iteration_id, query.tag_ids))


@training.operation("POST", f"{_ITERATION}/export", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=_TARGETS)
def export_iteration(call: Call, path: IterationPath, query: ExportQuery) -> ExportBody:
    """Begin to make the model as a file for elsewhere; GET export says when it is Done. Source: ExportIteration, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    project = classifiers.projects.get(account, path.project_id)
    export = classifiers.exports.start(account, project, path.iteration_id, query.platform, query.flavor)
    return ExportBody.of(call, account, classifiers.iterations.get(account, project, path.iteration_id), export)


@training.operation("GET", f"{_ITERATION}/export", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_exports(call: Call, path: IterationPath) -> ExportBodies:
    """The files that were made of a model, with addresses that work for minutes. Source: GetExports, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    iteration, exports = classifiers.exports.all(account, classifiers.projects.get(account, path.project_id), path.iteration_id)
    return ExportBodies([ExportBody.of(call, account, iteration, export) for export in exports])
