"""What Content Moderator's image operations take, what they refuse in which words, and what comes of CacheImage."""
from __future__ import annotations

import io
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from tests.contract.golden import OPERATIONS, Player
from tests.contract.in_process import Answer
from tests.contract.published_content_moderator import ERROR_SCHEMA
from tests.pictures import encoded, pixels

NAMES = ("evaluate", "ocr", "find_faces", "match")
named = pytest.mark.parametrize
on_each = named("name", NAMES)
FLAT = Image.new("RGB", (128, 128), "gray")
FOUR_MEGABYTES = 4 * 1024 * 1024
ANY_ID = "019b7c1d2e3f00112233445566778899"


def sent(player: Player, name: str, content: bytes, content_type: str = "image/gif", **query: str) -> Answer:
    headers = {**player.credentials(OPERATIONS[f"image_moderation_{name}"]), "Content-Type": content_type}
    return player.play(OPERATIONS[f"image_moderation_{name}"], {"query": query}, headers=headers, content=content)


def referred(player: Player, name: str, reference: Any, **query: str) -> Answer:
    return sent(player, name, json.dumps(reference).encode(), "application/json", **query)


def as_file(image: Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def padded(size_bytes: int) -> bytes:
    """A picture with so many bytes: decoders read no further than its end."""
    content = as_file(FLAT, "JPEG")
    return content + bytes(size_bytes - len(content))


def assert_refused(answer: Answer, title: str, says: str = "") -> None:
    Draft202012Validator(ERROR_SCHEMA).validate(answer.body)
    assert (answer.status, answer.body["Error"]["Code"], answer.body["Errors"][0]["Title"]) == (400, "BadRequest", title)
    assert says in answer.body["Errors"][0]["Message"]


@on_each
@named("image_format", ["GIF", "JPEG", "PNG", "BMP", "TIFF"])
@named("content_type", ["image/gif", "application/octet-stream", ""])
def test_each_published_format_is_taken_under_any_content_type(standing_player: Player, name: str, image_format: str, content_type: str):
    assert sent(standing_player, name, as_file(FLAT, image_format), content_type).status == 200


@on_each
def test_both_sides_have_at_least_128_pixels(standing_player: Player, name: str):
    assert sent(standing_player, name, as_file(Image.new("L", (128, 129)), "PNG")).status == 200
    for size in ((127, 128), (128, 127), (326, 112)):
        refused = sent(standing_player, name, as_file(Image.new("L", size), "PNG"))
        assert_refused(refused, "Image Size Error", f"{size[0]} x {size[1]}")
        assert refused.body["Message"] == "Image Size Error"


@on_each
def test_a_picture_has_four_megabytes_at_the_most(standing_player: Player, name: str):
    assert sent(standing_player, name, padded(FOUR_MEGABYTES)).status == 200
    assert_refused(sent(standing_player, name, padded(FOUR_MEGABYTES + 1)), "Image Size Error", "4194304")


@on_each
@named("content", [as_file(FLAT, "WEBP"), b"<svg/>", b"x", as_file(FLAT, "JPEG")[:200], b"GIF89a"], ids=range(5))
def test_what_is_no_picture_of_a_published_format_is_refused(standing_player: Player, name: str, content: bytes):
    assert_refused(sent(standing_player, name, content), "Image Format Error")


@on_each
def test_a_request_without_a_picture_is_refused(standing_player: Player, name: str):
    assert sent(standing_player, name, b"").status == 400


@on_each
@named("reference", [{"DataRepresentation": "URL", "Value": None}, {"dataRepresentation": "url", "value": None}])
def test_a_url_may_be_written_as_either_client_does(player: Player, name: str, reference: dict[str, Any]):
    value = "Value" if "Value" in reference else "value"
    answer = referred(player, name, {**reference, value: player.values["pictureUrl"]})

    assert answer.status == 200, answer.body
    info = answer.body.get("AdvancedInfo", answer.body.get("Metadata"))
    if name != "match":
        assert {pair["Key"]: pair["Value"].isdigit() for pair in info} == {"ImageDownloadTimeInMs": True, "ImageSizeInBytes": True}


@on_each
@named("url", ["http://169.254.169.254/latest", "http://127.0.0.1/a.png", "ftp://example.com/a.png", "turnip", "http://10.0.0.1/x"])
def test_a_url_that_may_not_be_fetched_is_refused_without_repeating_it(standing_player: Player, name: str, url: str):
    answer = referred(standing_player, name, {"DataRepresentation": "URL", "Value": url})

    assert_refused(answer, "Image Download Error")
    assert url not in json.dumps(answer.body)


@on_each
@named("reference", [{}, [], "URL", {"DataRepresentation": "Path", "Value": "x"}, {"DataRepresentation": "URL", "Value": ""}])
def test_a_reference_that_is_none_is_refused(standing_player: Player, name: str, reference: Any):
    assert referred(standing_player, name, reference).status == 400


@on_each
@named("flag", ["CacheImage", "cacheimage", "cacheImage"])
def test_an_image_that_was_cached_can_be_named_instead_of_sent(player: Player, name: str, flag: str):
    spelling = "CacheID" if name in ("evaluate", "match") else "CacheId"
    first = sent(player, name, encoded(pixels(7)), **{flag: "true"})
    reference = {"DataRepresentation": "CacheID", "Value": first.body[spelling]}

    again, cached_again = referred(player, name, reference), referred(player, name, reference, CacheImage="true")

    assert (again.status, cached_again.status) == (200, 200)
    assert spelling not in again.body and cached_again.body[spelling] == first.body[spelling]
    made = ("TrackingId", spelling)
    assert {key: value for key, value in again.body.items() if key not in made} == {
        key: value for key, value in first.body.items() if key not in made}
    assert len(player.play(OPERATIONS["list_cached_images"], {"path": {"accountId": "me"}}).body["value"]) == 1


@on_each
@named("value", ["false", "", None])
def test_nothing_is_cached_unless_it_is_asked_for(player: Player, name: str, value: str | None):
    answer = sent(player, name, encoded(pixels(7)), **({} if value is None else {"CacheImage": value}))

    assert answer.status == 200 and not {"CacheID", "CacheId"} & answer.body.keys()
    assert player.play(OPERATIONS["list_cached_images"], {"path": {"accountId": "me"}}).body == {"value": []}


@on_each
@named("cache_id", [ANY_ID, "x", "../cached-image", "🥕"])
def test_an_unknown_cache_id_is_404(standing_player: Player, name: str, cache_id: str):
    answer = referred(standing_player, name, {"DataRepresentation": "CacheID", "Value": cache_id})
    assert (answer.status, answer.body["Error"]["Code"]) == (404, "NotFound")


@on_each
def test_a_picture_that_is_refused_is_not_cached(player: Player, name: str):
    assert sent(player, name, b"GIF89a", CacheImage="true").status == 400
    assert player.play(OPERATIONS["list_cached_images"], {"path": {"accountId": "me"}}).body == {"value": []}


@named("language", ["eng", "ENG", "", None, "fra", "zho", "jpn", "tur"])
def test_text_is_read_in_the_languages_that_the_engine_knows(standing_player: Player, language: str | None):
    answer = sent(standing_player, "ocr", as_file(FLAT, "PNG"), **({} if language is None else {"language": language}))
    assert (answer.status, answer.body["Language"]) == (200, (language or "eng").lower())


@named("language", ["rus", "kor", "vie", "ara", "en", "english", "x" * 33])
def test_another_language_is_refused_and_those_that_are_known_are_listed(standing_player: Player, language: str):
    answer = sent(standing_player, "ocr", as_file(FLAT, "PNG"), language=language)
    assert answer.status == 400
    assert len(language) > 32 or "eng, est" in answer.body["Error"]["Message"]


def test_candidates_are_not_to_be_had_of_a_tiff(standing_player: Player):
    tiff = as_file(FLAT, "TIFF")
    assert sent(standing_player, "ocr", tiff, enhanced="false").status == 200
    assert sent(standing_player, "ocr", tiff, enhanced="true").status == 400


@named("list_id", ["0", "89003", "garden", "🥕"])
def test_a_list_that_is_not_there_is_404(standing_player: Player, list_id: str):
    assert sent(standing_player, "match", as_file(FLAT, "PNG"), listId=list_id).status == 404


@named("spelling", ["listId", "listid", "LISTID"])
def test_a_match_says_which_image_of_which_list(player: Player, spelling: str):
    numbers = []
    for number in (3, 4):
        created = player.play(OPERATIONS["list_management_image_lists_create"], {"body": {"Name": "a list"}})
        numbers.append(str(created.body["Id"]))
        added = player.play(OPERATIONS["list_management_image_add_image"],
                            {"path": {"listId": numbers[-1]}, "query": {"tag": "201,402", "label": f"number {number}"}},
                            headers={**player.credentials(OPERATIONS["list_management_image_add_image"]), "Content-Type": "image/png"},
                            content=encoded(pixels(number)))
    content_id = int(added.body["ContentId"])

    (match,) = sent(player, "match", encoded(pixels(4)), **{spelling: numbers[1]}).body["Matches"]
    assert match == {"Score": 1.0, "MatchId": content_id, "Source": numbers[1], "Tags": [201, 402], "Label": "number 4"}
    assert sent(player, "match", encoded(pixels(4))).body["Matches"] == [match]
    assert sent(player, "match", encoded(pixels(4)), **{spelling: numbers[0]}).body["IsMatch"] is False


def test_evaluate_says_which_engine_looked(standing_player: Player):
    headers = sent(standing_player, "evaluate", as_file(FLAT, "PNG")).headers
    assert headers["x-moderato-engine"] == "built-in" and headers["x-model-version"].startswith("moderato-image-")


def test_the_picture_of_another_account_is_404(player: Player, standing_player: Player):
    cache_id = sent(player, "match", encoded(pixels(7)), CacheImage="true").body["CacheID"]
    path = {"accountId": "me", "imageId": cache_id}

    for name in NAMES:
        assert referred(standing_player, name, {"DataRepresentation": "CacheID", "Value": cache_id}).status == 404
    assert standing_player.play(OPERATIONS["get_cached_image"], {"path": path}).status == 404
    standing_player.play(OPERATIONS["delete_cached_image"], {"path": path})
    assert player.play(OPERATIONS["get_cached_image"], {"path": path}).status == 200
