"""Predictions that are kept: found again, and deleted."""
from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from shared.api.custom_vision.files import file_address
from shared.api.custom_vision.prediction_models import ImagePrediction, PredictionBody, continued, continues_after
from shared.api.custom_vision.wire import Id, Ids, ProjectPath, Wire, training
from shared.classifiers.failures import Code, Refused
from shared.classifiers.images import ORIGINAL, RESIZED, THUMBNAIL
from shared.classifiers.iteration_models import Prediction
from shared.classifiers.pictures import is_resized
from shared.classifiers.prediction_service import RESULTS, PredictionOrder, PredictionQuery, TagRange
from shared.errors import NotFound
from shared.http.operation import Auth, Call
from shared.storage.account_store import AccountStore
from shared.storage.holdings import CV_PREDICTION_PICTURE


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
        def address(name: str) -> str:
            return file_address(call, account, CV_PREDICTION_PICTURE, f"{made.id}/{name}")
        resized = RESIZED if is_resized(made.width, made.height) else ORIGINAL
        return cls(id=made.id, project=made.project_id, iteration=made.iteration_id, created=made.created_at,
                   predictions=[PredictionBody.of(score) for score in made.scores], resized_image_uri=address(resized),
                   thumbnail_uri=address(THUMBNAIL), original_image_uri=address(ORIGINAL), domain=made.domain_id)


class PredictionQueryResult(Wire):
    token: PredictionQueryToken
    results: list[StoredPrediction]


class IdsQuery(Wire):
    ids: Ids = []


@training.operation("POST", "projects/{projectId}/predictions/query", auth=Auth.ACCOUNT, errors=(NotFound,), audit=False)
def query_predictions(call: Call, path: ProjectPath, body: PredictionQueryToken) -> PredictionQueryResult:
    """Kept predictions, page by page; the token of an answer asks for the next page. Source: QueryPredictions, 3.3 and 3.4-preview."""
    classifiers, account = call.services.classifiers, call.account
    order = body.order_by or PredictionOrder.NEWEST
    if order not in set(PredictionOrder):
        raise Refused(Code.INVALID_QUERY_PARAMETERS, f"orderBy is {', '.join(PredictionOrder)}.", "orderBy")
    results, after = classifiers.predictions.query(account, classifiers.projects.get(account, path.project_id), PredictionQuery(
        PredictionOrder(order), body.max_count or RESULTS, continues_after(body.continuation),
        [TagRange(tag.id, tag.min_threshold, tag.max_threshold) for tag in body.tags or ()],
        body.iteration_id, body.start_time, body.end_time, body.application))
    token = body.model_copy(update={"session": body.session or secrets.token_hex(8), "continuation": continued(after), "order_by": order})
    return PredictionQueryResult(token=token, results=[StoredPrediction.shown(call, account, made) for made in results])


@training.operation("DELETE", "projects/{projectId}/predictions", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound,),
                    audit_targets=("projectId",))
def delete_prediction(call: Call, path: ProjectPath, query: IdsQuery) -> None:
    """Delete kept predictions and their pictures. Source: DeletePrediction, 3.3 and 3.4-preview."""
    classifiers = call.services.classifiers
    classifiers.predictions.delete(call.account, classifiers.projects.get(call.account, path.project_id), query.ids)
