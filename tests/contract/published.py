"""What the published Content Safety specification says of the operations in scope, in a table of our own.

Source: contentsafety.json, stable/2023-10-01 and stable/2024-09-01; the sides of a picture as the service's overview has
them, which allows more than the specification. Not in scope yet: text:detectProtectedMaterial, text:shieldPrompt.
"""
from __future__ import annotations

from typing import Any

from shared.http.operation import Operation

GA_VERSIONS = ("2023-10-01", "2024-09-01")

# Operation id: method, path below the endpoint, success codes, name of the answer's schema.
OPERATIONS: dict[str, tuple[str, str, tuple[int, ...], str | None]] = {
    "TextBlocklists_ListTextBlocklists": (
        "GET", "contentsafety/text/blocklists", (200,), "PagedTextBlocklist"),
    "TextBlocklists_GetTextBlocklist": (
        "GET", "contentsafety/text/blocklists/{blocklistName}", (200,), "TextBlocklist"),
    "TextBlocklists_CreateOrUpdateTextBlocklist": (
        "PATCH", "contentsafety/text/blocklists/{blocklistName}", (200, 201), "TextBlocklist"),
    "TextBlocklists_DeleteTextBlocklist": (
        "DELETE", "contentsafety/text/blocklists/{blocklistName}", (204,), None),
    "TextBlocklists_AddOrUpdateBlocklistItems": (
        "POST", "contentsafety/text/blocklists/{blocklistName}:addOrUpdateBlocklistItems", (200,),
        "AddOrUpdateTextBlocklistItemsResult"),
    "TextBlocklists_RemoveBlocklistItems": (
        "POST", "contentsafety/text/blocklists/{blocklistName}:removeBlocklistItems", (204,), None),
    "TextBlocklists_ListTextBlocklistItems": (
        "GET", "contentsafety/text/blocklists/{blocklistName}/blocklistItems", (200,), "PagedTextBlocklistItem"),
    "TextBlocklists_GetTextBlocklistItem": (
        "GET", "contentsafety/text/blocklists/{blocklistName}/blocklistItems/{blocklistItemId}", (200,),
        "TextBlocklistItem"),
    "TextOperations_AnalyzeText": (
        "POST", "contentsafety/text:analyze", (200,), "AnalyzeTextResult"),
    "ImageOperations_AnalyzeImage": (
        "POST", "contentsafety/image:analyze", (200,), "AnalyzeImageResult"),
}


def published_id(operation: Operation) -> str:
    """The published operation id of a declared one, by method and path."""
    return next((name for name, (method, path, _, _) in OPERATIONS.items()
                 if (method, path) == (operation.method, operation.route)), f"none for {operation.name}")


TEXT_CODE_POINTS = 10_000
ITEM_TEXT_CODE_POINTS = 128
DESCRIPTION_CHARACTERS = 1024
NAME_CHARACTERS = 64
ITEMS_PER_REQUEST = 100
ITEM_ID_CHARACTERS = 64
IMAGE_BYTES = 4 * 1024 * 1024
IMAGE_SIDES = (50, 7200)
IMAGE_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
CATEGORIES = ("Hate", "SelfHarm", "Sexual", "Violence")
FOUR_LEVELS = (0, 2, 4, 6)
EIGHT_LEVELS = (0, 1, 2, 3, 4, 5, 6, 7)

_NAME = {"type": "string", "maxLength": NAME_CHARACTERS, "pattern": "^[0-9A-Za-z._~-]+$"}
_DESCRIPTION = {"type": "string", "maxLength": DESCRIPTION_CHARACTERS}
_ITEM_ID = {"type": "string", "maxLength": ITEM_ID_CHARACTERS}
_ITEM_TEXT = {"type": "string", "maxLength": ITEM_TEXT_CODE_POINTS}


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    """Nothing beyond the published properties: a client of another language may be strict."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _page(of: dict[str, Any]) -> dict[str, Any]:
    return _object(("value",), value={"type": "array", "items": of},
                   nextLink={"type": "string", "pattern": "^https?://"})


def answer_schema(name: str, version: str) -> dict[str, Any]:
    """The JSON schema of an answer in one of the two versions; `isRegex` came with the second."""
    blocklist = _object(("blocklistName",), blocklistName=_NAME, description=_DESCRIPTION)
    regex = {"isRegex": {"type": "boolean"}} if version == "2024-09-01" else {}
    item = _object(("blocklistItemId", "text"), blocklistItemId=_ITEM_ID, description=_DESCRIPTION, text=_ITEM_TEXT,
                   **regex)
    match = _object(("blocklistName", "blocklistItemId", "blocklistItemText"),
                    blocklistName=_NAME, blocklistItemId=_ITEM_ID, blocklistItemText=_ITEM_TEXT)
    category = _object(("category",), category={"enum": list(CATEGORIES)}, severity={"enum": list(EIGHT_LEVELS)})
    seen = _object(("category",), category={"enum": list(CATEGORIES)}, severity={"enum": list(FOUR_LEVELS)})
    return {
        "TextBlocklist": blocklist,
        "PagedTextBlocklist": _page(blocklist),
        "TextBlocklistItem": item,
        "PagedTextBlocklistItem": _page(item),
        "AddOrUpdateTextBlocklistItemsResult": _object(
            ("blocklistItems",), blocklistItems={"type": "array", "items": item}),
        "AnalyzeTextResult": _object(
            ("categoriesAnalysis",), blocklistsMatch={"type": "array", "items": match},
            categoriesAnalysis={"type": "array", "items": category}),
        "AnalyzeImageResult": _object(("categoriesAnalysis",), categoriesAnalysis={"type": "array", "items": seen}),
    }[name]


ERROR_SCHEMA: dict[str, Any] = _object(("error",), error=_object(
    ("code", "message"), code={"type": "string", "minLength": 1}, message={"type": "string", "minLength": 1},
    target={"type": "string"}, details={"type": "array"}, innererror={"type": "object"}))
