"""Tags, regions and metadata of images: the wire."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field, RootModel

from shared.api.custom_vision.wire import Id, Ids, Moment, ProjectPath, Wire, training
from shared.classifiers.failures import Code, Missing, Refused
from shared.classifiers.image_changes import NewRegion
from shared.classifiers.image_rules import box_of
from shared.classifiers.models import Region
from shared.errors import NotFound
from shared.http.operation import Auth, Call, Reply

_REGIONS_AT_ONCE = 64
_TAGS_AT_ONCE = 128
_IMAGES_AT_ONCE = 64
_CHANGE = {"auth": Auth.ACCOUNT, "errors": (NotFound,), "audit_targets": ("projectId",)}


class ImagePath(ProjectPath):
    image_id: Id


class TagEntry(Wire):
    image_id: Id
    tag_id: Id


class TagBatch(Wire):
    tags: list[TagEntry] | None = None


class TagSummary(Wire):
    created: list[TagEntry]
    duplicated: list[TagEntry]
    exceeded: list[TagEntry]


class UntagQuery(Wire):
    image_ids: Annotated[Ids, Field(min_length=1, max_length=_IMAGES_AT_ONCE)]
    tag_ids: Annotated[Ids, Field(min_length=1, max_length=20)]


class ImageRegionEntry(Wire):
    image_id: Id
    tag_id: Id
    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, region: NewRegion) -> ImageRegionEntry:
        box = region.box
        return cls(image_id=region.image_id, tag_id=region.tag_id, left=box.left, top=box.top, width=box.width, height=box.height)


class RegionBatch(Wire):
    regions: list[ImageRegionEntry] | None = None


class RegionCreated(ImageRegionEntry):
    region_id: str
    tag_name: str
    created: Moment


class RegionSummary(Wire):
    created: list[RegionCreated]
    duplicated: list[ImageRegionEntry]
    exceeded: list[ImageRegionEntry]


class RegionIdsQuery(Wire):
    region_ids: Annotated[Ids, Field(min_length=1, max_length=_REGIONS_AT_ONCE)]


class MetadataQuery(Wire):
    image_ids: Annotated[Ids, Field(min_length=1, max_length=256)]


class Metadata(RootModel[dict[str, str]]):
    pass


class MetadataResult(Wire):
    image_id: str
    status: str
    metadata: dict[str, str] | None = None


class MetadataSummary(Wire):
    is_batch_successful: bool
    images: list[MetadataResult]


class BoundingBox(Wire):
    left: float
    top: float
    width: float
    height: float


class Proposal(Wire):
    confidence: float
    bounding_box: BoundingBox


class Proposals(Wire):
    project_id: str
    image_id: str
    proposals: list[Proposal]


@training.operation("POST", "projects/{projectId}/images/tags", **_CHANGE)
def create_image_tags(call: Call, path: ProjectPath, body: TagBatch) -> TagSummary:
    """Give images tags. Source: CreateImageTags, 3.3 and 3.4-preview."""
    _check_size(body.tags, _TAGS_AT_ONCE)
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    outcome = classifiers.changes.tag(call.account, project, [(entry.image_id, entry.tag_id) for entry in body.tags or ()])
    return TagSummary(created=_pairs(outcome.created), duplicated=_pairs(outcome.duplicated), exceeded=_pairs(outcome.exceeded))


@training.operation("DELETE", "projects/{projectId}/images/tags", success=(204,), **_CHANGE)
def delete_image_tags(call: Call, path: ProjectPath, query: UntagQuery) -> None:
    """Take tags from images, and the regions that have them. Source: DeleteImageTags, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    classifiers.changes.untag(call.account, classifiers.projects.get(call.account, path.project_id), query.image_ids, query.tag_ids)


@training.operation("POST", "projects/{projectId}/images/regions", success=(200, 207), **_CHANGE)
def create_image_regions(call: Call, path: ProjectPath, body: RegionBatch) -> Reply[RegionSummary]:
    """Give images regions, and the regions' tags. 207 where one of them was not made. Source: CreateImageRegions, 3.3 and 3.4-preview."""
    _check_size(body.regions, _REGIONS_AT_ONCE)
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    outcome, made = classifiers.changes.add_regions(call.account, project, [
        NewRegion(entry.image_id, entry.tag_id, box_of(entry.left, entry.top, entry.width, entry.height)) for entry in body.regions or ()])
    names = classifiers.queries.names(call.account, project)
    summary = RegionSummary(
        created=[_created(image_id, region, names.get(region.tag_id, "")) for image_id, region in made],
        duplicated=[ImageRegionEntry.of(region) for region in outcome.duplicated],
        exceeded=[ImageRegionEntry.of(region) for region in outcome.exceeded])
    return Reply(summary, 207 if outcome.duplicated or outcome.exceeded else 200)


@training.operation("DELETE", "projects/{projectId}/images/regions", success=(204,), **_CHANGE)
def delete_image_regions(call: Call, path: ProjectPath, query: RegionIdsQuery) -> None:
    """Delete regions; those that are not there do not matter. Source: DeleteImageRegions, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    classifiers.changes.delete_regions(call.account, classifiers.projects.get(call.account, path.project_id), query.region_ids)


@training.operation("POST", "projects/{projectId}/images/metadata", success=(200, 207), **_CHANGE)
def update_image_metadata(call: Call, path: ProjectPath, query: MetadataQuery, body: Metadata) -> Reply[MetadataSummary]:
    """Set pairs of metadata on images, and leave their others. Source: UpdateImageMetadata, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    pairs_of = classifiers.changes.set_metadata(call.account, project, query.image_ids, body.root)
    results = [MetadataResult(image_id=image_id, status="ErrorImageNotFound") if image_id not in pairs_of
               else MetadataResult(image_id=image_id, status="ErrorLimitExceed") if (pairs := pairs_of[image_id]) is None
               else MetadataResult(image_id=image_id, status="OK", metadata=dict(pairs)) for image_id in dict.fromkeys(query.image_ids)]
    is_successful = all(result.status == "OK" for result in results)
    return Reply(MetadataSummary(is_batch_successful=is_successful, images=results), 200 if is_successful else 207)


@training.operation("POST", "projects/{projectId}/images/{imageId}/regionproposals", auth=Auth.ACCOUNT, errors=(NotFound,), audit=False)
def get_image_region_proposals(call: Call, path: ImagePath) -> Proposals:
    """Where the colour of an image stands out, by frequency-tuned saliency: no model of things.

    Source: GetImageRegionProposals, 3.3 and 3.4-preview.
    """
    classifiers = call.services.classifiers
    project = classifiers.projects.get(call.account, path.project_id)
    found = classifiers.queries.by_ids(call.account, project, [path.image_id], None).images
    if not found:
        raise Missing(Code.NOT_FOUND_IMAGE, "The project has no image with this id.")
    return Proposals(project_id=project.id, image_id=path.image_id, proposals=[
        Proposal(confidence=each.confidence, bounding_box=BoundingBox(
            left=each.box.left, top=each.box.top, width=each.box.width, height=each.box.height))
        for each in classifiers.proposals(call.account, found[0])])


def _check_size(entries: Sequence[object] | None, most: int) -> None:
    if not entries or len(entries) > most:
        raise Refused(Code.EXCEEDED_BATCH_SIZE if entries else Code.REQUIRED_PARAMETER_IS_NULL, f"A batch has 1 to {most} entries.")


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[TagEntry]:
    return [TagEntry(image_id=image_id, tag_id=tag_id) for image_id, tag_id in pairs]


def _created(image_id: str, region: Region, name: str) -> RegionCreated:
    entry = ImageRegionEntry.of(NewRegion(image_id, region.tag_id, region.box))
    return RegionCreated(**entry.model_dump(), region_id=region.id, tag_name=name, created=region.created_at)
