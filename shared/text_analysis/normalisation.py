"""How a text is spelled before the model reads it: one plain view, and a second one with common disguises undone.

The training run uses `normalise` and `tokens`, so a change of these asks for new weights.
"""

import re
import unicodedata

from shared.matching.disguises import readings
from shared.matching.normalisation import shorten_mark_runs

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_MENTION = re.compile(r"@\w+")
_UNREADABLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\ud800-\udfff]")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u201c": '"', "\u201d": '"'})
_HAS_LONG_REPEAT = re.compile(r"(.)\1\1", re.DOTALL)  # to search for it takes a third of the time of replacing none
_LONG_REPEAT = re.compile(r"(.)\1{2,}", re.DOTALL)
# Letters that English words do not double, drawn out within a word; the others become two, as in "kill" and "shoot".
_DRAWN_OUT = re.compile(r"([ahijkquvwy])\1{2,}(?=[a-z])|(?<=[a-z])([ahijkquvwy])\2{2,}")
_WORD = re.compile(r"[a-z]+")
_NUMERAL = frozenset("ivxlcdm")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[^\w\s]")


def normalise(text: str) -> str:
    """Return the text in compatibility form and lower case, with links, mentions and long repeats made alike."""
    return _shortened(_folded(text))


def spellings_of(text: str) -> list[str]:
    """Return how a text is read: normalised, and where that differs once more with its disguises undone."""
    folded = _folded(text)
    plain = _shortened(folded)
    # Where nothing was shortened, nothing is drawn out.
    undisguised = undisguise(plain if plain == folded else _shortened(_WORD.sub(_not_drawn_out, folded)))
    return [plain] if undisguised == plain else [plain, undisguised]


def undisguise(normalised: str) -> str:
    """Return a normalised text as a reader sees through its disguises: "k 1 l l" and "k!ll" become "kill".

    The likeliest of the readings that lists are matched in too; the argument itself for a text without disguises.
    """
    found = readings(normalised)
    return found[0].text if found else normalised


def tokens(normalised: str) -> list[str]:
    """Return the words of a normalised text, with each remaining sign (an emoji, a full stop) as a word of its own."""
    return _TOKEN.findall(normalised)


def _folded(text: str) -> str:
    if text.isascii():
        text = text.replace("`", "'")
    else:
        text = _UNREADABLE.sub("", text).translate(_APOSTROPHES)
        text = _without_accents(unicodedata.normalize("NFKC", shorten_mark_runs(text)))
    text = text.lower()
    # Most texts have neither, and to look for a sign of them is the shorter way.
    if "://" in text or "www." in text:
        text = _LINK.sub("[url]", text)
    return _MENTION.sub("@user", text) if "@" in text else text


def _not_drawn_out(word: re.Match[str]) -> str:
    return word[0] if _NUMERAL.issuperset(word[0]) else _DRAWN_OUT.sub(r"\1\2", word[0])


def _shortened(text: str) -> str:
    return _LONG_REPEAT.sub(r"\1\1", text) if _HAS_LONG_REPEAT.search(text) else text


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f"))
