"""Lost spaces are put back where a stretch of letters is made of known words, and nowhere else."""
from __future__ import annotations

import pytest

from shared.text_analysis.word_gaps import LONGEST, with_gaps


@pytest.mark.parametrize(("read", "meant"), [
    ("I NEED MORECOFFEE", "I NEED MORE COFFEE"),
    ("NutritionFacts", "Nutrition Facts"),
    ("Iwanttohurtmyself", "I want to hurt myself"),
    ("servingsperpackage: 4", "servings per package: 4"),
])
def test_words_that_run_together_are_parted(read, meant):
    assert with_gaps(read) == meant


@pytest.mark.parametrize("text", [
    "", "I need more coffee", "Geschwindigkeitsbegrenzung", "sefxasdf qwrtzp", "carpet notebook understand", "Krankenhaus",
    "ßßßßßßßß İİİİİİİ", "再会再会再会再会"])
def test_words_and_what_is_none_stay(text):
    assert with_gaps(text) == text


def test_a_stretch_of_any_length_ends_soon():
    assert with_gaps("the" * 26) == " ".join(["the"] * 26)
    assert len(with_gaps("a" * LONGEST * 100)) <= 2 * LONGEST * 100
