"""Pieces come back as they were, in order, and more than once."""
from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from shared.lifecycle.spool import Spool


def spool_of(pieces: Iterable[bytes]) -> Spool:
    spool = Spool()
    for piece in pieces:
        spool.add(piece)
    return spool


@given(st.lists(st.binary(max_size=20).filter(lambda piece: b"\n" not in piece), max_size=20))
def test_pieces_come_back_in_order_as_often_as_wanted(pieces: list[bytes]):
    spool = spool_of(pieces)
    assert list(spool) == list(spool) == pieces
    assert len(spool) == len(pieces)


def test_many_pieces_take_less_memory_than_their_bytes():
    def pieces() -> Iterator[bytes]:
        return (b'{"id": "%08d", "keys": {"": "x"}}' % number for number in range(50_000))
    tracemalloc.start()
    spool = spool_of(pieces())
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(one == other for one, other in zip(spool, pieces(), strict=True))
    assert held < sum(map(len, pieces())) * 0.75


def test_two_readers_do_not_disturb_one_another():
    spool = spool_of([b"a", b"b"])
    assert list(zip(spool, spool, strict=True)) == [(b"a", b"a"), (b"b", b"b")]
