"""The built-in list of profane terms: which of them stand in a text, by the text's language and by English.

The terms lie compressed beside the code (`dev/profanity_list.py` makes the file, NOTICE names the sources) and are matched
as the terms of any list are: whole words, whatever their case, accents and white space.
"""

from __future__ import annotations

import functools
import json
import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.text_analysis.language import ENGLISH

if TYPE_CHECKING:
    from shared.matching.prepared_text import PreparedText
    from shared.matching.term_index import TermIndex

_LISTS = Path(__file__).parent / "word_lists"
# The list is public, so that its hashes need no secret.
PROFANITY_HASH_KEY = bytes(32)

# A language that has no terms of its own and is close to one that does.
_READ_AS = {"nno": "nor", "nob": "nor", "tgl": "fil", "cmn": "zho", "yue": "zho", "arb": "ara", "pes": "fas", "prs": "fas"}


@dataclass(frozen=True, slots=True)
class TermPlace:
    """A term, as the list has it, and where it stands: code points of the text that was prepared."""

    term: str
    start: int
    end: int


def profanity_languages() -> frozenset[str]:
    """The ISO 639-3 codes of the languages that the list has terms of."""
    return frozenset(_terms()) | frozenset(_READ_AS)


def prepare_for_profanity(text: str) -> PreparedText:
    from shared.matching.prepared_text import prepare

    return prepare(text, PROFANITY_HASH_KEY)


def find_profanity(prepared: PreparedText, language: str) -> list[TermPlace]:
    """Return the places of profane terms of this language (ISO 639-3) and of English, in the order of the text.

    English besides, because its profanity is used in every language, and because short texts are often taken for another
    language; but not where its word is an ordinary one of this language. A term that stands in both lists is found once.
    """
    from shared.matching.prepared_text import occurrences

    spoken = _READ_AS.get(language, language)
    found: dict[str, None] = {}
    for each in dict.fromkeys((ENGLISH, spoken)):
        if each in _terms():
            found.update(dict.fromkeys(_terms()[each][int.from_bytes(term_id, "big")] for term_id in _index(each).find(prepared)))
    for ordinary in _ordinary_words().get(spoken, ()):
        found.pop(ordinary, None)
    places = [TermPlace(term, start, end) for term in found for start, end in occurrences(prepared, term)]
    return sorted(places, key=lambda place: (place.start, place.end, place.term))


@functools.cache
def _terms() -> dict[str, list[str]]:
    return json.loads(lzma.decompress((_LISTS / "profanity.json.xz").read_bytes()))


@functools.cache
def _ordinary_words() -> dict[str, list[str]]:
    """By language, its ordinary words that English has as profane ones: German for thick, Swedish for end. Written for this project."""
    return json.loads(lzma.decompress((_LISTS / "ordinary_words.json.xz").read_bytes()))


@functools.cache
def _index(language: str) -> TermIndex:
    import numpy as np

    from shared.matching.term_index import TermIndex
    from shared.matching.terms import term_hashes

    terms = _terms()[language]
    ids = np.zeros((len(terms), 16), np.uint8)
    ids[:, 12:] = np.arange(len(terms), dtype=">u4").view(np.uint8).reshape(-1, 4)
    return TermIndex.of(term_hashes(terms, PROFANITY_HASH_KEY), ids)
