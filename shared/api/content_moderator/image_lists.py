"""Content Moderator image lists and their images: the wire."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, Field, RootModel, WrapValidator
from pydantic_core import PydanticCustomError

from shared.api.content_moderator.hash_lists import hash_lines, hash_list
from shared.api.content_moderator.image_archive import archived_images
from shared.api.content_moderator.image_tags import LABEL_CHARACTERS, TEXT_PATTERN, tags_of
from shared.api.content_moderator.lists import EmptyString, ListNumber, MetadataKey, MetadataValue, RefreshIndexBody, without_its_keys
from shared.api.content_moderator.pictures import BODY_LIMIT_BYTES, PICTURES, ModeratedImage
from shared.api.content_moderator.wire import Parameters, RequestBody, Status, Wire, api
from shared.api.image_loading import load_image
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.http.operation import Auth, Call, Document, Reply
from shared.image_lists.models import DISTANCE_KEY, MOST_DISTANCE, ImageList, ImageReport, RefusedEntry, is_distance

ARCHIVE_LIMIT_BYTES = 100 * 1024 * 1024
"""As much as Azure Functions takes in one request."""
ARCHIVE_TYPES = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
CSV = "text/csv"
HASHES_PER_ANSWER = 50_000
REFUSED_LINES_REPORTED = 100
_IMAGES_AT_ONCE = 200
_HASHES_AT_ONCE = 10_000
_ROWS_AT_ONCE = 999


def _with_a_distance(metadata: dict[str, str] | None) -> dict[str, str] | None:
    if metadata is not None and DISTANCE_KEY in metadata and not is_distance(metadata[DISTANCE_KEY]):
        raise PydanticCustomError("distance", f"{DISTANCE_KEY} should be a whole number from 0 to {MOST_DISTANCE}")
    return metadata


def _tags_of(sent: str) -> str:
    try:
        tags_of(sent)
    except InvalidRequest:
        raise PydanticCustomError("tags", "Input should be whole numbers with commas between them, 20 at the most") from None
    return sent


class ImageListPath(Parameters):
    list_id: ListNumber


class ImagePath(ImageListPath):
    image_id: ListNumber = Field(alias="ImageId")


class AddImageQuery(Parameters):
    """`tag` is one number, or several with commas between them."""

    tag: Annotated[str, AfterValidator(_tags_of)] = ""
    label: str = Field("", max_length=LABEL_CHARACTERS, pattern=TEXT_PATTERN)


class HashesQuery(Parameters):
    """`after` is where the answer before this one ended, as its header `Link` says."""

    after: str | None = Field(None, pattern="^[0-9a-f]{32}$")


class ImageListProperties(RequestBody):
    """`Metadata.MatchDistance` is how far a picture may be from one of the list: 0 to 60, which it is unless said."""

    name: str | None = Field(None, max_length=128, pattern=TEXT_PATTERN)
    description: str | None = Field(None, max_length=1024, pattern=TEXT_PATTERN)
    metadata: Annotated[
        dict[Annotated[MetadataKey, Field(pattern=TEXT_PATTERN)], Annotated[MetadataValue, Field(pattern=TEXT_PATTERN)]] | None,
        WrapValidator(without_its_keys), AfterValidator(_with_a_distance)] = Field(None, max_length=20)


class ImageListBody(Wire):
    id: int
    name: str
    description: str
    metadata: dict[str, str]

    @classmethod
    def of(cls, image_list: ImageList) -> ImageListBody:
        return cls(id=image_list.number, name=image_list.name, description=image_list.description, metadata=dict(image_list.metadata))


class ImageListBodies(RootModel[list[ImageListBody]]):
    """A bare array."""


class AdditionalInfo(Wire):
    key: str
    value: str


class ImageBody(Wire):
    content_id: str
    additional_info: list[AdditionalInfo]
    status: Status
    tracking_id: str


class ImageIdsBody(Wire):
    content_source: str
    content_ids: list[int]
    status: Status
    tracking_id: str


class TakenBody(Wire):
    entry: int
    content_id: int


class RefusedBody(Wire):
    entry: int
    reason: str


class ImageReportBody(Wire):
    """By the numbers of entries, from 1, as the archive lists them."""

    list_id: int
    taken: list[TakenBody]
    already_there: list[int]
    refused: list[RefusedBody]
    status: Status
    tracking_id: str

    @classmethod
    def of(cls, number: int, reports: Iterable[ImageReport], tracking_id: str) -> ImageReportBody:
        rounds = list(reports)
        return cls(
            list_id=number,
            taken=[TakenBody(entry=each.number, content_id=each.content_id) for report in rounds for each in report.taken],
            already_there=[each for report in rounds for each in report.already_there],
            refused=[RefusedBody(entry=each.number, reason=each.reason) for report in rounds for each in report.refused],
            status=Status(), tracking_id=tracking_id)


class RefusedHashBody(Wire):
    line: int
    reason: str


class HashReportBody(Wire):
    """`RefusedLines` are the first hundred."""

    list_id: int
    taken: int
    already_there: int
    refused: int
    refused_lines: list[RefusedHashBody]
    status: Status
    tracking_id: str

    @classmethod
    def of(cls, number: int, reports: Iterable[ImageReport], tracking_id: str) -> HashReportBody:
        taken = already_there = refused = 0
        first: list[RefusedEntry] = []
        for report in reports:
            taken, already_there = taken + len(report.taken), already_there + len(report.already_there)
            refused += len(report.refused)
            first = [*first, *report.refused][:REFUSED_LINES_REPORTED]
        return cls(list_id=number, taken=taken, already_there=already_there, refused=refused,
                   refused_lines=[RefusedHashBody(line=each.number, reason=each.reason) for each in first],
                   status=Status(), tracking_id=tracking_id)


@api.operation("GET", "lists/v1.0/imagelists/{listId}", auth=Auth.ACCOUNT, errors=(NotFound,))
def list_management_image_lists_get_details(call: Call, path: ImageListPath) -> ImageListBody:
    """One image list. Source: ListManagementImageLists_GetDetails, v1.0."""
    return ImageListBody.of(call.services.image_lists.get(call.account, path.list_id))


@api.operation("DELETE", "lists/v1.0/imagelists/{listId}", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=("listId",))
def list_management_image_lists_delete(call: Call, path: ImageListPath) -> EmptyString:
    """Delete an image list and all its images. Source: ListManagementImageLists_Delete, v1.0."""
    call.services.image_lists.delete(call.account, path.list_id)
    return EmptyString("")


@api.operation("PUT", "lists/v1.0/imagelists/{listId}", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=("listId",))
def list_management_image_lists_update(call: Call, path: ImageListPath, body: ImageListProperties) -> ImageListBody:
    """Change name, description or metadata; what is left out or null stays. Source: ListManagementImageLists_Update, v1.0."""
    return ImageListBody.of(call.services.image_lists.update(
        call.account, path.list_id, body.name, body.description, body.metadata))


@api.operation("POST", "lists/v1.0/imagelists", auth=Auth.ACCOUNT)
def list_management_image_lists_create(call: Call, body: ImageListProperties) -> ImageListBody:
    """Create an image list. Source: ListManagementImageLists_Create, v1.0."""
    return ImageListBody.of(call.services.image_lists.create(
        call.account, body.name or "", body.description or "", body.metadata or {}))


@api.operation("GET", "lists/v1.0/imagelists", auth=Auth.ACCOUNT)
def list_management_image_lists_get_all_image_lists(call: Call) -> ImageListBodies:
    """All image lists of the account. Source: ListManagementImageLists_GetAllImageLists, v1.0."""
    return ImageListBodies([ImageListBody.of(image_list) for image_list in call.services.image_lists.all(call.account)])


@api.operation("POST", "lists/v1.0/imagelists/{listId}/RefreshIndex", auth=Auth.ACCOUNT, errors=(NotFound,), audit=False)
def list_management_image_lists_refresh_index(call: Call, path: ImageListPath) -> RefreshIndexBody:
    """Success, at once: every change of a list counts from the next request on. Source: ListManagementImageLists_RefreshIndex, v1.0."""
    return RefreshIndexBody.of(call.services.image_lists.get(call.account, path.list_id).number, call.request_id)


@api.operation("POST", "lists/v1.0/imagelists/{listId}/images", auth=Auth.ACCOUNT, errors=(NotFound, Conflict),
               body_limit_bytes=BODY_LIMIT_BYTES, audit_targets=("listId",))
def list_management_image_add_image(call: Call, path: ImageListPath, query: AddImageQuery, body: ModeratedImage) -> ImageBody:
    """Add an image; what is kept of it are hashes. One whose pixels the list has already is refused with 409.

    Source: ListManagementImage_AddImage, v1.0.
    """
    call.services.image_lists.get(call.account, path.list_id)
    picture = load_image(call.services.outbound, body, PICTURES).picture
    content_id = call.services.image_lists.add(call.account, path.list_id, picture, tags_of(query.tag), query.label)
    return ImageBody(content_id=str(content_id), additional_info=[AdditionalInfo(key="Source", value=str(path.list_id))],
                     status=Status(), tracking_id=call.request_id)


@api.operation("DELETE", "lists/v1.0/imagelists/{listId}/images", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=("listId",))
def list_management_image_delete_all_images(call: Call, path: ImageListPath) -> EmptyString:
    """Delete all images of a list. Source: ListManagementImage_DeleteAllImages, v1.0."""
    call.services.image_lists.remove_all(call.account, path.list_id)
    return EmptyString("Reset Successful.")


@api.operation("GET", "lists/v1.0/imagelists/{listId}/images", auth=Auth.ACCOUNT, errors=(NotFound,))
def list_management_image_get_all_image_ids(call: Call, path: ImageListPath) -> ImageIdsBody:
    """The content ids of all images of a list. Source: ListManagementImage_GetAllImageIds, v1.0."""
    content_ids = call.services.image_lists.content_ids(call.account, path.list_id)
    return ImageIdsBody(content_source=str(path.list_id), content_ids=content_ids, status=Status(), tracking_id=call.request_id)


@api.operation("DELETE", "lists/v1.0/imagelists/{listId}/images/{ImageId}", auth=Auth.ACCOUNT, errors=(NotFound,),
               audit_targets=("listId", "ImageId"))
def list_management_image_delete_image(call: Call, path: ImagePath) -> EmptyString:
    """Delete an image by its content id. Source: ListManagementImage_DeleteImage, v1.0."""
    call.services.image_lists.remove(call.account, path.list_id, path.image_id)
    return EmptyString("")


@api.operation("POST", "lists/v1.0/imagelists/{listId}/images:import", auth=Auth.ACCOUNT, errors=(NotFound,),
               media_types=ARCHIVE_TYPES, body_limit_bytes=ARCHIVE_LIMIT_BYTES, audit_targets=("listId",))
def import_images(call: Call, path: ImageListPath, body: bytes) -> ImageReportBody:
    """Add the images of a ZIP archive, with a report by their places in it; `tags.csv` in it may give tags and labels.

    Doing it again is safe. Our own operation.
    """
    reports = call.services.image_lists.import_images(call.account, path.list_id, archived_images(body), _IMAGES_AT_ONCE)
    return ImageReportBody.of(path.list_id, reports, call.request_id)


@api.operation("POST", "lists/v1.0/imagelists/{listId}/hashes:import", auth=Auth.ACCOUNT, errors=(NotFound,), media_types=(CSV,),
               body_limit_bytes=ARCHIVE_LIMIT_BYTES, audit_targets=("listId",))
def import_hashes(call: Call, path: ImageListPath, body: bytes) -> HashReportBody:
    """Add PDQ hashes, without pictures: CSV with a column `signal_str` or `hash`, and perhaps `quality`, `tags` and `label`.

    Doing it again is safe. Our own operation.
    """
    reports = call.services.image_lists.import_images(call.account, path.list_id, hash_lines(body), _HASHES_AT_ONCE)
    return HashReportBody.of(path.list_id, reports, call.request_id)


@api.operation("GET", "lists/v1.0/imagelists/{listId}/hashes:export", auth=Auth.ACCOUNT, errors=(NotFound,), audit=True,
               audit_targets=("listId",))
def export_hashes(call: Call, path: ImageListPath, query: HashesQuery) -> Reply[Document]:
    """The PDQ hashes of a list as CSV, for others to import; 50,000 images an answer, the header `Link` leads to the next ones.

    Our own operation.
    """
    images, after = [], None if query.after is None else bytes.fromhex(query.after)
    while True:
        page, after = call.services.image_lists.page(call.account, path.list_id, after, _ROWS_AT_ONCE)
        images += page
        if after is None or len(images) >= HASHES_PER_ANSWER:
            break
    address = f"{call.endpoint}/contentmoderator/lists/v1.0/imagelists/{quote(str(path.list_id))}/hashes:export"
    headers = {} if after is None else {"Link": f'<{address}?after={after.hex()}>; rel="next"'}
    return Reply(Document(hash_list(images, with_header=query.after is None), f"{CSV}; charset=utf-8"), headers=headers)
