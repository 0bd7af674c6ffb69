"""Tags: the wire."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import RootModel

from shared.api.custom_vision.wire import Id, ProjectPath, Wire, training
from shared.classifiers.image_queries import Selection
from shared.classifiers.models import Tag
from shared.errors import NotFound
from shared.http.operation import Auth, Call


class TagPath(ProjectPath):
    tag_id: Id


class IterationQuery(Wire):
    iteration_id: Id | None = None


class NewTag(Wire):
    name: str
    description: str | None = None
    type: str | None = None


class TagPatch(Wire):
    name: str | None = None
    description: str | None = None
    type: str | None = None


class TagBody(Wire):
    id: str
    name: str
    description: str | None
    type: str
    image_count: int

    @classmethod
    def of(cls, tag: Tag, counts: Mapping[str, int]) -> TagBody:
        return cls(id=tag.id, name=tag.name, description=tag.description, type=tag.type, image_count=counts.get(tag.id, 0))


class TagBodies(RootModel[list[TagBody]]):
    pass


@training.operation("GET", "projects/{projectId}/tags", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_tags(call: Call, path: ProjectPath, query: IterationQuery) -> TagBodies:
    """The tags of a project by name; with an iteration those that it was trained with. Source: GetTags, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    tags = classifiers.tags.all(call.account, project)
    if query.iteration_id is None:
        counts: Mapping[str, int] = classifiers.tags.image_counts(call.account, project)
    else:
        tags, counts = classifiers.queries.tags_of_iteration(call.account, project, query.iteration_id, tags)
    return TagBodies([TagBody.of(tag, counts) for tag in tags])


@training.operation("POST", "projects/{projectId}/tags", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=("projectId",))
def create_tag(call: Call, path: ProjectPath, query: NewTag) -> TagBody:
    """Create a tag. Source: CreateTag, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    return TagBody.of(classifiers.tags.create(call.account, project, query.name, query.description, query.type), {})


@training.operation("GET", "projects/{projectId}/tags/{tagId}", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_tag(call: Call, path: TagPath, query: IterationQuery) -> TagBody:
    """One tag; with an iteration its count there. Source: GetTag, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    tag = classifiers.tags.get(call.account, project, path.tag_id)
    count = classifiers.queries.count(call.account, project, Selection(query.iteration_id, (tag.id,)))
    return TagBody.of(tag, Counter({tag.id: count}))


@training.operation("PATCH", "projects/{projectId}/tags/{tagId}", auth=Auth.ACCOUNT, errors=(NotFound,),
                    audit_targets=("projectId", "tagId"))
def update_tag(call: Call, path: TagPath, body: TagPatch) -> TagBody:
    """Change what is given of name, description and type. Source: UpdateTag, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    tag = classifiers.tags.update(call.account, project, path.tag_id, body.name, body.description, body.type)
    return TagBody.of(tag, classifiers.tags.image_counts(call.account, project))


@training.operation("DELETE", "projects/{projectId}/tags/{tagId}", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound,),
                    audit_targets=("projectId", "tagId"))
def delete_tag(call: Call, path: TagPath) -> None:
    """Delete a tag: images lose it and keep the others, and with it go its regions. Source: DeleteTag, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    classifiers.tags.delete(call.account, classifiers.projects.get(call.account, path.project_id), path.tag_id)
