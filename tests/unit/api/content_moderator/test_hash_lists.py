"""The lines of a file of PDQ hashes that is no proper CSV."""
from __future__ import annotations

import pytest

from shared.api.content_moderator.hash_lists import hash_lines
from shared.image_lists.models import RefusedEntry

HASH = b"0123456789abcdef" * 4
FIRST = b"hash,label\n"


@pytest.mark.parametrize(("rows", "taken", "refused"), [
    (HASH + b',"a ""b"""\n' + HASH + b',"over\ntwo lines"\n', [2, 4], []),
    (HASH + b',"a"b\n' + HASH + b",c\n", [3], [2]),
    (HASH + b',"never closed\n' + HASH + b",c\n" + HASH + b",d\n", [], [4]),
    (HASH + b",a\n" + HASH + b',"closed\n' + HASH + b',"late"\n' + HASH + b",d\n", [2], [4]),
], ids=["well-formed", "one line", "never closed", "closed by another"])
def test_a_row_that_is_no_csv_is_refused_and_nothing_is_guessed_behind_one_over_several_lines(rows, taken, refused):
    lines = list(hash_lines(FIRST + rows))
    assert [line.number for line in lines if isinstance(line, RefusedEntry)] == refused
    assert [line[0] for line in lines if not isinstance(line, RefusedEntry)] == taken
