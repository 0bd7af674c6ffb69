"""What the published Content Moderator specification says of the operations in scope, in a table of our own.

Source: ContentModerator.json, v1.0. Overloads of one path are one operation here, named as the first of them.
"""
from __future__ import annotations

from typing import Any

_REVIEWS = "contentmoderator/review/v1.0/teams/{teamName}/reviews"
# Operation id: method, path below the endpoint, success code, name of the answer's schema.
OPERATIONS: dict[str, tuple[str, str, int | tuple[int, ...], str | None]] = {
    # The published path of the first ends in a slash; the host takes a route without one for both.
    "TextModeration_ScreenText": ("POST", "contentmoderator/moderate/v1.0/ProcessText/Screen", 200, "Screen"),
    "TextModeration_DetectLanguage": ("POST", "contentmoderator/moderate/v1.0/ProcessText/DetectLanguage", 200, "DetectedLanguage"),
    "ImageModeration_Evaluate": ("POST", "contentmoderator/moderate/v1.0/ProcessImage/Evaluate", 200, "Evaluate"),
    "ImageModeration_OCR": ("POST", "contentmoderator/moderate/v1.0/ProcessImage/OCR", 200, "OCR"),
    "ImageModeration_FindFaces": ("POST", "contentmoderator/moderate/v1.0/ProcessImage/FindFaces", 200, "FoundFaces"),
    "ImageModeration_Match": ("POST", "contentmoderator/moderate/v1.0/ProcessImage/Match", 200, "MatchResponse"),
    "ListManagementTermLists_GetDetails": ("GET", "contentmoderator/lists/v1.0/termlists/{listId}", 200, "TermList"),
    "ListManagementTermLists_Delete": ("DELETE", "contentmoderator/lists/v1.0/termlists/{listId}", 200, "String"),
    "ListManagementTermLists_Update": ("PUT", "contentmoderator/lists/v1.0/termlists/{listId}", 200, "TermList"),
    "ListManagementTermLists_Create": ("POST", "contentmoderator/lists/v1.0/termlists", 200, "TermList"),
    "ListManagementTermLists_GetAllTermLists": ("GET", "contentmoderator/lists/v1.0/termlists", 200, "TermLists"),
    "ListManagementTermLists_RefreshIndex": (
        "POST", "contentmoderator/lists/v1.0/termlists/{listId}/RefreshIndex", 200, "RefreshIndex"),
    "ListManagementImageLists_GetDetails": ("GET", "contentmoderator/lists/v1.0/imagelists/{listId}", 200, "ImageList"),
    "ListManagementImageLists_Delete": ("DELETE", "contentmoderator/lists/v1.0/imagelists/{listId}", 200, "String"),
    "ListManagementImageLists_Update": ("PUT", "contentmoderator/lists/v1.0/imagelists/{listId}", 200, "ImageList"),
    "ListManagementImageLists_Create": ("POST", "contentmoderator/lists/v1.0/imagelists", 200, "ImageList"),
    "ListManagementImageLists_GetAllImageLists": ("GET", "contentmoderator/lists/v1.0/imagelists", 200, "ImageLists"),
    "ListManagementImageLists_RefreshIndex": (
        "POST", "contentmoderator/lists/v1.0/imagelists/{listId}/RefreshIndex", 200, "RefreshIndex"),
    "ListManagementImage_AddImage": ("POST", "contentmoderator/lists/v1.0/imagelists/{listId}/images", 200, "Image"),
    "ListManagementImage_DeleteAllImages": ("DELETE", "contentmoderator/lists/v1.0/imagelists/{listId}/images", 200, "String"),
    "ListManagementImage_GetAllImageIds": ("GET", "contentmoderator/lists/v1.0/imagelists/{listId}/images", 200, "ImageIds"),
    "ListManagementImage_DeleteImage": (
        "DELETE", "contentmoderator/lists/v1.0/imagelists/{listId}/images/{ImageId}", 200, "String"),
    "ListManagementTerm_AddTerm": ("POST", "contentmoderator/lists/v1.0/termlists/{listId}/terms/{term}", 201, None),
    "ListManagementTerm_DeleteTerm": ("DELETE", "contentmoderator/lists/v1.0/termlists/{listId}/terms/{term}", 204, None),
    "ListManagementTerm_GetAllTerms": ("GET", "contentmoderator/lists/v1.0/termlists/{listId}/terms", 200, "Terms"),
    "ListManagementTerm_DeleteAllTerms": ("DELETE", "contentmoderator/lists/v1.0/termlists/{listId}/terms", 204, None),
    "Reviews_GetReview": ("GET", f"{_REVIEWS}/{{reviewId}}", 200, "Review"),
    "Reviews_GetJobDetails": ("GET", "contentmoderator/review/v1.0/teams/{teamName}/jobs/{JobId}", 200, "Job"),
    "Reviews_CreateJob": ("POST", "contentmoderator/review/v1.0/teams/{teamName}/jobs", 200, "JobId"),
    "Reviews_CreateReviews": ("POST", _REVIEWS, 200, "ReviewList"),
    # 200 without a body, 204 for the overloads `url` and `stream`.
    "Reviews_AddVideoFrame": ("POST", f"{_REVIEWS}/{{reviewId}}/frames", (200, 204), None),
    "Reviews_GetVideoFrames": ("GET", f"{_REVIEWS}/{{reviewId}}/frames", 200, "Frames"),
    "Reviews_PublishVideoReview": ("POST", f"{_REVIEWS}/{{reviewId}}/publish", 204, None),
    "Reviews_AddVideoTranscriptModerationResult": ("PUT", f"{_REVIEWS}/{{reviewId}}/transcriptmoderationresult", 204, None),
    "Reviews_AddVideoTranscript": ("PUT", f"{_REVIEWS}/{{reviewId}}/transcript", 204, None),
}

DIFFERENCES: dict[str, str] = {
    "Status.Exception": "null, as recordings of the live service have it; the published examples show an empty string, and the "
                        "official clients take either.",
    "TrackingId": "the id of the request, a UUID, which the header apim-request-id has too; the published ones are opaque.",
    "AdvancedInfo, OCR.Metadata": "empty unless the picture came from a URL; there ImageDownloadTimeInMs and ImageSizeInBytes.",
    "CacheID, CacheId": "there only where caching was asked for.",
    "OCR.Candidates": "with enhanced=true each line with its confidence; the engine has no second reading of a line.",
    "Review.Content, Frame.FrameImage": "addresses of this service, which the account's key opens; the published ones lead into a storage.",
    "Review.CreatedBy": "the name of the team, as in the published example.",
    "Review.Status": "Unpublished too, of a video that waits to be published.",
    "RefreshIndex": "succeeds without doing anything: changes count from the next request on.",
}
"""Where we differ from the published examples of images and reviews, and why. Those of text and term lists: docs/screening.md."""

OURS: dict[str, str] = {
    "import_images": "adding a thousand pictures takes a thousand requests; there is no published bulk operation",
    "import_hashes": "hash lists of others come without pictures; there is no published operation that takes them",
    "export_hashes": "so that lists can be shared without pictures; there is no published operation that gives hashes",
    "import_terms": "adding a million terms one by one takes days; there is no published bulk operation",
}
"""Operations below the family's prefix that are not published, with the reason."""


def _object(**properties: Any) -> dict[str, Any]:
    """All properties, and nothing beyond them: a client of another language may be strict."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_STRING = {"type": "string"}
_STATUS = _object(Code={"const": 3000}, Description=_STRING, Exception={"type": ["string", "null"]})
_TERM_LIST = _object(Id={"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, Name=_STRING, Description=_STRING,
                     Metadata={"type": "object", "additionalProperties": _STRING})
_IMAGE_LIST = _TERM_LIST
_CONTENT_ID = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
_COUNT = {"type": "integer", "minimum": 0}

_TERM = _object(Index=_COUNT, OriginalIndex=_COUNT, ListId=_COUNT, Term=_STRING)
_SCORE = _object(Score={"type": "number", "minimum": 0, "maximum": 1})
_PII = _object(**{name: {"type": "array", "items": _object(**fields, Text=_STRING, Index=_COUNT)} for name, fields in {
    "Email": {"Detected": _STRING, "SubType": {"const": "Regular"}}, "IPA": {"SubType": {"enum": ["IPV4", "IPV6"]}},
    "Phone": {"CountryCode": _STRING}, "Address": {}, "SSN": {}}.items()})
_SCREEN = _object(
    OriginalText=_STRING, NormalizedText=_STRING, AutoCorrectedText=_STRING, Misrepresentation={"type": "null"}, Language=_STRING,
    PII=_PII, Terms={"type": ["array", "null"], "items": _TERM, "minItems": 1}, Status=_STATUS, TrackingId=_STRING,
    Classification=_object(ReviewRecommended={"type": "boolean"}, Category1=_SCORE, Category2=_SCORE, Category3=_SCORE))
_REVIEW_ID = {"type": "string", "pattern": "^[0-9]{6}[itv][0-9a-f]{32}$"}
_ASKED_FOR = ("AutoCorrectedText", "PII", "Classification")
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_PAIRS = {"type": "array", "items": _object(Key=_STRING, Value=_STRING)}
_EVALUATE = _object(
    AdultClassificationScore=_SHARE, IsImageAdultClassified={"type": "boolean"}, RacyClassificationScore=_SHARE,
    IsImageRacyClassified={"type": "boolean"}, AdvancedInfo=_PAIRS, Result={"type": "boolean"}, Status=_STATUS, TrackingId=_STRING,
    CacheID=_STRING)
_OCR = _object(
    Metadata=_PAIRS, Language={"type": "string", "pattern": "^[a-z]{3}$"}, Text=_STRING, Status=_STATUS, TrackingId=_STRING,
    Candidates={"type": "array", "items": _object(Text=_STRING, Confidence=_SHARE)}, CacheId=_STRING)
_FACES = _object(
    Faces={"type": "array", "items": _object(Left=_COUNT, Right=_COUNT, Top=_COUNT, Bottom=_COUNT)}, Count=_COUNT,
    AdvancedInfo=_PAIRS, Result={"type": "boolean"}, Status=_STATUS, TrackingId=_STRING, CacheId=_STRING)
_MATCHES = _object(
    IsMatch={"type": "boolean"}, Status=_STATUS, TrackingId=_STRING, CacheID=_STRING,
    Matches={"type": "array", "items": _object(Score=_SHARE, MatchId=_CONTENT_ID, Source=_STRING, Label=_STRING,
                                               Tags={"type": "array", "items": {"type": "integer"}})})

SCHEMAS: dict[str, dict[str, Any]] = {
    "Screen": {**_SCREEN, "required": [name for name in _SCREEN["required"] if name not in _ASKED_FOR]},
    "DetectedLanguage": _object(DetectedLanguage={"type": "string", "pattern": "^[a-z]{3}$"}, Status=_STATUS, TrackingId=_STRING),
    "Evaluate": {**_EVALUATE, "required": [name for name in _EVALUATE["required"] if name != "CacheID"]},
    "OCR": {**_OCR, "required": [name for name in _OCR["required"] if name != "CacheId"]},
    "FoundFaces": {**_FACES, "required": [name for name in _FACES["required"] if name != "CacheId"]},
    "MatchResponse": {**_MATCHES, "required": [name for name in _MATCHES["required"] if name != "CacheID"]},
    "TermList": _TERM_LIST,
    "TermLists": {"type": "array", "items": _TERM_LIST},
    "ImageList": _IMAGE_LIST,
    "ImageLists": {"type": "array", "items": _IMAGE_LIST},
    "Image": _object(ContentId={"type": "string", "pattern": "^[1-9][0-9]*$"}, Status=_STATUS, TrackingId=_STRING,
                     AdditionalInfo={"type": "array", "items": _object(Key={"const": "Source"}, Value=_STRING)}),
    "ImageIds": _object(ContentSource=_STRING, ContentIds={"type": "array", "items": _CONTENT_ID}, Status=_STATUS, TrackingId=_STRING),
    "String": _STRING,
    "JobId": _object(JobId=_STRING),
    "Job": _object(Id=_STRING, TeamName=_STRING, Status={"enum": ["InProgress", "Complete", "Error"]}, WorkflowId=_STRING, Type=_STRING,
                   CallBackEndpoint=_STRING, ReviewId=_STRING, ResultMetaData=_PAIRS,
                   JobExecutionReport={"type": "array", "items": _object(Ts=_STRING, Msg=_STRING)}),
    "ReviewList": {"type": "array", "items": _REVIEW_ID},
    "Review": _object(ReviewId=_REVIEW_ID, SubTeam=_STRING, Status={"enum": ["Unpublished", "Pending", "Complete"]},
                      ReviewerResultTags=_PAIRS, CreatedBy=_STRING, Metadata=_PAIRS, Type={"enum": ["Image", "Text", "Video"]},
                      Content={"type": "string", "pattern": "^https?://"}, ContentId=_STRING, CallbackEndpoint=_STRING),
    "Frames": _object(ReviewId=_REVIEW_ID, VideoFrames={"type": "array", "items": _object(
        Timestamp={"type": "string", "pattern": "^[0-9]+$"}, FrameImage={"type": "string", "pattern": "^https?://"}, Metadata=_PAIRS,
        ReviewerResultTags=_PAIRS)}),
    "RefreshIndex": _object(ContentSourceId=_STRING, IsUpdateSuccess={"type": "boolean"}, Status=_STATUS, TrackingId=_STRING,
                            AdvancedInfo={"type": "array", "items": {"type": "object", "additionalProperties": _STRING}}),
    "Terms": _object(
        Data=_object(Language=_STRING, Terms={"type": "array", "items": _object(Term=_STRING)}, Status=_STATUS, TrackingId=_STRING),
        Paging=_object(Total=_COUNT, Limit=_COUNT, Offset=_COUNT, Returned=_COUNT)),
}

ERROR_SCHEMA = _object(
    Error=_object(Code={"type": "string", "minLength": 1}, Message={"type": "string", "minLength": 1}),
    Message=_STRING, TrackingId=_STRING, Errors={"type": "array", "minItems": 1, "items": _object(Title=_STRING, Message=_STRING)})
"""The specification's `Error` beside what the live service was seen to answer: each kind of client finds its own."""
