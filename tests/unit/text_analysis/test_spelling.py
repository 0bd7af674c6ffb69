from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.text_analysis.spelling import SPELLING_LANGUAGES, corrected


@pytest.mark.parametrize(("text", "better"), [
    ("The quick brown fox jumps over the lazzy dog.", "The quick brown fox jumps over the lazy dog."),  # both published
    ("Is this a grabage or crap email", "Is this a garbage or crap email"),
    ("I definately recieve it, beleive me!", "I definitely receive it, believe me!"),
    ("Teh end", "The end"), ("Recieve it. Beleive it.", "Receive it. Believe it."), ("it dosen't work", "it doesn't work"),
    ("it dosen\u2019t work", "it doesn\u2019t work"), ("  two  spaces,\n\ttabs lazzy ", "  two  spaces,\n\ttabs lazy "),
    ("(lazzy)", "(lazy)"),
    ("👩‍🚀 lazzy 🇩🇪", "👩‍🚀 lazy 🇩🇪"), ("a freind-like dog", "a friend-like dog")])
def test_one_typing_error_in_a_word_is_undone(text: str, better: str):
    assert corrected(text, "eng") == better


@pytest.mark.parametrize("text", [
    "", "All of this is right.", "Ask Jonh or Micheal tomorrow", "NASSA and WTFF", "lol ur gr8 pls", "teh@recieve.example",
    "http://recieve.example/teh",
    "www.recieve.example", "file_recieve.txt", "@recieve", "#recieve", "x1recieve", "naïve", "xqzptlkw", "C:\\recieve",
    "recieve/teh", "fooBar",
    "\ud800", "日本語", "\x00", "a" * 1024])
def test_what_is_right_a_name_an_address_or_beyond_recognition_stays(text: str):
    assert corrected(text, "eng") == text


def test_a_language_without_a_dictionary_stays():
    assert "jpn" not in SPELLING_LANGUAGES
    assert corrected("The lazzy dog", "jpn") == "The lazzy dog"


def test_other_languages_have_their_own_dictionary():
    assert corrected("Das ist ein schönner Garten", "deu") == "Das ist ein schöner Garten"
    assert corrected("una palabbra nueva", "spa") == "una palabra nueva"
    assert corrected("une maisson bleue", "fra") == "une maison bleue"


@pytest.mark.parametrize(("text", "language"), [
    ("también mañana canción", "spa"), ("problème", "fra"), ("schöne", "deu"), ("résumé", "eng")])
def test_a_right_word_stays_as_it_was_sent_when_it_is_decomposed(text: str, language: str):
    decomposed = unicodedata.normalize("NFD", text)

    assert corrected(decomposed, language) == decomposed


@pytest.mark.parametrize("text", ["misinter\u00adpreted infor\u00admation", "infor\u200bmation", "\u2060information\ufeff", "don\u00ad't"])
def test_a_right_word_stays_with_the_invisible_signs_it_holds(text: str):
    assert corrected(text, "eng") == text


def test_an_error_in_a_word_of_several_code_points_a_letter_is_undone():
    assert corrected("ein scho\u0308nner Garten", "deu") == "ein schöner Garten"
    assert corrected("the laz\u00adzy dog", "eng") == "the lazy dog"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_white_space_and_signs_stay(text: str):
    better = corrected(text, "eng")

    assert [sign for sign in better if sign.isspace()] == [sign for sign in text if sign.isspace()]
    assert [sign for sign in better if not sign.isalpha() and sign not in "'\u2019"] == [
        sign for sign in text if not sign.isalpha() and sign not in "'\u2019"]
