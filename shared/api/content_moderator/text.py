"""Content Moderator text: the wire."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.api.content_moderator.lists import ListNumber
from shared.api.content_moderator.wire import Status, Wire, api
from shared.api.engine_headers import engine_headers
from shared.errors import NotFound, QuotaExceeded
from shared.http.operation import Auth, Call, Reply, TextBody
from shared.text_analysis.classification import Classification
from shared.text_analysis.markup.reading import Markup
from shared.text_analysis.pii.models import PersonalDataKind
from shared.text_analysis.screening import ScreenedData, Screening

TEXT_LIMIT = 1024
TEXT_TYPES = tuple(Markup)
BODY_LIMIT_BYTES = 64 * 1024
"""Far more than a text within its limit has, so that one that is somewhat too long is told so in the usual words."""


def _is_absent(value: object) -> bool:
    return value is None


class ScreenedText(TextBody):
    longest = TEXT_LIMIT


class ScreenQuery(BaseModel):
    """Names compare without case and empty values count as absent: clients write `PII` and `pii`, and send `listId=`."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    language: str | None = None
    autocorrect: bool = False
    with_personal_data: bool = Field(False, alias="PII")
    list_id: ListNumber | None = Field(None, alias="listId")
    classify: bool = False

    @model_validator(mode="before")
    @classmethod
    def _as_declared(cls, sent: dict[str, str]) -> dict[str, str]:
        names = {name.lower(): name for name in ("language", "autocorrect", "PII", "listId", "classify")}
        return {names.get(name.lower(), name): value for name, value in sent.items() if value.strip()}


class EmailBody(Wire):
    detected: str
    sub_type: str
    text: str
    index: int


class IpAddressBody(Wire):
    sub_type: str
    text: str
    index: int


class PhoneBody(Wire):
    country_code: str
    text: str
    index: int


class DataBody(Wire):
    text: str
    index: int


class CreditCardBody(Wire):
    """Beyond the published shape."""

    sub_type: str
    text: str
    index: int


class IbanBody(Wire):
    """Beyond the published shape."""

    country_code: str
    text: str
    index: int


class PiiBody(Wire):
    email: list[EmailBody]
    ipa: list[IpAddressBody] = Field(alias="IPA")
    phone: list[PhoneBody]
    address: list[DataBody]
    ssn: list[DataBody] = Field(alias="SSN")
    credit_card: list[CreditCardBody] | None = Field(None, exclude_if=_is_absent)
    iban: list[IbanBody] | None = Field(None, alias="IBAN", exclude_if=_is_absent)

    @classmethod
    def of(cls, found: Sequence[ScreenedData]) -> PiiBody:
        def of_kind(kind: PersonalDataKind) -> list[ScreenedData]:
            return [each for each in found if each.data.kind is kind]
        return cls(
            email=[EmailBody(detected=each.original_text, sub_type="Regular", **_place(each))
                   for each in of_kind(PersonalDataKind.EMAIL)],
            ipa=[IpAddressBody(sub_type=each.data.detail, **_place(each)) for each in of_kind(PersonalDataKind.IP_ADDRESS)],
            phone=[PhoneBody(country_code=each.data.detail, **_place(each)) for each in of_kind(PersonalDataKind.PHONE)],
            address=[DataBody(**_place(each)) for each in of_kind(PersonalDataKind.ADDRESS)],
            ssn=[DataBody(**_place(each)) for each in of_kind(PersonalDataKind.SSN)],
            credit_card=[CreditCardBody(sub_type=each.data.detail, **_place(each))
                         for each in of_kind(PersonalDataKind.CREDIT_CARD)] or None,
            iban=[IbanBody(country_code=each.data.detail, **_place(each)) for each in of_kind(PersonalDataKind.IBAN)] or None)


def _place(found: ScreenedData) -> dict[str, Any]:
    return {"text": found.data.text, "index": found.original_index}


class ScoreBody(Wire):
    score: float


class ClassificationBody(Wire):
    review_recommended: bool
    category1: ScoreBody
    category2: ScoreBody
    category3: ScoreBody

    @classmethod
    def of(cls, scores: Classification) -> ClassificationBody:
        return cls(review_recommended=scores.review_recommended, category1=ScoreBody(score=scores.explicit),
                   category2=ScoreBody(score=scores.suggestive), category3=ScoreBody(score=scores.offensive))


class ScreenedTermBody(Wire):
    index: int
    original_index: int
    list_id: int
    term: str


class ScreenBody(Wire):
    """Properties that were not asked for are absent; `terms` is null where nothing matched, `misrepresentation` always."""

    original_text: str
    normalized_text: str
    auto_corrected_text: str | None = Field(None, exclude_if=_is_absent)
    misrepresentation: list[str] | None = None
    language: str
    pii: PiiBody | None = Field(None, alias="PII", exclude_if=_is_absent)
    classification: ClassificationBody | None = Field(None, exclude_if=_is_absent)
    terms: list[ScreenedTermBody] | None
    status: Status
    tracking_id: str

    @classmethod
    def of(cls, text: str, screening: Screening, request_id: str) -> ScreenBody:
        found, scores = screening.personal_data, screening.classification
        return cls(
            original_text=text,
            normalized_text=screening.normalized_text,
            auto_corrected_text=screening.corrected_text,
            language=screening.language,
            pii=None if found is None else PiiBody.of(found),
            classification=None if scores is None else ClassificationBody.of(scores),
            terms=[ScreenedTermBody(index=term.index, original_index=term.original_index, list_id=term.list_id, term=term.term)
                   for term in screening.terms] or None,
            status=Status(),
            tracking_id=request_id)


class DetectedLanguageBody(Wire):
    detected_language: str
    status: Status
    tracking_id: str


# The published path ends in a slash; the host takes a route without one for both.
@api.operation("POST", "moderate/v1.0/ProcessText/Screen", auth=Auth.ACCOUNT, errors=(NotFound, QuotaExceeded), audit=False,
               media_types=TEXT_TYPES, body_limit_bytes=BODY_LIMIT_BYTES)
def text_moderation_screen_text(call: Call, query: ScreenQuery, body: ScreenedText) -> Reply[ScreenBody]:
    """Profane terms, the terms of a list, personal data, three scores, corrected spelling and language of a text. Nothing of it is kept.

    Source: TextModeration_ScreenText, v1.0.
    """
    screening = call.services.screening.screen(
        call.account, body.text, Markup(body.media_type), language=query.language, list_id=query.list_id,
        with_correction=query.autocorrect, with_personal_data=query.with_personal_data, with_classification=query.classify)
    headers = engine_headers(screening.engine, screening.model_version)
    return Reply(ScreenBody.of(body.text, screening, call.request_id), headers=headers)


@api.operation("POST", "moderate/v1.0/ProcessText/DetectLanguage", auth=Auth.ACCOUNT, audit=False, media_types=TEXT_TYPES,
               body_limit_bytes=BODY_LIMIT_BYTES)
def text_moderation_detect_language(call: Call, body: ScreenedText) -> DetectedLanguageBody:
    """The language that most of a text is in. Nothing of it is kept.

    Source: TextModeration_DetectLanguage, v1.0.
    """
    language = call.services.screening.language_of(body.text, Markup(body.media_type))
    return DetectedLanguageBody(detected_language=language, status=Status(), tracking_id=call.request_id)
