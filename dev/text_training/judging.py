"""Texts judged by a model on disk: probabilities, severities and passages of many texts, on all cores, with a progress bar."""

import multiprocessing
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dev.progress import ProgressBar
from shared.text_analysis.built_in_model import BuiltInModel, Reading
from shared.text_analysis.severity import Cuts, severities

_model: BuiltInModel | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What the model made of texts: float64 [texts, 4] probabilities, and for each text its passages."""

    probabilities: np.ndarray
    passages: list[tuple[str, ...]]

    def levels(self, cuts: tuple[Cuts, ...]) -> np.ndarray:
        """Return eight-level severities by these cuts: int [texts, 4]."""
        found = [list(severities(row, own, cuts).values()) for row, own in zip(self.probabilities, self.passages, strict=True)]
        return np.array(found).reshape(-1, 4)

    def where(self, rows: np.ndarray) -> "Judged":
        """Return the texts at `rows` (indices, or bool [texts])."""
        kept = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Judged(self.probabilities[kept], [self.passages[row] for row in kept])


def judged(folder: Path, texts: list[str], title: str) -> Judged:
    """Return what the model in `folder` makes of the texts."""
    readings: list[Reading] = []
    bar = ProgressBar(title)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), _load, (folder,)) as pool:
        for reading in pool.imap(_read, texts, chunksize=64):
            readings.append(reading)
            bar.show(len(readings), len(texts))
    bar.close()
    return Judged(np.array([reading.probabilities for reading in readings]), [reading.passages for reading in readings])


def _load(folder: Path) -> None:
    global _model
    _model = BuiltInModel.load(folder)


def _read(text: str) -> Reading:
    return _model.read(text)
