"""Content Moderator images: the wire."""
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.api.content_moderator.lists import ListNumber
from shared.api.content_moderator.pictures import BODY_LIMIT_BYTES, PICTURES, ModeratedImage
from shared.api.content_moderator.wire import Status, Wire, api
from shared.api.engine_headers import engine_headers
from shared.api.image_loading import LoadedImage, load_image
from shared.errors import InvalidRequest, NotFound, QuotaExceeded, Unavailable
from shared.http.operation import Auth, Call, Reply
from shared.image_analysis.languages import language_of
from shared.imaging.models import ImageFormat, Picture

_LINE_END = " \r\n"


def _is_absent(value: object) -> bool:
    return value is None


class ImageQuery(BaseModel):
    """Names compare without case, and empty values count as absent: the published examples write `CacheImage` and `cacheimage`."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    cache_image: bool = Field(False, alias="CacheImage")
    names: ClassVar[tuple[str, ...]] = ("CacheImage",)

    @model_validator(mode="before")
    @classmethod
    def _as_declared(cls, sent: dict[str, str]) -> dict[str, str]:
        names = {name.lower(): name for name in cls.names}
        return {names.get(name.lower(), name): value for name, value in sent.items() if value.strip()}


class OcrQuery(ImageQuery):
    language: str | None = Field(None, max_length=32)
    enhanced: bool = False
    names: ClassVar[tuple[str, ...]] = ("CacheImage", "language", "enhanced")


class MatchQuery(ImageQuery):
    list_id: ListNumber | None = Field(None, alias="listId")
    names: ClassVar[tuple[str, ...]] = ("CacheImage", "listId")


class KeyValue(Wire):
    key: str
    value: str


class EvaluateBody(Wire):
    """`CacheID` is there only where caching was asked for."""

    adult_classification_score: float
    is_image_adult_classified: bool
    racy_classification_score: float
    is_image_racy_classified: bool
    advanced_info: list[KeyValue]
    result: bool
    status: Status
    tracking_id: str
    cache_id: str | None = Field(None, alias="CacheID", exclude_if=_is_absent)


class CandidateBody(Wire):
    text: str
    confidence: float


class OcrBody(Wire):
    """`CacheId` is there only where caching was asked for."""

    metadata: list[KeyValue]
    language: str
    text: str
    candidates: list[CandidateBody]
    status: Status
    tracking_id: str
    cache_id: str | None = Field(None, alias="CacheId", exclude_if=_is_absent)


class FaceBody(Wire):
    left: int
    right: int
    top: int
    bottom: int


class FoundFacesBody(Wire):
    """`CacheId` is there only where caching was asked for."""

    faces: list[FaceBody]
    count: int
    advanced_info: list[KeyValue]
    result: bool
    status: Status
    tracking_id: str
    cache_id: str | None = Field(None, alias="CacheId", exclude_if=_is_absent)


class MatchBody(Wire):
    score: float
    match_id: int
    source: str
    tags: list[int]
    label: str


class MatchResponseBody(Wire):
    """`CacheID` is there only where caching was asked for."""

    is_match: bool
    matches: list[MatchBody]
    status: Status
    tracking_id: str
    cache_id: str | None = Field(None, alias="CacheID", exclude_if=_is_absent)


@dataclass(frozen=True, slots=True)
class _Sent:
    """The picture of a request, and what is kept of it once it has been judged."""

    call: Call
    body: ModeratedImage
    loaded: LoadedImage

    @property
    def picture(self) -> Picture:
        return self.loaded.picture

    @property
    def advanced_info(self) -> list[KeyValue]:
        """Of a picture that was fetched from a URL."""
        if self.loaded.download_ms is None:
            return []
        return [KeyValue(key="ImageDownloadTimeInMs", value=str(self.loaded.download_ms)),
                KeyValue(key="ImageSizeInBytes", value=str(len(self.loaded.content)))]

    def cached(self, query: ImageQuery) -> str | None:
        """Keep the picture if that is asked for, and return its cache id; one that is cached already is not kept again."""
        if not query.cache_image:
            return None
        if self.body.cache_id is not None:
            return self.body.cache_id
        media_type = f"image/{self.picture.format.lower()}"
        return self.call.services.cached_images.keep(self.call.account, self.loaded.content, media_type).id


def _sent(call: Call, body: ModeratedImage) -> _Sent:
    def cached(image_id: str) -> bytes:
        return call.services.cached_images.content(call.account, image_id)[1]
    return _Sent(call, body, load_image(call.services.outbound, body, PICTURES, cached))


@api.operation("POST", "moderate/v1.0/ProcessImage/Evaluate", auth=Auth.ACCOUNT, errors=(NotFound, QuotaExceeded, Unavailable),
               audit=False, body_limit_bytes=BODY_LIMIT_BYTES)
def image_moderation_evaluate(call: Call, query: ImageQuery, body: ModeratedImage) -> Reply[EvaluateBody]:
    """How adult and how racy a picture is. Nothing of it is kept, unless `CacheImage` asks for it.

    Source: ImageModeration_Evaluate, v1.0.
    """
    sent = _sent(call, body)
    judged = call.services.image_moderation.evaluate(sent.picture)
    answer = EvaluateBody(
        adult_classification_score=judged.scores.adult, is_image_adult_classified=judged.is_adult,
        racy_classification_score=judged.scores.racy, is_image_racy_classified=judged.is_racy, advanced_info=sent.advanced_info,
        result=judged.is_adult or judged.is_racy, status=Status(), tracking_id=call.request_id, cache_id=sent.cached(query))
    return Reply(answer, headers=engine_headers(judged.engine, judged.model_version))


@api.operation("POST", "moderate/v1.0/ProcessImage/OCR", auth=Auth.ACCOUNT, errors=(NotFound, QuotaExceeded), audit=False,
               body_limit_bytes=BODY_LIMIT_BYTES)
def image_moderation_ocr(call: Call, query: OcrQuery, body: ModeratedImage) -> OcrBody:
    """The text in a picture, line by line in reading order. Nothing of it is kept, unless `CacheImage` asks for it.

    With `enhanced` each line is a candidate with its confidence. Source: ImageModeration_OCR, v1.0.
    """
    language = language_of(query.language)
    sent = _sent(call, body)
    if query.enhanced and sent.picture.format is ImageFormat.TIFF:
        raise InvalidRequest("A TIFF image cannot be read with enhanced=true.", "enhanced")
    lines = call.services.image_moderation.read_text(sent.picture).lines
    return OcrBody(
        metadata=sent.advanced_info, language=language, text="".join(line.text + _LINE_END for line in lines),
        candidates=[CandidateBody(text=line.text, confidence=line.confidence) for line in lines if query.enhanced],
        status=Status(), tracking_id=call.request_id, cache_id=sent.cached(query))


@api.operation("POST", "moderate/v1.0/ProcessImage/FindFaces", auth=Auth.ACCOUNT, errors=(NotFound, QuotaExceeded), audit=False,
               body_limit_bytes=BODY_LIMIT_BYTES)
def image_moderation_find_faces(call: Call, query: ImageQuery, body: ModeratedImage) -> FoundFacesBody:
    """Where faces are, in pixels of the upright picture. Nothing of it is kept, unless `CacheImage` asks for it.

    Source: ImageModeration_FindFaces, v1.0.
    """
    sent = _sent(call, body)
    faces = [FaceBody(left=face.left, right=face.right, top=face.top, bottom=face.bottom)
             for face in call.services.image_moderation.find_faces(sent.picture)]
    return FoundFacesBody(
        faces=faces, count=len(faces), advanced_info=sent.advanced_info, result=bool(faces), status=Status(),
        tracking_id=call.request_id, cache_id=sent.cached(query))


@api.operation("POST", "moderate/v1.0/ProcessImage/Match", auth=Auth.ACCOUNT, errors=(NotFound, QuotaExceeded), audit=False,
               body_limit_bytes=BODY_LIMIT_BYTES)
def image_moderation_match(call: Call, query: MatchQuery, body: ModeratedImage) -> MatchResponseBody:
    """The images of a list, or of all lists, that a picture looks like, the nearest first. Nothing of it is kept, unless `CacheImage`
    asks for it.

    Source: ImageModeration_Match, v1.0.
    """
    sent = _sent(call, body)
    matches = [MatchBody(score=found.score, match_id=found.content_id, source=str(found.list_number), tags=list(found.tags),
                         label=found.label)
               for found in call.services.image_lists.match(call.account, sent.picture, query.list_id)]
    return MatchResponseBody(
        is_match=bool(matches), matches=matches, status=Status(), tracking_id=call.request_id, cache_id=sent.cached(query))
