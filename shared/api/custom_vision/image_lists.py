"""Lists and counts of images: the wire."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel

from shared.api.custom_vision.image_models import ImagesShown
from shared.api.custom_vision.wire import Id, Ids, ProjectPath, Wire, training
from shared.classifiers.image_queries import OrderBy, Selection, TaggingStatus
from shared.classifiers.metadata_filter import condition_of
from shared.errors import NotFound
from shared.http.operation import Auth, Call

_SOME_TAGS = Annotated[Ids, Field(max_length=20)]


class IterationQuery(Wire):
    iteration_id: Id | None = None


class PageQuery(IterationQuery):
    order_by: OrderBy = OrderBy.NEWEST
    take: int = Field(50, ge=1, le=256)
    skip: int = Field(0, ge=0)


class TaggedPageQuery(PageQuery):
    tag_ids: _SOME_TAGS = []


class ImagesQuery(TaggedPageQuery):
    tagging_status: TaggingStatus = TaggingStatus.ALL
    filter: str | None = Field(None, alias="$filter")


class TaggedCountQuery(IterationQuery):
    tag_ids: Ids = []


class CountQuery(TaggedCountQuery):
    tagging_status: TaggingStatus = TaggingStatus.ALL
    filter: str | None = Field(None, alias="$filter")


class IdsQuery(IterationQuery):
    image_ids: Annotated[Ids, Field(max_length=256)] = []


class Count(RootModel[int]):
    pass


@training.operation("GET", "projects/{projectId}/images", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_images(call: Call, path: ProjectPath, query: ImagesQuery) -> ImagesShown:
    """Images, tagged or not, that have one of the tags and the metadata asked for. Source: GetImages, 3.3 and 3.4-preview."""
    return _page(call, path, query, Selection(
        query.iteration_id, query.tag_ids, query.tagging_status, condition_of(query.filter) if query.filter else None))


@training.operation("GET", "projects/{projectId}/images/tagged", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_tagged_images(call: Call, path: ProjectPath, query: TaggedPageQuery) -> ImagesShown:
    """Images that have a tag, or one of those asked for. Source: GetTaggedImages, 3.3 and 3.4-preview."""
    return _page(call, path, query, Selection(query.iteration_id, query.tag_ids, TaggingStatus.TAGGED))


@training.operation("GET", "projects/{projectId}/images/untagged", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_untagged_images(call: Call, path: ProjectPath, query: PageQuery) -> ImagesShown:
    """Images without a tag. Source: GetUntaggedImages, 3.3 and 3.4-preview."""
    return _page(call, path, query, Selection(query.iteration_id, status=TaggingStatus.UNTAGGED))


@training.operation("GET", "projects/{projectId}/images/id", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_images_by_ids(call: Call, path: ProjectPath, query: IdsQuery) -> ImagesShown:
    """These images, in this order; those that there are not are left out. Source: GetImagesByIds, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    project = classifiers.projects.get(account, path.project_id)
    return ImagesShown.of(call, account, classifiers.queries.by_ids(account, project, query.image_ids, query.iteration_id))


@training.operation("GET", "projects/{projectId}/images/count", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_image_count(call: Call, path: ProjectPath, query: CountQuery) -> Count:
    """How many images `GetImages` would list in all. Source: GetImageCount, 3.3 and 3.4-preview."""
    return _count(call, path, Selection(
        query.iteration_id, query.tag_ids, query.tagging_status, condition_of(query.filter) if query.filter else None))


@training.operation("GET", "projects/{projectId}/images/tagged/count", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_tagged_image_count(call: Call, path: ProjectPath, query: TaggedCountQuery) -> Count:
    """How many images have a tag, or one of those asked for. Source: GetTaggedImageCount, 3.3 and 3.4-preview."""
    return _count(call, path, Selection(query.iteration_id, query.tag_ids, TaggingStatus.TAGGED))


@training.operation("GET", "projects/{projectId}/images/untagged/count", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_untagged_image_count(call: Call, path: ProjectPath, query: IterationQuery) -> Count:
    """How many images have no tag. Source: GetUntaggedImageCount, 3.3 and 3.4-preview."""
    return _count(call, path, Selection(query.iteration_id, status=TaggingStatus.UNTAGGED))


def _page(call: Call, path: ProjectPath, query: PageQuery, selection: Selection) -> ImagesShown:
    classifiers, account = call.services.classifiers, call.account
    project = classifiers.projects.get(account, path.project_id)
    return ImagesShown.of(call, account, classifiers.queries.page(account, project, selection, query.order_by, query.skip, query.take))


def _count(call: Call, path: ProjectPath, selection: Selection) -> Count:
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    return Count(classifiers.queries.count(call.account, project, selection))
