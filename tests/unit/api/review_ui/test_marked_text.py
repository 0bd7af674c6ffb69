"""A text cut where something is marked, in code points."""
from __future__ import annotations

import pytest

from shared.api.review_ui.marked_text import Piece, pieces_of


@pytest.mark.parametrize("places, pieces", [
    ([], [Piece("a😀bc", False)]),
    ([(1, 2)], [Piece("a", False), Piece("😀", True), Piece("bc", False)]),
    ([(0, 4)], [Piece("a😀bc", True)]),
    ([(0, 2), (1, 3)], [Piece("a😀b", True), Piece("c", False)]),
    ([(0, 3), (1, 2)], [Piece("a😀b", True), Piece("c", False)]),
    ([(2, 3), (3, 4)], [Piece("a😀", False), Piece("b", True), Piece("c", True)]),
])
def test_a_text_is_cut_at_code_points_where_hits_begin_and_end(places, pieces):
    assert pieces_of("a😀bc", places) == pieces
