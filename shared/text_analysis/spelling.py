"""Spelling: each unknown word becomes the likeliest known word that is one typing error away.

pyspellchecker brings the word frequencies; docs/quality.md says why it and how well it does.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING

from shared import memory
from shared.matching.alignment import AlignedText
from shared.matching.normalisation import without_invisible

if TYPE_CHECKING:
    from spellchecker import SpellChecker

# ISO 639-3: the library's code.
_DICTIONARIES = {
    "eng": "en", "spa": "es", "fra": "fr", "por": "pt", "deu": "de", "ita": "it", "rus": "ru", "nld": "nl", "lav": "lv",
    "eus": "eu",
}  # fmt: skip
SPELLING_LANGUAGES = frozenset(_DICTIONARIES)
_LOADED_DICTIONARIES = 3  # each takes some 40 MB and 0.2 s to load

# A second error would make hundreds of thousands of candidates of a word, a third of a second's work for one that is no word.
_ERRORS = 1
_LONGEST_WORD = 24
# Accents may follow their letters, and a hyphen or joiner that is not seen may stand between two.
_LETTERS = r"[^\W\d_]+(?:[\u00ad\u0300-\u036f\u200b-\u200d\u2060\ufeff]+[^\W\d_]+)*[\u0300-\u036f]*"
_WORD = re.compile(rf"{_LETTERS}(?:[\u00ad\u200b-\u200d\u2060\ufeff]*['\u2019]{_LETTERS})*")
# Addresses, links, mentions, tags, file names, numbers with units, whatever holds a digit: they are as they are meant.
_AS_IT_IS = re.compile(r"[@#\d_/\\:]|\w[.]\w")
_APOSTROPHE = str.maketrans("\u2019", "'")


def corrected(text: str, language: str) -> str:
    """Return the text with likely typing errors undone; as it is in a language without a dictionary.

    Letter case, punctuation and white space stay. A word that begins with a capital inside a sentence may be a name and
    stays, as does one in capitals.
    """
    if language not in _DICTIONARIES:
        return text
    checker = dictionary(_DICTIONARIES[language])
    edits: list[tuple[int, int, str]] = []
    begins_sentence = True
    for piece in re.finditer(r"\S+", text):
        if not _AS_IT_IS.search(piece[0]):
            for word in _WORD.finditer(piece[0]):
                better = _better(checker, word[0], begins_sentence)
                if better is not None:
                    edits.append((piece.start() + word.start(), piece.start() + word.end(), better))
                begins_sentence = False
        begins_sentence = begins_sentence or piece[0].rstrip("\"')")[-1:] in (".", "!", "?", ":")
    return AlignedText(text).edited(edits).text


def _better(checker: SpellChecker, word: str, begins_sentence: bool) -> str | None:
    word = unicodedata.normalize("NFC", without_invisible(word))  # as dictionaries have it
    plain = word.translate(_APOSTROPHE).lower()
    is_name = not word.islower() and not (begins_sentence and word[1:].islower())
    if is_name or len(plain) < 3 or len(plain) > _LONGEST_WORD or plain in checker:
        return None
    likeliest = checker.correction(plain)
    if likeliest is None or likeliest in (plain, _without_accents(plain)):  # "naïve" is no error, though not listed
        return None
    # Every three letters are one error away from some word, and often meant ("lol"): only swapped ones are undone.
    if len(plain) == 3 and sorted(plain) != sorted(likeliest):
        return None
    likeliest = likeliest.replace("'", "\u2019") if "\u2019" in word else likeliest
    return likeliest.capitalize() if word[0].isupper() else likeliest


def _without_accents(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


@memory.loaded_again
@functools.lru_cache(maxsize=_LOADED_DICTIONARIES)
def dictionary(code: str) -> SpellChecker:
    """Return the dictionary of a language, by the library's code of it; loaded at first use."""
    from spellchecker import SpellChecker

    return SpellChecker(language=code, distance=_ERRORS)
