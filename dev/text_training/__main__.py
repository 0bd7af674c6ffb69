"""Trains the text model, saves its weights and metrics, and prints what they achieve.

An interrupted run goes on where its encoder was when it is started again with the same data.
"""

import argparse
import json
import shutil
import sys
import tempfile
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
from dev.text_training.training import Material, prepare, save, train
from shared.text_analysis.built_in_model import ENCODER, HASHED_NGRAMS, SHIPPED, TOKENIZER
from shared.text_analysis.models import Category

CHECKPOINTS = Path(__file__).resolve().parents[2] / ".dev" / "train-checkpoints"
METRICS = "metrics.json"


def main() -> int:
    """Return 0 after weights and metrics are written."""
    options = _options()
    started = time.monotonic()
    corpus = read(options.data)
    print(f"{len(corpus):,} rows read; {', '.join(sorted(LEFT_OUT))} is not trained on")
    material = prepare(corpus).sample(options.share)
    with tempfile.TemporaryDirectory() as made:
        version = _make(material, options, Path(made))
        # All at once and last of all, so that an interrupted run leaves no mixture of two models.
        options.weights.mkdir(parents=True, exist_ok=True)
        for path in Path(made).iterdir():
            shutil.copyfile(path, options.weights / path.name)
    if options.weights == SHIPPED.resolve():
        card.write()
    print(f"\n{version} saved after {time.monotonic() - started:.0f} s")
    return 0


def _make(material: Material, options: argparse.Namespace, folder: Path) -> str:
    """Train, calibrate and measure, with weights and metrics in the folder; return the version."""
    save(train(material), folder / HASHED_NGRAMS)
    export(train_encoder(material.corpus, shipped_plan(options.teachers), CHECKPOINTS), folder / ENCODER, folder / TOKENIZER)

    dev = material.corpus.where(material.corpus.splits == "dev")
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
    for category, cut in zip(Category, cuts, strict=True):
        print(f"  cuts {category}: {cut.two} {cut.four} {cut.six}")
    return model.version


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 dev train-text", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder that holds train.csv.gz, or the file itself"
    )
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="folder to save in (default: the shipped weights)")
    parser.add_argument("--teachers", type=int, default=TEACHERS, choices=range(10), metavar="N",
                        help=f"encoders that the shipped one learns from (default {TEACHERS}; 0 takes a quarter of the time)")
    parser.add_argument("--quick", action="store_true",
                        help="skip the sources left out of training, which take two thirds as long again; needs --weights")
    parser.add_argument("--share", type=float, default=1.0, metavar="S",
                        help="train on this share of the rows (0.03, say), to see first that all of it runs; needs --weights")
    options = parser.parse_args()
    options.weights = options.weights.resolve()
    if not 0 < options.share <= 1:
        parser.error("--share is more than 0 and 1 at the most")
    if options.weights == SHIPPED.resolve() and (options.quick or options.share < 1):
        parser.error("what is shipped is trained on everything and measured in full: name another folder with --weights")
    return options


if __name__ == "__main__":
    sys.exit(main())
