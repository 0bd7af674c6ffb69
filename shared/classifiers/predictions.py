"""The records of predictions that are kept, and their pictures.

Kind CV_PREDICTION: one record per prediction, parent = the project's generation; ids sort the newest first. Kind
CV_PREDICTION_PICTURE: `<prediction id>/original`, `resized` (where it is large), `thumbnail`; written before the record.
"""
from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.classifiers.failures import Code, Missing
from shared.classifiers.images import ORIGINAL, RESIZED, THUMBNAIL
from shared.classifiers.models import Project
from shared.classifiers.pictures import Pictures
from shared.errors import NotFound
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_PREDICTION, CV_PREDICTION_PICTURE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MILLISECOND = (1 << 48) - 1
_PAGE = 200


@dataclass(frozen=True, slots=True)
class KeptPrediction:
    """`probabilities` by the ids of the tags."""

    id: str
    iteration_id: str
    created_at: datetime
    expires_at: datetime
    application: str
    probabilities: dict[str, float]
    domain_id: str
    width: int
    height: int


class PredictionRepository:
    def insert(self, account: AccountStore, project: Project, prediction: KeptPrediction, pictures: Pictures) -> None:
        for name, content in pictures.blobs.items():
            account.blobs.write(CV_PREDICTION_PICTURE, f"{prediction.id}/{name}", [content])
        account.records.insert(CV_PREDICTION, _record(prediction), project.generation)

    def newest_first(self, account: AccountStore, project: Project, after: str | None) -> Iterator[KeptPrediction]:
        while True:
            page = account.records.page(CV_PREDICTION, project.generation, after=after, size=_PAGE)
            yield from map(_prediction, page.records)
            after = page.next_after
            if after is None:
                return

    def oldest_first(self, account: AccountStore, project: Project, after: str | None) -> Iterator[KeptPrediction]:
        ids: list[str] = []
        place = None
        while True:
            found, place = account.records.ids(CV_PREDICTION, project.generation, after=place)
            ids += found
            if place is None:
                break
        ids = [each for each in reversed(ids) if after is None or each < after]
        for start in range(0, len(ids), _PAGE):
            found_records = account.records.find_all(CV_PREDICTION, ids[start:start + _PAGE], project.generation)
            yield from (_prediction(found_records[each]) for each in ids[start:start + _PAGE] if each in found_records)

    def content(self, account: AccountStore, project: Project, prediction_id: str) -> bytes:
        """The picture of a prediction. Raises Missing."""
        if account.records.find(CV_PREDICTION, prediction_id, project.generation) is None:
            raise _no_such_prediction()
        try:
            return b"".join(account.blobs.read(CV_PREDICTION_PICTURE, f"{prediction_id}/{ORIGINAL}"))
        except NotFound:
            raise _no_such_prediction() from None

    def delete(self, account: AccountStore, project: Project, prediction_ids: Sequence[str]) -> None:
        """Pictures and records; those that are gone already do not matter."""
        for prediction_id in account.records.find_all(CV_PREDICTION, prediction_ids, project.generation):
            for name in (ORIGINAL, RESIZED, THUMBNAIL):
                account.blobs.delete(CV_PREDICTION_PICTURE, f"{prediction_id}/{name}")
            account.records.delete(CV_PREDICTION, prediction_id, project.generation)


def new_prediction_id(created_at: datetime) -> str:
    """A UUID of version 8 that sorts the newest first: what is left of 48 bits of milliseconds, then chance (RFC 9562, 5.8)."""
    milliseconds = (created_at - _EPOCH) // timedelta(milliseconds=1)
    return str(uuid.UUID(int=(_LAST_MILLISECOND - milliseconds) << 80 | 0x8 << 76 | secrets.randbits(12) << 64
                         | 0b10 << 62 | secrets.randbits(62)))


def _no_such_prediction() -> Missing:
    return Missing(Code.NOT_FOUND_IMAGE, "The project keeps no prediction with this id.")


def _prediction(record: Record) -> KeptPrediction:
    content = record.content
    return KeptPrediction(record.id, content["iterationId"], datetime.fromisoformat(content["createdAt"]), record.plain["expiresAt"],
                          content["application"], content["probabilities"], content["domainId"], content["width"], content["height"])


def _record(prediction: KeptPrediction) -> Record:
    return Record(prediction.id, {
        "iterationId": prediction.iteration_id, "createdAt": prediction.created_at.isoformat(), "application": prediction.application,
        "probabilities": prediction.probabilities, "domainId": prediction.domain_id, "width": prediction.width,
        "height": prediction.height}, {"expiresAt": prediction.expires_at})
