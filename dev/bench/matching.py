"""Term matching beside Aho-Corasick and `re`, and patterns one by one beside behind a filter.

Each candidate runs in a process of its own: to build and to match, then, where it can be saved, in a fresh one from its
saved form to the first match. Memory is what resident memory has grown by: in the fresh process where there is one, for
that is what a worker pays, else after building. All get the same terms in normal form and the same texts, and normalise
the text themselves. Linux only, for the memory.
"""
from __future__ import annotations

import gc
import json
import random
import resource
import statistics
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dev.bench import print_table

_ROOT = Path(__file__).resolve().parents[2]
_SIZES = (1_000, 100_000, 1_000_000)
_TEXT_CODE_POINTS = 2_000
_TEXTS = 20
_ROUNDS = 15
_LARGEST_FOR_RE = 100_000  # beyond, compiling the alternation takes minutes and a match takes seconds
_HASH_KEY = bytes(range(32))


def run(sizes: tuple[int, ...] = _SIZES) -> list[dict]:
    measured = []
    for terms in sizes:
        for candidate in CANDIDATES:
            if candidate != "re" or terms <= _LARGEST_FOR_RE:
                measured.append(_in_its_own_process(candidate, terms))
    fastest = {row["terms"]: row["match_us"] for row in measured if row["candidate"] == "ahocorasick_rs"}
    header = ["terms", "candidate", f"match {_TEXT_CODE_POINTS:,} characters, µs", "best", "beside ahocorasick_rs",
              "next list, same text, µs", "build, s", "memory, MB", "cold to first match, s"]
    print_table(header, [
        [f"{row['terms']:,}", row["candidate"], f"{row['match_us']:.0f}", f"{row['best_us']:.0f}",
         f"{row['match_us'] / fastest[row['terms']]:.1f}", f"{row.get('next_list_us', row['match_us']):.0f}",
         f"{row['build_s']:.2f}", f"{row['memory_mb']:.0f}", f"{row['cold_s']:.2f}"] for row in measured])
    print()
    measured += _patterns()
    return measured


# Candidates: build(terms) -> matcher, match(matcher, text) -> hits, and how a cold worker gets the matcher again.

def _build_moderato(terms: list[str]):
    import numpy as np

    from shared.matching.term_index import TermIndex
    from shared.matching.terms import term_hashes

    ids = np.random.default_rng(0).integers(0, 256, (len(terms), 16), np.uint8)
    return TermIndex.of(term_hashes(terms, _HASH_KEY), ids)


def _match_moderato(index, text: str):
    from shared.matching.prepared_text import prepare

    return index.find(prepare(text, _HASH_KEY))


def _build_ahocorasick_rs(terms: list[str]):
    import ahocorasick_rs

    return ahocorasick_rs.AhoCorasick(terms)


def _match_ahocorasick_rs(automaton, text: str):
    return automaton.find_matches_as_indexes(text.lower(), overlapping=True)


def _build_pyahocorasick(terms: list[str]):
    import ahocorasick

    automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
    for number, term in enumerate(terms):
        automaton.add_word(term, number)
    automaton.make_automaton()
    return automaton


def _match_pyahocorasick(automaton, text: str):
    return list(automaton.iter(text.lower()))


def _build_re(terms: list[str]):
    import re

    return re.compile(rf"\b(?:{'|'.join(map(re.escape, terms))})\b")


def _match_re(expression, text: str):
    return expression.findall(text.lower())


CANDIDATES = {
    "moderato": (_build_moderato, _match_moderato),
    "ahocorasick_rs": (_build_ahocorasick_rs, _match_ahocorasick_rs),
    "pyahocorasick": (_build_pyahocorasick, _match_pyahocorasick),
    "re": (_build_re, _match_re),
}


def _in_its_own_process(candidate: str, terms: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        saved = f"{folder}/index"
        built = _child("built", candidate, str(terms), saved)
        # What cannot be loaded as it is has to be built again by each cold worker.
        cold = {"cold_s": built["build_s"] + built["first_match_s"]}
        if candidate == "moderato":
            cold = _child("loaded", saved)
    return {"candidate": candidate, "terms": terms} | built | cold


def _child(*arguments: str) -> dict:
    command = [sys.executable, "-m", "dev.bench.matching", *arguments]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _built(candidate: str, terms: int, saved: str) -> dict:
    build, match = CANDIDATES[candidate]
    listed, texts = _terms_and_texts(terms)
    match(build(listed[:10]), texts[0])  # imports and tables of the library, which are no part of an index's memory
    gc.collect()
    before = _resident_bytes()
    start = time.perf_counter()
    matcher = build(listed)
    build_s = time.perf_counter() - start
    start = time.perf_counter()
    match(matcher, texts[0])
    first_match_s = time.perf_counter() - start
    gc.collect()
    memory = _resident_bytes() - before
    rounds = 1 if candidate == "re" else _ROUNDS
    texts_timed = texts[:3] if candidate == "re" else texts
    times = [_microseconds(match, matcher, text) for text in texts_timed for _ in range(rounds)]
    measured = {"match_us": statistics.median(times), "best_us": min(times), "build_s": build_s,
                "first_match_s": first_match_s, "memory_mb": memory / 1e6}
    if candidate == "moderato":
        Path(saved).write_bytes(matcher.to_bytes())
        find = type(matcher).find
        measured["next_list_us"] = statistics.median(
            [_microseconds(find, matcher, text) for text in _prepared(matcher, texts) for _ in range(_ROUNDS)])
    return measured


def _prepared(index, texts: list[str]) -> list:
    """Texts that have been matched once, as for the second list of a request."""
    from shared.matching.prepared_text import prepare

    prepared = [prepare(text, _HASH_KEY) for text in texts]
    for text in prepared:
        index.find(text)
    return prepared


def _loaded(saved: str) -> dict:
    """From reading the saved index to the answer; both figures include numpy's import and the tables of tokens."""
    _, (text, *_) = _terms_and_texts(1)
    before = _resident_bytes()
    start = time.perf_counter()
    from shared.matching.term_index import TermIndex

    index = TermIndex.from_bytes(Path(saved).read_bytes())
    _match_moderato(index, text)
    return {"cold_s": time.perf_counter() - start, "memory_mb": (_resident_bytes() - before) / 1e6}


def _microseconds(match, matcher, text: str) -> float:
    start = time.perf_counter()
    match(matcher, text)
    return (time.perf_counter() - start) * 1e6


def _called(match, text: str):
    return match(text)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _terms_and_texts(terms: int) -> tuple[list[str], list[str]]:
    """Distinct terms of one to four words, and texts of other words with half a dozen terms strewn in."""
    made = random.Random(1)
    words, other_words = ([_word(made) for _ in range(60_000)] for _ in range(2))
    distinct = dict.fromkeys(words[: terms // 3])
    while len(distinct) < terms:
        distinct[" ".join(made.choices(words, k=made.choice((2, 2, 3, 4))))] = None
    listed = list(distinct)
    texts = []
    for _ in range(_TEXTS):
        parts = made.choices(other_words, k=300) + made.choices(listed, k=6)
        made.shuffle(parts)
        texts.append(" ".join(parts)[:_TEXT_CODE_POINTS].capitalize())
    return listed, texts


def _word(made: random.Random) -> str:
    """A word without the same letter three times in a row: a text of such words would be read several times."""
    letters: list[str] = []
    for _ in range(made.randint(3, 10)):
        letters.append(made.choice(string.ascii_lowercase.replace(letters[-1], "") if letters else string.ascii_lowercase))
    return "".join(letters)


def _patterns() -> list[dict]:
    from shared.matching.patterns import PatternSet, compile_pattern

    made = random.Random(2)
    words = [_word(made) for _ in range(20_000)]
    shapes = (r"\b{}(s|ed|ing)?\b", r"{}\W+{}", r"({}|{})\s?\d{{2,4}}", r"\b\d{{3}}-{}")
    patterns = [made.choice(shapes).format(*made.choices(words, k=2)) for _ in range(1_000)]
    texts = [" ".join(made.choices(words, k=400))[:_TEXT_CODE_POINTS] for _ in range(_TEXTS)]
    alone = [compile_pattern(pattern) for pattern in patterns]
    start = time.perf_counter()
    together = PatternSet(list(enumerate(patterns)))
    build_s = time.perf_counter() - start
    ways = {"each by itself": lambda text: [n for n, pattern in enumerate(alone) if pattern.matches(text)],
            "PatternSet": together.find}
    rows = []
    for name, match in ways.items():
        new, again = ([_microseconds(_called, match, text) for text in texts] for _ in range(2))
        rows.append({"candidate": name, "patterns": len(patterns), "new_text_us": statistics.median(new),
                     "match_us": statistics.median(again)})
    assert all(ways["each by itself"](text) == together.find(text) for text in texts)
    print_table(["1,000 patterns", "a new text, µs", "the same text again, µs"],
                [[row["candidate"], f"{row['new_text_us']:.0f}", f"{row['match_us']:.0f}"] for row in rows])
    print(f"\nA set of 1,000 patterns is compiled in {build_s:.2f} s.")
    return rows


if __name__ == "__main__":
    kind, *arguments = sys.argv[1:]
    if kind == "built":
        print(json.dumps(_built(arguments[0], int(arguments[1]), arguments[2])))
    else:
        print(json.dumps(_loaded(arguments[0])))
