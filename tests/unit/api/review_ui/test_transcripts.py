"""Cues of a WebVTT file, and where the terms are marked that a machine found."""
from __future__ import annotations

import pytest

from shared.api.review_ui.transcripts import CUES_SHOWN, cues_of, shown_transcript
from shared.reviews.models import TranscriptTerms

TRANSCRIPT = """\ufeffWEBVTT - a title

NOTE nobody reads this --

STYLE
::cue { color: red }

intro
00:01.500 --> 00:04.000 align:start
- Crab and crab.
- <b>Kraken</b>

01:00:05.000 --> 01:00:06.000
No crab here
"""


def marked(*found: TranscriptTerms, timescale: int | None = 1000, transcript: str = TRANSCRIPT) -> list[list[str]]:
    """The marked pieces of each cue."""
    shown = shown_transcript(transcript, found, timescale)
    return [[piece.text for piece in pieces if piece.is_marked] for _, pieces in shown.cues]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_cues_have_their_times_and_lines(line_end):
    first, second = cues_of(TRANSCRIPT.replace("\n", line_end))
    assert (first.begins, first.time, first.text) == (1.5, "00:01.500", "- Crab and crab.\n- <b>Kraken</b>")
    assert (second.begins, second.text.strip()) == (3605, "No crab here")


def test_a_term_is_marked_where_its_time_and_place_say():
    assert marked(TranscriptTerms(1500, ((11, "crab"),))) == [["crab"], []]
    assert marked(TranscriptTerms(150, ((2, "CRAB"),)), timescale=100) == [["Crab"], []]
    assert marked(TranscriptTerms(1500, ((2, "crab"),)), timescale=None) == [["Crab"], []]


def test_a_term_that_is_elsewhere_in_its_cue_is_marked_there_and_else_anywhere():
    assert marked(TranscriptTerms(1500, ((0, "crab"),))) == [["Crab", "crab"], []]
    assert marked(TranscriptTerms(0, ((0, "crab"),))) == [["Crab", "crab"], ["crab"]]
    assert marked(TranscriptTerms(9_999_999, ((0, "kraken"),))) == [["Kraken"], []]
    assert marked(TranscriptTerms(1500, ((0, "(("),))) == [[], []]


def test_what_is_shown_is_bounded_and_says_how_much_there_is():
    cues = "".join(f"00:{number // 60:02}:{number % 60:02}.000 --> 99:00:00.000\ncrab\n\n" for number in range(CUES_SHOWN + 1))
    shown = shown_transcript(f"WEBVTT\n\n{cues}", [TranscriptTerms(1, ((0, "crab"),) * 300)], 1000)
    assert (len(shown.cues), shown.cue_count) == (CUES_SHOWN, CUES_SHOWN + 1)
    assert (len(shown.terms), shown.term_count, shown.terms[0]) == (200, 300, ("0.001", "crab"))


def test_a_transcript_without_cues_is_empty():
    assert shown_transcript("WEBVTT", [TranscriptTerms(1, ((0, "crab"),))], None).cues == []


def test_the_published_example_has_its_cue():
    published = "WEBVTT\r\nNOTE Confidence: 0.79\r\n00:00:05.660 --> 00:00:10.240\r\nThis is all of it."
    assert [(cue.time, cue.text) for cue in cues_of(published)] == [("00:00:05.660", "This is all of it.")]
