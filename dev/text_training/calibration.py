"""Puts two trained tiers together: one line for the encoder's logits, one for the mean of both, the cuts, and a version."""

import hashlib
import json
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from dev.progress import ProgressBar
from dev.text_training.corpus import Corpus
from dev.text_training.fitting import fit_platt
from shared.text_analysis.built_in_model import (
    CALIBRATION,
    ENCODER,
    HASHED_NGRAMS,
    MODEL_NAME,
    TOKENIZER,
    Calibration,
    Line,
    encoder_logits,
)
from shared.text_analysis.encoder import TextEncoder
from shared.text_analysis.hashed_ngram_model import HashedNgramModel
from shared.text_analysis.models import Category
from shared.text_analysis.severity import Cuts

_tiers: tuple[HashedNgramModel, TextEncoder] | None = None


def tier_logits(folder: Path, texts: list[str], title: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what the first and the second tier in `folder` say of the texts: float64 [texts, 4] each."""
    found = []
    bar = ProgressBar(title)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), _load, (folder,)) as pool:
        for logits in pool.imap(_read, texts, chunksize=64):
            found.append(logits)
            bar.show(len(found), len(texts))
    bar.close()
    first, second = zip(*found, strict=True)
    return np.array(first), np.array(second)


def calibrate(folder: Path, dev: Corpus) -> Calibration:
    """Return the lines fitted on dev rows; the cuts, what length takes, and the version are still to be set."""
    hashed, encoded = tier_logits(folder, dev.texts, "calibrating")
    encoder, blend = [], []
    for column in range(len(Category)):
        line = Line(*fit_platt(encoded[:, column], dev.labels[:, column]))
        encoder.append(line)
        both = (hashed[:, column] + line.slope * encoded[:, column] + line.offset) / 2
        blend.append(Line(*fit_platt(both, dev.labels[:, column])))
    unset = tuple(Cuts(0.25, 0.5, 0.75) for _ in Category)
    return Calibration(tuple(encoder), tuple(blend), unset, (0.0,) * len(Category), "")


def save(calibration: Calibration, folder: Path) -> Calibration:
    """Write the calibration file and return it, with a version that names all that the folder holds."""
    digest = hashlib.sha256()
    for name in (HASHED_NGRAMS, ENCODER, TOKENIZER):
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    lines = {name: value for name, value in calibration.stored().items() if name != "version"}
    digest.update(json.dumps(lines, sort_keys=True).encode())
    named = replace(calibration, version=f"{MODEL_NAME}+{digest.hexdigest()[:8]}")
    (folder / CALIBRATION).write_text(json.dumps(named.stored(), indent=1) + "\n", "utf-8")
    return named


def _load(folder: Path) -> None:
    global _tiers
    _tiers = HashedNgramModel.load(folder / HASHED_NGRAMS), TextEncoder(folder / ENCODER, folder / TOKENIZER)


def _read(text: str) -> tuple[list[float], list[float]]:
    hashed_ngrams, encoder = _tiers
    reading = hashed_ngrams.read(text)
    if not reading.spellings:
        return [-50.0] * len(Category), [-50.0] * len(Category)
    return list(reading.logits), encoder_logits(encoder, reading).tolist()
