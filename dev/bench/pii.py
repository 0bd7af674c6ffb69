"""Personal data: precision and recall beside Presidio's pattern recognisers, and the time that hostile texts take."""
from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from dev.bench import print_table
from dev.bench.own_environment import python_with
from dev.bench.personal_data_texts import REGIONS, LabelledText, by_hand, generated
from shared.text_analysis.pii.detection import DEFAULT_PHONE_REGIONS, find_personal_data
from shared.text_analysis.pii.models import PersonalDataKind

GENERATED = 2_800
HOSTILE_LENGTHS = (1_024, 10_000, 100_000)
_KINDS = {PersonalDataKind.EMAIL: "email", PersonalDataKind.IP_ADDRESS: "ip", PersonalDataKind.PHONE: "phone", PersonalDataKind.SSN: "ssn",
          PersonalDataKind.ADDRESS: "address", PersonalDataKind.CREDIT_CARD: "card", PersonalDataKind.IBAN: "iban"}
_CERTAIN = 0.4  # Presidio's own default leaves the threshold to the caller; its weakest SSN pattern has 0.05
Places = Sequence[tuple[str, int, int]]


def run() -> None:
    for title, texts in (("written by hand", by_hand()), ("generated", list(generated(GENERATED)))):
        presidio = _presidio(texts)
        systems = {
            "ours": [_ours(text.text, DEFAULT_PHONE_REGIONS) for text in texts],
            "ours, 13 regions": [_ours(text.text, REGIONS) for text in texts],
            "Presidio": [[found[:3] for found in places] for places in presidio],
            f"Presidio from {_CERTAIN}": [[found[:3] for found in places if found[3] >= _CERTAIN] for places in presidio]}
        print(f"{len(texts)} texts {title}: precision / recall\n")
        rows = [[kind, str(sum(place[0] == kind for text in texts for place in text.places)),
                 *(_score(texts, found, kind) for found in systems.values())] for kind in _KINDS.values()]
        print_table(["kind", "places", *systems], rows)
        print()
    _print_times(by_hand())
    _print_hostile()


def _ours(text: str, regions: Sequence[str]) -> Places:
    return [(_KINDS[piece.kind], piece.start, piece.end) for piece in find_personal_data(text, regions, with_accounts=True)]


def _presidio(texts: Sequence[LabelledText]) -> list[list[tuple[str, int, int, float]]]:
    lines = "\n".join(json.dumps(text.text) for text in texts)
    answer = subprocess.run([python_with("requirements-presidio.txt"), "-P", Path(__file__).with_name("presidio_recognisers.py")],
                            input=lines, capture_output=True, text=True, check=True)
    return [[tuple(found) for found in json.loads(line)] for line in answer.stdout.splitlines()]


def _score(texts: Sequence[LabelledText], found: Sequence[Places], kind: str) -> str:
    """A find counts where it shares half of what both cover together with a place of its kind."""
    right = wrong = missed = 0
    for text, places in zip(texts, found, strict=True):
        wanted = [place for place in text.places if place[0] == kind]
        given = [place for place in places if place[0] == kind]
        hit = {want for want in wanted if any(_is_same(want, each) for each in given)}
        right += len(hit)
        missed += len(wanted) - len(hit)
        wrong += sum(not any(_is_same(want, each) for want in wanted) for each in given)
    precision = f"{right / (right + wrong):.3f}" if right + wrong else "-"
    return f"{precision} / {right / (right + missed):.3f}" if right + missed else f"{precision} / -"


def _is_same(one: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    shared = min(one[2], other[2]) - max(one[1], other[1])
    return 2 * shared >= max(one[2], other[2]) - min(one[1], other[1])


def _print_times(texts: Sequence[LabelledText]) -> None:
    _ours("warm 425-555-0123", REGIONS)
    started = time.perf_counter()
    for text in texts:
        _ours(text.text, DEFAULT_PHONE_REGIONS)
    print(f"a text written by hand takes {(time.perf_counter() - started) / len(texts) * 1000:.2f} ms on average\n")


def _print_hostile() -> None:
    pieces = ("1", "1.", "+44 20 7946 ", ", WA", "0 0(0)0-", "GB82 ", "a@", "1:", "4-4 ")
    rows = []
    for piece in pieces:
        milliseconds = []
        for length in HOSTILE_LENGTHS:
            text = (piece * length)[:length]
            started = time.perf_counter()
            _ours(text, REGIONS)
            milliseconds.append(f"{(time.perf_counter() - started) * 1000:.0f}")
        rows.append([f"`{piece}`", *milliseconds])
    print_table(["repeated", *(f"{length:,} characters, ms" for length in HOSTILE_LENGTHS)], rows)
