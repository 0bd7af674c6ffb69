"""An index of made-up hashes beside faiss, each in a process of its own: seconds to open it, memory, milliseconds a query."""
from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from dev.bench import print_table

_SIZES = (10_000, 1_000_000, 10_000_000)
_HASHES_PER_PICTURE = 4
_REGION_SIZES = (10_000, 100_000)
_REGIONS_PER_PICTURE = 48
_DISTANCE = 60
_ROOT = Path(__file__).resolve().parents[2]


def run() -> None:
    rows = []
    for size in _SIZES:
        for name, kind in (("ours", "ours"), ("faiss IndexBinaryFlat", "faiss")):
            print(f"index of {size:,} hashes: {name}", file=sys.stderr, flush=True)
            rows.append([f"{size:,}", name, *_measured(kind, size)])
    print_table(["hashes", "", "import of the library, ms", "ready, ms", "memory, MB", "a query of eight variants, ms"], rows)
    print()
    print_table(["pictures with regions", "memory, MB", "a query of eight variants and 2 x 400 regions, ms"],
                [[f"{size:,}", *_measured("regions", size)[2:]] for size in _REGION_SIZES])


def _measured(kind: str, size: int) -> list[str]:
    done = subprocess.run([sys.executable, "-m", "dev.bench.image_index", kind, str(size)], cwd=_ROOT, stdout=subprocess.PIPE, text=True,
                          check=True)
    return done.stdout.split()


def _made_up(kind: str, size: int):
    """The index's bytes: nothing in them is alike."""
    import numpy

    from shared.imaging.fingerprint_index_format import write_table
    from shared.imaging.fingerprint_table import FingerprintTable
    from shared.imaging.perceptual_hash import flip_invariant
    from shared.imaging.region_table import RegionTable

    dice = numpy.random.default_rng(1)
    pictures = size if kind == "regions" else size // _HASHES_PER_PICTURE
    hashes = dice.integers(0, 2**64, (pictures * _HASHES_PER_PICTURE, 4), numpy.uint64)
    keys = numpy.concatenate([flip_invariant(part) for part in numpy.array_split(hashes, max(1, len(hashes) // 100_000))])
    count = pictures * _REGIONS_PER_PICTURE if kind == "regions" else 0
    regions = RegionTable.sorted(dice.integers(0, 2**64, count, numpy.uint64), dice.integers(0, 256, (count, 4), numpy.uint8),
                                 numpy.repeat(numpy.arange(pictures, dtype=numpy.uint32), count // pictures))
    return write_table(FingerprintTable(numpy.arange(pictures, dtype=numpy.uint32),
                                        numpy.ascontiguousarray(dice.integers(0, 256, (pictures, 16), numpy.uint8)).view("S16").reshape(-1),
                                        numpy.repeat(numpy.arange(pictures, dtype=numpy.uint32), _HASHES_PER_PICTURE),
                                        keys, hashes, regions))


def _ours(kind: str, size: int) -> None:
    start = time.perf_counter()
    from shared.imaging.fingerprint_index import FingerprintIndex
    from shared.imaging.fingerprints import query_of
    imported = time.perf_counter() - start
    content = _made_up(kind, size)
    start = time.perf_counter()
    index = FingerprintIndex.from_bytes(content)
    ready = time.perf_counter() - start
    _say(imported, ready, index.size_bytes, [(index.match, query_of(_picture(number))) for number in range(10)])


def _picture(number: int):
    import numpy

    from dev.bench.image_scenes import scene
    from shared.imaging.models import ImageFormat, Picture

    return Picture(numpy.asarray(scene(number)), ImageFormat.PNG, 1)


def _faiss(size: int) -> None:
    start = time.perf_counter()
    import faiss
    import numpy
    imported = time.perf_counter() - start
    faiss.omp_set_num_threads(1)
    dice = numpy.random.default_rng(1)
    content = dice.integers(0, 256, (size, 32), numpy.uint8)
    start = time.perf_counter()
    index = faiss.IndexBinaryFlat(256)
    index.add(content)
    ready = time.perf_counter() - start
    queries = [dice.integers(0, 256, (8, 32), numpy.uint8) for _ in range(10)]
    _say(imported, ready, content.nbytes, [(lambda query: index.range_search(query, _DISTANCE), query) for query in queries])


def _say(imported: float, ready: float, size_bytes: int, asked: list) -> None:
    times = []
    for ask, query in asked:
        start = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - start) * 1000)
    print(f"{imported * 1000:.0f} {ready * 1000:.0f} {size_bytes / 1e6:.1f} {statistics.median(times):.1f}")


if __name__ == "__main__":
    if sys.argv[1] == "faiss":
        _faiss(int(sys.argv[2]))
    else:
        _ours(sys.argv[1], int(sys.argv[2]))
