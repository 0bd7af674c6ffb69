"""`python3 dev evaluate-text FILE.csv`: how well the built-in text model judges texts of your own, in numbers and a picture.

The file (UTF-8) has the column `text` and one or more of `hate`, `self_harm`, `sexual`, `violence`: 1 yes, 0 no, empty unknown.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy

    from dev.text_training.judging import Judged


class NotReadable(Exception):
    """The file is not such a table; the message is one line for the person at the terminal."""


def main(argv: list[str]) -> int:
    """Print average precision, F1 and false alarms at severity 2, 4 and 6, each with its 95 % interval, and draw curves.

    Of a category that no text is positive for, the false alarms alone.
    """
    options = _options(argv)
    from dev.text_training import report
    from dev.text_training.judging import judged
    from shared.text_analysis.built_in_model import SHIPPED, BuiltInModel

    if not options.picture.absolute().parent.is_dir():
        print(f"{options.picture}: there is no such folder", file=sys.stderr)
        return 1
    try:
        texts, labels = read_table(options.file)
    except (NotReadable, OSError, UnicodeDecodeError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    model = BuiltInModel.load(SHIPPED)
    read = judged(SHIPPED, texts, "reading")
    print(f"{model.version}, {len(texts):,} texts; 95 % bootstrap intervals in brackets\n")
    report.show(report.on_rows(read, labels, model.cuts))
    draw(read, labels, options.picture)
    print(f"\nprecision-recall curves: {options.picture}")
    return 0


def read_table(path: Path) -> tuple[list[str], numpy.ndarray]:
    """Return the texts and int8 [texts, 4] labels (UNKNOWN where empty or without a column). Raises NotReadable, OSError."""
    import numpy

    from dev.text_training.corpus import LABEL_COLUMNS, UNKNOWN

    csv.field_size_limit(1 << 24)
    texts, labels = [], []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        columns = table.fieldnames or []
        if "text" not in columns or not set(LABEL_COLUMNS.values()) & set(columns):
            raise NotReadable(f"the first line must name the column text and one or more of {', '.join(LABEL_COLUMNS.values())}")
        for number, row in _numbered(table):
            values = [(row.get(column) or "").strip() for column in LABEL_COLUMNS.values()]
            if not set(values) <= {"", "0", "1"}:
                raise NotReadable(f"row {number}: a label is 1, 0 or empty")
            texts.append(row["text"] or "")
            labels.append([int(value) if value else UNKNOWN for value in values])
    if not texts:
        raise NotReadable("there is no row below the first line")
    return texts, numpy.array(labels, numpy.int8)


def _numbered(table: csv.DictReader) -> Iterator[tuple[int, dict[str, str | None]]]:
    try:
        yield from enumerate(table, start=2)
    except csv.Error as error:
        raise NotReadable(f"line {table.line_num}: {error}") from error


def draw(read: Judged, labels: numpy.ndarray, path: Path) -> None:
    """Draw one precision-recall curve for each category that has positives."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from dev.text_training.corpus import UNKNOWN
    from dev.text_training.metrics import average_precision, precision_recall
    from shared.text_analysis.models import Category

    figure, axes = pyplot.subplots(figsize=(7.6, 5.2))
    for column, category in enumerate(Category):
        known = labels[:, column] != UNKNOWN
        wanted, scores = labels[known, column], read.probabilities[known, column]
        if wanted.any():
            precision, recall = precision_recall(wanted, scores)
            found = average_precision(wanted, scores)
            axes.step(recall, precision, where="post", label=f"{category}: AP {found:.2f}, {wanted.sum():,} of {len(wanted):,}")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02), title="Precision and recall")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 dev evaluate-text", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE.csv")
    parser.add_argument("--picture", type=Path, default=Path("precision-recall.png"),
                        help="where to draw the curves (default: precision-recall.png)")
    return parser.parse_args(argv)
