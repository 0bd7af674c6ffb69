"""A large list through the API: segments are sealed, the queue trigger compacts them, nothing is lost on the way."""
from __future__ import annotations

import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from shared.indexing.term_hashes import Change
from shared.storage.holdings import BLOCKLIST_INDEX

ITEMS = 2_000
# A segment is sealed at 512 changes, and a compaction begins at 16 segments.
SEGMENT_CHANGES = 512
COMPACTION_SEGMENTS = 16


def texts_of(terms: Iterable[str]) -> list[str]:
    """The terms in texts of up to 10,000 characters."""
    texts, size = [[]], 0
    for term in terms:
        if size + len(term) + 2 > 10_000:
            texts.append([])
            size = 0
        texts[-1].append(term)
        size += len(term) + 2
    return [", ".join(text) for text in texts]


def test_thousands_of_items_are_compacted_in_the_background_and_all_listed_and_found(
        served, elsewhere, services, eventually):
    served.create_list("long")
    store = services.accounts.open(services.accounts.get(served.id))
    terms = [f"turnip n{number}" for number in range(ITEMS)]

    def add(first: int) -> None:
        (served, elsewhere)[first // 100 % 2].add("long", *terms[first:first + 100])
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(add, range(0, ITEMS, 100)))
    removed = {item["text"]: item["blocklistItemId"] for item in served.items("long")[:200]}
    elsewhere.remove("long", list(removed.values()))
    kept = sorted(set(terms) - set(removed))

    # Changes enough for a compaction, of items that there never were; past the wire, which takes a hundred at a time.
    for _ in range(COMPACTION_SEGMENTS):
        changes = [Change(uuid.uuid4().bytes, is_added=False) for _ in range(SEGMENT_CHANGES)]
        services.blocklist_indexes.append(store, services.blocklists.get(store, "long"), changes)

    # By the queue trigger of either worker.
    assert eventually(lambda: len(store.blobs.ids(BLOCKLIST_INDEX)) < COMPACTION_SEGMENTS, 60)
    found = [hit for number, text in enumerate(texts_of(terms))
             for hit in (served, elsewhere)[number % 2].hits(text, "long")]
    assert sorted(found) == kept
    assert sorted(item["text"] for item in elsewhere.items("long")) == kept

    served.add("long", "one more leek")
    assert elsewhere.hits(f"one more leek, {kept[0]}, {min(removed)}", "long") == ["one more leek", kept[0]]
    with served.blocklists() as client:
        client.delete_text_blocklist("long")
    assert eventually(lambda: not store.blobs.ids(BLOCKLIST_INDEX), 60), "no blob of the index is left"
