"""Without a slur: the one term written here is that of the published example, the others come out of the list."""
from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from shared.matching.normalisation import normalise
from shared.text_analysis.language import DETECTED_LANGUAGES, detect_language
from shared.text_analysis.profanity import find_profanity, prepare_for_profanity, profanity_languages
from tests.unit.matching.test_clean_texts import CLEAN_TEXTS

LISTS = Path(__file__).parents[3] / "shared" / "text_analysis" / "word_lists"
TERMS: dict[str, list[str]] = json.loads(lzma.decompress((LISTS / "profanity.json.xz").read_bytes()))
ORDINARY: dict[str, list[str]] = json.loads(lzma.decompress((LISTS / "ordinary_words.json.xz").read_bytes()))


def terms_in(text: str, language: str) -> list[str]:
    return [place.term for place in find_profanity(prepare_for_profanity(text), language)]


@pytest.mark.parametrize("language", TERMS)
def test_every_term_of_every_language_is_found_in_a_sentence(language: str):
    for term in TERMS[language]:
        text = f"12 {term}, 34"
        places = find_profanity(prepare_for_profanity(text), language)
        assert (term, 3, 3 + len(term)) in [(place.term, place.start, place.end) for place in places], len(term)


def test_every_language_of_the_source_is_there():
    assert set(TERMS) == {
        "ara", "ces", "dan", "deu", "eng", "epo", "spa", "fas", "fin", "fil", "fra", "hin", "hun", "ita", "jpn", "kab", "kor", "nld", "nor",
        "pol", "por", "rus", "swe", "tha", "tlh", "tur", "zho"}
    assert set(TERMS) <= profanity_languages()
    assert all(normalise(term) == term for terms in TERMS.values() for term in terms)


@pytest.mark.parametrize("text", ["crap", "CRAP!", "Crap\u200b", "cra\u0301p".replace("\u0301", "\u0336"), "such cr\u00adap", "ｃｒａｐ"])
def test_a_term_is_found_in_any_case_and_writing_and_where_it_stands(text: str):
    (place,) = find_profanity(prepare_for_profanity(text), "eng")

    assert place.term == "crap"
    assert normalise(text[place.start:place.end]) == "crap"


@pytest.mark.parametrize("text", ["scrap", "craps", "crappie", "scrape it", "c r a m p"])
def test_a_term_inside_another_word_is_none(text: str):
    assert terms_in(text, "eng") == []


def test_english_terms_count_in_every_language_and_others_in_their_own():
    mild = "merde"  # in the French list
    assert mild in TERMS["fra"]
    assert terms_in(f"crap {mild}", "fra") == ["crap", mild]
    assert terms_in(f"crap {mild}", "deu") == ["crap"]
    assert terms_in("crap", "und") == ["crap"]
    assert terms_in("crap", "xxx") == ["crap"]


def test_close_languages_share_a_list():
    term = TERMS["nor"][0]
    assert terms_in(term, "nno")[:1] == terms_in(term, "nor")[:1] != []


def test_a_term_is_found_as_often_as_it_stands_there():
    assert [(place.start, place.end) for place in find_profanity(prepare_for_profanity("crap, crap and crap"), "eng")] == [
        (0, 4), (6, 10), (15, 19)]


def test_nothing_is_found_in_clean_texts_of_many_languages():
    found = {text: terms for text in CLEAN_TEXTS if (terms := terms_in(text, detect_language(text)))}
    assert found == {}


@pytest.mark.parametrize("language", ORDINARY)
def test_an_ordinary_word_of_a_language_counts_in_english_and_not_in_that_language(language: str):
    assert language in DETECTED_LANGUAGES and language != "eng"
    for word in ORDINARY[language]:
        assert terms_in(f"12 {word}, 34", "eng") == [word], len(word)
        assert terms_in(f"12 {word}, 34", language) == [], len(word)
        assert word not in TERMS.get(language, ()), "the language's own list has it"
