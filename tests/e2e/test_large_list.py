"""A large list through the API: segments are sealed, the queue trigger compacts them, nothing is lost on the way."""
from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from shared.storage.holdings import BLOCKLIST_INDEX

# A compaction begins at 16 segments, each of at least 512 changes, so a little over 9,000 changes are needed.
ITEMS = 3_000
ROUNDS = 3


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

    def write(number: int) -> None:
        """A hundred terms; in later rounds with a description, which changes the items that are there."""
        first = number * 100 % ITEMS
        (served, elsewhere)[number % 2].add("long", *(
            {"text": term, "description": f"written by request {number}"} for term in terms[first:first + 100]))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(ROUNDS * ITEMS // 100)))
    for number in range(3):
        write(number)
    removed = {item["text"]: item["blocklistItemId"] for item in served.items("long")[:500]}
    elsewhere.remove("long", list(removed.values()))
    kept = set(terms) - set(removed)

    for account in (served, elsewhere):
        found = [hit for text in texts_of(terms) for hit in account.hits(text, "long")]
        assert set(found) == kept
        assert len(found) == len(kept)
    assert {item["text"] for item in elsewhere.items("long")} == kept
    assert eventually(lambda: len(store.blobs.ids(BLOCKLIST_INDEX)) < 16), "the queue trigger compacts the segments"

    served.add("long", "one more leek")
    assert elsewhere.hits(f"one more leek, {min(kept)}, {min(removed)}", "long") == ["one more leek", min(kept)]
    with served.blocklists() as client:
        client.delete_text_blocklist("long")
    assert eventually(lambda: not store.blobs.ids(BLOCKLIST_INDEX)), "no blob of the index is left"
