"""Every review operation through the official client, on two workers; whose they are, and what is left of them."""
from __future__ import annotations

import inspect
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.cognitiveservices.vision.contentmoderator.models import (
    APIErrorException,
    CreateReviewBodyItem,
    CreateReviewBodyItemMetadataItem,
    CreateVideoReviewsBodyItem,
    CreateVideoReviewsBodyItemMetadataItem,
    CreateVideoReviewsBodyItemVideoFramesItem,
    TranscriptModerationBodyItem,
    TranscriptModerationBodyItemTermsItem,
    VideoFrameBodyItem,
    VideoFrameBodyItemMetadataItem,
    VideoFrameBodyItemReviewerResultTagsItem,
)
from azure.cognitiveservices.vision.contentmoderator.operations import ReviewsOperations

from shared.services import Services
from tests.e2e.conftest import ServedAccount
from tests.e2e.storage_scan import is_in, places_of
from tests.picture_server import serving
from tests.pictures import encoded, pixels

JSON = "application/json"
TEAM = "ModeratorTeam"
VIDEO = "https://videos.example/artichoke-6617/manifest"
TRANSCRIPT = "WEBVTT\r\nNOTE Confidence: 0.79\r\n00:00:05.660 --> 00:00:10.240\r\nThis is celeriac-4471."
WORDS = "a text about fennel-9923"


def test_each_operation_of_the_client_is_called_by_these_tests_or_those_of_jobs():
    operations = {name for name, value in vars(ReviewsOperations).items() if inspect.isfunction(value) and not name.startswith("_")}
    called = Path(__file__).read_text() + Path(__file__).with_name("test_review_jobs.py").read_text()

    assert {name for name in operations if not re.search(rf"(reviews|jobs|there|theirs)\.{name}\b", called)} == set()
    assert len(operations) == 12


@pytest.fixture
def team(served: ServedAccount, services: Services) -> ServedAccount:
    store = services.accounts.open(services.accounts.get(served.id))
    made = services.teams.create(store, TEAM)
    services.teams.add_sub_team(store, made, "SubteamA")
    return served


@pytest.fixture
def reviews(team: ServedAccount):
    return team.content_moderator().reviews


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    with serving({f"{number}.png": encoded(pixels(number)) for number in range(3)}) as address:
        yield address


def said(kind, **pairs: str) -> list:
    return [kind(key=key, value=value) for key, value in pairs.items()]


def text_item(content: str = WORDS, content_id: str = "ContentID A", **more) -> CreateReviewBodyItem:
    return CreateReviewBodyItem(type="Text", content=content, content_id=content_id, **more)


def video_item(status: str = "Unpublished", **more) -> CreateVideoReviewsBodyItem:
    return CreateVideoReviewsBodyItem(type="Video", content=VIDEO, content_id="sample video", status=status, **more)


def archive_of(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def test_reviews_of_a_picture_and_a_text_are_made_and_read(team, reviews, pictures, elsewhere):
    made = reviews.create_reviews(JSON, TEAM, [
        CreateReviewBodyItem(type="Image", content=f"{pictures}/1.png", content_id="ContentID A", callback_endpoint="",
                             metadata=said(CreateReviewBodyItemMetadataItem, adultScore="0.1", a=True)),
        text_item(callback_endpoint="https://shop.example/done")], sub_team="SubteamA")

    assert len(made) == 2 and [review_id[6] for review_id in made] == ["i", "t"]
    picture, text = (elsewhere.content_moderator().reviews.get_review(TEAM.lower(), review_id) for review_id in made)
    assert (picture.review_id, picture.sub_team, picture.status, picture.type) == (made[0], "SubteamA", "Pending", "Image")
    assert (picture.created_by, picture.content_id, picture.callback_endpoint) == (TEAM, "ContentID A", "")
    assert picture.reviewer_result_tags == []
    assert [(pair.key, pair.value) for pair in picture.metadata] == [("adultScore", "0.1"), ("a", "True")]
    assert (text.type, text.callback_endpoint, text.metadata) == ("Text", "https://shop.example/done", [])
    with team.http() as client:
        content = client.get(picture.content)
        assert (content.status_code, content.headers["content-type"], content.content) == (200, "image/png", encoded(pixels(1)))
        assert content.headers["content-disposition"] == f'attachment; filename="{made[0]}.png"'
        content = client.get(text.content)
        assert (content.headers["content-type"], content.text) == ("text/plain; charset=utf-8", WORDS)


def test_a_video_lives_through_every_operation_of_the_client(team, reviews, pictures, elsewhere):
    frames = [CreateVideoReviewsBodyItemVideoFramesItem(
        id="frm1", timestamp=2334, frame_image=f"{pictures}/0.png", reviewer_result_tags=[],
        metadata=said(CreateVideoReviewsBodyItemMetadataItem, apiScoreVal="0.206", a="False"))]
    (review_id,) = reviews.create_video_reviews(JSON, TEAM, [video_item(timescale=1000, video_frames=frames)])
    here, there = (TEAM, review_id), elsewhere.content_moderator().reviews

    assert there.get_review(*here).status == "Unpublished"
    assert reviews.add_video_frame(*here, timescale=90_000) is None
    reviews.add_video_frame_url(JSON, *here, [VideoFrameBodyItem(
        timestamp="1122", frame_image=f"{pictures}/1.png", metadata=said(VideoFrameBodyItemMetadataItem, a="True"),
        reviewer_result_tags=said(VideoFrameBodyItemReviewerResultTagsItem, r="True"))], timescale=1)
    described = json.dumps([{"Timestamp": "24", "FrameImage": "a.png", "Metadata": [{"Key": "r", "Value": "False"}],
                             "ReviewerResultTags": [], "FrameImageBytes": []}])
    reviews.add_video_frame_stream("multipart/form-data", *here, io.BytesIO(archive_of(a_png=encoded(pixels(2)))), described)
    found = there.get_video_frames(*here)
    assert found.review_id == review_id
    assert [frame.timestamp for frame in found.video_frames] == ["24", "1122", "2334"]
    assert [(tag.key, tag.value) for tag in found.video_frames[1].reviewer_result_tags] == [("r", "True")]
    assert [[(pair.key, pair.value) for pair in frame.metadata] for frame in found.video_frames] == [
        [("r", "False")], [("a", "True")], [("apiScoreVal", "0.206"), ("a", "False")]]
    assert [frame.timestamp for frame in there.get_video_frames(*here, start_seed=25, no_of_records=1).video_frames] == ["1122"]
    assert [frame.timestamp for frame in there.get_video_frames(*here, filter="a, zz").video_frames] == ["1122"]
    with team.http() as client:
        assert [client.get(frame.frame_image).content for frame in found.video_frames] == [encoded(pixels(number)) for number in (2, 1, 0)]
        kept = client.get(there.get_review(*here).content)
        assert (kept.headers["content-type"], kept.text) == ("text/uri-list; charset=utf-8", VIDEO)

    assert reviews.add_video_transcript(*here, io.BytesIO(TRANSCRIPT.encode())) is None
    assert reviews.add_video_transcript_moderation_result(JSON, *here, [TranscriptModerationBodyItem(
        timestamp="2334", terms=[TranscriptModerationBodyItemTermsItem(index=1, term="bad")])]) is None
    assert reviews.publish_video_review(*here) is None
    assert there.get_review(*here).status == "Pending"


@pytest.mark.parametrize("status", ["Complete", "Pending", "UnPublished"])
def test_a_video_has_the_status_that_it_came_with(reviews, status):
    (review_id,) = reviews.create_video_reviews(JSON, TEAM, [video_item(status)])

    assert reviews.get_review(TEAM, review_id).status == status.capitalize()


def refusal(call, *arguments, **options) -> tuple[int, str, str]:
    with pytest.raises(APIErrorException) as refused:
        call(*arguments, **options)
    error = refused.value.error.error
    return refused.value.response.status_code, error.code, error.message


def test_what_cannot_be_made_is_named_by_its_place_and_nothing_is_made(team, reviews, pictures):
    picture = CreateReviewBodyItem(type="Image", content=f"{pictures}/1.png", content_id="1")
    lost = CreateReviewBodyItem(type="Image", content=f"{pictures}/lost.png", content_id="2")
    inside = CreateReviewBodyItem(type="Image", content="http://127.0.0.1:9/secret-2290", content_id="3")
    many = [text_item()] * 101
    for items, message in (([picture, lost], "[1].Content: The URL answers with status 404."),
                           ([picture, picture, inside], "[2].Content: "),
                           ([picture, text_item(callback_endpoint="ftp://x.example/")], "[1].CallbackEndpoint: "),
                           ([picture, text_item("")], "[1].Content: "), ([], ""), (many, ""),
                           ([picture, text_item(metadata=said(CreateReviewBodyItemMetadataItem, **{"": "x"}))], "[1].Metadata[0].Key: ")):
        status, code, said_why = refusal(reviews.create_reviews, JSON, TEAM, items)
        assert (status, code) == (400, "BadRequest") and said_why.startswith(message) and "secret" not in said_why, message
    assert refusal(reviews.create_reviews, JSON, TEAM, [picture], sub_team="SubteamB")[:2] == (400, "BadRequest")
    with team.http() as client:
        answer = client.get(f"/accounts/me/teams/{TEAM}/reviews")
        assert answer.json() == {"value": []}


def test_a_form_that_is_none_and_an_archive_that_is_none_are_refused(team, reviews):
    (review_id,) = reviews.create_video_reviews(JSON, TEAM, [video_item()])
    path = f"/contentmoderator/review/v1.0/teams/{TEAM}/reviews/{review_id}/frames"
    metadata = json.dumps([{"Timestamp": "1", "FrameImage": "a.png"}])
    good = archive_of(a_png=encoded(pixels(1)))
    with team.http() as client:
        for files, data in (({"frameImageZip": good}, {}), ({"frameImageZip": b""}, {"frameMetadata": metadata}),
                            ({"frameImageZip": b"PK no archive"}, {"frameMetadata": metadata}),
                            ({"frameImageZip": good[:-30]}, {"frameMetadata": metadata}),
                            ({"frameImageZip": good}, {"frameMetadata": "{"}), ({"frameImageZip": good}, {"frameMetadata": "[]"}),
                            ({"frameImageZip": archive_of(b_png=encoded(pixels(1)))}, {"frameMetadata": metadata}),
                            ({"frameImageZip": archive_of(a_png=b"no picture")}, {"frameMetadata": metadata})):
            answer = client.post(path, files=files, data=data)
            assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "BadRequest")
        assert client.post(path, content=b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"}).status_code == 415
        assert client.post(path, json=[]).status_code == 400
    assert reviews.get_video_frames(TEAM, review_id).video_frames == []


def test_teams_and_reviews_of_others_are_404_even_under_the_same_names(team, reviews, worker, services):
    stranger = worker.account()
    store = services.accounts.open(services.accounts.get(stranger.id))
    (text_id,) = reviews.create_reviews(JSON, TEAM, [text_item()])
    (video_id,) = reviews.create_video_reviews(JSON, TEAM, [video_item()])
    for has_team in (False, True):  # without such a team, and with one of the same name
        if has_team:
            services.teams.create(store, TEAM)
        theirs = stranger.content_moderator().reviews
        calls = [(theirs.get_review, (TEAM, text_id)), (theirs.get_video_frames, (TEAM, video_id)),
                 (theirs.publish_video_review, (TEAM, video_id)), (theirs.add_video_frame, (TEAM, video_id)),
                 (theirs.add_video_transcript, (TEAM, video_id, io.BytesIO(TRANSCRIPT.encode()))),
                 (theirs.add_video_transcript_moderation_result, (JSON, TEAM, video_id, []))]
        for call, arguments in calls:
            assert refusal(call, *arguments)[:2] == (404, "NotFound"), call
        with stranger.http() as client:
            for path in ("", "/content", "/frames/1"):
                for account in ("me", team.id, stranger.id):
                    assert client.get(f"/accounts/{account}/teams/{TEAM}/reviews/{text_id}{path}").status_code == 404
            assert client.delete(f"/accounts/me/teams/{TEAM}/reviews/{text_id}").status_code == 404
    assert refusal(reviews.create_reviews, JSON, "Nobody", [text_item()])[:2] == (404, "NotFound")
    assert refusal(reviews.get_review, TEAM, "201709i96f295aa5748101436064c42ddf")[:2] == (404, "NotFound")
    assert reviews.get_review(TEAM, text_id).status == "Pending"


def test_our_own_operations_list_and_delete_reviews_and_nothing_remains(team, reviews, services, eventually, pictures):
    ids = reviews.create_reviews(JSON, TEAM, [text_item(content_id=f"c-{number}") for number in range(100)])
    ids += reviews.create_reviews(JSON, TEAM, [CreateReviewBodyItem(type="Image", content=f"{pictures}/1.png", content_id="picture")])
    with team.http() as client:
        path = f"/accounts/me/teams/{TEAM}/reviews"
        first = client.get(path, params={"status": "Pending"}).json()
        second = client.get(first["nextLink"]).json()
        assert "nextLink" not in second and [review["id"] for review in first["value"] + second["value"]][0] == ids[-1]
        assert {review["id"] for review in first["value"] + second["value"]} == set(ids)
        (found,) = client.get(path, params={"contentId": "picture", "type": "Image"}).json()["value"]
        assert client.get(f"{path}/{ids[-1]}").json() == found
        assert found["analysis"] == {} and found["resultTags"] == {} and found["decidedBy"] == []
        assert client.get(found["contentUrl"]).content == encoded(pixels(1))
        for wrong in ({"status": "Open"}, {"createdFrom": "2026-01-01T00:00:00"}, {"after": "x"}, {"type": "Audio"}):
            assert client.get(path, params=wrong).status_code == 400
        for review_id in ids[90:]:
            assert client.delete(f"{path}/{review_id}").status_code == 204
            assert client.get(f"{path}/{review_id}/content").status_code == 404
    store = services.accounts.open(services.accounts.get(team.id))
    assert eventually(lambda: len(store.records.places("review-content", None, 999)[0]) == 90)
    assert sum(1 for _ in store.blobs.of_kind("review-media")) == 90


def test_nothing_that_people_are_to_judge_is_readable_in_the_storage_or_in_the_log(team, reviews, pictures, azurite, worker):
    made = reviews.create_reviews(JSON, TEAM, [text_item(content_id="chicory-1180", callback_endpoint="https://shop.example/chicory-1180")])
    made += reviews.create_video_reviews(JSON, TEAM, [video_item(metadata=said(CreateVideoReviewsBodyItemMetadataItem, k="sorrel-3056"))])
    reviews.add_video_transcript(TEAM, made[1], io.BytesIO(TRANSCRIPT.encode()))
    reviews.add_video_transcript_moderation_result(JSON, TEAM, made[1], [TranscriptModerationBodyItem(
        timestamp="1", terms=[TranscriptModerationBodyItemTermsItem(index=1, term="rampion-7720")])])
    secrets = ("fennel-9923", "artichoke-6617", "celeriac-4471", "chicory-1180", "sorrel-3056", "rampion-7720")
    log = worker.log_path.read_bytes()
    for secret in secrets:
        assert places_of(secret, azurite.connection_string) == [] and not is_in(log, secret), secret
