"""What is forgotten so that something large has room."""
from __future__ import annotations

import functools
import gc
import weakref

import numpy as np
import pytest

from shared import memory
from shared.image_analysis.backbone import predictions_of, wide
from shared.image_analysis.faces import find_faces
from shared.text_analysis.spelling import corrected, dictionary
from tests.pictures import picture

HAS_BYTES = 300_000_000


@pytest.mark.parametrize(("has_bytes", "needed_bytes", "forgets"), [
    (HAS_BYTES, memory.MOST_BYTES - HAS_BYTES, False), (HAS_BYTES, memory.MOST_BYTES - HAS_BYTES + 1, True),
    (memory.MOST_BYTES, 1, True), (memory.MOST_BYTES + 1, 1, False), (0, memory.MOST_BYTES, False)],
    ids=["there is room", "there is none", "full", "on a larger instance", "not told"])
def test_what_can_be_loaded_again_is_forgotten_where_that_makes_room(monkeypatch, has_bytes: int, needed_bytes: int, forgets: bool):
    monkeypatch.setattr(memory, "_resident_bytes", lambda: has_bytes)  # that of a process with other tests may be anything
    loaded = []

    @memory.loaded_again
    @functools.cache
    def load(name: str) -> str:
        loaded.append(name)
        return name
    assert (load("a"), load("a"), loaded) == ("a", "a", ["a"])

    memory.make_room(needed_bytes)

    assert (load("a"), loaded) == ("a", ["a"] * (1 + forgets))


def test_what_the_process_has_is_known():
    before = memory._resident_bytes()
    block = np.ones(50_000_000, np.uint8)
    assert memory._resident_bytes() - before > 40_000_000
    del block


def test_engines_answer_as_before(monkeypatch):
    monkeypatch.setattr(memory, "_resident_bytes", lambda: HAS_BYTES)
    text, seen = "a freind of mine", picture(3)
    before = corrected(text, "eng"), predictions_of(seen).tobytes(), find_faces(seen)
    session = weakref.ref(wide())

    memory.make_room(memory.MOST_BYTES)

    assert not dictionary.cache_info().currsize and session() is None
    assert (corrected(text, "eng"), predictions_of(seen).tobytes(), find_faces(seen)) == before


def test_what_lies_in_cycles_is_freed():
    class Held:
        pass
    gc.disable()
    try:
        held = Held()
        held.itself = held
        kept = weakref.ref(held)
        del held
        assert kept() is not None
        memory.make_room(0)
        assert kept() is None
    finally:
        gc.enable()
