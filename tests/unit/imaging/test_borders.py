"""Edges that are cut off, and pictures whose edges are the picture."""
from __future__ import annotations

import numpy as np
import pytest

from shared.imaging.borders import box_inside


def scene(height: int = 200, width: int = 300) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width), np.uint8)


def framed(left: int, top: int, right: int, bottom: int, level: int = 0) -> np.ndarray:
    return np.pad(scene(), ((top, bottom), (left, right)), constant_values=level)


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("edges", [(30, 30, 30, 30), (0, 40, 0, 40), (50, 0, 50, 0), (20, 0, 0, 0), (0, 0, 0, 15), (10, 20, 30, 40)])
def test_edges_are_found(edges: tuple[int, int, int, int], level: int):
    left, top, *_ = edges

    assert box_inside(framed(*edges, level)) == (left, top, left + 300, top + 200)


def test_edges_may_ring_a_little():
    picture = framed(30, 30, 30, 30, 100)
    edge = np.ones(picture.shape, bool)
    edge[30:-30, 30:-30] = False
    ringing = np.random.default_rng(2).integers(-5, 6, picture.shape)

    assert box_inside(np.where(edge, picture + ringing, picture).astype(np.uint8)) == (30, 30, 330, 230)


def test_a_second_frame_is_found_inside_the_first():
    assert box_inside(np.pad(framed(20, 20, 20, 20, 0), 15, constant_values=255)) == (35, 35, 335, 235)


def test_a_picture_without_edges_has_none():
    assert box_inside(scene()) is None


def test_edges_of_less_than_a_hundredth_are_none():
    assert box_inside(framed(2, 0, 0, 0)) is None
    assert box_inside(framed(4, 0, 0, 0)) == (4, 0, 304, 200)


def test_where_less_than_a_quarter_of_a_side_is_left_the_edges_are_the_picture():
    thing = scene(60, 60)

    assert box_inside(np.pad(thing, ((100, 100), (0, 0)), constant_values=255)) is None
    assert box_inside(np.pad(thing, ((90, 90), (90, 90)), constant_values=255)) == (90, 90, 150, 150)


@pytest.mark.parametrize("level", [0, 255])
def test_one_colour_has_no_inside(level: int):
    assert box_inside(np.full((100, 100), level, np.uint8)) is None
