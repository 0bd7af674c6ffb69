"""Other readings must not find in a clean text what does not stand there."""

import gzip
import json
from pathlib import Path

import pytest
import spellchecker

from shared.matching.disguises import readings
from shared.matching.normalisation import normalise
from shared.matching.tokens import token_texts

CLEAN_TEXTS = [
    line for line in Path(__file__).with_name("clean_texts.txt").read_text("utf-8").splitlines() if line and line[0] not in "#="
]
COMMON_WORDS_OF_A_LANGUAGE = 5_000
LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "nl", "pt", "ru")

# Words that another reading finds rightly: drawn out in play, or an abbreviation that is a word too. docs/matching.md.
FOUND_RIGHTLY = {
    *("so and non noon troop trop gol troppo muito ну очень ya super جدا".split()),  # sooo, aaand, noooon, trooop...
    "spa",  # S.p.A.
    "ojo",  # ọjọ́: Yoruba accents that no letter of Unicode has are taken for decoration
}


@pytest.fixture(scope="module")
def common_words():
    words = set()
    for language in LANGUAGES:
        path = Path(spellchecker.__file__).parent / "resources" / f"{language}.json.gz"
        frequencies = json.loads(gzip.decompress(path.read_bytes()))
        words.update(map(normalise, sorted(frequencies, key=frequencies.get, reverse=True)[:COMMON_WORDS_OF_A_LANGUAGE]))
    return words


def words_found_only_in_other_readings(text):
    normalised = normalise(text)
    plain = set(token_texts(normalised))
    return {token for reading in readings(normalised, text) for token in token_texts(reading.text)} - plain


def test_there_are_clean_texts_in_many_languages():
    assert len(CLEAN_TEXTS) > 250


def test_no_common_word_of_nine_languages_is_found_in_a_clean_text_where_it_does_not_stand(common_words):
    found = {text: words_found_only_in_other_readings(text) & common_words - FOUND_RIGHTLY for text in CLEAN_TEXTS}
    assert {text: words for text, words in found.items() if words} == {}


def test_few_clean_texts_have_another_reading_at_all():
    with_readings = [text for text in CLEAN_TEXTS if readings(normalise(text), text)]
    assert len(with_readings) < 40


def test_common_words_themselves_have_no_other_reading_that_is_a_common_word(common_words):
    words = sorted(common_words)
    lines = ["; ".join(words[at : at + 500]) for at in range(0, len(words), 500)]
    found = set().union(*map(words_found_only_in_other_readings, lines))
    assert found & common_words == set()


@pytest.mark.parametrize(
    "text",
    [
        *("30 h2o mp3 stop! $us 3d 4k b2b 24/7 c++ f# u2 k2 g20 i5 win32 sha256 utf-8 2nd 10x".split()),
        *("B4D-5678 XR-4000-B4D 550e8400-e29b-41d4-b4d5-446655440000 v1.0.3 10.0.0.1 B4D:1999".split()),
        *("joe@home.com b.oss@be.st kim@a1b.example.org".split()),
        *("viii XIII MCMXCVIII www xxx zzz mmm aaa 1000000 ... ---".split()),
        *("J. R. R. Tolkien", "A. B. and C.", "a, b, c", "a b c d", "x y z", "A-B-C", "x x x", "a 1 b 2", "vitamin d 3 k 2"),
        *("well-known mother-in-law e-mail T-shirt don't it's rock'n'roll".split()),
        *("🇩🇪", "🇩🇪 🇫🇷 🇮🇹", "🅰️", "type 🅱️", "👍🏽 ❤️ 👩‍💻"),
        *("α β γ", "angle α and β", "5 μm", "Δt", "the Russian word привет means hello", "the word нет means no"),
        *("сахар и соус, рот и нос", "Он сел на кота. iPhone лежал рядом.", "осока росла", "Купил iPhone"),
        *("año", "café", "piñata", "naïve", "Dvořák", "żółw", "người", "être", "Ångström", "cafe\u0301", "ngươ\u0300i"),
        *("sıkı sıkıya", "ılık", "Iğdır"),
        *("第3回", "4月5日", "Tシャツ", "哈哈哈", "ははは", "제1회", "ㅋㅋㅋ"),
    ],
)
def test_is_read_in_one_way_only(text):
    assert readings(normalise(text), text) == []
