"""How the two tiers do on sources that they never saw: both are trained again without some sources and read these.

The encoder learns from labels alone here, without teachers, is not put into 8-bit integers and reads the beginning of a
text only, so that these figures may be a little lower than the shipped model's would be.
"""

import tempfile
from pathlib import Path

import numpy as np

from dev.text_training.corpus import UNKNOWN
from dev.text_training.encoder import Encoder, Plan, logits_of, token_ids, train_encoder
from dev.text_training.fitting import fit_platt
from dev.text_training.metrics import average_precision, interval
from dev.text_training.noise import NOISE
from dev.text_training.training import Material, save, train
from shared.text_analysis.built_in_model import HASHED_NGRAMS
from shared.text_analysis.hashed_ngram_model import HashedNgramModel
from shared.text_analysis.models import Category

GROUPS = (
    ("edos", "ailuminate-demo", "mlma-en"),
    ("hatemojibuild", "toxigen-human", "counsel-chat", "i2p"),
    ("davidson2017", "implicit-hate", "online-misogyny", "toxic-spans"),
)
MOST_ROWS = 2500  # of a source, drawn at random, so that reading them takes minutes
FEWEST_POSITIVES = 20
_SEED = 20240901


def measure(material: Material, checkpoints: Path) -> dict[str, object]:
    """Return the average precision of each tier and of both on each left-out source, by category."""
    measured: dict[str, object] = {}
    for group in GROUPS:
        rest = material.without(group)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / HASHED_NGRAMS
            save(train(rest), path)
            hashed_ngrams = HashedNgramModel.load(path)
        encoder = train_encoder(rest.corpus, Plan(), checkpoints)
        seen = _drawn(np.flatnonzero(rest.for_calibration()), 2 * MOST_ROWS)
        known = _encoder_logits(encoder, rest, seen)
        lines = [fit_platt(known[:, column], rest.corpus.labels[seen, column]) for column in range(len(Category))]
        for source in group:
            measured |= _on_source(material, source, hashed_ngrams, encoder, lines)
    return measured


def _on_source(material: Material, source: str, hashed_ngrams: HashedNgramModel, encoder: Encoder,
               lines: list[tuple[float, float]]) -> dict[str, object]:
    own = _drawn(np.flatnonzero((material.corpus.sources == source) & (material.corpus.splits != NOISE)), MOST_ROWS)
    hashed = np.maximum([hashed_ngrams.read(material.corpus.texts[row]).logits for row in own], -50.0)
    encoded = _encoder_logits(encoder, material, own)
    measured: dict[str, object] = {}
    for column, category in enumerate(Category):
        labels = material.corpus.labels[own, column]
        rows = np.flatnonzero(labels != UNKNOWN)
        wanted = labels[rows].astype(np.int64)
        if wanted.sum() < FEWEST_POSITIVES:
            continue
        slope, offset = lines[column]
        tiers = {"hashed_ngrams": hashed[rows, column], "encoder": encoded[rows, column]}
        tiers["both"] = (tiers["hashed_ngrams"] + slope * tiers["encoder"] + offset) / 2
        measured[f"{category}/{source}"] = {
            "positives": int(wanted.sum()),
            "share": round(float(wanted.mean()), 3),
            **{name: [round(value, 3) for value in interval(average_precision, wanted, scores)]
               for name, scores in tiers.items()},
        }
    return measured


def _encoder_logits(encoder: Encoder, material: Material, rows: np.ndarray) -> np.ndarray:
    return logits_of(encoder, token_ids([material.corpus.texts[row] for row in rows]))


def _drawn(rows: np.ndarray, most: int) -> np.ndarray:
    return np.sort(np.random.default_rng(_SEED).permutation(rows)[:most])
