"""The built-in text model: texts per second beside the bare ONNX session on the same tokens, cold load, memory."""
from __future__ import annotations

import itertools
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dev.bench import print_table
from dev.text_training import pool

if TYPE_CHECKING:
    import numpy
    import onnxruntime

_TEXTS = {20: 100, 180: 12, 1500: 1}
"""How many by their number of words: a turn takes about a third of a second of each. It begins with what another turn left in the
caches, which is a fiftieth of a turn of twelve short texts."""
_SECONDS = 4.0
_LEAST_CALLS = 5
_KINDS = ("everyday", "instructions", "news")
_THREAT = "I will kill you tomorrow."
_COLD = """
import re, time
def peak():
    # Not getrusage: its peak counts the process that started this one.
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = peak()
began = time.perf_counter()
from shared.text_analysis.built_in_model import BuiltInModel
model = BuiltInModel.load()
loaded = time.perf_counter() - began
model.judge({first!r})
first = time.perf_counter() - began
for _ in range(3):
    model.judge({long!r})
print(loaded, first, before / 1024, peak() / 1024)
"""


class Recorded:
    """The encoder's session, noting what it is given."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self.session = session
        self.inputs: list[dict[str, numpy.ndarray]] = []

    def run(self, names: Sequence[str] | None, inputs: dict[str, numpy.ndarray]) -> list[numpy.ndarray]:
        self.inputs.append(inputs)
        return self.session.run(names, inputs)


def run() -> None:
    """Print the tables; every figure is from this run."""
    import json

    import numpy

    from shared.text_analysis.built_in_model import CALIBRATION, ENCODER, HASHED_NGRAMS, SHIPPED, TOKENIZER, BuiltInModel, Calibration
    from shared.text_analysis.encoder import TextEncoder, token_windows
    from shared.text_analysis.hashed_ngram_model import HashedNgramModel

    hashed, encoder = HashedNgramModel.load(SHIPPED / HASHED_NGRAMS), TextEncoder(SHIPPED / ENCODER, SHIPPED / TOKENIZER)
    model = BuiltInModel(hashed, encoder, Calibration.of(json.loads((SHIPPED / CALIBRATION).read_text("utf-8"))))
    session, rows = encoder.session, []
    for words, threat in itertools.product(_TEXTS, ("", _THREAT)):
        texts = [_with(threat, _words(words - len(threat.split()), seed)) for seed in range(_TEXTS[words])]
        once, everything, tokens = [], [], 0
        for text in texts:
            encoder.session = recorded = Recorded(session)
            model.judge(text)
            ids = encoder.token_ids(hashed.read(text).spellings[0])
            tokens += len(ids)
            everything += recorded.inputs
            once += recorded.inputs[:len(list(token_windows(ids)))]  # the windows come first
        encoder.session = session
        together = [{name: numpy.concatenate([each[name] for each in once if each[name].shape[1] == size]) for name in once[0]}
                    for size in {each["input_ids"].shape[1] for each in once}]
        works = {"model": lambda texts=texts: list(map(model.judge, texts)), "once": lambda once=once: _run(session, once),
                 "everything": lambda everything=everything: _run(session, everything),
                 "together": lambda together=together: _run(session, together),
                 "hashed": lambda texts=texts: list(map(hashed.read, texts))}
        speeds = {name: speed * len(texts) for name, speed in _rates(works).items()}
        rows.append([f"{words:,}{' with a threat' if threat else ''}", f"{tokens / len(texts):,.0f}",
                     *(f"{speeds[name]:,.1f}" for name in works),
                     f"{speeds['model'] / speeds['once']:.2f}", f"{speeds['model'] / speeds['everything']:.2f}"])
    print_table(["words", "tokens", "texts/s", "bare session, the text once", "bare, all that is read", "bare, windows together",
                 "first tier alone", "of the text once", "of all that is read"], rows)
    print()
    script = _COLD.format(first=_words(20), long=_words(1500))
    loaded, first, before, after = map(float, subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split())
    print_table(["cold load, imports included", "to the first judgement", "memory before", "memory after 1,500 words"],
                [[f"{loaded:.2f} s", f"{first:.2f} s", f"{before:.0f} MB", f"{after:.0f} MB"]])


def _words(count: int, seed: int = 0) -> str:
    """So many words of plain sentences, none twice: a window that comes back is read once."""
    kinds = pool.development_benign()
    sentences = [sentence for kind in _KINDS for sentence in kinds[kind]]
    random.Random(seed).shuffle(sentences)
    return " ".join(" ".join(sentences).split()[:count])


def _with(sentence: str, text: str) -> str:
    """The text with the sentence in its middle."""
    words = text.split()
    return " ".join([*words[:len(words) // 2], *sentence.split(), *words[len(words) // 2:]])


def _run(session: onnxruntime.InferenceSession, inputs: list[dict[str, numpy.ndarray]]) -> None:
    for each in inputs:
        session.run(None, each)


def _rates(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Calls of each in a second of this thread's processor time, by the median, measured in turns.

    So neither other work on the machine nor a busy moment counts for one of them alone.
    """
    for work in works.values():
        work()
    spent: dict[str, list[float]] = {name: [] for name in works}
    end = time.perf_counter() + _SECONDS * len(works)
    while time.perf_counter() < end or len(spent["model"]) < _LEAST_CALLS:
        for name, work in works.items():
            began = time.thread_time()
            work()
            spent[name].append(time.thread_time() - began)
    return {name: 1 / statistics.median(times) for name, times in spent.items()}
