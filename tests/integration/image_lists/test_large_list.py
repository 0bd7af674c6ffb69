"""A long image list: its fingerprints, made up, go the way of all changes, through segments; nothing of it is lost on the way."""
from __future__ import annotations

import numpy as np

from shared.image_lists.image_hashes import ImageChange
from shared.image_lists.models import entry_id
from shared.imaging.fingerprints import LAYOUT, fingerprint_of
from tests.pictures import picture

IMAGES = 100_000
AT_ONCE = 5_000
FINGERPRINT = 1


def made_up(first: int, count: int) -> list[ImageChange]:
    dice = np.random.default_rng(first)
    records = np.repeat(np.frombuffer(fingerprint_of(picture(0)), LAYOUT), count)
    for field in ("digest", "hashes"):
        values = records[field]
        records[field] = dice.integers(0, 256, values.nbytes, np.uint8).view(values.dtype).reshape(values.shape)
    rows = dice.integers(0, 256, (count, 16), np.uint8)
    return [ImageChange(entry_id(10**8 + first + place, rows[place].tobytes()), True, FINGERPRINT, records[place].tobytes())
            for place in range(count)]


def test_a_hundred_thousand_images_are_compacted_loaded_cold_and_matched(new_worker):
    writer, reader = new_worker(list_cache_megabytes=1), new_worker()
    number = writer.create(1)
    for first in range(0, IMAGES, AT_ONCE):
        current = writer.repository.get(writer.store, str(number))
        writer.indexes.append(writer.store, current, made_up(first, AT_ONCE))
        if first == IMAGES // 2:
            assert reader.matched(number, [1, 2]) == {1}
    added = writer.add(number, 2)
    writer.indexes.compact(writer.store, str(number))
    index = writer.repository.get(writer.store, str(number)).index
    assert index.base is not None and not index.segments and writer.blobs() == writer.named_blobs()
    for worker in (reader, new_worker(), writer):
        assert worker.matched(number, [1, 2, 3]) == {1, 2}
        ids = worker.lists.content_ids(worker.store, number)
        assert len(ids) == IMAGES + 2 and ids[:2] == [added - 1, added]
    writer.lists.remove(writer.store, number, added)
    assert reader.matched(number, [1, 2, 3]) == {1}
