"""The training data as arrays: texts, labels with unknowns, sources, and the sparse matrix of features."""

import csv
import gzip
import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from dev.progress import ProgressBar
from shared.text_analysis.features import FEATURES, hash_words
from shared.text_analysis.hashed_ngram_model import RARITY_UNITS
from shared.text_analysis.models import Category
from shared.text_analysis.normalisation import normalise, tokens

LABEL_COLUMNS = {
    Category.HATE: "hate",
    Category.SELF_HARM: "self_harm",
    Category.SEXUAL: "sexual",
    Category.VIOLENCE: "violence",
}
UNKNOWN = -1
TEMPLATES = "synthetic-templates"
# Its labels are scores of a commercial API, and with it violence recall fell from .20 to .09 at equal false alarms.
LEFT_OUT = frozenset({"realtoxicityprompts-val"})


@dataclass(frozen=True, slots=True)
class Corpus:
    """Rows of text: `labels` int8 [rows, 4] (1 yes, 0 no, UNKNOWN), `sources` and `splits` as strings [rows]."""

    texts: list[str]
    labels: np.ndarray
    sources: np.ndarray
    splits: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def where(self, mask: np.ndarray) -> "Corpus":
        """Return the rows for which `mask` (bool [rows]) is true, or those that it names (indices)."""
        kept = np.flatnonzero(mask) if mask.dtype == bool else mask
        return Corpus([self.texts[i] for i in kept], self.labels[kept], self.sources[kept], self.splits[kept])

    def joined(self, other: "Corpus") -> "Corpus":
        """Return the rows of both, these first."""
        return Corpus(
            self.texts + other.texts,
            np.concatenate((self.labels, other.labels)),
            np.concatenate((self.sources, other.sources)),
            np.concatenate((self.splits, other.splits)),
        )


def made(rows: list[tuple[str, dict[Category, int]]], source: str, split: str = "train") -> Corpus:
    """Return a corpus of our own rows; a category a row does not name is unknown."""
    labels = np.full((len(rows), len(Category)), UNKNOWN, np.int8)
    for row, (_, known) in enumerate(rows):
        for column, category in enumerate(Category):
            labels[row, column] = known.get(category, UNKNOWN)
    return Corpus(
        [text for text, _ in rows], labels, np.full(len(rows), source, object), np.full(len(rows), split, object)
    )


def read(data: Path) -> Corpus:
    """Return the rows of `data`: the folder that holds train.csv.gz, or the file itself."""
    csv.field_size_limit(1 << 24)
    path = data / "train.csv.gz" if data.is_dir() else data
    texts, labels, sources, splits = [], [], [], []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            texts.append(row["text"])
            labels.append([int(row[column]) if row[column] else UNKNOWN for column in LABEL_COLUMNS.values()])
            sources.append(row["source"])
            splits.append(row["split"])
    return Corpus(texts, np.array(labels, np.int8), np.array(sources, object), np.array(splits, object))


def text_features(text: str) -> np.ndarray:
    """Return the features of one whole text (int64, sorted)."""
    return hash_words(tokens(normalise(text))).features()


def feature_counts(texts: list[str]) -> sparse.csr_matrix:
    """Return which features each text has: float32 ones [rows, FEATURES]; prints its progress."""
    rows, bar = [], ProgressBar("hashing")
    with multiprocessing.Pool() as pool:
        for features in pool.imap(text_features, texts, chunksize=512):
            rows.append(features)
            if len(rows) % 5000 == 0:
                bar.show(len(rows), len(texts))
    bar.close()
    starts = np.concatenate(([0], np.cumsum([len(row) for row in rows])))
    return sparse.csr_matrix(
        (np.ones(starts[-1], np.float32), np.concatenate(rows), starts), shape=(len(rows), FEATURES)
    )


def rarities(counts: sparse.csr_matrix) -> np.ndarray:
    """Return each feature's inverse document frequency in sixteenths: uint8 [FEATURES].

    It is ln((1 + rows) / (1 + rows with the feature)) + 1.
    """
    having = np.bincount(counts.indices, minlength=FEATURES)
    return np.rint((np.log((1 + counts.shape[0]) / (1 + having)) + 1) * RARITY_UNITS).astype(np.uint8)


def weighted(counts: sparse.csr_matrix, feature_rarities: np.ndarray) -> sparse.csr_matrix:
    """Return the rows weighted by rarity and L2-normalised: float32 [rows, FEATURES]."""
    values = feature_rarities[counts.indices].astype(np.float64) / RARITY_UNITS
    sums = np.concatenate(([0.0], np.cumsum(values * values)))
    lengths = np.sqrt(np.maximum(sums[counts.indptr[1:]] - sums[counts.indptr[:-1]], 1e-9))
    values /= np.repeat(lengths, np.diff(counts.indptr))
    return sparse.csr_matrix((values.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)
