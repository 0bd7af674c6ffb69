"""Terms behind disguises: each is found, at the offsets where the disguise stands in the original."""

import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.disguises import MAX_READINGS, readings
from shared.matching.look_alikes import in_other_script, look_alikes
from shared.matching.normalisation import normalise, normalise_aligned
from shared.matching.prepared_text import contains, occurrences, prepare
from shared.matching.term_index import TermIndex
from shared.matching.terms import term_hashes

KEY = bytes(range(32))

TERMS = (
    "kraken banana dragon balloon coffee cookie pretzel volcano walrus penguin lobster hammock pickle marmalade trombone "
    "cactus spinach teapot giraffe noodle pumpkin sailor rocket tulip mammoth"
).split() + ["banana split", "blue whale", "salt lake", "moon cheese", "red herring"]


def replaced(letters, signs):
    return lambda term: term.translate(str.maketrans(letters, signs))


def emoji(first):
    return lambda term: "".join(chr(ord(letter) - ord("a") + first) if letter.isalpha() else letter for letter in term)


def inside(sign):
    return sign.join


def behind_each_letter(mark):
    return lambda term: "".join(letter + mark if letter.isalpha() else letter for letter in term)


def first_vowel_of_each_word(sign_of):
    def disguise(word):
        at = next(at for at, letter in enumerate(word) if letter in "aeiou")
        return word[:at] + sign_of[word[at]] + word[at + 1 :]

    return disguise


CYRILLIC = replaced("aceopxyi", "асеорхуі")
SMALL_CAPITALS = {unicodedata.name(letter)[-1].lower(): letter for letter in "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"}

DISGUISES = {
    "capitals": str.upper,
    "fullwidth": replaced("abcdefghijklmnopqrstuvwxyz", "".join(chr(0xFF41 + n) for n in range(26))),
    "mathematical": replaced("abcdefghijklmnopqrstuvwxyz", "".join(chr(0x1D5EE + n) for n in range(26))),
    "circled": replaced("abcdefghijklmnopqrstuvwxyz", "".join(chr(0x24D0 + n) for n in range(26))),
    "parenthesised": replaced("abcdefghijklmnopqrstuvwxyz", "".join(chr(0x249C + n) for n in range(26))),
    "zero-width space": inside("\u200b"),
    "soft hyphen": inside("\u00ad"),
    "word joiner": inside("\u2060"),
    "variation selectors": inside("\ufe0f"),
    "right-to-left marks": inside("\u200f"),
    "struck out": inside("\u0336"),
    "acute accents": behind_each_letter("\u0301"),
    "stacked accents": behind_each_letter("\u0300\u0323\u0337"),
    "cyrillic": CYRILLIC,
    "cyrillic and spaced": lambda term: inside(" ")(CYRILLIC(term)),
    "greek": replaced("ao", "αο"),
    "small capitals": lambda term: "".join(SMALL_CAPITALS.get(letter, letter) for letter in term),
    "one sign": first_vowel_of_each_word({"a": "@", "e": "3", "i": "!", "o": "0", "u": "u"}),
    "digits": first_vowel_of_each_word({"a": "4", "e": "3", "i": "1", "o": "0", "u": "u"}),
    "keycaps": first_vowel_of_each_word({"a": "4\ufe0f\u20e3", "e": "3\ufe0f\u20e3", "i": "1\ufe0f\u20e3", "o": "0\ufe0f\u20e3", "u": "u"}),
    "spaced": inside(" "),
    "spaced wide": inside("  "),
    "dotted": inside("."),
    "dashed": inside("-"),
    "starred": inside("*"),
    "underscored": inside("_"),
    "long dashes": inside("—"),
    "spaced dashes": inside(" - "),
    "bracketed": lambda word: "".join(f"({letter})" for letter in word),
    "last letter drawn out": lambda word: word + word[-1] * 5,
    "first letter drawn out": lambda word: word[0] * 4 + word,
    "negative squares": emoji(0x1F170),
    "negative circles": emoji(0x1F150),
    "regional indicators": emoji(0x1F1E6),
    "regional indicators, spaced": lambda term: inside(" ")(emoji(0x1F1E6)(term)),
}

# Single spaces between all letters and the words as well leave no words; so those are written with two in between.
BETWEEN_WORDS = {"spaced": "   ", "cyrillic and spaced": "   ", "spaced wide": "\n\n\n", "regional indicators, spaced": "   "}


def disguised(name, term):
    return BETWEEN_WORDS.get(name, " ").join(map(DISGUISES[name], term.split()))


@pytest.mark.parametrize("name", DISGUISES)
def test_every_term_is_found_in_every_disguise_at_its_place(name):
    lost = {}
    for term in TERMS:
        written = disguised(name, term)
        text = f"👨‍👩‍👧 ½ of {{{written}}}, Ünïted"
        start = text.index(written)
        end = start + len(written)
        spans = occurrences(prepare(text, KEY), term)
        # Brackets around the first and the last letter stay outside, as do marks that nobody sees at the edge.
        if len(spans) != 1 or not (start <= spans[0][0] <= start + 1 and end - 1 <= spans[0][1] <= end):
            lost[term] = (written, spans, (start, end))
    assert lost == {}


def test_the_index_finds_what_other_readings_show_after_what_stands_in_plain():
    terms = ["kraken", "banana split", "walrus", "nothing"]
    ids = np.arange(len(terms) * 16, dtype=np.uint8).reshape(-1, 16)
    index = TermIndex.of(term_hashes(terms, KEY), ids)
    found = index.find(prepare("b-a-n-a-n-a s.p.l.i.t, a kr4ken and a walrus", KEY))
    assert found == [ids[2].tobytes(), ids[1].tobytes(), ids[0].tobytes()]


@pytest.mark.parametrize(
    ("text", "term", "found"),
    [
        ("k r a k e n kraken KR4KEN", "kraken", ["k r a k e n", "kraken", "KR4KEN"]),
        ("I k r a k e n you", "kraken", ["k r a k e n"]),
        ("k r a k e n a lot", "kraken", ["k r a k e n"]),
        ("goooodddd", "good", ["goooodddd"]),
        ("kiiillll kiiillll", "kill", ["kiiillll", "kiiillll"]),
        ("ba11oon", "balloon", ["ba11oon"]),
        ("p1ckle p!ckle p|ckle", "pickle", ["p1ckle", "p!ckle", "p|ckle"]),
        ("a$$ @ss a$s", "ass", ["a$$", "@ss", "a$s"]),
        ("b4n4n4!", "banana", ["b4n4n4"]),
        ("крaкeн", "кракен", ["крaкeн"]),
        ("к0т", "кот", ["к0т"]),
        ("ΚRΑΚΕΝ", "kraken", ["ΚRΑΚΕΝ"]),
        ("ΝUΤ", "nut", ["ΝUΤ"]),
        ("the word ѕеа is", "sea", ["ѕеа"]),
        ("нееет", "нет", ["нееет"]),
        ("法*轮*功", "法轮功", ["法*轮*功"]),
        ("🅺ra🅺en", "kraken", ["🅺ra🅺en"]),
        ("🇰🇷🇦🇰🇪🇳 🇩🇪", "kraken", ["🇰🇷🇦🇰🇪🇳"]),
        *((letters.join("kraken"), "kraken", [letters.join("kraken")]) for letters in ("\r\n", "\n\n", "\t\t", " | ", " , ", "|")),
        ("k | l l", "kill", ["k | l l"]),
        ("krak3х", "krakex", ["krak3х"]),
        ("ḱs", "ks", ["ḱs"]),
        ("🅺a", "ka", ["🅺a"]),
        ("你кrаken好", "kraken", ["кrаken"]),
        ("ねえкrаkenだ", "kraken", ["кrаken"]),
        ("你ᴋʀᴀᴋᴇɴ好", "kraken", ["ᴋʀᴀᴋᴇɴ"]),
        ("你k r a k e n好", "kraken", ["k r a k e n"]),
        ("crဝss", "cross", ["crဝss"]),
        ("@kr4k3n @кrаken $кrаken", "kraken", ["kr4k3n", "кrаken", "кrаken"]),
        *((f"kraken{unseen}", "kraken", ["kraken"]) for unseen in "\u034f\ufe0f\u3164\u115f\U000e0041"),
        ("a ❤\ufe0f b", "❤", ["❤\ufe0f"]),
        ("k\u0338\u0341r\u0336a\u0337k\u0301e\u0323\u0301n", "kraken", ["k\u0338\u0341r\u0336a\u0337k\u0301e\u0323\u0301n"]),
    ],
)
def test_is_found(text, term, found):
    prepared = prepare(text, KEY)
    assert [text[start:end] for start, end in occurrences(prepared, term)] == found
    assert contains(prepared, term)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("kíll", "kill"),  # accents of an alphabet tell words apart: año, ano
        ("kıll", "kill"),  # Turkish
        ("k r akeN", "kraken"),  # neither spaced nor whole
        ("kr222ken", "kraken"),
        ("b a n a n a s p l i t", "banana split"),  # where the words end is lost
        ("the word «рот» is Russian", "pot"),  # т is no t
        ("ʇuɐld", "plant"),  # upside down
    ],
)
def test_is_not_found(text, term):
    assert occurrences(prepare(text, KEY), term) == []


PAGE = (Path(__file__).parents[3] / "docs/matching.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("example", "term"),
    [
        *((f"{letters} ", "kra") for letters in ("k r a", "k.r.a", "k-r-a", "k*r*a", "k_r_a", "(k)(r)(a)")),
        *(("кrаken", "kraken"), ("ᴋʀᴀᴋᴇɴ", "kraken"), ("🅺🅰", "ka"), ("🇰🇷🇦", "kra"), ("krakennnn", "kraken")),
        *(("kr4k3n", "kraken"), ("p!ckle", "pickle"), ("b@d", "bad"), ("a$$", "ass")),
        *(("S.p.A.", "spa"), ("G4S", "gas"), ("ọjọ́", "ojo"), ("a k r a k e n!", "kraken"), ("你кrаken好", "kraken")),
    ],
)
def test_what_the_page_says_is_undone_is(example, term):
    assert f"`{example.strip()}`" in PAGE
    assert contains(prepare(example, KEY), term)


@pytest.mark.parametrize(
    ("example", "term"), [("k r aken", "kraken"), ("kra-ken", "kraken"), ("k1i1l", "kill"), ("@k r a k e n", "kraken")]
)
def test_what_the_page_says_is_not_caught_is_not(example, term):
    assert f"`{example}`" in PAGE
    assert not contains(prepare(example, KEY), term)


pieces = st.sampled_from(
    "k r a kill kiiill k1ll к р а н кот α ν Ν ΚΑΙ é ḱ ö́ 🅺 🅰 🇰 🇩🇪 1 0 4 @ $ $$ ! | + . - * _ ( ) 12 коt ᴋ ʟ ꓗ ⲟ հ ß".split()
    + "ﬁ ½ ‼ 坏 词 ガ กี่ हि مرررح שש 👩\u200d👩\u200d👧 \u1112\u1161 \u200b \u0301 \u0336\u0301 \u202e \ud800".split()
    + [" ", "  ", "\n", ". ", " - "]
)
tangled = st.lists(pieces, max_size=30).map("".join)
any_text = st.text(st.characters(exclude_categories=()))


@given(tangled | any_text)
def test_readings_are_few_distinct_and_aligned_within_the_original(text):
    normalised = normalise(text)
    plain = normalise_aligned(text)
    found = readings(normalised, text)
    assert len(found) <= MAX_READINGS
    assert len({normalised, *(reading.text for reading in found)}) == len(found) + 1
    for reading in found:
        aligned = reading.aligned(plain)
        assert aligned.text == reading.text
        starts, ends = list(aligned.starts), list(aligned.ends)
        assert starts == sorted(starts) and ends == sorted(ends)
        assert len(starts) == len(ends) == len(reading.text)
        assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))


@given(tangled, st.sampled_from(TERMS), st.sampled_from(sorted(DISGUISES)), tangled)
def test_a_disguised_term_is_found_where_it_was_put_whatever_stands_around_it(before, term, name, after):
    written = disguised(name, term)
    text = f"{before} {{{written}}} {after}"
    start = len(before) + 2
    spans = occurrences(prepare(text, KEY), term)
    assert all(0 <= first < last <= len(text) for first, last in spans)
    assert all(first[1] <= second[0] for first, second in zip(spans, spans[1:], strict=False))
    if len(readings(normalise(text), text)) < MAX_READINGS - 1:  # else some combinations are not looked at
        assert any(start <= first <= start + 1 and last <= start + len(written) for first, last in spans)


HOSTILE = {
    "spaced": "k i l l ",
    "signs": "k1l1@0",
    "signs alone": "a$$!!|+",
    "repeated": "kiiilll",
    "repeated words": "kiiilll goooddd ",
    "mixed scripts": "кilл",
    "look-alikes": "ѕех ",
    "emoji letters": "🅺🅸 🇰🇮🇱 ",
    "marks": "e\u0323\u0301\u0336",
    "invisible": "a\u200b\u0301",
    "at signs": "a@b.c",
    "domains": "@a.b-c",
    "dashes": "a-b1-",
    "brackets": "(k)(i) [l] ",
    "long unbroken": "a.b",
    "code neighbours": "a4b-12:",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_work_grows_with_the_text_and_not_with_its_square(name):
    def work_on(size):
        text = (HOSTILE[name] * size)[:size]
        steps = CountedSteps()
        steps.count(lambda: [reading.aligned(normalise_aligned(text)) for reading in readings(normalise(text), text)])
        return steps.lines

    small, large = work_on(1_000), work_on(8_000)
    assert large < 16 * small + 1_000


class CountedSteps:
    """Lines of our own Python that are run: work that does not depend on the machine. Expressions are tested apart."""

    def __init__(self):
        self.lines = 0

    def count(self, action):
        def trace(frame, event, argument):
            self.lines += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            action()
        finally:
            sys.settrace(before)


class CountedLetter(str):
    """A letter that counts how often one is compared with another."""

    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        CountedLetter.comparisons += 1
        return str.__eq__(self, other)


@pytest.mark.parametrize("piece", ["кa", "кab", "аaоo", "κa"])
def test_the_letters_of_a_long_word_of_two_scripts_are_not_compared_with_each_other(piece):
    def comparisons(length):
        CountedLetter.comparisons = 0
        assert in_other_script([CountedLetter(letter) for letter in (piece * length)[:length]])
        return CountedLetter.comparisons

    assert comparisons(8_000) < 16 * comparisons(1_000)


def test_the_table_of_look_alikes_is_in_normal_form():
    table = look_alikes()
    for letters in (table.small, table.capital):
        assert {letter: normalise(letter) for letter in letters} == {letter: letter for letter in letters}
        assert set(letters.values()) <= set("abcdefghijklmnopqrstuvwxyz|")
    assert table.small["а"] == "a" and table.capital["н"] == "h" and "т" not in table.small
