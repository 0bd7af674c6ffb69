"""What a review may hold, on both sides of each limit; no refusal repeats what was sent."""
from __future__ import annotations

import pytest

from shared.errors import InvalidRequest
from shared.reviews.models import KeyValue, ReviewType, TranscriptTerms
from shared.reviews.rules import ItemRefused, NewReview, check_callback, check_pairs, check_reviews, check_terms, check_transcript

SECRET = "salsify-3380"
LEAF = "\U0001f33f"


def text(content: str = "a text", **more) -> NewReview:
    return NewReview(ReviewType.TEXT, content, more.pop("content_id", "id"), **more)


@pytest.mark.parametrize("item", [
    text(LEAF * 32_768), text("x"), text(content_id=LEAF * 512), text(metadata=(KeyValue("k" * 128, "v" * 1024),) * 14),
    text(metadata=(KeyValue("k", ""),) * 50), text(callback_endpoint="https://shop.example/" + "x" * 2027),
    NewReview(ReviewType.VIDEO, "HTTPS://videos.example/manifest", "id", timescale=1_000_000_000)])
def test_what_may_be_is_taken(item: NewReview):
    check_reviews([item])


@pytest.mark.parametrize(("item", "place"), [
    (text(LEAF * 32_769), "[1].Content"), (text(""), "[1].Content"), (text("\ud800"), "[1].Content"),
    (text(content_id=LEAF * 513), "[1].ContentId"), (text(content_id=""), "[1].ContentId"), (text(content_id="a\0b"), "[1].ContentId"),
    (text(metadata=(KeyValue("k", ""),) * 51), "[1].Metadata"),
    (text(metadata=(KeyValue("k", ""), KeyValue("", SECRET))), "[1].Metadata[1].Key"),
    (text(metadata=(KeyValue("k" * 129, ""),)), "[1].Metadata[0].Key"),
    (text(metadata=(KeyValue("k", "v" * 1025),)), "[1].Metadata[0].Value"),
    (text(metadata=(KeyValue("k", "\x07"),)), "[1].Metadata[0].Value"),
    (text(metadata=(KeyValue("k" * 128, "v" * 1024),) * 15), "[1].Metadata"),
    (text(callback_endpoint=f"https://shop.example/{'x' * 2028}"), "[1].CallbackEndpoint"),
    (text(callback_endpoint=f"ftp://shop.example/{SECRET}"), "[1].CallbackEndpoint"),
    (text(callback_endpoint=f"https://{SECRET}@shop.example/"), "[1].CallbackEndpoint"),
    (NewReview(ReviewType.IMAGE, SECRET, "id"), "[1].Content"),
    (NewReview(ReviewType.VIDEO, f"javascript:{SECRET}", "id"), "[1].Content"),
    (NewReview(ReviewType.VIDEO, f"https://videos.example/{SECRET} x", "id"), "[1].Content"),
    (NewReview(ReviewType.VIDEO, "https://videos.example/", "id", timescale=0), "[1].Timescale"),
    (NewReview(ReviewType.VIDEO, "https://videos.example/", "id", timescale=1_000_000_001), "[1].Timescale"),
])
def test_what_may_not_be_is_refused_by_its_place_and_not_repeated(item: NewReview, place: str):
    with pytest.raises(ItemRefused) as refused:
        check_reviews([text(), item])

    assert refused.value.target == place and refused.value.message.startswith(f"{place}: ")
    assert SECRET not in refused.value.message


def test_the_analyses_of_a_request_are_bounded():
    check_reviews([text(analysis={"a": "x" * (16 * 1024 - 9)})])
    with pytest.raises(InvalidRequest, match="analyses"):
        check_reviews([text(analysis={"a": "x" * 8 * 1024})] * 2)


def test_pictures_at_addresses_are_counted():
    picture = NewReview(ReviewType.IMAGE, "https://pictures.example/1.png", "id")
    check_reviews([picture] * 100)
    with pytest.raises(InvalidRequest, match="1 to 100 reviews"):
        check_reviews([picture] * 101)


@pytest.mark.parametrize("transcript", [
    "WEBVTT", "WEBVTT\n", "\ufeffWEBVTT\r\n\r\n", "WEBVTT a title\n", "WEBVTT\t\n",
    "WEBVTT\r\nNOTE Confidence: 0.79\r\n00:00:05.660 --> 00:00:10.240\r\nWords.",
    "WEBVTT\n\n1\n100:00:05.660 --> 100:00:10.240 align:start\n- Words\n\n00:05.660-->00:10.240\nx"])
def test_a_transcript_in_webvtt_is_taken(transcript: str):
    check_transcript(transcript)


@pytest.mark.parametrize(("transcript", "why"), [
    ("", "WebVTT"), ("webvtt\n", "WebVTT"), ("WEBVTTX\n", "WebVTT"), (f"{SECRET}\nWEBVTT\n", "WebVTT"), ("\nWEBVTT\n", "WebVTT"),
    (f"WEBVTT\n\n{SECRET} --> 00:10.240\nx", "Line 3"), ("WEBVTT\n\n00:00:05,660 --> 00:00:10,240\nx", "Line 3"),
    ("WEBVTT\n\n00:61.000 --> 00:62.000", "Line 3"), ("WEBVTT\n\n٠٠:٠١.٠٠٠ --> 00:02.000", "Line 3"),
    ("WEBVTT\n" + "x" * (1024 * 1024 - 6), "characters")])
def test_what_is_no_webvtt_is_refused_and_not_repeated(transcript: str, why: str):
    with pytest.raises(InvalidRequest, match=why) as refused:
        check_transcript(transcript)
    assert SECRET not in refused.value.message


def test_the_longest_transcript_is_taken():
    check_transcript("WEBVTT\n" + "x" * (1024 * 1024 - 7))


def test_terms_of_a_transcript_are_bounded():
    most = TranscriptTerms(0, ((1024 * 1024, "t" * 256),) * 100)
    check_terms([most] * 10_000)
    for wrong, place in ((TranscriptTerms(0, ((0, "t"),) * 101), "[1].Terms"), (TranscriptTerms(-1, ()), "[1].Timestamp"),
                         (TranscriptTerms(0, ((-1, "t"),)), "[1].Terms[0].Index"), (TranscriptTerms(0, ((0, ""),)), "[1].Terms[0].Term"),
                         (TranscriptTerms(0, ((0, "t" * 257),)), "[1].Terms[0].Term")):
        with pytest.raises(ItemRefused) as refused:
            check_terms([most, wrong])
        assert refused.value.target == place
    with pytest.raises(InvalidRequest, match="10000 timestamps"):
        check_terms([TranscriptTerms(0, ())] * 10_001)


def test_a_callback_need_not_be_there():
    check_callback("", "CallBackEndpoint")


def test_pairs_may_have_tabs_and_line_breaks():
    check_pairs([KeyValue("a\tb", "c\r\nd")], "Metadata")
