"""Language detection: how often it is right beside CLD3 on phrases and sentences; cold load and memory.

Phrases of some three words and sentences are translations of each other into 46 languages; the English phrases are what
people write in a chat. All were made for this bench, and nothing was chosen by them.
"""
from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

from dev.bench import print_table

SENTENCES = Path(__file__).parent / "data" / "languages.csv"
ENGLISH = Path(__file__).parent / "data" / "english_phrases.txt"
_CLD3 = "CLD3 (cld3-py)"
_DETECTORS = {
    "ours (py3langid with bonuses)": "from shared.text_analysis.language import detect_language as detect",
    "py3langid alone": "import py3langid\ndef detect(text): return py3langid.classify(text)[0]",
    _CLD3: "import gcld3\ncld3 = gcld3.NNetLanguageIdentifier(0, 1000)\ndef detect(text): return cld3.FindLanguage(text).language",
}
_PROGRAM = """
import csv, resource, sys, time
def megabytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024
import numpy
rows = list(csv.DictReader(open({sentences!r})))
texts = {{column: [row[column] for row in rows] for column in ("phrase", "sentence")}}
texts["english"] = open({english!r}).read().splitlines()
before, started = megabytes(), time.perf_counter()
{detector}
detect("Hello there")
cold = time.perf_counter() - started
memory = megabytes() - before
for column, each in texts.items():
    started = time.perf_counter()
    found = [detect(text) for text in each]
    print(column, (time.perf_counter() - started) / len(each) * 1e6, *found)
print("cold", cold * 1000, memory)
"""


def run() -> None:
    from shared.text_analysis.language import LANGUAGES_BY_LABEL

    codes = {**LANGUAGES_BY_LABEL, "iw": "heb", "nb": "nor"}
    languages = [row["language"] for row in csv.DictReader(SENTENCES.open())]
    wanted = {"phrase": languages, "sentence": languages, "english": ["eng"] * len(ENGLISH.read_text().splitlines())}
    rows, wrong = [], []
    for name, detector in _DETECTORS.items():
        program = _PROGRAM.format(sentences=str(SENTENCES), english=str(ENGLISH), detector=detector)
        output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                                cwd=Path(__file__).parents[2]).stdout
        lines = {line.split()[0]: line.split()[1:] for line in output.splitlines()}
        cells = []
        for column, right_ones in wanted.items():
            found = [codes.get(code.partition("-")[0], code) for code in lines[column][1:]]
            mistakes = [f"{language} as {code}" for code, language in zip(found, right_ones, strict=True) if code != language]
            cells.append(f"{len(found) - len(mistakes)} of {len(found)}")
            wrong.append(f"{name}, {column}: {', '.join(mistakes) or 'none'}")
        rows.append([name, *cells, f"{float(lines['sentence'][0]):.0f}", f"{float(lines['cold'][0]):.0f}", lines["cold"][1]])
    print_table(["detector", "phrases", "sentences", "English phrases", "µs for a sentence", "cold load, ms", "memory, MB"], rows)
    print("\nWrong: " + "; ".join(wrong))
