"""How the two tiers do on sources that they never saw: both are trained again without some sources and read these.

The encoder is trained on a part of the rows only, so these figures are a little lower than the shipped model's would be.
"""

import tempfile
from pathlib import Path

import numpy as np

from dev.text_training import calibration
from dev.text_training.corpus import UNKNOWN
from dev.text_training.encoder import Plan, train_encoder
from dev.text_training.encoder_export import export
from dev.text_training.metrics import average_precision, interval
from dev.text_training.noise import NOISE
from dev.text_training.training import Material, save, train
from shared.text_analysis.built_in_model import ENCODER, HASHED_NGRAMS, TOKENIZER
from shared.text_analysis.models import Category

GROUPS = (
    ("edos", "ailuminate-demo", "mlma-en"),
    ("hatemojibuild", "toxigen-human", "counsel-chat", "i2p"),
    ("davidson2017", "implicit-hate", "online-misogyny", "toxic-spans"),
)
SHARE_OF_ROWS = 0.25
MOST_ROWS = 2500  # of a source, drawn at random, so that reading them takes minutes
FEWEST_POSITIVES = 20
_SEED = 20240901


def measure(material: Material, threads: int, checkpoints: Path) -> dict[str, object]:
    """Return the average precision of each tier and of both on each left-out source, by category."""
    measured: dict[str, object] = {}
    for group in GROUPS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            save(train(material, group), folder / HASHED_NGRAMS)
            encoder = train_encoder(
                material.corpus, Plan(epochs=1, threads=threads, left_out=group, share=SHARE_OF_ROWS), checkpoints)
            export(encoder, folder / ENCODER, folder / TOKENIZER)
            seen = np.flatnonzero(material.for_calibration() & ~np.isin(material.corpus.sources, group))
            lines = calibration.calibrate(folder, material.corpus.where(_drawn(seen, 2 * MOST_ROWS)))
            for source in group:
                measured |= _on_source(material, source, folder, lines)
    return measured


def _on_source(material: Material, source: str, folder: Path, lines: calibration.Calibration) -> dict[str, object]:
    own = np.flatnonzero((material.corpus.sources == source) & (material.corpus.splits != NOISE))
    own = _drawn(own, MOST_ROWS)
    hashed, encoded = calibration.tier_logits(folder, [material.corpus.texts[row] for row in own], source)
    measured: dict[str, object] = {}
    for column, category in enumerate(Category):
        labels = material.corpus.labels[own, column]
        rows = np.flatnonzero(labels != UNKNOWN)
        wanted = labels[rows].astype(np.int64)
        if wanted.sum() < FEWEST_POSITIVES:
            continue
        line = lines.encoder[column]
        tiers = {"hashed_ngrams": hashed[rows, column], "encoder": encoded[rows, column]}
        tiers["both"] = (tiers["hashed_ngrams"] + line.slope * tiers["encoder"] + line.offset) / 2
        measured[f"{category}/{source}"] = {
            "positives": int(wanted.sum()),
            "share": round(float(wanted.mean()), 3),
            **{name: [round(value, 3) for value in interval(average_precision, wanted, scores)]
               for name, scores in tiers.items()},
        }
    return measured


def _drawn(rows: np.ndarray, most: int) -> np.ndarray:
    return np.sort(np.random.default_rng(_SEED).permutation(rows)[:most])
