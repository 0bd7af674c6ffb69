"""Predictions and quick tests: the wire."""
from __future__ import annotations

from pydantic import Field

from shared.api.custom_vision.prediction_models import ImagePrediction
from shared.api.custom_vision.wire import Id, ProjectPath, Wire, prediction, training
from shared.api.image_loading import fetch_image
from shared.classifiers.failures import Code, Refused
from shared.classifiers.pictures import TRAINING_LIMITS
from shared.errors import NotFound, Unavailable
from shared.http.operation import Auth, Call, ImageParts
from shared.imaging.models import ImageLimits, ImageSizeRefused

PREDICTION_LIMITS = ImageLimits(TRAINING_LIMITS.formats, 4 * 1024 * 1024, TRAINING_LIMITS.min_side_px, TRAINING_LIMITS.max_side_px,
                                max_aspect_ratio=TRAINING_LIMITS.max_aspect_ratio)
"""Source: the published limits; a picture of a quick test may be as large as one to train on."""
_PREDICTED_BYTES = 2 * PREDICTION_LIMITS.size_bytes
"""More than a picture may have, so that the answer to one that is a little too large says so."""
_PREDICTED = {"auth": Auth.ACCOUNT, "errors": (NotFound, Unavailable), "audit": False}
_KEPT = {"auth": Auth.ACCOUNT, "errors": (NotFound, Unavailable), "audit_targets": ("projectId",)}


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


@training.operation("POST", "projects/{projectId}/quicktest/image", body_limit_bytes=2 * TRAINING_LIMITS.size_bytes, **_KEPT)
def quick_test_image(call: Call, path: ProjectPath, query: QuickTestQuery, body: OnePicture) -> ImagePrediction:
    """Classify a picture by an iteration, or the newest that is trained. Source: QuickTestImage, 3.3 and 3.4-preview."""
    return _tested(call, path, query, _content(body, TRAINING_LIMITS))


@training.operation("POST", "projects/{projectId}/quicktest/url", **_KEPT)
def quick_test_image_url(call: Call, path: ProjectPath, query: QuickTestQuery, body: PictureUrl) -> ImagePrediction:
    """The same for the picture at a URL. Source: QuickTestImageUrl, 3.3 and 3.4-preview."""
    return _tested(call, path, query, _fetched(call, path, body, TRAINING_LIMITS))


def _tested(call: Call, path: ProjectPath, query: QuickTestQuery, content: bytes) -> ImagePrediction:
    classifiers, account = call.services.classifiers, call.account
    project = classifiers.projects.get(account, path.project_id)
    return ImagePrediction.of(classifiers.predictions.quick_test(account, project, query.iteration_id, content, store=query.store))
