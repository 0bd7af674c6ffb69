"""`python3 dev profanity-list DIR`: makes the built-in profanity list anew from the published lists it is made of.

DIR holds what this command fetches: `npm pack naughty-words@1.2.0 cuss@2.2.0 badwords-list@1.0.0`. The list is committed
compressed, so that nobody has to read it who does not want to.
"""
from __future__ import annotations

import argparse
import json
import lzma
import re
import tarfile
from pathlib import Path

from dev.environment import ROOT

LIST = ROOT / "shared" / "text_analysis" / "word_lists" / "profanity.json.xz"
NAUGHTY_WORDS, CUSS, BADWORDS = "naughty-words-1.2.0.tgz", "cuss-2.2.0.tgz", "badwords-list-1.0.0.tgz"

# File of naughty-words: ISO 639-3.
_LANGUAGES = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "en": "eng", "eo": "epo", "es": "spa", "fa": "fas", "fi": "fin",
    "fil": "fil", "fr": "fra", "fr-CA-u-sd-caqc": "fra", "hi": "hin", "hu": "hun", "it": "ita", "ja": "jpn", "kab": "kab",
    "ko": "kor", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ru": "rus", "sv": "swe", "th": "tha", "tlh": "tlh",
    "tr": "tur", "zh": "zho",
}
_SUREST = "2"  # of the three ratings of cuss
_KISSES = {"xx", "xxx"}  # how the British end a letter
# One Chinese character is found inside harmless words too: the lists have those for egg and milk.
_ONE_HAN_CHARACTER = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 dev profanity-list", description=__doc__)
    parser.add_argument("directory", type=Path, metavar="DIR")
    directory = parser.parse_args(argv).directory
    terms = collected(directory)
    LIST.parent.mkdir(exist_ok=True)
    LIST.write_bytes(lzma.compress(json.dumps(terms, sort_keys=True).encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{sum(map(len, terms.values()))} terms in {len(terms)} languages, {LIST.stat().st_size} bytes")
    return 0


def collected(directory: Path) -> dict[str, list[str]]:
    """Terms by language. The first list counts as it is; of English, what both others are sure of is added.

    The first list was made to be searched for inside words, so that it lacks most inflected forms; the other two have
    them, but each alone lists many harmless words.
    """
    from shared.matching.normalisation import normalise
    from shared.matching.tokens import token_spans

    terms: dict[str, set[str]] = {}
    for file, language in _LANGUAGES.items():
        terms.setdefault(language, set()).update(json.loads(_member(directory / NAUGHTY_WORDS, f"{file}.json")))
    rated = re.findall(r"""^\s*['"]?([^'":]+)['"]?: (\d)""", _member(directory / CUSS, "index.js"), re.MULTILINE)
    sure = {word for word, rating in rated if rating == _SUREST}
    terms["eng"] |= sure & set(re.findall(r'"([^"]+)"', _member(directory / BADWORDS, "lib/array.js")))
    terms["eng"] -= _KISSES
    normalised = {language: {normalise(term).strip() for term in found} for language, found in terms.items()}
    return {language: sorted(term for term in found if token_spans(term) and not _ONE_HAN_CHARACTER.fullmatch(term))
            for language, found in normalised.items()}


def _member(archive: Path, name: str) -> str:
    with tarfile.open(archive) as package:
        member = package.extractfile(f"package/{name}")
        assert member is not None
        return member.read().decode()
