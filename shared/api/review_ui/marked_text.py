"""A text of which some stretches are marked."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text, and whether it is marked."""

    text: str
    is_marked: bool


def pieces_of(text: str, places: Iterable[tuple[int, int]]) -> list[Piece]:
    """The text cut where hits begin and end, in code points; hits that overlap become one."""
    pieces: list[Piece] = []
    done = hit_start = 0
    for start, end in sorted(places):
        if end <= done:
            continue
        if start < done and pieces:
            pieces[-1] = Piece(text[hit_start:end], True)
        else:
            if start > done:
                pieces.append(Piece(text[done:start], False))
            pieces.append(Piece(text[start:end], True))
            hit_start = start
        done = end
    return [*pieces, Piece(text[done:], False)] if done < len(text) else pieces
