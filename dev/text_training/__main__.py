"""Trains the text model, saves its weights and metrics, and prints what they achieve."""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from dev.text_training import pool, report
from dev.text_training.corpus import LEFT_OUT, TEMPLATES, read
from dev.text_training.cuts import choose_cuts
from dev.text_training.training import prepare, save, train
from shared.text_analysis.hashed_ngram_model import SHIPPED_WEIGHTS
from shared.text_analysis.models import Category
from shared.text_analysis.severity import Cuts


def main() -> int:
    """Return 0 after weights and metrics are written."""
    options = _options()
    started = time.monotonic()
    corpus = read(options.data)
    print(f"{len(corpus):,} rows read; {', '.join(sorted(LEFT_OUT))} is not trained on")
    material = prepare(corpus)
    linear = train(material)

    unset = tuple(Cuts(0.25, 0.5, 0.75) for _ in Category)
    dev = corpus.where(corpus.splits == "dev")
    draft = save(linear, unset, options.weights)
    own_dev = dev.where(~np.isin(dev.sources, [TEMPLATES, *LEFT_OUT]))
    benign = [text for kind, texts in pool.development_benign().items() if kind != pool.ALARMING for text in texts]
    cuts = choose_cuts(report.judged(draft, own_dev.texts)[0], own_dev.labels, report.judged(draft, benign)[0])
    model = save(linear, cuts, options.weights)

    measured = {
        "held-out pools": report.on_pools(model),
        "dev": report.on_dev(model, dev),
        "cues": report.on_cues(model, dev),
    }
    if not options.quick:
        measured["left-out sources"] = report.on_left_out_sources(material)
    for title, values in measured.items():
        print(f"\n{title}")
        report.show(values)
    for category, cut in zip(Category, cuts, strict=True):
        print(f"  cuts {category}: {cut.two} {cut.four} {cut.six}")
    metrics = {"version": model.version, "cuts": dict(zip(Category, map(_triple, cuts), strict=True)), **measured}
    options.metrics.write_text(json.dumps(metrics, indent=1) + "\n", "utf-8")
    print(f"\n{model.version} saved after {time.monotonic() - started:.0f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 dev train-text", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder that holds train.csv.gz, or the file itself"
    )
    parser.add_argument(
        "--weights", type=Path, default=SHIPPED_WEIGHTS, help="where to save (default: the shipped weights)"
    )
    parser.add_argument(
        "--metrics", type=Path, default=SHIPPED_WEIGHTS.with_name("metrics.json"), help="where to save the metrics"
    )
    parser.add_argument("--quick", action="store_true", help="skip the left-out sources (about five minutes)")
    return parser.parse_args()


def _triple(cut: Cuts) -> list[float]:
    return [cut.two, cut.four, cut.six]


if __name__ == "__main__":
    sys.exit(main())
