"""Training sentences made from frames of our own: the categories open data covers worst, and harmless look-alikes.

Whole passages stand among them, as frames without gaps. `frames/benign*.txt` can be read as they are; the harmful frames are
kept compressed because they are unpleasant to meet by accident (`python3 -m gzip -d` unpacks them). Each file has its own
fillings. Format: a "[violence=1 hate=0]" line gives the labels of the frames below it, "@name = a | b" a list of fillings for
{name}, "#" a comment.
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
LONGEST_NEIGHBOUR = 34  # words; behind a whole passage a sentence would lie outside of what the encoder reads in training
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
    benign = [frames(path.read_text("utf-8").splitlines()) for path in sorted(FRAMES.glob("benign*.txt"))]
    harmful = [
        frames(gzip.decompress(path.read_bytes()).decode().splitlines()) for path in sorted(FRAMES.glob("harmful*.gz"))
    ]
    neighbours = [(frame, fillings) for own, fillings in benign for frame in own
                  if len(frame.labels) == len(Category) and len(frame.text.split()) <= LONGEST_NEIGHBOUR]

    def rows(files: list[tuple[list[Frame], dict[str, list[str]]]]) -> list[tuple[str, dict[Category, int]]]:
        made_rows = {}
        for own, fillings in files:
            for frame in own:
                for _ in range(COPIES_PER_FRAME[min(2, len(_SLOT.findall(frame.text)))]):
                    text = chooser.choice(_OPENINGS) + _fill(frame, fillings, chooser) + chooser.choice(_CLOSINGS)
                    if chooser.random() < SHARE_WITH_NEIGHBOUR:
                        text = " ".join(chooser.sample([text, _fill(*chooser.choice(neighbours), chooser)], 2))
                    made_rows[text] = frame.labels
        return list(made_rows.items())

    plain = [([frame for frame in own if len(frame.labels) == len(Category)], fillings) for own, fillings in benign]
    groups = [([frame for frame in own if len(frame.labels) < len(Category)], fillings) for own, fillings in benign]
    return (
        made(rows(harmful), HARMFUL_FRAMES)
        .joined(made(rows(plain), BENIGN_FRAMES))
        .joined(made(rows(groups), GROUP_FRAMES))
    )


def _fill(frame: Frame, fillings: dict[str, list[str]], chooser: random.Random) -> str:
    text = _SLOT.sub(lambda slot: chooser.choice(fillings[slot[1]]), frame.text)
    return text[0].upper() + text[1:] if frame.text[0] == "{" else text
