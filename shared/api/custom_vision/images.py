"""New images, and their end: the wire."""
from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from shared.api.custom_vision.image_models import CreateResult, CreateSummary, ImageShown
from shared.api.custom_vision.wire import Id, Ids, ProjectPath, Wire, training
from shared.classifiers.failures import Code, Refused
from shared.classifiers.image_rules import box_of, check_box
from shared.classifiers.image_uploads import BATCH_IMAGES, CreatedImage, CreateStatus, NewImage, check_batch
from shared.classifiers.models import Box, Project
from shared.classifiers.parallel import waiting
from shared.classifiers.pictures import IMAGE_LIMIT_BYTES
from shared.errors import NotFound
from shared.http.operation import Auth, Call, ImageParts, Reply
from shared.outbound.failures import FetchFailed, FetchTooLarge

UPLOAD_LIMIT_BYTES = 100 * 1024 * 1024
"""Of one request, in all: what the Functions host takes. Source: FUNCTIONS_REQUEST_BODY_SIZE_LIMIT of its documentation."""
_IN_MEMORY = 16
"""Pictures of a batch that are fetched, or read, before the next ones: all 64 may have 384 MB."""
_NAME_CHARACTERS = 2048
_DELETED_AT_ONCE = 256
_CREATED = {"auth": Auth.ACCOUNT, "success": (200, 207), "errors": (NotFound,), "body_limit_bytes": UPLOAD_LIMIT_BYTES,
            "audit_targets": ("projectId",)}


class TrainingImages(ImageParts):
    most_parts = BATCH_IMAGES


class TagsQuery(Wire):
    tag_ids: Ids = []


class RegionEntry(Wire):
    tag_id: Id
    left: float
    top: float
    width: float
    height: float

    @property
    def box(self) -> Box:
        return box_of(self.left, self.top, self.width, self.height)


class Entry(Wire):
    tag_ids: list[Id] | None = None
    regions: list[RegionEntry] | None = None

    def new_image(self, source: str | None, content: bytes | None, is_too_large: bool = False) -> NewImage:
        return NewImage(source, content, tuple(self.tag_ids or ()), tuple((region.tag_id, region.box) for region in self.regions or ()),
                        is_too_large)


class FileEntry(Entry):
    name: str | None = Field(None, max_length=_NAME_CHARACTERS)
    contents: str | None = None


class UrlEntry(Entry):
    url: str


class PredictionEntry(Entry):
    id: Id


E = TypeVar("E", bound=Entry)


class Batch(Wire):
    tag_ids: list[Id] | None = None
    metadata: dict[str, str] | None = None


class FileBatch(Batch):
    images: list[FileEntry] | None = None


class UrlBatch(Batch):
    images: list[UrlEntry] | None = None


class PredictionBatch(Batch):
    images: list[PredictionEntry] | None = None


class DeleteQuery(Wire):
    image_ids: Annotated[Ids, Field(max_length=_DELETED_AT_ONCE)] = []
    all_images: bool = False
    all_iterations: bool = False


@training.operation("POST", "projects/{projectId}/images", **_CREATED)
def create_images_from_data(call: Call, path: ProjectPath, query: TagsQuery, body: TrainingImages) -> Reply[CreateSummary]:
    """Add images: parts `imageData` of a form, or one as the body itself. 207 where one of them is not added, a duplicate too.

    Source: CreateImagesFromData, 3.3 and 3.4-preview.
    """
    return _create(call, path, [NewImage(None, part) for part in body.parts], query.tag_ids, None)


@training.operation("POST", "projects/{projectId}/images/files", **_CREATED)
def create_images_from_files(call: Call, path: ProjectPath, body: FileBatch) -> Reply[CreateSummary]:
    """Add images whose contents are in the body, in base64. Source: CreateImagesFromFiles, 3.3 and 3.4-preview."""
    images = [entry.new_image(entry.name, _decoded(entry.contents)) for entry in body.images or ()]
    return _create(call, path, images, body.tag_ids or (), body.metadata)


@training.operation("POST", "projects/{projectId}/images/urls", **_CREATED)
def create_images_from_urls(call: Call, path: ProjectPath, body: UrlBatch) -> Reply[CreateSummary]:
    """Add images that lie at URLs on the public internet. Source: CreateImagesFromUrls, 3.3 and 3.4-preview."""
    def fetched(entry: UrlEntry) -> NewImage:
        try:
            return entry.new_image(entry.url, call.services.outbound.fetch(entry.url, IMAGE_LIMIT_BYTES).content)
        except FetchTooLarge:
            return entry.new_image(entry.url, None, is_too_large=True)
        except FetchFailed:
            return entry.new_image(entry.url, None)
    return _create_in_pieces(call, path, body, body.images or (), fetched)


@training.operation("POST", "projects/{projectId}/images/predictions", **_CREATED)
def create_images_from_predictions(call: Call, path: ProjectPath, body: PredictionBatch) -> Reply[CreateSummary]:
    """Add pictures of predictions that were kept. Source: CreateImagesFromPredictions, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    project = classifiers.projects.get(account, path.project_id)

    def found(entry: PredictionEntry) -> NewImage:
        try:
            return entry.new_image(entry.id, classifiers.predictions.content(account, project, entry.id))
        except NotFound:
            return entry.new_image(entry.id, None)
    return _create_in_pieces(call, path, body, body.images or (), found)


@training.operation("DELETE", "projects/{projectId}/images", auth=Auth.ACCOUNT, success=(202, 204), errors=(NotFound,),
                    audit_targets=("projectId",))
def delete_images(call: Call, path: ProjectPath, query: DeleteQuery) -> Reply[None]:
    """Delete images of the workspace: some, at once (204); all, or from all iterations too, within minutes (202).

    Source: DeleteImages, 3.3 and 3.4-preview.
    """
    if bool(query.image_ids) is query.all_images:
        raise Refused(Code.REQUIRED_PARAMETER_IS_NULL, "Either imageIds or allImages says which images are to be deleted.")
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    if query.all_images or query.all_iterations:
        classifiers.deletion.delete_later(call.account, project, query.image_ids or None, query.all_iterations)
        return Reply(None, 202)
    classifiers.deletion.delete(call.account, project, query.image_ids)
    return Reply(None, 204)


def _create(call: Call, path: ProjectPath, images: Sequence[NewImage], tag_ids: Sequence[str],
            metadata: Mapping[str, str] | None) -> Reply[CreateSummary]:
    project = call.services.classifiers.projects.get(call.account, path.project_id)
    return _summary(call, project, call.services.classifiers.uploads.create(call.account, project, images, tag_ids, metadata))


def _create_in_pieces(call: Call, path: ProjectPath, body: Batch, entries: Sequence[E],
                      image_of: Callable[[E], NewImage]) -> Reply[CreateSummary]:
    """As `_create`. `image_of` gets the picture of an entry; whatever refuses the whole batch does so before one is got."""
    check_batch(len(entries), body.tag_ids or ())
    for region in (region for entry in entries for region in entry.regions or ()):
        check_box(region.box)
    project = call.services.classifiers.projects.get(call.account, path.project_id)
    created: list[CreatedImage] = []
    for start in range(0, len(entries), _IN_MEMORY):
        images = waiting(image_of, entries[start:start + _IN_MEMORY])
        created += call.services.classifiers.uploads.create(call.account, project, images, body.tag_ids or (), body.metadata)
    return _summary(call, project, created)


def _summary(call: Call, project: Project, created: Sequence[CreatedImage]) -> Reply[CreateSummary]:
    names = call.services.classifiers.queries.names(call.account, project)
    is_successful = all(each.status is CreateStatus.OK for each in created)
    summary = CreateSummary(is_batch_successful=is_successful, images=[CreateResult(
        source_url=each.source, status=each.status,
        image=None if each.image is None else ImageShown.of(call, call.account, each.image, names)) for each in created])
    return Reply(summary, 200 if is_successful else 207)


def _decoded(contents: str | None) -> bytes | None:
    """None for what is no base64, or nothing."""
    try:
        return base64.b64decode(contents or "", validate=True) or None
    except (binascii.Error, ValueError):
        return None


