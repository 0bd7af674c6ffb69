"""Ids of images: they sort by time, and hold the number of their roster."""
from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.classifiers.image_ids import ROSTER_COUNT, image_id_of, images_of_region, region_id_of, roster_of

NOW = datetime(2026, 11, 27, 1, 2, 3, 456789, UTC)


@given(st.integers(0, ROSTER_COUNT - 1), st.integers(0, 255))
def test_an_id_is_a_uuid_of_version_7_that_holds_time_and_roster(roster: int, sequence: int):
    made = uuid.UUID(image_id_of(NOW, roster, sequence))

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(NOW.timestamp() * 1000)
    assert roster_of(str(made)) == roster


def test_ids_sort_by_time_and_in_a_batch_by_their_sequence():
    batch = [image_id_of(NOW, 7, sequence) for sequence in range(64)]
    later = image_id_of(NOW + timedelta(milliseconds=1), 0)

    assert batch == sorted(batch) and batch[-1] < later
    assert len({image_id_of(NOW, 7) for _ in range(1000)}) == 1000


@given(st.integers(0, ROSTER_COUNT - 1))
def test_a_region_leads_to_its_image(roster: int):
    image_id = image_id_of(NOW, roster)
    first, last = images_of_region(region_id_of(image_id))

    assert first <= image_id <= last
    assert not first <= image_id_of(NOW + timedelta(milliseconds=1), roster) <= last
