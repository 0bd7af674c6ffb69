"""`python3 dev evaluate-text` on files of a user's own."""
from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dev.environment import ROOT
from dev.evaluate_text import NotReadable, read_table
from dev.text_training.corpus import UNKNOWN

TABLE = """text,hate,violence
"I will kill you, I swear.",0,1
How do I kill a background process?,0,0
Have a lovely day.,,0
I am going to stab him tonight.,0,1
The library opens at nine.,0,0
"""


def evaluate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "dev", "evaluate-text", *arguments], cwd=ROOT, capture_output=True, text=True,
                          timeout=300, check=False)


def test_prints_measures_with_intervals_and_draws_curves(tmp_path):
    table, picture = tmp_path / "own.csv", tmp_path / "curves.png"
    table.write_text(TABLE, "utf-8")
    run = evaluate(str(table), "--picture", str(picture))
    assert run.returncode == 0, run.stderr
    line = next(line for line in run.stdout.splitlines() if line.strip().startswith("Violence"))
    assert "positives 2" in line
    for measure in ("average precision 1.000 [", "f1 at 2 ", "f1 at 4 ", "f1 at 6 ", "false alarms at 2 0.000 ["):
        assert measure in line
    (hate,) = [line for line in run.stdout.splitlines() if line.strip().startswith("Hate")]
    assert "positives 0   false alarms at 2 0.000 [" in hate  # no row of it is positive
    assert "average precision" not in hate
    assert "SelfHarm" not in run.stdout  # the table has no such column
    with Image.open(picture) as drawn:
        assert drawn.format == "PNG"
        assert len(set(drawn.convert("L").get_flattened_data())) > 50


@pytest.mark.parametrize(("content", "complaint"), [
    ("a,b\n1,2\n", "must name the column text"),
    ("text\nhello\n", "must name the column text"),
    ("text,hate\nhello,maybe\n", "row 2: a label is 1, 0 or empty"),
    ("text,hate\n", "no row below the first line"),
    ("", "must name the column text"),
    (f"text,hate\n{'a' * (1 << 24 | 1)},1\n", "line 1: field larger than field limit"),
])
def test_another_table_is_refused_in_one_line(tmp_path, content, complaint):
    table = tmp_path / "own.csv"
    table.write_text(content, "utf-8")
    with pytest.raises(NotReadable, match=complaint):
        read_table(table)


def test_a_file_that_is_missing_or_no_text_is_one_line(tmp_path):
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"text,hate\n\xff\xfe\x00,1\n")
    for path in (binary, tmp_path / "absent.csv"):
        run = evaluate(str(path))
        assert run.returncode == 1
        assert run.stderr.strip().count("\n") == 0


def test_a_folder_for_the_picture_that_is_not_there_is_told_before_the_texts_are_read(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text(TABLE, "utf-8")
    run = evaluate(str(table), "--picture", str(tmp_path / "absent" / "curves.png"))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.strip().endswith("there is no such folder")


def test_empty_cells_and_absent_columns_are_unknown(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("\ufeff" + TABLE, "utf-8")
    texts, labels = read_table(table)
    assert texts[2] == "Have a lovely day."
    assert labels.dtype == np.int8
    assert labels[2].tolist() == [UNKNOWN, UNKNOWN, UNKNOWN, 0]
    assert labels[0].tolist() == [0, UNKNOWN, UNKNOWN, 1]
