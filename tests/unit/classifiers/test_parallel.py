"""Nothing of a request goes on after its answer."""
from __future__ import annotations

import threading

import pytest

from shared.classifiers.parallel import decoding, waiting


class Failed(Exception):
    pass


@pytest.mark.parametrize("together", [waiting, decoding])
def test_the_results_are_in_order(together):
    assert together(lambda item: item * item, range(40)) == [item * item for item in range(40)]
    assert together(str, []) == []


@pytest.mark.parametrize("together", [waiting, decoding])
def test_where_one_fails_what_was_begun_is_over_and_the_rest_never_begins(together):
    begun, may_end = threading.Event(), threading.Event()
    ended: list[int] = []

    def work(item: int) -> None:
        if item == 0:
            begun.wait(30)
            raise Failed
        elif item == 1:
            begun.set()
            may_end.wait(30)
        else:
            may_end.wait(30)
        ended.append(item)

    timer = threading.Timer(0.3, may_end.set)
    timer.start()
    with pytest.raises(Failed):
        together(work, range(100))
    timer.join()
    once = list(ended)
    assert 1 in once and len(once) < 99
    together(lambda _: None, range(40))
    assert ended == once
