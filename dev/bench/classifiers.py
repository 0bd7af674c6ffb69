"""Custom classifiers: accuracy on held-out pictures and training time beside simpler models, and milliseconds a prediction.

The pictures are scikit-learn's handwritten digits, enlarged, or those of a folder with a sub-folder for each class. Times
are processor time on one thread.
"""
from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dev.bench import print_table

_SIZES = (5, 20, 30)
_HELD_OUT = 30
_DRAWS = 3
_SIDE = 256
_RAW_SIDE = 32
_HOG_SIDE = 64
_PREDICTIONS = 60


def run(folder: Path | None = None) -> None:
    """Print accuracy and time; every figure is from this run."""
    from shared.classifiers.learning.fitting import one_thread

    with one_thread():  # processor time: what other work takes of the machine does not count
        _run(folder)


def _run(folder: Path | None) -> None:
    import numpy as np

    pictures, labels = _of_folder(folder) if folder else _digits()
    classes = int(labels.max()) + 1
    began = time.process_time()
    features = np.stack([_both_views(content) for content in pictures])
    feature_seconds = (time.process_time() - began) / len(pictures)
    candidates: dict[str, tuple[Any, Callable[[Any, Any, Any], Any]]] = {
        "ours": (features[:, :1], _ours), "ours, with mirror images": (features, _ours),
        "raw pixels": (np.stack([_raw(content) for content in pictures]), _logistic),
        "HOG": (np.stack([_hog(content) for content in pictures]), _logistic)}
    print(f"{len(pictures)} pictures of {classes} classes; a row is the mean of {_DRAWS} draws.\n", flush=True)
    fewest = int(np.bincount(labels).min())
    rows = [_row(f"{size} a class", candidates, labels, [_draw(labels, size, seed) for seed in range(_DRAWS)], feature_seconds)
            for size in _SIZES if size < fewest]
    if folder:
        rows.append(_row("all, each held out once in five", candidates, labels, _fifths(labels), feature_seconds))
    print_table(["trained on", *candidates, "training, s", "of it features, s"], rows)
    print()
    print_table(["one prediction, ms", "decode", "features", "head", "all"],
                [_predicted(name, content, features, labels)
                 for name, content in (("a picture of the set", pictures[0]), ("1920 x 1080 JPEG", _large()))])


def _digits() -> tuple[list[bytes], Any]:
    import cv2
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits()
    random = np.random.default_rng(0)
    chosen = np.concatenate([random.permutation(np.flatnonzero(digits.target == each))[:max(_SIZES) + _HELD_OUT] for each in range(10)])
    images = (cv2.resize(digits.images[each] * (255 / 16), (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC) for each in chosen)
    return [_png(np.clip(image, 0, 255).astype("uint8")) for image in images], digits.target[chosen]


def _of_folder(folder: Path) -> tuple[list[bytes], Any]:
    import numpy as np

    classes = sorted(each for each in folder.iterdir() if each.is_dir())
    files = [(file, number) for number, each in enumerate(classes) for file in sorted(each.iterdir()) if file.is_file()]
    return [file.read_bytes() for file, _ in files], np.array([number for _, number in files])


def _draw(labels: Any, size: int, seed: int) -> tuple[Any, Any]:
    """Which are trained on, `size` of each class, and which are held out."""
    import numpy as np

    random = np.random.default_rng(seed)
    shuffled = [random.permutation(np.flatnonzero(labels == each)) for each in np.unique(labels)]
    held_out = [each[size:][-_HELD_OUT:] for each in shuffled]
    return np.concatenate([each[:size] for each in shuffled]), np.concatenate(held_out)


def _fifths(labels: Any) -> list[tuple[Any, Any]]:
    import numpy as np

    from shared.classifiers.learning.folds import FOLDS, folds_of

    folds = folds_of(_targets(labels, labels))
    return [(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(FOLDS)]


def _row(name: str, candidates: dict[str, Any], labels: Any, draws: list[tuple[Any, Any]], feature_seconds: float) -> list[str]:
    import numpy as np

    accuracies, seconds = [], 0.0
    for candidate, (inputs, answers_of) in candidates.items():
        right = []
        for trained, held_out in draws:
            began = time.process_time()
            answers = answers_of(inputs[trained], labels[trained], inputs[held_out])
            if candidate == "ours, with mirror images":
                seconds = max(seconds, time.process_time() - began)
            right.append(answers == labels[held_out])
        accuracies.append(np.concatenate(right).mean())
    features = feature_seconds * max(len(trained) for trained, _ in draws)
    return [name, *(f"{accuracy:.3f}" for accuracy in accuracies), f"{seconds + features:.1f}", f"{features:.1f}"]


def _ours(trained: Any, labels: Any, held_out: Any) -> Any:
    """As the training job does it, the cross-validation for its figures included."""
    from shared.classifiers.learning.heads import Likelihood
    from shared.classifiers.learning.training import learn

    return learn(trained, _targets(labels, labels), Likelihood.SOFTMAX).head.probabilities(held_out[:, 0]).argmax(axis=1)


def _logistic(trained: Any, labels: Any, held_out: Any) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000)).fit(trained, labels).predict(held_out)


def _targets(labels: Any, all_labels: Any) -> Any:
    import numpy as np

    return np.eye(int(all_labels.max()) + 1, dtype="uint8")[labels]


def _decoded(content: bytes) -> Any:
    from shared.classifiers.pictures import TRAINING_LIMITS
    from shared.imaging.decoding import decode

    return decode(content, TRAINING_LIMITS)


def _both_views(content: bytes) -> Any:
    from shared.image_analysis.layered_features import layered_features_of

    return layered_features_of(_decoded(content))


def _raw(content: bytes) -> Any:
    import cv2

    return cv2.resize(_decoded(content).pixels, (_RAW_SIDE, _RAW_SIDE), interpolation=cv2.INTER_AREA).reshape(-1) / 255


def _hog(content: bytes) -> Any:
    import cv2

    grey = cv2.cvtColor(_decoded(content).pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_HOG_SIDE, _HOG_SIDE), interpolation=cv2.INTER_AREA)
    return cv2.HOGDescriptor((_HOG_SIDE, _HOG_SIDE), (16, 16), (8, 8), (8, 8), 9).compute(small).reshape(-1)


def _predicted(name: str, content: bytes, features: Any, labels: Any) -> list[str]:
    """Medians."""
    import numpy as np

    from shared.classifiers.learning.heads import Likelihood
    from shared.classifiers.learning.training import learn
    from shared.image_analysis.layered_features import unmirrored_features_of

    some = np.concatenate([np.flatnonzero(labels == each)[:5] for each in np.unique(labels)])
    head = learn(features[some, :1], _targets(labels[some], labels), Likelihood.SOFTMAX).head
    spent = []
    for _ in range(_PREDICTIONS):
        times = [time.process_time()]
        picture = _decoded(content)
        times.append(time.process_time())
        own = unmirrored_features_of(picture)
        times.append(time.process_time())
        head.probabilities(own)
        times.append(time.process_time())
        spent.append([*np.diff(times), times[-1] - times[0]])
    return [name, *(f"{1000 * each:.1f}" for each in np.median(spent, axis=0))]


def _large() -> bytes:
    import cv2

    from dev.bench.image_model import picture_of

    return cv2.imencode(".jpg", picture_of(1920, 1080, "a word").pixels)[1].tobytes()


def _png(image: Any) -> bytes:
    import cv2

    return cv2.imencode(".png", image)[1].tobytes()
