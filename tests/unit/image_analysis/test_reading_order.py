"""The order of stretches of text: rows, columns of prose, headings across them, tables."""
from __future__ import annotations

import random

import pytest

from shared.image_analysis.reading_order import Stretch, rows_in_reading_order

HEIGHT = 20


def prose(first: int, left: float, top: float, rows: int = 4, width: float = 200) -> list[Stretch]:
    return [Stretch(first + row, left, top + 30 * row, left + width, top + 30 * row + HEIGHT) for row in range(rows)]


def order(stretches: list[Stretch], seed: int) -> list[list[int]]:
    shuffled = random.Random(seed).sample(stretches, len(stretches))
    return [[one.number for one in row] for row in rows_in_reading_order(shuffled)]


@pytest.mark.parametrize("seed", range(5))
def test_two_columns_of_prose_are_read_one_after_the_other(seed):
    assert order(prose(0, 0, 0) + prose(4, 240, 0), seed) == [[number] for number in range(8)]


@pytest.mark.parametrize("seed", range(5))
def test_a_heading_across_the_columns_comes_before_what_is_below_it(seed):
    page = [Stretch(0, 0, 0, 440, 24), *prose(1, 0, 40), *prose(5, 240, 40)]
    assert order(page, seed) == [[number] for number in range(9)]


@pytest.mark.parametrize("seed", range(5))
def test_three_columns_are_three(seed):
    assert order(prose(0, 0, 0) + prose(4, 240, 0) + prose(8, 480, 0), seed) == [[number] for number in range(12)]


@pytest.mark.parametrize("seed", range(5))
def test_the_rows_of_a_receipt_are_read_across(seed):
    prices = prose(4, 240, 0, width=60)  # three times as wide as high: no prose
    assert order(prose(0, 0, 0) + prices, seed) == [[0, 4], [1, 5], [2, 6], [3, 7]]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("gap", "is_gutter"), [(13, False), (15, True)])
def test_a_gap_between_words_is_no_gutter(seed, gap, is_gutter):
    rows = order(prose(0, 0, 0) + prose(4, 200 + gap, 0), seed)
    assert rows == ([[number] for number in range(8)] if is_gutter else [[0, 4], [1, 5], [2, 6], [3, 7]])


def test_no_stretches_have_no_rows():
    assert rows_in_reading_order([]) == []
