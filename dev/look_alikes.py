"""Write shared/matching/look_alikes.txt: letters that look like Latin ones, from Unicode's data on confusables.

`.venv/bin/python -m dev.look_alikes`. The data is that of Unicode Technical Standard #39 as the package
confusable-homoglyphs carries it; small capitals come from the Unicode names.
"""

import json
import unicodedata
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "shared" / "matching" / "look_alikes.txt"

# A capital that looks like I looks like l too: its reading is left open.
I_OR_L = "|"

_FIRST_PHONETIC = 0x250  # the Latin letters before it belong to the alphabets of languages, as these few after it do
_LETTERS_OF_LANGUAGES = "ɣɩʋꞟꞵꬵ"

_SMALL_CAPITAL = "LATIN LETTER SMALL CAPITAL "

_NOTE = """\
# Letters that look like Latin ones, one line for each reading: the reading, a tab, the letters. "|" is i or l.
# Made by dev/look_alikes.py from Unicode's confusables (UTS #39) and character names; Unicode licence, see NOTICE.
"""


def look_alikes() -> dict[str, str]:
    """Letter -> the small Latin letter it looks like, or I_OR_L; letters in NFKC, with their case."""
    confusables = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8"))
    found = {}
    for sign, others in confusables.items():
        readings = [other["c"] for other in others if other["c"].isascii() and other["c"].isalpha() and len(other["c"]) == 1]
        if len(sign) == 1 and readings and _is_taken(sign):
            found[sign] = I_OR_L if readings[0] == "l" else readings[0].lower()
    for code in range(_FIRST_PHONETIC, 0x10000):
        name = unicodedata.name(chr(code), "")
        if name.startswith(_SMALL_CAPITAL) and len(name) == len(_SMALL_CAPITAL) + 1:
            found[chr(code)] = name[-1].lower()
    return found


def _is_taken(sign: str) -> bool:
    if not unicodedata.category(sign).startswith("L") or unicodedata.normalize("NFKC", sign) != sign:
        return False
    is_latin = unicodedata.name(sign).startswith("LATIN")
    return not is_latin or (ord(sign) >= _FIRST_PHONETIC and sign not in _LETTERS_OF_LANGUAGES)


def main() -> None:
    by_reading = defaultdict(list)
    for sign, reading in sorted(look_alikes().items()):
        by_reading[reading].append(sign)
    lines = [f"{reading}\t{''.join(signs)}\n" for reading, signs in sorted(by_reading.items())]
    TABLE.write_text(_NOTE + "".join(lines), "utf-8")


if __name__ == "__main__":
    main()
