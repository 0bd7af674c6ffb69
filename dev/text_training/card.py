"""The figures of docs/quality.md, written from the metrics of the training: what stands between two marks in the page."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from dev.text_training import long_texts
from dev.text_training.corpus import LABEL_COLUMNS
from shared.text_analysis.built_in_model import SHIPPED

PAGE = Path(__file__).resolve().parents[2] / "docs" / "quality.md"
METRICS = SHIPPED / "metrics.json"
_BEGIN, _END = "<!-- figures: written by training -->", "<!-- end of figures -->"
_PARTS = {"dev": "", "dev_with_templates": ", with templates", "dev_with_left_out_source": ", with left-out source"}


def write() -> None:
    """Put the figures of the shipped metrics into the page."""
    page = PAGE.read_text("utf-8")
    old = f"{_BEGIN}\n{shown(page)}{_END}"
    new = f"{_BEGIN}\n{figures(json.loads(METRICS.read_text('utf-8')))}{_END}"
    PAGE.write_text(page.replace(old, new), "utf-8")


def shown(page: str) -> str:
    """Return what stands between the marks. Raises ValueError where they are missing."""
    found = re.search(f"{re.escape(_BEGIN)}\n(.*?){re.escape(_END)}", page, re.DOTALL)
    if found is None:
        raise ValueError("the page lacks the marks around its figures")
    return found[1]


def figures(metrics: Mapping[str, dict]) -> str:
    """Return the tables, as Markdown."""
    blocks = [
        "### Cuts",
        _table(["probability at severity", "2", "4", "6"], [[name, *map(str, cuts)] for name, cuts in metrics["cuts"].items()]),
        "### Held-out sentences of our own",
        *_found(metrics["held-out sentences"]),
        "### Held-out passages of our own",
        *_found(metrics["held-out passages"]),
        "### Long texts",
        "Put together from held-out sentences, the harmful ones with one harmful sentence among harmless ones, alarming words among them; "
        "the share that reaches severity 2.",
        _table(["words", "plain sentences", "with alarming words", *("with " + _kind(f"/{kind}") for kind in LABEL_COLUMNS.values())],
               [[f"{int(words):,}", *(f"{own[kind]:.3f}" for kind in (long_texts.PLAIN, long_texts.HARMLESS, *LABEL_COLUMNS.values()))]
                for words, own in metrics["held-out long texts"].items()]),
        "### Dev",
        _table(["", "positives", "average precision", "F1 at 2", "F1 at 4", "F1 at 6", "false alarms at 2"],
               [[name.split("/")[1] + _PARTS[name.split("/")[0]], f"{own['positives']:,}", _interval(own["average_precision"]),
                 *(_interval(own[f"f1_at_{level}"]) for level in (2, 4, 6)), _interval(own["false_alarms_at_2"])]
                for name, own in metrics["dev"].items()]),
        "### Sources left out of training",
        _table(["category, source", "positives", "share", "hashed n-grams", "encoder", "both"],
               [[name.replace("/", ", "), f"{own['positives']:,}", f"{own['share']:.3f}",
                 *(_interval(own[tier]) for tier in ("hashed_ngrams", "encoder", "both"))]
                for name, own in metrics["left-out sources"].items()]),
        "### Gravity cues",
        _table(["category", "flagged dev rows with a cue", "precision with it", "of the rest"],
               [[name, str(own["rows"]), _interval(own["precision"]), _interval(own["precision_of_the_rest"])]
                for name, own in metrics["cues"].items()]),
    ]
    return "\n" + "\n\n".join(blocks) + "\n\n"


def _found(measured: Mapping[str, dict]) -> tuple[str, str, str]:
    """Return the tables of `report.on_pools`: of harmless texts, of harmful ones, and a sentence about groups."""
    return (
        _table(["harmless", "texts", "false alarms at severity 2"],
               [[_kind(name), str(own["texts"]), _interval(own["share"])] for name, own in measured.items()
                if name.startswith("false_alarms")]),
        _table(["harmful", "texts", "found at severity 2", "average precision against all harmless ones"],
               [[_kind(name), str(own["texts"]), _interval(own["share"]), _interval(own["average_precision"])]
                for name, own in measured.items() if name.startswith("recall")]),
        f"Statements about groups, hateful and harmless: balanced accuracy {measured['groups/balanced_accuracy']['value']:.3f}.",
    )


def _kind(name: str) -> str:
    return name.split("/")[1].replace("_", " ").replace("alarming", "alarming words")


def _interval(values: list[float]) -> str:
    return "{:.3f} [{:.3f}, {:.3f}]".format(*values)


def _table(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [header, ["---"] * len(header), *rows])
