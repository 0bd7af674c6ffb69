"""The built-in text model: texts per second beside the bare ONNX session on the same tokens, cold load, memory."""
from __future__ import annotations

import subprocess
import sys
import time

from dev.bench import print_table

_WORDS = (20, 180, 1500)
_SECONDS = 4.0
_TEXT = ("the river was high after the rain, so we took the long way round past the mill and had our lunch on the old bridge; "
         "nobody else came by but a man with two dogs who told us where the path goes on. ")
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


def run() -> None:
    """Print both tables; every figure is from this run."""
    import numpy

    from shared.text_analysis.built_in_model import ENCODER, HASHED_NGRAMS, SHIPPED, TOKENIZER, BuiltInModel
    from shared.text_analysis.encoder import TextEncoder, token_windows
    from shared.text_analysis.hashed_ngram_model import HashedNgramModel

    model, encoder = BuiltInModel.load(), TextEncoder(SHIPPED / ENCODER, SHIPPED / TOKENIZER)
    hashed = HashedNgramModel.load(SHIPPED / HASHED_NGRAMS)
    rows = []
    for words in _WORDS:
        text = _words(words)
        ids = encoder.token_ids(hashed.read(text).spellings[0])
        # With the two marks that begin and end each window: they are tokens of the model like the others.
        inputs = [(window, numpy.ones_like(window)) for window in (
            numpy.array([[0, *own, 0]], numpy.int64) for own in token_windows(ids))]

        def bare(inputs=inputs):
            for window, mask in inputs:
                encoder.session.run(None, {"input_ids": window, "attention_mask": mask})
        # Turn by turn, so that a busy moment of the machine meets each alike.
        speeds = _rates({"model": lambda text=text: model.judge(text), "bare": bare, "hashed": lambda text=text: hashed.read(text)})
        rows.append([f"{words:,}", f"{len(ids):,}", f"{speeds['model']:,.1f}", f"{speeds['bare']:,.1f}",
                     f"{speeds['model'] / speeds['bare']:.2f}", f"{speeds['hashed']:,.0f}"])
    print_table(["words", "tokens", "texts/s", "bare ONNX session", "ratio", "first tier alone"], rows)
    print()
    script = _COLD.format(first=_words(20), long=_words(1500))
    loaded, first, before, after = map(float, subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split())
    print_table(["cold load, imports included", "to the first judgement", "memory before", "memory after 1,500 words"],
                [[f"{loaded:.2f} s", f"{first:.2f} s", f"{before:.0f} MB", f"{after:.0f} MB"]])


def _words(count: int) -> str:
    return " ".join((_TEXT * (count // 20 + 1)).split()[:count])


def _rates(works: dict[str, object]) -> dict[str, float]:
    """Calls per second of each, measured in turns."""
    for work in works.values():
        work()
    spent, calls = dict.fromkeys(works, 0.0), dict.fromkeys(works, 0)
    end = time.perf_counter() + _SECONDS * len(works)
    while time.perf_counter() < end:
        for name, work in works.items():
            began = time.perf_counter()
            work()
            spent[name] += time.perf_counter() - began
            calls[name] += 1
    return {name: calls[name] / spent[name] for name in works}
