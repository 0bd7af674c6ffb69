"""What is forgotten so that something large has room."""
from __future__ import annotations

import functools
import gc
import weakref

from shared import memory
from shared.text_analysis.spelling import corrected, dictionary


def test_what_can_be_loaded_again_is():
    loaded = []

    @memory.loaded_again
    @functools.cache
    def load(name: str) -> str:
        loaded.append(name)
        return name
    assert (load("a"), load("a"), loaded) == ("a", "a", ["a"])

    memory.make_room()

    assert (load("a"), loaded) == ("a", ["a", "a"])


def test_dictionaries_are_and_correct_as_before():
    before = corrected("a freind of mine", "eng")
    assert dictionary.cache_info().currsize

    memory.make_room()

    assert not dictionary.cache_info().currsize
    assert corrected("a freind of mine", "eng") == before == "a friend of mine"


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
        memory.make_room()
        assert kept() is None
    finally:
        gc.enable()
