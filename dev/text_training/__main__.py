"""Trains the text model, saves its weights and metrics, and prints what they achieve.

An interrupted run goes on where its encoder was when it is started again with the same data.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from dev.text_training import calibration, card, left_out, long_texts, report
from dev.text_training.corpus import LEFT_OUT, TEMPLATES, read
from dev.text_training.cuts import choose_cuts
from dev.text_training.encoder import TEACHERS, shipped_plan, train_encoder
from dev.text_training.encoder_export import export
from dev.text_training.judging import judged
from dev.text_training.training import prepare, save, train
from shared.text_analysis.built_in_model import ENCODER, HASHED_NGRAMS, SHIPPED, TOKENIZER
from shared.text_analysis.models import Category

CHECKPOINTS = Path(__file__).resolve().parents[2] / ".dev" / "train-checkpoints"
METRICS = "metrics.json"


def main() -> int:
    """Return 0 after weights and metrics are written."""
    options = _options()
    started = time.monotonic()
    folder = options.weights
    folder.mkdir(parents=True, exist_ok=True)
    corpus = read(options.data)
    print(f"{len(corpus):,} rows read; {', '.join(sorted(LEFT_OUT))} is not trained on")
    material = prepare(corpus)
    save(train(material), folder / HASHED_NGRAMS)
    export(train_encoder(material.corpus, shipped_plan(options.teachers), CHECKPOINTS), folder / ENCODER, folder / TOKENIZER)

    dev = corpus.where(corpus.splits == "dev")
    own_dev = ~np.isin(dev.sources, [TEMPLATES, *LEFT_OUT])
    model = calibration.save(calibration.calibrate(folder, dev.where(own_dev)), folder)
    read_dev = judged(folder, dev.texts, "dev")
    texts, kinds = report.development()
    cuts = choose_cuts(read_dev.probabilities[own_dev], dev.labels[own_dev], judged(folder, texts, "sentences").probabilities, kinds)
    model = calibration.save(replace(model, cuts=cuts), folder)
    model = calibration.save(replace(model, per_doubling=long_texts.choose_losses(folder, cuts)), folder)
    read_dev = judged(folder, dev.texts, "dev")

    texts, kinds = report.holdout()
    passages, kinds_of_passages = report.holdout_passages()
    measured = {
        "held-out sentences": report.on_pools(judged(folder, texts, "held-out"), kinds, cuts),
        "held-out passages": report.on_pools(judged(folder, passages, "passages"), kinds_of_passages, cuts),
        "held-out long texts": long_texts.measure(folder, cuts),
        "dev": report.on_dev(read_dev, dev, cuts),
        "cues": report.on_cues(read_dev, dev, cuts),
    }
    if not options.quick:
        measured["left-out sources"] = left_out.measure(material, CHECKPOINTS)
    for title, values in measured.items():
        print(f"\n{title}")
        report.show(values)
    stored = {"version": model.version, "cuts": model.stored()["cuts"], **measured}
    (folder / METRICS).write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    if folder == SHIPPED and not options.quick:
        card.write()
    for category, cut in zip(Category, cuts, strict=True):
        print(f"  cuts {category}: {cut.two} {cut.four} {cut.six}")
    print(f"\n{model.version} saved after {time.monotonic() - started:.0f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 dev train-text", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder that holds train.csv.gz, or the file itself"
    )
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="folder to save in (default: the shipped weights)")
    parser.add_argument("--teachers", type=int, default=TEACHERS, choices=range(10), metavar="N",
                        help=f"encoders that the shipped one learns from (default {TEACHERS}; 0 takes a quarter of the time)")
    parser.add_argument("--quick", action="store_true", help="skip the sources left out of training, which take half as long again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
