"""Which pictures are held out together, so that each is judged by a model that has not seen it."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

FOLDS = 5


def folds_of(targets: np.ndarray) -> np.ndarray:
    """A fold, 0 to 4, for each picture of the 0/1 targets [pictures, tags]; each tag's pictures are spread evenly.

    The rarest tag is dealt out first, each picture into the fold that has the fewest of that tag, then the fewest of all
    (iterative stratification; Sechidis, Tsoumakas and Vlahavas, 2011). Depends on the order of the pictures alone.
    """
    import numpy as np

    pictures = len(targets)
    folds = np.full(pictures, -1)
    tags = np.asarray(targets, dtype=np.int64)
    in_fold = np.zeros((FOLDS, tags.shape[1]), dtype=np.int64)
    sizes = np.zeros(FOLDS, dtype=np.int64)
    waiting = tags.sum(axis=0)
    while (waiting > 0).any():
        tag = int(np.where(waiting > 0, waiting, pictures + 1).argmin())
        for picture in np.flatnonzero((folds < 0) & (tags[:, tag] > 0)):
            fold = min(range(FOLDS), key=lambda each: (in_fold[each, tag], sizes[each], each))
            folds[picture] = fold
            in_fold[fold] += tags[picture]
            sizes[fold] += 1
            waiting -= tags[picture]
    for picture in np.flatnonzero(folds < 0):
        fold = int(sizes.argmin())
        folds[picture] = fold
        sizes[fold] += 1
    return folds
