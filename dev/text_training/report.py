"""What the saved model achieves: on dev, on left-out sources, and on sentences of our own held out from all of it."""

import numpy as np

from dev.text_training import pool
from dev.text_training.corpus import LABEL_COLUMNS, LEFT_OUT, TEMPLATES, UNKNOWN, Corpus
from dev.text_training.metrics import average_precision, f1, interval
from dev.text_training.noise import NOISE
from dev.text_training.training import Material, fit
from shared.text_analysis import gravity
from shared.text_analysis.hashed_ngram_model import HashedNgramModel
from shared.text_analysis.models import Category
from shared.text_analysis.severity import severities

LEAVE_OUT = {
    Category.HATE: (
        "edos",
        "hatemojibuild",
        "toxigen-human",
        "davidson2017",
        "implicit-hate",
        "mlma-en",
        "online-misogyny",
    ),
    Category.SELF_HARM: ("ailuminate-demo", "counsel-chat"),
    Category.SEXUAL: ("ailuminate-demo", "i2p", "davidson2017"),
    Category.VIOLENCE: ("edos", "hatemojibuild", "toxic-spans", "ailuminate-demo"),
}
FLAGGED = 2  # a severity from here on counts as found
Measured = dict[str, object]


def judged(model: HashedNgramModel, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities float32 [texts, 4] and eight-level severities int [texts, 4]."""
    readings = [model.read(text) for text in texts]
    levels = [list(severities(reading.probabilities, reading.passages, model.cuts).values()) for reading in readings]
    return np.array([reading.probabilities for reading in readings]), np.array(levels)


def on_dev(model: HashedNgramModel, dev: Corpus) -> Measured:
    """Return average precision and F1 at severity 2 per category, on dev with and without its two special sources."""
    probabilities, levels = judged(model, dev.texts)
    parts = {
        "dev": ~np.isin(dev.sources, [TEMPLATES, *LEFT_OUT]),
        "dev_with_templates": ~np.isin(dev.sources, list(LEFT_OUT)),
        "dev_with_left_out_source": dev.sources != TEMPLATES,
    }
    measured: Measured = {}
    for name, part in parts.items():
        for column, category in enumerate(Category):
            rows = part & (dev.labels[:, column] != UNKNOWN)
            wanted = dev.labels[rows, column]
            measured[f"{name}/{category}"] = {
                "positives": int(wanted.sum()),
                "average_precision": _rounded(interval(average_precision, wanted, probabilities[rows, column])),
                "f1_at_severity_2": _rounded(interval(f1, wanted, (levels[rows, column] >= FLAGGED).astype(np.int64))),
            }
    return measured


def on_left_out_sources(material: Material) -> Measured:
    """Return average precision on each source by a model that never saw it."""
    corpus, measured = material.corpus, {}
    for category, sources in LEAVE_OUT.items():
        column = list(Category).index(category)
        for source in sources:
            coefficients, bias = fit(material, category, left_out=source)
            rows = np.flatnonzero(
                (corpus.sources == source) & (corpus.splits != NOISE) & (corpus.labels[:, column] != UNKNOWN)
            )
            wanted = corpus.labels[rows, column]
            scores = material.rows[rows] @ coefficients + bias
            measured[f"{category}/{source}"] = {
                "positives": int(wanted.sum()),
                "share": round(float(wanted.mean()), 3),
                "average_precision": _rounded(interval(average_precision, wanted, scores)),
            }
    return measured


def on_pools(model: HashedNgramModel) -> Measured:
    """Return false alarms (any category flagged) per benign kind and recall per category on the held-out pools."""
    measured: Measured = {}
    for kind, texts in pool.holdout_benign().items():
        flagged = (judged(model, texts)[1] >= FLAGGED).any(axis=1).astype(np.float64)
        measured[f"false_alarms/{kind}"] = {
            "texts": len(texts),
            "share": _rounded(interval(_mean_of_second, flagged, flagged)),
        }
    for kind, texts in pool.holdout_harmful().items():
        column = list(LABEL_COLUMNS.values()).index(kind)
        found = (judged(model, texts)[1][:, column] >= FLAGGED).astype(np.float64)
        measured[f"recall/{kind}"] = {"texts": len(texts), "share": _rounded(interval(_mean_of_second, found, found))}
    return measured


def on_cues(model: HashedNgramModel, dev: Corpus) -> Measured:
    """Return how many flagged dev rows carry a cue, and the share of true positives among them and among the rest."""
    readings = [model.read(text) for text in dev.texts]
    measured: Measured = {}
    for column, category in enumerate(Category):
        cut = model.cuts[column].two
        flagged = [row for row, reading in enumerate(readings) if reading.probabilities[column] >= cut]
        flagged = [row for row in flagged if dev.labels[row, column] != UNKNOWN]
        passages = [readings[row].passages[column] for row in flagged]
        wanted = dev.labels[flagged, column].astype(np.float64)
        cued = np.array([gravity.is_graver(category, passage) for passage in passages])
        if cued.any():
            measured[str(category)] = {
                "rows": int(cued.sum()),
                "precision": _rounded(interval(_mean_of_second, wanted[cued], wanted[cued])),
                "precision_of_the_rest": _rounded(interval(_mean_of_second, wanted[~cued], wanted[~cued])),
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
        print(f"  {name:42s} {'   '.join(parts)}")


def _mean_of_second(_: np.ndarray, values: np.ndarray) -> float:
    return float(values.mean())


def _rounded(values: tuple[float, float, float]) -> list[float]:
    return [round(value, 3) for value in values]
