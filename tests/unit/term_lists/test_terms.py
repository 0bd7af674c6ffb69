"""What a term must be: the same for a line of an import and for a record of an archive, on both sides of each limit."""
from __future__ import annotations

import pytest

from shared.errors import InvalidRequest
from shared.matching.terms import term_hash
from shared.term_lists.models import TermLine
from shared.term_lists.repository import term_id_of
from shared.term_lists.terms import ImportedTerms, TermRules, imported_languages
from shared.term_lists.writer import RowIds

KEY = bytes(range(32))
LANGUAGE = {"id": "1-eng", "itemKey": "ab" * 32}
WRONG = ["", "x" * 129, " ", "\u200b", "\ufdfa" * 128, "leek \ud83e"]


def record(text: str) -> dict[str, str]:
    return {"id": term_id_of(bytes.fromhex(LANGUAGE["itemKey"]), text).hex(), "text": text, "parent": "1-eng"}


@pytest.mark.parametrize("term", ["x", "x" * 128, "🥕" * 128, "a b", "!"])
def test_a_sound_term_is_kept_with_its_hash(term):
    line = TermLine(1, term)
    assert TermRules(KEY).checked([line]) == ([(line, term_hash(term, KEY))], [])
    ImportedTerms(1)(LANGUAGE)([record(term)])


@pytest.mark.parametrize("term", WRONG)
def test_a_wrong_term_is_refused_among_sound_ones_and_not_repeated(term):
    lines = [TermLine(1, "leek"), TermLine(2, term), TermLine(3, "turnip")]
    good, refused = TermRules(KEY).checked(lines)
    assert [line.number for line, _ in good] == [1, 3]
    assert [line.number for line in refused] == [2]
    assert not term.strip() or term not in refused[0].reason
    with pytest.raises(InvalidRequest) as caught:
        ImportedTerms(9)(LANGUAGE)([record("leek"), record(term)])
    assert caught.value.target == "1"


def test_a_term_of_an_archive_has_the_id_that_its_languages_key_makes():
    with pytest.raises(InvalidRequest) as caught:
        ImportedTerms(9)(LANGUAGE)([record("leek"), {**record("turnip"), "id": record("leek")["id"]}])
    assert caught.value.target == "1"


def test_an_archive_may_have_as_many_terms_as_the_limit_says():
    check = ImportedTerms(3)(LANGUAGE)
    check([record("a"), record("b")])
    check([record("c")])
    with pytest.raises(InvalidRequest):
        check([record("d")])


@pytest.mark.parametrize(("record_id", "is_taken"), [("1-eng", True), ("2-eng", False), ("11-eng", False)])
def test_a_language_of_an_archive_belongs_to_its_list(record_id, is_taken):
    check = imported_languages({"id": "1"})
    if is_taken:
        check([{"id": record_id}])
    else:
        with pytest.raises(InvalidRequest):
            check([{"id": record_id}])


def test_row_ids_hold_what_was_put_in_and_nothing_else():
    ids = sorted(bytes([first]) * 15 + bytes([last]) for first in (0, 7, 255) for last in (0, 1))
    held = RowIds(b"".join(ids))
    assert all(each in held for each in ids)
    assert not any(each in held for each in (b"\x01" * 16, b"\x07" * 16, b"\xff" * 16))
    assert bytes(16) not in RowIds(b"")
