"""Pages of a term index are stretches of its ids in ascending order, whatever changes made it."""
from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.term_index import TermIndex

# Few ids, so that changes meet; zeros at the end, which numpy would take for padding.
IDS = st.sampled_from([bytes([first]) + bytes(14) + bytes([last]) for first in range(12) for last in (0, 1)])
CHANGES = st.lists(st.tuples(st.lists(IDS, max_size=8), st.lists(IDS, max_size=8), st.booleans()), max_size=6)


def rows(ids: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16)


@given(CHANGES, st.integers(0, 30), st.integers(0, 30))
def test_a_page_is_a_stretch_of_the_ids_in_order(changes, offset, limit):
    index, expected = TermIndex.empty(), set()
    for added, removed, is_folded in changes:
        added = list(dict.fromkeys(added))
        index = index.merge(np.arange(len(added), dtype=np.uint64), rows(added), rows(removed))
        expected = (expected - set(removed)) | set(added)
        if is_folded:  # as it comes back from a blob
            index = TermIndex.from_bytes(index.to_bytes())

    assert index.page(offset, limit) == sorted(expected)[offset:offset + limit]
    assert len(index) == len(expected)
