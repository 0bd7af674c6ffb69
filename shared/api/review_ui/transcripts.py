"""A video's transcript as a page shows it: its cues, with the terms marked that a machine found in them. Source: WebVTT, 4.1 (W3C)."""
from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.api.review_ui.marked_text import Piece, pieces_of
from shared.reviews.models import TranscriptTerms

CUES_SHOWN = 500
TERMS_SHOWN = 200
_TERMS_MARKED = 10_000
_TICKS = 1000
"""In a second, where a video does not say."""
_EARLY_SECONDS = 0.0005
_TIMES = re.compile(r"\s*(?:(\d+):)?(\d\d):(\d\d\.\d{3})\s*-->")


@dataclass(frozen=True, slots=True)
class Cue:
    """`begins` is in seconds; `time` is how the file writes it."""

    begins: float
    time: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownTranscript:
    """The first cues, each its time and its text in pieces; and the first of the terms, each with its time in seconds."""

    cues: Sequence[tuple[str, Sequence[Piece]]]
    cue_count: int
    terms: Sequence[tuple[str, str]]
    term_count: int


def cues_of(transcript: str) -> list[Cue]:
    """In the order of the file, without its notes, styles and regions."""
    return list(_cues(transcript.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")))


def shown_transcript(transcript: str, found: Sequence[TranscriptTerms], timescale: int | None) -> ShownTranscript:
    """A term is marked where its time and place say; else wherever its cue has it; else wherever the shown cues do."""
    cues = cues_of(transcript)
    shown = sorted(cues[:CUES_SHOWN], key=lambda cue: cue.begins)
    places: list[list[tuple[int, int]]] = [[] for _ in shown]
    terms = [(each.timestamp / (timescale or _TICKS), index, term) for each in found for index, term in each.terms]
    term_count = len(terms)
    del terms[_TERMS_MARKED:]
    elsewhere: set[str] = set()
    for seconds, index, term in terms:
        at = bisect_right(shown, seconds + _EARLY_SECONDS, key=lambda cue: cue.begins) - 1
        in_cue = _places(shown[at].text, index, term) if at >= 0 else []
        if in_cue:
            places[at] += in_cue
        elif len(elsewhere) < TERMS_SHOWN:
            elsewhere.add(term)
    for term in elsewhere:
        for cue, marked in zip(shown, places, strict=True):
            marked += _occurrences(cue.text, term)
    return ShownTranscript(
        [(cue.time, pieces_of(cue.text, marked)) for cue, marked in zip(shown, places, strict=True)], len(cues),
        [(f"{seconds:.3f}".rstrip("0").rstrip("."), term) for seconds, _, term in terms[:TERMS_SHOWN]], term_count)


def _cues(text: str) -> Iterator[Cue]:
    """A line of times begins a cue wherever it stands: the published example has no empty line before its first."""
    cue: tuple[float, str, list[str]] | None = None
    for line in (*text.split("\n"), ""):
        times = _TIMES.match(line)
        if cue and (times or not line):
            yield Cue(cue[0], cue[1], "\n".join(cue[2]))
            cue = None
        if times:
            hours, minutes, seconds = times.groups()
            cue = int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds), line.partition("-->")[0].strip(), []
        elif cue:
            cue[2].append(line)


def _places(text: str, index: int, term: str) -> list[tuple[int, int]]:
    end = index + len(term)
    return [(index, end)] if text[index:end].casefold() == term.casefold() else _occurrences(text, term)


def _occurrences(text: str, term: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(re.escape(term), text, re.IGNORECASE)]
