"""What an iteration would tag images with: the wire."""
from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import Field, RootModel

from shared.api.custom_vision.image_models import ImageShown
from shared.api.custom_vision.prediction_models import ImagePrediction, PredictionBody, continued, continues_after
from shared.api.custom_vision.wire import Id, Ids, ProjectPath, Wire, training
from shared.classifiers.failures import Code, Refused
from shared.classifiers.prediction_service import RESULTS
from shared.classifiers.suggestions import Suggestion
from shared.errors import NotFound, Unavailable
from shared.http.operation import Auth, Call
from shared.storage.account_store import AccountStore


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
        is_sure_first=body.sort_by != SortBy.DESCENDING, after=continues_after(body.continuation), size=body.max_count or RESULTS)
    token = body.model_copy(update={"session": body.session or secrets.token_hex(8), "continuation": continued(after)})
    return SuggestedQueryResult(token=token, results=[StoredSuggestion.stored(call, account, path, each) for each in found])


@training.operation("POST", "projects/{projectId}/images/suggested/count", auth=Auth.ACCOUNT, errors=(NotFound, Unavailable), audit=False)
def query_suggested_image_count(call: Call, path: ProjectPath, query: SuggestedQuery, body: TagFilter) -> Counts:
    """How many images without a tag may have each tag. Source: QuerySuggestedImageCount, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    return Counts(dict(classifiers.suggestions.counts(account, classifiers.projects.get(account, path.project_id), query.iteration_id,
                                                      body.tag_ids or (), body.threshold)))
