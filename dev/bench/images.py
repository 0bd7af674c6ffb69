"""How much a picture may be changed and still be found: ours beside the usual hashes, each at the same rate of false matches.

The distance of each method is the largest at which one in 1,000 unrelated pictures at the most matches anything in the list.
"""
from __future__ import annotations

import math
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from dev.bench import image_index, print_table
from dev.bench.image_changes import CHANGES
from dev.bench.image_methods import METHODS, OURS, Answer, Asker, Listed, Question, Source, kept_of, most_distance

_LISTED = 500
_UNRELATED = 1_000
_FALSE_RATE = 1 / 1_000
_PROCESSES = 2
_CHART = Path(__file__).resolve().parents[2] / "docs" / "images" / "robustness.png"
_IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}


def run(folder: Path | None = None, changed: int = 25) -> None:
    """`folder`: with pictures to be used instead of generated ones; `changed`: how many of them undergo each change."""
    listed, unrelated = _sources(folder)
    changed = min(changed, len(listed))
    context = multiprocessing.get_context("spawn")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the processes: they are two already
    with ProcessPoolExecutor(_PROCESSES, context) as pool:
        kept = list(_told("hashes of the list", len(listed), pool.map(kept_of, listed, chunksize=8)))
    questions = [*(Question(source) for source in unrelated),
                 *(Question(listed[row], change, unrelated[row % len(unrelated)], row) for row in range(changed) for change in CHANGES)]
    with ProcessPoolExecutor(_PROCESSES, context, _begin, (Listed.of(kept, listed),)) as pool:
        answers = list(_told("pictures looked up", len(questions), pool.map(_answer, questions, chunksize=8)))
    limits = [_limit(method, [answer.nearest[number] for answer in answers[: len(unrelated)]]) for number, method in enumerate(METHODS)]
    recalls = {change: _recalls(answers[len(unrelated) + number::len(CHANGES)], limits) for number, change in enumerate(CHANGES)}
    of = "generated pictures" if folder is None else "pictures of the folder"
    print(f"{len(listed):,} {of} in the list, {changed} of them changed, {len(unrelated):,} unrelated ones.\n")
    print_table(["", *METHODS], [
        ["distance", *(f"{limit:d}" for limit in limits)],
        ["unrelated that match within it", *(_false(answers[: len(unrelated)], number, limit) for number, limit in enumerate(limits))],
        *([change, *(f"{recall:.2f}" for recall in found)] for change, found in recalls.items()),
        ["mean of all changes", *(f"{np.mean(column):.2f}" for column in zip(*recalls.values(), strict=True))]])
    _draw(recalls, f"Found of {changed} {of}; {math.floor(len(unrelated) * _FALSE_RATE)} of {len(unrelated):,} unrelated match", _CHART)
    if folder is None:
        print()
        image_index.run()


def interval(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, count / of
    middle, half = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, (middle - half) / (1 + z * z / of)), (middle + half) / (1 + z * z / of)


def _sources(folder: Path | None) -> tuple[list[Source], list[Source]]:
    """(list, unrelated). Files whose names differ after the last "_" only are a series, and not unrelated to each other."""
    if folder is None:
        return ([Source(str(number), number) for number in range(_LISTED)],
                [Source(str(number), number) for number in range(_LISTED, _LISTED + _UNRELATED)])
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _IMAGE_ENDINGS)
    random.Random(1).shuffle(paths)
    half = min(_LISTED, len(paths) // 2)
    sources = [Source(path.stem.rpartition("_")[0] or path.stem, path=path) for path in paths[: half + _UNRELATED]]
    return sources[:half], sources[half:]


def _limit(method: str, nearest: Sequence[int]) -> int:
    allowed = math.floor(len(nearest) * _FALSE_RATE)
    return max((limit for limit in range(most_distance(method) + 1) if sum(each <= limit for each in nearest) <= allowed), default=0)


def _recalls(answers: Sequence[Answer], limits: Sequence[int]) -> list[float]:
    return [sum(answer.own[number] <= limit for answer in answers) / len(answers) for number, limit in enumerate(limits)]


def _false(answers: Sequence[Answer], number: int, limit: int) -> str:
    count = sum(answer.nearest[number] <= limit for answer in answers)
    low, high = interval(count, len(answers))
    return f"{count} ({1000 * low:.1f} to {1000 * high:.1f} in 1,000)"


def _told(what: str, total: int, found: Iterator) -> Iterator:
    """Pass on what is found, and say how far it is."""
    start = told = time.monotonic()
    for number, each in enumerate(found, 1):
        yield each
        now = time.monotonic()
        if now - told > 1 or number == total:
            told = now
            left = (now - start) / number * (total - number)
            end = "" if number < total else "\n"
            print(f"\r{what}: {number:,} of {total:,}, {left:.0f} s left   ", end=end, file=sys.stderr, flush=True)


def _draw(recalls: dict[str, list[float]], title: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 10.5), layout="constrained")
    axes.imshow(np.array(list(recalls.values())), cmap="YlGnBu", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(METHODS)), ["Moderato" if method == OURS else method.replace(", ", "\n") for method in METHODS])
    axes.set_yticks(range(len(recalls)), list(recalls))
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row, found in enumerate(recalls.values()):
        for column, recall in enumerate(found):
            axes.text(column, row, f"{recall:.2f}".removeprefix("0") if recall < 1 else "1", ha="center", va="center", fontsize=9,
                      color="white" if recall > 0.55 else "#1f2933")
    axes.set_title(title, fontsize=12, pad=16)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    print(f"\n(drawn as docs/images/{path.name})")


_asker: Callable[[Question], Answer] | None = None


def _begin(listed: Listed) -> None:
    global _asker
    _asker = Asker(listed).answer


def _answer(question: Question) -> Answer:
    return _asker(question)
