"""The language of a text, as ISO 639-3 names it: py3langid's model over the languages below.

Why this library, and how often it is right: docs/quality.md, section on languages.
"""

from __future__ import annotations

import functools
import lzma
import shutil
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Protocol

ENGLISH = "eng"
UNDETERMINED = "und"
"""ISO 639-3 for "undetermined": what a text without letters is in, and some text whose script no language here has."""

# ISO 639-3 codes of the languages that can be told apart, by the model's own labels. Its further ones are left out:
# languages of a few thousand readers that take short texts away from their large neighbours.
LANGUAGES_BY_LABEL = {
    "af": "afr", "am": "amh", "ar": "ara", "as": "asm", "az": "aze", "ba": "bak", "be": "bel", "bg": "bul", "bn": "ben",
    "br": "bre", "bs": "bos", "ca": "cat", "cs": "ces", "cy": "cym", "da": "dan", "de": "deu", "dz": "dzo", "el": "ell",
    "en": "eng", "eo": "epo", "es": "spa", "et": "est", "eu": "eus", "fa": "fas", "fi": "fin", "fo": "fao", "fr": "fra",
    "fy": "fry", "ga": "gle", "gd": "gla", "gl": "glg", "gu": "guj", "ha": "hau", "he": "heb", "hi": "hin", "hr": "hrv",
    "ht": "hat", "hu": "hun", "hy": "hye", "id": "ind", "ig": "ibo", "is": "isl", "it": "ita", "ja": "jpn", "jv": "jav",
    "ka": "kat", "kab": "kab", "kk": "kaz", "km": "khm", "kn": "kan", "ko": "kor", "ku": "kur", "ky": "kir", "la": "lat",
    "lb": "ltz", "lg": "lug", "ln": "lin", "lo": "lao", "lt": "lit", "lv": "lav", "mg": "mlg", "mk": "mkd", "ml": "mal",
    "mn": "mon", "mr": "mar", "ms": "msa", "mt": "mlt", "my": "mya", "ne": "nep", "nl": "nld", "nn": "nno", "no": "nor",
    "oc": "oci", "om": "orm", "or": "ori", "pa": "pan", "pl": "pol", "ps": "pus", "pt": "por", "qu": "que", "ro": "ron",
    "ru": "rus", "rw": "kin", "sa": "san", "si": "sin", "sk": "slk", "sl": "slv", "sn": "sna", "so": "som", "sq": "sqi",
    "sr": "srp", "st": "sot", "sv": "swe", "sw": "swa", "ta": "tam", "te": "tel", "tg": "tgk", "th": "tha", "tk": "tuk",
    "tl": "tgl", "tr": "tur", "tt": "tat", "ug": "uig", "uk": "ukr", "ur": "urd", "uz": "uzb", "vi": "vie", "xh": "xho",
    "yo": "yor", "yue": "yue", "zh": "zho", "zu": "zul",
}  # fmt: skip
DETECTED_LANGUAGES = frozenset(LANGUAGES_BY_LABEL.values())

# Two or three short words fit several languages almost equally well. What people write most decides then: a bonus to the
# logarithm of the likelihood, chosen on 78 short phrases that the benchmark does not use.
_ENGLISH_BONUS = 6.0
_LARGE_BONUS = 2.0
_LARGE = frozenset(
    "ar cs da de el es fa fi fr he hi hr hu id it ja ko nl no pl pt ro ru sv th tr uk vi zh".split()
)
_READ_CODE_POINTS = 4_000  # what comes after it changes nothing any more


class _Identifier(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


def detect_language(text: str) -> str:
    """Return the ISO 639-3 code of the language that most of the text is in, `und` for a text without letters.

    A word or two is often wrong; Latin letters that say nothing at all ("ok") count as English.
    """
    words = [word for word in text[:_READ_CODE_POINTS].split() if "@" not in word and "://" not in word]
    readable = " ".join(words)
    if not any(character.isalpha() for character in readable):
        return UNDETERMINED
    # Not by `set_languages`, which keeps a second copy of the model: 23 MB.
    ranking = [(label, score) for label, score in _identifier().rank(readable) if label in LANGUAGES_BY_LABEL]
    if ranking[0][1] == ranking[-1][1]:  # nothing that the model knows is in it
        return ENGLISH if any(character.isascii() and character.isalpha() for character in readable) else UNDETERMINED
    label, _ = max(ranking, key=lambda ranked: ranked[1] + _bonus(ranked[0]))
    return LANGUAGES_BY_LABEL[label]


def _bonus(label: str) -> float:
    return _ENGLISH_BONUS if label == "en" else _LARGE_BONUS if label in _LARGE else 0.0


@functools.cache
def _identifier() -> _Identifier:
    """The library's identifier over its model, which is mapped from a file: of its 50 MB only what texts touch comes into memory."""
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    with TemporaryDirectory() as folder:
        with lzma.open(MODEL_DIR / MODEL_FILE) as packed, TemporaryFile(dir=folder) as unpacked:
            shutil.copyfileobj(packed, unpacked)
            with zipfile.ZipFile(unpacked) as archive:
                archive.extractall(folder)
        arrays = {path.stem: np.load(path, mmap_mode="r") for path in Path(folder).glob("*.npy")}
    # Walked over item by item, for which a view is several times faster than an array.
    moves, rows, features = (memoryview(arrays[name]) for name in ("nextmove", "nextmove_row", "out_feat"))
    return LanguageIdentifier(arrays["ptc"], arrays["pc"], arrays["classes"].tolist(), moves, features, tk_row=rows)
