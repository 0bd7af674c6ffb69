"""Term lists in archives: they come back elsewhere with their ids, match at once, and erasing a kind empties or ends them."""
from __future__ import annotations

import hashlib
import hmac
import struct

import pytest

from shared.errors import NotFound
from shared.lifecycle.erasure import SCOPE_KIND
from shared.storage.holdings import HOLDINGS
from tests.integration.lifecycle.archives import archive_of, imported_into
from tests.integration.term_lists.terms import Worker


@pytest.fixture
def other(settings, new_account) -> Worker:
    return Worker(settings, new_account().account)


def test_term_lists_come_back_elsewhere_match_at_once_and_keep_their_ids(worker, other):
    worker.create()
    number = worker.create("leek", "rotten turnip")
    worker.add(number, "chou", language="fra")
    worker.lists.update(worker.store, number, "Garden", "what grows", {"season": "all"})
    archive = archive_of(worker.store, HOLDINGS)
    result = imported_into(other.services, other.store, archive).result
    assert {kind: result.taken[kind] for kind in ("term-list", "term-language", "term")} == {
        "term-list": 2, "term-language": 2, "term": 3}
    found = other.lists.get(other.store, number)
    assert (found.name, found.description, found.metadata) == ("Garden", "what grows", {"season": "all"})
    assert other.language(number).index.rules > 0  # built by the import, not by the first request
    assert other.listed(number) == {"leek", "rotten turnip"} == other.matched(number, ["leek", "rotten turnip", "chou"])
    assert other.matched(number, ["leek", "chou"], None) == {"leek", "chou"}
    other.add(number, "leek")
    assert archive_of(other.store, HOLDINGS).summary.merkle_root == archive.summary.merkle_root
    assert other.create() == number + 1  # a number that came with an import is not given again
    assert imported_into(other.services, other.store, archive).result.taken["term-list"] == 0


def test_what_is_deleted_is_not_exported_even_before_its_rows_are_gone(worker):
    number = worker.create("leek")
    worker.add(number, "chou", language="fra")
    worker.remove_all(number)
    gone = worker.create("turnip")
    worker.lists.delete(worker.store, gone)
    archive = archive_of(worker.store, HOLDINGS)
    assert worker.rows() == 3
    assert [line["text"] for line in archive.lines("records/term.jsonl")] == ["chou"]
    assert archive.ids("records/term-language.jsonl") == [f"{number}-fra"]


def test_the_id_of_a_term_is_what_the_page_on_the_format_says(worker):
    worker.create("🥕 leek")
    archive = archive_of(worker.store, HOLDINGS)
    (language,), (term,) = archive.lines("records/term-language.jsonl"), archive.lines("records/term.jsonl")
    message = b"".join(struct.pack(">I", len(part)) + part for part in (b"term", term["text"].encode()))
    assert term["id"] == hmac.new(bytes.fromhex(language["itemKey"]), message, hashlib.sha256).digest()[:16].hex()


def test_erasing_the_terms_leaves_the_lists_and_erasing_the_lists_leaves_nothing(worker):
    number = worker.create("leek")
    worker.add(number, "chou", language="fra")
    worker.matched(number, ["leek", "chou"], None)
    for kind, is_left in (("term", True), ("term-language", True), ("term-list", False)):
        receipt = worker.services.erasures.erase_kinds(worker.store, [kind], SCOPE_KIND, "key1")
        worker.services.erasures.run(worker.store, receipt)
        if is_left:
            assert worker.listed(number) == set() == worker.matched(number, ["leek", "chou"], None)
            worker.add(number, "leek")
            assert worker.listed(number) == {"leek"} == worker.matched(number, ["leek"])
        else:
            with pytest.raises(NotFound):
                worker.listed(number)
    assert (worker.rows(), worker.language_records(), worker.blobs()) == (0, [], set())
    assert worker.create() == number + 1
