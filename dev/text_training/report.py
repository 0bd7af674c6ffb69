"""What the saved model achieves: on dev, and on sentences and passages of our own held out from all of it."""

import numpy as np

from dev.text_training import pool
from dev.text_training.corpus import LABEL_COLUMNS, LEFT_OUT, TEMPLATES, UNKNOWN, Corpus
from dev.text_training.judging import Judged
from dev.text_training.metrics import average_precision, f1, interval
from shared.text_analysis import gravity
from shared.text_analysis.models import Category
from shared.text_analysis.severity import Cuts

LEVELS = (2, 4, 6)
FLAGGED = 2  # a severity from here on counts as found
Measured = dict[str, object]


def on_rows(read: Judged, labels: np.ndarray, cuts: tuple[Cuts, ...]) -> Measured:
    """Return for each category with labels the share of false alarms at each severity, and with positives also average
    precision and F1.

    `labels` is int8 [texts, 4] with UNKNOWN. A false alarm is a negative that reaches the severity.
    """
    levels, measured = read.levels(cuts), {}
    for column, category in enumerate(Category):
        rows = np.flatnonzero(labels[:, column] != UNKNOWN)
        if not len(rows):
            continue
        wanted = labels[rows, column].astype(np.int64)
        own: dict[str, object] = {"positives": int(wanted.sum())}
        if wanted.any():
            own["average_precision"] = _rounded(interval(average_precision, wanted, read.probabilities[rows, column]))
        for level in LEVELS:
            flagged = (levels[rows, column] >= level).astype(np.int64)
            if wanted.any():
                own[f"f1_at_{level}"] = _rounded(interval(f1, wanted, flagged))
            own[f"false_alarms_at_{level}"] = _share(flagged[wanted == 0])
        measured[str(category)] = own
    return measured


def on_dev(read: Judged, dev: Corpus, cuts: tuple[Cuts, ...]) -> Measured:
    """Return `on_rows` of dev, with and without its two special sources."""
    parts = {
        "dev": ~np.isin(dev.sources, [TEMPLATES, *LEFT_OUT]),
        "dev_with_templates": ~np.isin(dev.sources, list(LEFT_OUT)),
        "dev_with_left_out_source": dev.sources != TEMPLATES,
    }
    return {
        f"{name}/{category}": values
        for name, part in parts.items()
        for category, values in on_rows(read.where(part), dev.labels[part], cuts).items()
    }


def on_pools(read: Judged, kinds: list[str], cuts: tuple[Cuts, ...]) -> Measured:
    """Return false alarms (any category flagged) per harmless kind, recall per category, and average precision of each
    category against all harmless sentences; `kinds` names the kind of each text.

    The balanced accuracy on statements about groups is the mean of recall of hate and of harmless `groups` left alone.
    """
    levels, named, measured = read.levels(cuts), np.array(kinds), {}
    harmless = ~np.isin(named, list(LABEL_COLUMNS.values()))
    for kind in dict.fromkeys(kinds):
        rows = named == kind
        if kind in LABEL_COLUMNS.values():
            column = list(LABEL_COLUMNS.values()).index(kind)
            among = rows | harmless
            measured[f"recall/{kind}"] = {
                "texts": int(rows.sum()),
                "share": _share(levels[rows, column] >= FLAGGED),
                "average_precision": _rounded(
                    interval(average_precision, rows[among].astype(np.int64), read.probabilities[among, column])
                ),
            }
        else:
            measured[f"false_alarms/{kind}"] = {
                "texts": int(rows.sum()),
                "share": _share((levels[rows] >= FLAGGED).any(axis=1)),
            }
    found, left_alone = levels[named == "hate", 0] >= FLAGGED, levels[named == "groups", 0] < FLAGGED
    if len(found) and len(left_alone):
        measured["groups/balanced_accuracy"] = {"value": round(float(found.mean() + left_alone.mean()) / 2, 3)}
    return measured


def holdout() -> tuple[list[str], list[str]]:
    """Return the held-out sentences and the kind of each."""
    return _flat({**pool.holdout_benign(), **pool.holdout_harmful()})


def holdout_passages() -> tuple[list[str], list[str]]:
    """Return the held-out passages and the kind of each."""
    return _flat(pool.holdout_passages())


def development() -> tuple[list[str], list[str]]:
    """Return the development sentences and the kind of each."""
    return _flat({**pool.development_benign(), **pool.development_harmful()})


def on_cues(read: Judged, dev: Corpus, cuts: tuple[Cuts, ...]) -> Measured:
    """Return how many flagged dev rows carry a cue, and the share of true positives among them and among the rest."""
    measured: Measured = {}
    for column, category in enumerate(Category):
        flagged = np.flatnonzero((read.probabilities[:, column] >= cuts[column].two) & (dev.labels[:, column] != UNKNOWN))
        wanted = dev.labels[flagged, column]
        cued = np.array([gravity.is_graver(category, read.passages[row][column]) for row in flagged], bool)
        if cued.any():
            measured[str(category)] = {
                "rows": int(cued.sum()),
                "precision": _share(wanted[cued]),
                "precision_of_the_rest": _share(wanted[~cued]),
            }
    return measured


def show(measured: Measured) -> None:
    """Print one line per measure: name, numbers, and each value with its 95 % interval."""
    for name, values in measured.items():
        parts = [
            f"{key.replace('_', ' ')} {value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"
            if isinstance(value, list)
            else f"{key} {value}"
            for key, value in values.items()
        ]
        print(f"  {name:34s} {'   '.join(parts)}")


def _flat(kinds: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    return ([text for texts in kinds.values() for text in texts], [kind for kind, texts in kinds.items() for _ in texts])


def _share(hits: np.ndarray) -> list[float]:
    if not len(hits):
        return [0.0, 0.0, 1.0]
    hits = hits.astype(np.float64)
    return _rounded(interval(lambda _, values: float(values.mean()), hits, hits))


def _rounded(values: tuple[float, float, float]) -> list[float]:
    return [round(value, 3) for value in values]
