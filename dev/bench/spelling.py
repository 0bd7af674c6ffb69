"""Spelling: corrections beside symspellpy, what happens to text without errors, speed, cold load and memory."""
from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

from dev.bench import print_table

_DATA = Path(__file__).parent / "data"
_SYMSPELL = """
import importlib.resources
from symspellpy import SymSpell, Verbosity
symspell = SymSpell(max_dictionary_edit_distance={distance}, prefix_length=7)
symspell.load_dictionary(str(importlib.resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt"), 0, 1)
def correct(text):
    def best(word):
        found = symspell.lookup(word[0].lower(), Verbosity.TOP, max_edit_distance={distance})
        return found[0].term if found else word[0]
    return re.sub(r"[A-Za-z']+", best, text)
"""
_PYSPELLCHECKER = """
from spellchecker import SpellChecker
checker = SpellChecker(distance={distance})
def correct(text): return re.sub(r"[A-Za-z']+", lambda word: checker.correction(word[0].lower()) or word[0], text)
"""
_CORRECTORS = {
    "ours (pyspellchecker, one error)": (
        "from shared.text_analysis.spelling import corrected\ndef correct(text): return corrected(text, 'eng')"),
    "pyspellchecker, two errors": _PYSPELLCHECKER.format(distance=2),
    "symspellpy, one error": _SYMSPELL.format(distance=1),
    "symspellpy, two errors": _SYMSPELL.format(distance=2),
}
_PROGRAM = """
import json, random, re, sys, time
def megabytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024
words, lines = json.load(sys.stdin)
before, started = megabytes(), time.perf_counter()
{corrector}
correct("hello")
cold, memory = time.perf_counter() - started, megabytes() - before
found = [correct("a " + word)[2:] for word in words]
kept = [correct(line) for line in lines]
chance = random.Random(4)
worst = " ".join("".join(chance.choices("qxzjkvwbp", k=chance.choice((4, 9, 20)))) for _ in range(20))[:128]
started = time.perf_counter()
correct(worst)
print(json.dumps([cold, memory, found, kept, time.perf_counter() - started]))
"""


def run() -> None:
    pairs = list(csv.DictReader((_DATA / "misspellings.csv").open()))
    lines = (_DATA / "right_spelling.txt").read_text().splitlines()
    words = sum(len(re.findall("[A-Za-z']+", line)) for line in lines)
    rows = []
    for name, corrector in _CORRECTORS.items():
        output = subprocess.run([sys.executable, "-c", _PROGRAM.format(corrector=corrector)], capture_output=True, text=True, check=True,
                                input=json.dumps([[pair["wrong"] for pair in pairs], lines]), cwd=Path(__file__).parents[2]).stdout
        cold, memory, found, kept, worst = json.loads(output)
        right = sum(pair["right"] == one for pair, one in zip(pairs, found, strict=True))
        unchanged = sum(pair["wrong"] == one for pair, one in zip(pairs, found, strict=True))
        changed = sum(one.lower() != other.lower() for line, new in zip(lines, kept, strict=True)
                      for one, other in zip(re.findall("[A-Za-z']+", line), re.findall("[A-Za-z']+", new), strict=False))
        rows.append([name, f"{right} of {len(pairs)}", str(len(pairs) - right - unchanged), f"{changed} of {words}",
                     f"{worst * 1000:.0f}", f"{cold * 1000:.0f}", str(memory)])
    print_table(["corrector", "right", "made another word", "right words changed", "128 characters of no words, ms", "cold load, ms",
                 "memory, MB"], rows)
