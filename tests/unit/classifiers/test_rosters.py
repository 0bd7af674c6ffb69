"""Rows of rosters and records of images at their largest fit the storage's limit."""
from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

from shared.classifiers.image_ids import image_id_of, region_id_of
from shared.classifiers.image_rules import TAGS_OF_AN_IMAGE
from shared.classifiers.images import fits_a_record
from shared.classifiers.models import Box, Image, Region
from shared.classifiers.rosters import ROSTER_IMAGES, Roster, record_of
from shared.crypto.envelope import PAYLOAD_OVERHEAD_BYTES
from shared.storage.account_store import PAYLOAD_LIMIT_BYTES

NOW = datetime(2026, 11, 27, 1, 2, 3, 456789, UTC)


def test_a_full_roster_of_images_with_100_of_500_tags_each_fits_a_row_even_while_all_are_being_changed():
    tags = [str(uuid.uuid4()) for _ in range(500)]
    images = {image_id_of(NOW, 4095, number): frozenset(tags[400 - number:500 - number]) for number in range(ROSTER_IMAGES)}
    pending = {image_id: {f"{mark:08x}": 1_800_000_000 for mark in range(2)} for image_id in images}
    content = record_of(4095, Roster(images, pending, {"a" * 8: (64, 1_800_000_000)})).content

    size_bytes = len(json.dumps(content, separators=(",", ":")).encode())

    assert size_bytes + PAYLOAD_OVERHEAD_BYTES <= PAYLOAD_LIMIT_BYTES


def image_with(regions: int, metadata: dict[str, str]) -> Image:
    image_id = image_id_of(NOW, 1)
    tagged_at = {str(uuid.uuid4()): NOW for _ in range(TAGS_OF_AN_IMAGE)}
    return Image(image_id, NOW, 10_240, 10_240, "f" * 64, "f" * 32, True, tagged_at, tuple(
        Region(region_id_of(image_id), next(iter(tagged_at)), Box(0.12345678, 0.12345678, 0.12345678, 0.12345678), NOW)
        for _ in range(regions)), metadata)


def test_an_image_with_all_its_regions_or_with_all_its_metadata_fits_a_record_and_with_both_it_does_not():
    metadata = {f"{number:02}" + "k" * 254: "v" * 512 for number in range(50)}

    assert fits_a_record(image_with(300, {}))
    assert fits_a_record(image_with(0, metadata))
    assert not fits_a_record(image_with(300, metadata))
