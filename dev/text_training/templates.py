"""Training sentences made from frames of our own: the categories open data covers worst, and harmless look-alikes.

`frames/benign.txt` can be read as it is; the harmful frames are kept compressed because they are
unpleasant to meet by accident (`python3 -m gzip -d` unpacks them). Format: a "[violence=1 hate=0]" line gives the
labels of the frames below it, "@name = a | b" a list of fillings for {name}, "#" a comment.
"""

import gzip
import random
import re
from dataclasses import dataclass
from pathlib import Path

from dev.text_training.corpus import LABEL_COLUMNS, Corpus, made
from shared.text_analysis.models import Category

HARMFUL_FRAMES, BENIGN_FRAMES, GROUP_FRAMES = "own-harmful-frames", "own-benign-frames", "own-group-frames"
FRAMES = Path(__file__).parent / "frames"
COPIES_PER_FRAME = (2, 12, 24)  # with no filling, one, several: a frame's share grows with what it can say
SHARE_WITH_NEIGHBOUR = 0.3
_SLOT = re.compile(r"\{(\w+)\}")
_OPENINGS = ("", "", "", "", "", "", "Honestly, ", "Look, ", "ok so ", "Listen: ", "By the way, ", "Seriously, ")
_CLOSINGS = ("", "", "", "", "", "", " lol", " Please answer.", " Thanks.", " I mean it.", " That is all.", "!!")


@dataclass(frozen=True, slots=True)
class Frame:
    """One sentence with gaps, and the labels every filling of it has."""

    text: str
    labels: dict[Category, int]


def frames(lines: list[str]) -> tuple[list[Frame], dict[str, list[str]]]:
    """Return the frames of a frame file and its lists of fillings."""
    found, fillings, labels = [], {}, {}
    categories = {column: category for category, column in LABEL_COLUMNS.items()}
    for line in filter(None, map(str.strip, lines)):
        if line.startswith("@"):
            name, _, choices = line[1:].partition("=")
            fillings[name.strip()] = [choice.strip() for choice in choices.split("|")]
        elif line.startswith("["):
            pairs = (pair.split("=") for pair in line.strip("[]").split())
            labels = {categories[column]: int(value) for column, value in pairs}
        elif not line.startswith("#"):
            found.append(Frame(line, labels))
    return found, fillings


def own_rows(seed: int) -> Corpus:
    """Return filled frames, some opened, closed or joined with a harmless sentence; the same for the same seed."""
    chooser = random.Random(seed)
    benign, benign_fillings = frames((FRAMES / "benign.txt").read_text("utf-8").splitlines())
    harmful, harmful_fillings = frames(gzip.decompress((FRAMES / "harmful.txt.gz").read_bytes()).decode().splitlines())
    plain = [frame for frame in benign if len(frame.labels) == len(Category)]

    def rows(own: list[Frame], fillings: dict[str, list[str]]) -> list[tuple[str, dict[Category, int]]]:
        made_rows = {}
        for frame in own:
            for _ in range(COPIES_PER_FRAME[min(2, len(_SLOT.findall(frame.text)))]):
                text = chooser.choice(_OPENINGS) + _fill(frame, fillings, chooser) + chooser.choice(_CLOSINGS)
                if chooser.random() < SHARE_WITH_NEIGHBOUR:
                    pair = [text, _fill(chooser.choice(plain), benign_fillings, chooser)]
                    text = " ".join(chooser.sample(pair, 2))
                made_rows[text] = frame.labels
        return list(made_rows.items())

    groups = [frame for frame in benign if len(frame.labels) < len(Category)]
    return (
        made(rows(harmful, harmful_fillings), HARMFUL_FRAMES)
        .joined(made(rows(plain, benign_fillings), BENIGN_FRAMES))
        .joined(made(rows(groups, benign_fillings), GROUP_FRAMES))
    )


def _fill(frame: Frame, fillings: dict[str, list[str]], chooser: random.Random) -> str:
    text = _SLOT.sub(lambda slot: chooser.choice(fillings[slot[1]]), frame.text)
    return text[0].upper() + text[1:] if frame.text[0] == "{" else text
