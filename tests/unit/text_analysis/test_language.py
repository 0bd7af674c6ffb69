from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from shared.text_analysis.language import DETECTED_LANGUAGES, UNDETERMINED, _identifier, detect_language

SENTENCES = {row["language"]: row["sentence"] for row in csv.DictReader(
    (Path(__file__).parents[3] / "dev" / "bench" / "data" / "languages.csv").read_text().splitlines())}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_is_told_in_each_of_46_languages(language: str):
    assert detect_language(SENTENCES[language]) == language


@pytest.mark.parametrize("text", ["", " ", "12:30", "!?", "👩‍🚀🇩🇪", "\u200b", "a@example.org", "https://example.org", "\u0301",
"2023-10-12"])
def test_a_text_without_words_is_undetermined(text: str):
    assert detect_language(text) == UNDETERMINED


@pytest.mark.parametrize("text", [
    "ok", "I hate you", "thanks", "How are you?", "see you later", "crap 764-879-887", "What the hell is this?", "GO AWAY NOW"])
def test_a_few_english_words_are_english(text: str):
    assert detect_language(text) == "eng"


def test_addresses_do_not_make_a_text_english():
    assert detect_language("Schreib mir bitte morgen: john.smith@the-english-company.example.org") == "deu"


@settings(deadline=None)
@given(st.text(max_size=80))
def test_anything_has_one_of_the_languages(text: str):
    assert detect_language(text) in DETECTED_LANGUAGES | {UNDETERMINED}
    assert detect_language(text) == detect_language(text)


def test_codes_are_of_iso_639_3():
    assert len(DETECTED_LANGUAGES) >= 100
    assert all(len(code) == 3 and code.isalpha() and code.islower() for code in DETECTED_LANGUAGES)


def test_the_mapped_model_ranks_as_the_library_does():
    theirs = LanguageIdentifier.from_model_file(MODEL_FILE)
    for text in [*SENTENCES.values(), "ok", "!!", "кот 猫 แมว", "a" * 3_000]:
        assert _identifier().rank(text) == theirs.rank(text)
