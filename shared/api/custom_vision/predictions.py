"""Predictions, quick tests, stored predictions and suggestions: the wire."""
from __future__ import annotations

import base64
import binascii
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, RootModel

from shared.api.custom_vision.files import file_address
from shared.api.custom_vision.image_models import ImageShown
from shared.api.custom_vision.wire import Id, Ids, Moment, ProjectPath, Wire, omitted_when_absent, prediction, training
from shared.api.image_loading import fetch_image
from shared.classifiers.failures import Code, Refused
from shared.classifiers.images import ORIGINAL, THUMBNAIL
from shared.classifiers.iteration_models import Prediction, Scored
from shared.classifiers.pictures import TRAINING_LIMITS
from shared.classifiers.prediction_service import RESULTS, PredictionOrder, PredictionQuery, TagRange
from shared.classifiers.suggestions import Suggestion
from shared.errors import NotFound, Unavailable
from shared.http.operation import Auth, Call, ImageParts
from shared.imaging.models import ImageLimits, ImageSizeRefused
from shared.storage.account_store import AccountStore
from shared.storage.holdings import CV_PREDICTION_PICTURE

PREDICTION_LIMITS = ImageLimits(TRAINING_LIMITS.formats, 4 * 1024 * 1024, TRAINING_LIMITS.min_side_px, TRAINING_LIMITS.max_side_px,
                                max_aspect_ratio=TRAINING_LIMITS.max_aspect_ratio)
"""Source: the published limits; a picture of a quick test may be as large as one to train on."""
_PREDICTED_BYTES = 2 * PREDICTION_LIMITS.size_bytes
"""More than a picture may have, so that the answer to one that is a little too large says so."""
_PREDICTED = {"auth": Auth.ACCOUNT, "errors": (NotFound, Unavailable), "audit": False}
_KEPT = {"auth": Auth.ACCOUNT, "errors": (NotFound, Unavailable), "audit_targets": ("projectId",)}
_TESTED = {"auth": Auth.ACCOUNT, "errors": (NotFound, Unavailable), "audit_targets": ("projectId",)}


class OnePicture(ImageParts):
    most_parts = 1


class PictureUrl(Wire):
    url: str


class PublishedPath(ProjectPath):
    published_name: str = Field(min_length=1, max_length=256)


class ApplicationQuery(Wire):
    application: str | None = None


class QuickTestQuery(Wire):
    iteration_id: Id | None = None
    store: bool = True


class BoundingBox(Wire):
    left: float
    top: float
    width: float
    height: float


class PredictionBody(Wire):
    """Box and type are those of detections: left out, as recorded, but for a negative tag."""

    probability: float
    tag_id: str
    tag_name: str
    bounding_box: BoundingBox | None = Field(None, exclude_if=omitted_when_absent)
    tag_type: str | None = Field(None, exclude_if=omitted_when_absent)

    @classmethod
    def of(cls, score: Scored) -> PredictionBody:
        return cls(probability=score.probability, tag_id=score.tag_id, tag_name=score.tag_name,
                   tag_type=None if score.tag_type == "Regular" else score.tag_type)


class ImagePrediction(Wire):
    id: str
    project: str
    iteration: str
    created: Moment
    predictions: list[PredictionBody]

    @classmethod
    def of(cls, made: Prediction) -> ImagePrediction:
        return cls(id=made.id, project=made.project_id, iteration=made.iteration_id, created=made.created_at,
                   predictions=[PredictionBody.of(score) for score in made.scores])


def _content(body: ImageParts, limits: ImageLimits) -> bytes:
    if len(body.parts) != 1:
        raise Refused(Code.IMAGE_STREAM, "Send one picture: as the body, or as the field imageData of a form.")
    (content,) = body.parts
    if len(content) > limits.size_bytes:
        raise ImageSizeRefused(f"The image may have {limits.size_bytes} bytes at the most; this one has {len(content)}.")
    return content


def _fetched(call: Call, path: ProjectPath, body: PictureUrl, limits: ImageLimits) -> bytes:
    """Nothing is fetched for a project that there is not."""
    call.services.classifiers.projects.get(call.account, path.project_id)
    return fetch_image(call.services.outbound, body.url, limits)[0]


def _classified(call: Call, path: PublishedPath, content: bytes, application: str | None, store: bool) -> ImagePrediction:
    classifiers, account = call.services.classifiers, call.account
    project = classifiers.projects.get(account, path.project_id)
    return ImagePrediction.of(classifiers.predictions.classify(account, project, path.published_name, content, store=store,
                                                               application=application))


@prediction.operation("POST", "{projectId}/classify/iterations/{publishedName}/image", body_limit_bytes=_PREDICTED_BYTES, **_KEPT)
def classify_image(call: Call, path: PublishedPath, query: ApplicationQuery, body: OnePicture) -> ImagePrediction:
    """Classify a picture and keep picture and answer. Source: ClassifyImage, 3.0 and 3.1."""
    return _classified(call, path, _content(body, PREDICTION_LIMITS), query.application, store=True)


@prediction.operation("POST", "{projectId}/classify/iterations/{publishedName}/image/nostore",
                      body_limit_bytes=_PREDICTED_BYTES, **_PREDICTED)
def classify_image_with_no_store(call: Call, path: PublishedPath, query: ApplicationQuery, body: OnePicture) -> ImagePrediction:
    """Classify a picture and keep nothing. Source: ClassifyImageWithNoStore, 3.0 and 3.1."""
    return _classified(call, path, _content(body, PREDICTION_LIMITS), query.application, store=False)


@prediction.operation("POST", "{projectId}/classify/iterations/{publishedName}/url", **_KEPT)
def classify_image_url(call: Call, path: PublishedPath, query: ApplicationQuery, body: PictureUrl) -> ImagePrediction:
    """Classify the picture at a URL and keep picture and answer. Source: ClassifyImageUrl, 3.0 and 3.1."""
    return _classified(call, path, _fetched(call, path, body, PREDICTION_LIMITS), query.application, store=True)


@prediction.operation("POST", "{projectId}/classify/iterations/{publishedName}/url/nostore", **_PREDICTED)
def classify_image_url_with_no_store(call: Call, path: PublishedPath, query: ApplicationQuery, body: PictureUrl) -> ImagePrediction:
    """Classify the picture at a URL and keep nothing. Source: ClassifyImageUrlWithNoStore, 3.0 and 3.1."""
    return _classified(call, path, _fetched(call, path, body, PREDICTION_LIMITS), query.application, store=False)


def _refused(call: Call, path: PublishedPath) -> None:
    classifiers = call.services.classifiers
    classifiers.predictions.check_detects(classifiers.projects.get(call.account, path.project_id))


@prediction.operation("POST", "{projectId}/detect/iterations/{publishedName}/image", body_limit_bytes=_PREDICTED_BYTES, **_PREDICTED)
def detect_image(call: Call, path: PublishedPath, body: OnePicture) -> None:
    """Refused: object detection is not trained here. Source: DetectImage, 3.0 and 3.1."""
    _refused(call, path)


@prediction.operation("POST", "{projectId}/detect/iterations/{publishedName}/image/nostore",
                      body_limit_bytes=_PREDICTED_BYTES, **_PREDICTED)
def detect_image_with_no_store(call: Call, path: PublishedPath, body: OnePicture) -> None:
    """Refused: object detection is not trained here. Source: DetectImageWithNoStore, 3.0 and 3.1."""
    _refused(call, path)


@prediction.operation("POST", "{projectId}/detect/iterations/{publishedName}/url", **_PREDICTED)
def detect_image_url(call: Call, path: PublishedPath, body: PictureUrl) -> None:
    """Refused: object detection is not trained here. Source: DetectImageUrl, 3.0 and 3.1."""
    _refused(call, path)


@prediction.operation("POST", "{projectId}/detect/iterations/{publishedName}/url/nostore", **_PREDICTED)
def detect_image_url_with_no_store(call: Call, path: PublishedPath, body: PictureUrl) -> None:
    """Refused: object detection is not trained here. Source: DetectImageUrlWithNoStore, 3.0 and 3.1."""
    _refused(call, path)


@training.operation("POST", "projects/{projectId}/quicktest/image", body_limit_bytes=2 * TRAINING_LIMITS.size_bytes, **_TESTED)
def quick_test_image(call: Call, path: ProjectPath, query: QuickTestQuery, body: OnePicture) -> ImagePrediction:
    """Classify a picture by an iteration, or the newest that is trained. Source: QuickTestImage, 3.3 and 3.4-preview."""
    return _tested(call, path, query, _content(body, TRAINING_LIMITS))


@training.operation("POST", "projects/{projectId}/quicktest/url", **_TESTED)
def quick_test_image_url(call: Call, path: ProjectPath, query: QuickTestQuery, body: PictureUrl) -> ImagePrediction:
    """The same for the picture at a URL. Source: QuickTestImageUrl, 3.3 and 3.4-preview."""
    return _tested(call, path, query, _fetched(call, path, body, TRAINING_LIMITS))


def _tested(call: Call, path: ProjectPath, query: QuickTestQuery, content: bytes) -> ImagePrediction:
    classifiers, account = call.services.classifiers, call.account
    project = classifiers.projects.get(account, path.project_id)
    return ImagePrediction.of(classifiers.predictions.quick_test(account, project, query.iteration_id, content, store=query.store))


def _none(value: object) -> object:
    """An empty string of a token is nothing: clients send back what they were given."""
    return None if value == "" else value


def _moment(value: object) -> object:
    """A time without a zone is UTC. Parsed here, since what a validator passes on counts as no JSON any more."""
    if not isinstance(value, str) or value == "":
        return _none(value)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


OptionalMoment = Annotated[datetime | None, BeforeValidator(_moment)]


class QueryTag(Wire):
    id: Id
    min_threshold: float = Field(0, ge=0, le=1)
    max_threshold: float = Field(1, ge=0, le=1)


class PredictionQueryToken(Wire):
    session: str | None = None
    continuation: str | None = None
    max_count: int | None = Field(None, ge=0)
    order_by: str | None = None
    tags: list[QueryTag] | None = None
    iteration_id: Annotated[Id | None, BeforeValidator(_none)] = None
    start_time: OptionalMoment = None
    end_time: OptionalMoment = None
    application: str | None = None


class StoredPrediction(ImagePrediction):
    resized_image_uri: str
    thumbnail_uri: str
    original_image_uri: str
    domain: str

    @classmethod
    def shown(cls, call: Call, account: AccountStore, made: Prediction) -> StoredPrediction:
        original = file_address(call, account, CV_PREDICTION_PICTURE, f"{made.id}/{ORIGINAL}")
        return cls(id=made.id, project=made.project_id, iteration=made.iteration_id, created=made.created_at,
                   predictions=[PredictionBody.of(score) for score in made.scores], resized_image_uri=original,
                   thumbnail_uri=file_address(call, account, CV_PREDICTION_PICTURE, f"{made.id}/{THUMBNAIL}"),
                   original_image_uri=original, domain=made.domain_id)


class PredictionQueryResult(Wire):
    token: PredictionQueryToken
    results: list[StoredPrediction]


class IdsQuery(Wire):
    ids: Ids = []


def _continued(after: str | None) -> str | None:
    return None if after is None else base64.urlsafe_b64encode(after.encode()).decode()


def _after(continuation: str | None) -> str | None:
    try:
        return base64.urlsafe_b64decode(continuation.encode("ascii")).decode("ascii") if continuation else None
    except (ValueError, binascii.Error):
        raise Refused(Code.INVALID_QUERY_PARAMETERS, "The continuation is none that an answer gave.", "continuation") from None


@training.operation("POST", "projects/{projectId}/predictions/query", auth=Auth.ACCOUNT, errors=(NotFound,), audit=False)
def query_predictions(call: Call, path: ProjectPath, body: PredictionQueryToken) -> PredictionQueryResult:
    """Kept predictions, page by page; the token of an answer asks for the next page. Source: QueryPredictions, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    order = body.order_by or PredictionOrder.NEWEST
    if order not in set(PredictionOrder):
        raise Refused(Code.INVALID_QUERY_PARAMETERS, f"orderBy is {', '.join(PredictionOrder)}.", "orderBy")
    results, after = classifiers.predictions.query(account, classifiers.projects.get(account, path.project_id), PredictionQuery(
        PredictionOrder(order), body.max_count or RESULTS, _after(body.continuation),
        [TagRange(tag.id, tag.min_threshold, tag.max_threshold) for tag in body.tags or ()],
        body.iteration_id, body.start_time, body.end_time, body.application))
    token = body.model_copy(update={"session": body.session or secrets.token_hex(8), "continuation": _continued(after), "order_by": order})
    return PredictionQueryResult(token=token, results=[StoredPrediction.shown(call, account, made) for made in results])


@training.operation("DELETE", "projects/{projectId}/predictions", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound,),
                    audit_targets=("projectId",))
def delete_prediction(call: Call, path: ProjectPath, query: IdsQuery) -> None:
    """Delete kept predictions and their pictures. Source: DeletePrediction, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    classifiers.predictions.delete(call.account, classifiers.projects.get(call.account, path.project_id), query.ids)


class SortBy(StrEnum):
    ASCENDING = "UncertaintyAscending"
    DESCENDING = "UncertaintyDescending"


class SuggestQuery(Wire):
    iteration_id: Id
    image_ids: Ids


class SuggestedQuery(Wire):
    iteration_id: Id


class TagFilter(Wire):
    tag_ids: list[Id] | None = None
    threshold: float = Field(0, ge=0, le=1)


class SuggestedToken(TagFilter):
    session: str | None = None
    continuation: str | None = None
    max_count: int | None = Field(None, ge=0, le=256)
    sort_by: str | None = None


class SuggestedTags(ImagePrediction):
    prediction_uncertainty: float

    @classmethod
    def suggested(cls, call: Call, path: ProjectPath, suggestion: Suggestion) -> SuggestedTags:
        return cls(id=suggestion.image.id, project=path.project_id, iteration=suggestion.iteration.id, created=datetime.now(UTC),
                   predictions=[PredictionBody.of(score) for score in suggestion.scores], prediction_uncertainty=suggestion.uncertainty)


class SuggestedTagsList(RootModel[list[SuggestedTags]]):
    pass


class StoredSuggestion(SuggestedTags):
    width: int
    height: int
    resized_image_uri: str
    thumbnail_uri: str
    original_image_uri: str
    domain: str

    @classmethod
    def stored(cls, call: Call, account: AccountStore, path: ProjectPath, suggestion: Suggestion) -> StoredSuggestion:
        image = ImageShown.of(call, account, suggestion.image, {})
        return cls(**dict(SuggestedTags.suggested(call, path, suggestion)), width=image.width, height=image.height,
                   resized_image_uri=image.resized_image_uri, thumbnail_uri=image.thumbnail_uri,
                   original_image_uri=image.original_image_uri, domain=suggestion.iteration.domain_id)


class SuggestedQueryResult(Wire):
    token: SuggestedToken
    results: list[StoredSuggestion]


class Counts(RootModel[dict[str, int]]):
    pass


@training.operation("POST", "projects/{projectId}/tagsandregions/suggestions", auth=Auth.ACCOUNT, errors=(NotFound, Unavailable),
                    audit=False)
def suggest_tags_and_regions(call: Call, path: ProjectPath, query: SuggestQuery) -> SuggestedTagsList:
    """What an iteration would tag images with. Source: SuggestTagsAndRegions, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    project = classifiers.projects.get(account, path.project_id)
    found = classifiers.suggestions.of_images(account, project, query.iteration_id, query.image_ids)
    return SuggestedTagsList([SuggestedTags.suggested(call, path, each) for each in found])


@training.operation("POST", "projects/{projectId}/images/suggested", auth=Auth.ACCOUNT, errors=(NotFound, Unavailable), audit=False)
def query_suggested_images(call: Call, path: ProjectPath, query: SuggestedQuery, body: SuggestedToken) -> SuggestedQueryResult:
    """Images without a tag that an iteration would give one of these tags. Source: QuerySuggestedImages, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    if body.sort_by not in (None, "", *SortBy):
        raise Refused(Code.INVALID_QUERY_PARAMETERS, f"sortBy is {', '.join(SortBy)}.", "sortBy")
    found, after = classifiers.suggestions.untagged(
        account, classifiers.projects.get(account, path.project_id), query.iteration_id, body.tag_ids or (), body.threshold,
        is_sure_first=body.sort_by != SortBy.DESCENDING, after=_after(body.continuation), size=body.max_count or RESULTS)
    token = body.model_copy(update={"session": body.session or secrets.token_hex(8), "continuation": _continued(after)})
    return SuggestedQueryResult(token=token, results=[StoredSuggestion.stored(call, account, path, each) for each in found])


@training.operation("POST", "projects/{projectId}/images/suggested/count", auth=Auth.ACCOUNT, errors=(NotFound, Unavailable), audit=False)
def query_suggested_image_count(call: Call, path: ProjectPath, query: SuggestedQuery, body: TagFilter) -> Counts:
    """How many images without a tag may have each tag. Source: QuerySuggestedImageCount, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    return Counts(dict(classifiers.suggestions.counts(account, classifiers.projects.get(account, path.project_id), query.iteration_id,
                                                      body.tag_ids or (), body.threshold)))
