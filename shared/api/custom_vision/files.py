"""Pictures and files of Custom Vision at addresses that need no key, and as artifacts."""
from __future__ import annotations

from pydantic import Field

from shared.api.custom_vision.wire import ProjectPath, Wire, render_error, training
from shared.classifiers.failures import Code, Refused
from shared.classifiers.images import ORIGINAL, RESIZED, THUMBNAIL, picture_id
from shared.classifiers.links import OpenedFile
from shared.classifiers.models import Image
from shared.errors import NotFound
from shared.http.operation import Api, Auth, Call, Document, Reply
from shared.storage.account_store import AccountStore
from shared.storage.holdings import CV_PICTURE, Holding

downloads = Api("Azure Custom Vision downloads", prefix="customvision/files", render_error=render_error)


class FilePath(Wire):
    token: str


class ArtifactQuery(Wire):
    path: str = Field(min_length=1, max_length=4000)


def file_address(call: Call, account: AccountStore, holding: Holding, blob_id: str) -> str:
    """Where a blob can be had without a key for some minutes."""
    return f"{call.endpoint}/{downloads.prefix}/{call.services.classifiers.links.token(account, holding, blob_id)}"


def picture_addresses(call: Call, account: AccountStore, image: Image) -> dict[str, str]:
    """The addresses of an image's pictures by the names that answers give them."""
    return {field: file_address(call, account, CV_PICTURE, picture_id(image, name)) for field, name in (
        ("original_image_uri", ORIGINAL), ("resized_image_uri", RESIZED), ("thumbnail_uri", THUMBNAIL))}


@downloads.operation("GET", "{token}", auth=Auth.PUBLIC, errors=(NotFound,))
def get_classifier_file(call: Call, path: FilePath) -> Reply[Document]:
    """A picture of an image, or a file, by an address from another answer. Who has the address needs no key.

    It works for `CLASSIFIER_LINK_MINUTES`; 404 for every reason why it does not.
    """
    opened = call.services.classifiers.links.open(path.token)
    return _answer(opened, opened.media_type)


@training.operation("GET", "projects/{projectId}/artifacts", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_artifact(call: Call, path: ProjectPath, query: ArtifactQuery) -> Reply[Document]:
    """The same file by the address, or its last part, with a key of the account. Source: GetArtifact, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    classifiers.projects.get(call.account, path.project_id)
    try:
        opened = classifiers.links.open(query.path.rpartition("/")[2], call.own_account.id)
    except NotFound:
        raise Refused(Code.INVALID_ARTIFACT_URI, "The path is none of an artifact, or not any more.", "path") from None
    return _answer(opened, "application/octet-stream")


def _answer(opened: OpenedFile, media_type: str) -> Reply[Document]:
    return Reply(Document(opened.content, media_type), headers={"Content-Disposition": f'attachment; filename="{opened.name}"'})
