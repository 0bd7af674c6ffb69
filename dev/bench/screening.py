"""Screening: the three scores on texts of each kind, clean texts in many languages against the built-in list, and the time it takes."""
from __future__ import annotations

import csv
import functools
import time
from pathlib import Path
from typing import Any

from dev.bench import print_table

_DATA = Path(__file__).parent / "data"


def run() -> None:
    _print_scores()
    _print_clean()
    _print_times()


def _service() -> Any:
    from shared.text_analysis.built_in_model import BuiltInModel
    from shared.text_analysis.screening import ScreeningService

    return ScreeningService(functools.cache(BuiltInModel.load), lambda *asked: (), ("US", "GB"), False)


def _screen(service: Any, text: str, **flags: bool) -> Any:
    from shared.text_analysis.markup.reading import Markup

    asked = {"with_correction": False, "with_personal_data": False, "with_classification": False, **flags}
    return service.screen(None, text, Markup.PLAIN, language=None, list_id=None, **asked)


def _print_scores() -> None:
    service, rows = _service(), []
    for row in csv.DictReader((_DATA / "three_scores.csv").open()):
        scores = _screen(service, row["text"], with_classification=True).classification
        rows.append([row["kind"], row["text"], *(f"{score:.2f}" for score in (scores.explicit, scores.suggestive, scores.offensive)),
                     "yes" if scores.review_recommended else "no"])
    print_table(["kind", "text", "1 explicit", "2 suggestive", "3 offensive", "review"], rows)
    for kind in dict.fromkeys(row[0] for row in rows):
        of_kind = [row for row in rows if row[0] == kind]
        print(f"{kind}: review recommended for {sum(row[-1] == 'yes' for row in of_kind)} of {len(of_kind)}")
    print()


def _print_clean() -> None:
    """Sentences without any profanity: whatever is found in them is a false alarm."""
    service = _service()
    rows = list(csv.DictReader((_DATA / "languages.csv").open()))
    texts = [row[column] for row in rows for column in ("phrase", "sentence")] + (_DATA / "right_spelling.txt").read_text().splitlines()
    alarms = sum(bool(_screen(service, text).terms) for text in texts)
    print(f"built-in list: {alarms} false alarms in {len(texts)} clean texts of {len(rows)} languages\n")


def _print_times() -> None:
    text = "Is this a crap email abcdef@abcd.com, phone: 6657789887, IP: 255.255.255.255, 1 Microsoft Way, Redmond, WA 98052. "
    rows = []
    for length in (113, 1024):
        sample = (text * 10)[:length]
        for name, flags in (("terms and language", {}), ("personal data", {"with_personal_data": True}),
                            ("correction", {"with_correction": True}), ("classification", {"with_classification": True}),
                            ("all", {"with_personal_data": True, "with_correction": True, "with_classification": True})):
            service = _service()
            started = time.perf_counter()
            _screen(service, sample, **flags)
            first = time.perf_counter() - started
            rounds = 30
            started = time.perf_counter()
            for _ in range(rounds):
                _screen(service, sample, **flags)
            rows.append([f"{length:,}", name, f"{first * 1000:.0f}", f"{(time.perf_counter() - started) / rounds * 1000:.2f}"])
    print_table(["characters", "asked for", "first in this process, ms", "then, ms"], rows)
