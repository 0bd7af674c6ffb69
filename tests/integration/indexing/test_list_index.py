"""The index of a list on Azurite, by itself: what manifests of any age describe, in a cache of any size."""
from __future__ import annotations

import dataclasses
import random
import threading

import pytest

from shared.indexing.index_kind import RulesChanged
from shared.indexing.list_index import ListIndexes, ManifestReplaced
from shared.indexing.models import Manifest, Segment
from shared.indexing.term_hashes import Change, TermHashes
from shared.matching.normalisation import NORMALISATION_VERSION
from shared.matching.prepared_text import prepare
from shared.matching.terms import term_hash
from shared.storage.holdings import BLOCKLIST_INDEX

HASH_KEY = bytes(range(32))
WORDS = [f"word{number}" for number in range(40)]
TEXT = prepare(" ".join(WORDS), HASH_KEY)


def added(word: str, item: int | None = None) -> Change:
    return Change((WORDS.index(word) if item is None else item).to_bytes(16, "big"), True, term_hash(word, HASH_KEY))


def removed(word: str) -> Change:
    return Change(WORDS.index(word).to_bytes(16, "big"), False)


def found(indexes: ListIndexes, store, manifest: Manifest) -> set[str]:
    return {WORDS[int.from_bytes(item_id, "big")] for item_id in indexes.load(store, manifest).find(TEXT)}


def filler(count: int) -> list[Change]:
    return [Change(random.randbytes(16), False) for _ in range(count)]


@pytest.fixture
def store(account):
    return account.store


def new_manifest(generation: str = "generation") -> Manifest:
    return Manifest(generation, NORMALISATION_VERSION)


def test_every_manifest_that_ever_was_describes_the_list_as_it_then_was(store):
    """In any order, with one cache for all: a reader that is slow must not see another state, nor leave one behind."""
    dice = random.Random(7)
    indexes, manifest = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7), new_manifest()
    state: set[str] = set()
    history: list[tuple[Manifest, set[str]]] = [(manifest, set())]
    for step in range(40):
        word = dice.choice(WORDS)
        change = added(word) if dice.random() < 0.6 else removed(word)
        manifest = indexes.append(store, manifest, [change, *(filler(511) if step % 6 == 5 else [])])
        state = state | {word} if change.is_added else state - {word}
        history.append((manifest, state))
    assert len(manifest.segments) >= 5
    for _ in range(40):
        old, _ = dice.choice(history)
        since = [words for each, words in history if each.version >= old.version]
        # "This version or a newer one": what stayed is there, and nothing that never was.
        assert set.intersection(*since) <= found(indexes, store, old) <= set.union(*since)
        assert found(indexes, store, manifest) == state
    for old, expected in history[::4]:
        assert found(ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7), store, old) == expected


def test_compacted_or_not_the_index_is_the_same(store):
    indexes, manifest = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7), new_manifest()
    for word in WORDS[:20]:
        manifest = indexes.append(store, manifest, [added(word), *filler(511)])
    manifest = indexes.append(store, manifest, [removed(WORDS[0]), added(WORDS[30])])
    compacted = indexes.compacted(store, manifest)
    assert (compacted.base.count, compacted.segments, compacted.tail) == (20, (), manifest.tail)
    expected = {*WORDS[1:20], WORDS[30]}
    assert found(indexes, store, manifest) == found(indexes, store, compacted) == expected
    assert found(ListIndexes(BLOCKLIST_INDEX, TermHashes(), 1), store, compacted) == expected


def test_a_manifest_whose_blob_is_gone_is_outdated_and_one_of_other_rules_stale(store):
    indexes = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7)
    manifest = indexes.append(store, new_manifest(), [added(WORDS[1]), *filler(600)])
    with pytest.raises(RulesChanged):
        indexes.load(store, Manifest("other", NORMALISATION_VERSION - 1))
    with pytest.raises(ManifestReplaced):
        indexes.load(store, Manifest("other", NORMALISATION_VERSION, 1, Segment("0" * 32, 1)))
    with pytest.raises(ManifestReplaced):
        indexes.compacted(store, Manifest("generation", NORMALISATION_VERSION, 1, None, (*manifest.segments, Segment("0" * 32, 1))))
    assert found(indexes, store, manifest) == {WORDS[1]}


@pytest.mark.parametrize("base", [b"", b"no index at all" * 10, b"TERMSIDX" + b"\xff" * 24])
def test_a_base_that_another_version_wrote_is_stale(store, base):
    store.blobs.write(BLOCKLIST_INDEX, "generation/0", [base])
    with pytest.raises(RulesChanged):
        ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7).load(store, Manifest("generation", NORMALISATION_VERSION, 1, Segment("0", 1)))


def test_discarding_leaves_what_the_stored_manifest_names(store):
    indexes = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7)
    stored = indexes.append(store, new_manifest(), filler(512))
    unstored = indexes.append(store, stored, filler(512))
    indexes.discard(store, unstored, stored=stored)
    assert store.blobs.ids(BLOCKLIST_INDEX) == [f"generation/{stored.segments[0].id}"]
    indexes.discard(store, stored, stored=stored)
    indexes.discard(store, unstored, stored=unstored)
    assert len(store.blobs.ids(BLOCKLIST_INDEX)) == 1
    indexes.discard(store, stored, stored=None)
    assert store.blobs.ids(BLOCKLIST_INDEX) == []


def test_a_cache_too_small_for_two_lists_still_answers_for_both(store):
    indexes = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 1)
    manifests = [indexes.append(store, new_manifest(f"g{number}"), [added(WORDS[number])]) for number in range(5)]
    for _ in range(3):
        for number, manifest in enumerate(manifests):
            assert found(indexes, store, manifest) == {WORDS[number]}
    assert sum(indexes.cached(store, manifest.generation, manifest.version) is not None for manifest in manifests) == 1


def test_a_cached_index_counts_for_its_account_its_list_and_its_version_alone(new_account):
    ours, theirs = new_account().store, new_account().store
    indexes = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7)
    manifest = indexes.append(ours, new_manifest(), [added(WORDS[0])])
    index = indexes.load(ours, manifest)
    assert indexes.cached(ours, "generation", 1) is index
    for other in ((theirs, "generation", 1), (ours, "other", 1), (ours, "generation", 0), (ours, "generation", 2)):
        assert indexes.cached(*other) is None
    assert found(indexes, theirs, new_manifest()) == set()
    indexes.delete(ours, "generation")
    assert indexes.cached(ours, "generation", 1) is None


def test_many_threads_load_one_list_and_see_it_whole(store):
    indexes = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7)
    manifests = [indexes.append(store, new_manifest(), [added(WORDS[0]), *filler(511)])]
    for number in range(1, 8):
        manifests.append(indexes.append(store, manifests[-1], [added(WORDS[number])]))
    wrong: list[set[str]] = []

    def read(number: int) -> None:
        for manifest in manifests[number % 4:]:
            seen = found(indexes, store, manifest)
            if not seen >= set(WORDS[:manifests.index(manifest) + 1]):
                wrong.append(seen)
    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert found(indexes, store, manifests[-1]) == set(WORDS[:8])


def test_deleting_a_list_takes_its_blobs_and_no_others(store):
    indexes = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7)
    kept = indexes.append(store, new_manifest("generation2"), [added(WORDS[1]), *filler(512)])
    indexes.append(store, new_manifest("generation"), filler(512))
    for _ in range(2):
        indexes.delete(store, "generation")
    assert store.blobs.ids(BLOCKLIST_INDEX) == [f"generation2/{kept.segments[0].id}"]
    assert found(indexes, store, kept) == {WORDS[1]}


def test_many_small_segments_become_one_beside_a_much_larger_base_and_part_of_it_once_they_have_grown(store):
    indexes, manifest = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7), new_manifest()
    manifest = indexes.append(store, manifest, [*map(added, WORDS[:20]), *filler(512)])
    large = dataclasses.replace(manifest, base=Segment("0" * 32, 10**6))  # never read where segments alone are folded
    for word in (*WORDS[20:30], WORDS[0]):
        change = added(word) if word != WORDS[0] else removed(word)
        manifest = indexes.append(store, manifest, [change, *filler(511)])
    folded = indexes.compacted(store, dataclasses.replace(manifest, base=large.base))
    assert (folded.base, len(folded.segments)) == (large.base, 1)
    expected = {*WORDS[1:30]}
    merged = dataclasses.replace(folded, base=None)
    assert found(indexes, store, manifest) == found(ListIndexes(BLOCKLIST_INDEX, TermHashes(), 1), store, merged) == expected
    # A process that has the index keeps it: what it has is among what was folded.
    assert found(indexes, store, dataclasses.replace(merged, version=merged.version + 1)) == expected
    small = dataclasses.replace(manifest, base=None, segments=(Segment("x", 10**6), *manifest.segments))
    assert len(indexes.compacted(store, small).segments) == 2


def test_the_newer_segments_alone_are_folded_until_half_of_sixteen_are(store):
    indexes, manifest = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 10**7), new_manifest()
    for number in range(10):
        manifest = indexes.append(store, manifest, filler(5_000 if number < 9 else 512))
    # The newest is small, and the older ones are many times as large: nothing would ever be folded.
    assert len(indexes.compacted(store, dataclasses.replace(manifest, base=Segment("x", 10**9))).segments) <= 2
