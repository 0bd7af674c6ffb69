"""Image lists on Azurite: a cold worker to its first match, the matches after it, a change between two matches, and a bulk import.

The images of a long list are made up and given to the index in bulk, as its base; only the one that the picture hits has a row.
"""
from __future__ import annotations

import dataclasses
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from dev.azurite import Azurite
from dev.bench import print_table
from dev.run import app_settings

_OPERATOR_KEY = "development-only-operator-key-of-a-bench"
_SIZES = (10_000, 100_000, 1_000_000)
_IMPORTED = 1_000
_SIDE = 640
_ROOT = Path(__file__).resolve().parents[2]


def run() -> None:
    with tempfile.TemporaryDirectory() as folder, Azurite.in_memory(extent_memory_mb=4000) as azurite:
        os.environ.update(app_settings(azurite.connection_string, _OPERATOR_KEY, Path(folder) / "key"))
        os.environ["IMAGE_LIMIT"] = str(_SIZES[-1] + 1_000)
        account_id = _services().accounts.create("bench")[0].id
        rows = []
        for size in _SIZES:
            number = _store(account_id, size)
            done = subprocess.run([sys.executable, "-m", "dev.bench.image_lists", account_id, str(number)], cwd=_ROOT,
                                  stdout=subprocess.PIPE, text=True, check=True)
            rows.append([f"{size:,}", *done.stdout.split()])
        print_table(["images", "cold: stored list to first match, ms", "warm match, ms", "of it the picture's hashes, ms",
                     "first match after another image was added, ms", "memory of the index, MB"], rows)
        print()
        seconds, size_bytes = _imported(account_id)
        print(f"{_IMPORTED:,} pictures of {_SIDE} x {_SIDE} in a ZIP of {size_bytes / 1e6:.0f} MB: {seconds:.1f} s")


def _services():
    from shared.bootstrap import services_of
    from shared.settings import Settings

    return services_of(Settings.from_environ(os.environ))


def _picture(number: int):
    import numpy
    from PIL import Image

    from shared.imaging.models import ImageFormat, Picture

    dice = numpy.random.default_rng(number)
    layers = [Image.fromarray(dice.integers(0, 256, (side, side, 3), numpy.uint8)).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
              for side in (5, 17)]
    return Picture(numpy.asarray(Image.blend(*layers, 0.35)), ImageFormat.PNG, 1)


def _store(account_id: str, size: int) -> int:
    import numpy

    from shared.image_lists.image_hashes import ImageHashes
    from shared.image_lists.repository import ImageListRepository
    from shared.imaging.fingerprints import LAYOUT, fingerprint_of
    from shared.indexing.list_index import ListIndexes
    from shared.storage.holdings import IMAGE_LIST_INDEX

    services = _services()
    store = services.accounts.open(services.accounts.get(account_id))
    number = services.image_lists.create(store, f"{size} images", "", {}).number
    services.image_lists.add(store, number, _picture(1), (), "the one")
    dice = numpy.random.default_rng(size)
    index = services.image_list_indexes.newest(store, str(number))
    like = numpy.frombuffer(fingerprint_of(_picture(2)), LAYOUT)
    for first in range(0, size - 1, 100_000):
        count = min(100_000, size - 1 - first)
        made_up = numpy.repeat(like, count)
        for field in ("digest", "hashes"):
            made_up[field] = dice.integers(0, 256, (count, made_up[field][0].nbytes), numpy.uint8).view(
                made_up[field].dtype).reshape(made_up[field].shape)
        ids = numpy.arange(10**8 + first, 10**8 + first + count, dtype=numpy.uint32)
        nothing = numpy.empty(0, numpy.uint32), numpy.empty((0, 4), numpy.uint64)
        index = index.merged(ids, ids, dice.integers(0, 256, (count, 16), numpy.uint8),
                             (ids, made_up.view(numpy.uint8).reshape(count, -1)), nothing)
    lists = ImageListRepository()
    current = lists.get(store, str(number))
    manifest = ListIndexes(IMAGE_LIST_INDEX, ImageHashes(), 1).with_base(store, current.index, index)
    lists.replace(store, dataclasses.replace(current, index=dataclasses.replace(manifest, tail=b"")))
    return number


def _cold(account_id: str, number: int) -> None:
    """In a fresh process: the first match, the next ones, those after a change, and what the index takes."""
    from shared.image_lists.image_index import ImageQuery

    services = _services()
    store = services.accounts.open(services.accounts.get(account_id))
    picture = _picture(1)
    other = services.image_lists.create(store, "warm up", "", {}).number
    services.image_lists.add(store, other, _picture(3), (), "")
    services.image_lists.match(store, picture, other)
    start = time.perf_counter()
    matches = services.image_lists.match(store, picture, number)
    first_ms = (time.perf_counter() - start) * 1000
    if [match.label for match in matches] != ["the one"]:
        raise RuntimeError("the match is not what it must be")
    warm_ms = _median_ms(lambda: services.image_lists.match(store, picture, number))
    hashes_ms = _median_ms(lambda: ImageQuery(picture).fingerprint)
    after_ms = []
    for added in range(100, 110):
        _services().image_lists.add(store, number, _picture(added), (), "")
        start = time.perf_counter()
        services.image_lists.match(store, picture, number)
        after_ms.append((time.perf_counter() - start) * 1000)
    size_bytes = services.image_list_indexes.newest(store, str(number)).size_bytes
    print(f"{first_ms:.0f} {warm_ms:.1f} {hashes_ms:.1f} {statistics.median(after_ms):.1f} {size_bytes / 1e6:.0f}")


def _imported(account_id: str) -> tuple[float, int]:
    """Seconds, and bytes of the archive."""
    from PIL import Image

    from shared.api.content_moderator.image_archive import archived_images

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(_IMPORTED):
            content = io.BytesIO()
            Image.fromarray(_picture(number).pixels).save(content, "JPEG", quality=85)
            archive.writestr(f"{number}.jpg", content.getvalue())
    services = _services()
    store = services.accounts.open(services.accounts.get(account_id))
    number = services.image_lists.create(store, "imported", "", {}).number
    start = time.perf_counter()
    reports = list(services.image_lists.import_images(store, number, archived_images(buffer.getvalue()), 1_000))
    if sum(len(report.taken) for report in reports) != _IMPORTED:
        raise RuntimeError("not every picture was taken")
    return time.perf_counter() - start, len(buffer.getvalue())


def _median_ms(act: Callable[[], object]) -> float:
    times = []
    for _ in range(20):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    _cold(sys.argv[1], int(sys.argv[2]))
