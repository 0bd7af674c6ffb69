"""Export, import elsewhere, export again: the same Merkle root, over generated accounts."""
from __future__ import annotations

import hypothesis
from hypothesis import HealthCheck
from hypothesis import strategies as st

from shared.lifecycle.import_models import ImportState
from shared.storage.account_store import Record
from tests.integration.lifecycle.archives import archive_of
from tests.integration.lifecycle.importing import Importer, orphans, shown
from tests.integration.lifecycle.made_up import ALBUM, NOTE, STICKER, add_album

TEXT = st.text(max_size=20)  # lone surrogates and controls too
NAME = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
PART = st.text("abcXYZ019._~-%+ ", min_size=1, max_size=8).filter(lambda part: part not in (".", ".."))
FILES = st.dictionaries(PART.map(str.lower), st.binary(max_size=200), max_size=3)
ALBUMS = st.dictionaries(NAME, st.tuples(TEXT, st.dictionaries(NAME, st.tuples(TEXT, st.lists(NAME, unique=True, max_size=3)), max_size=4),
                                         FILES),
                         max_size=4)


def fill(store, albums, stickers) -> None:
    for number, (name, (title, pages, photos)) in enumerate(albums.items()):
        add_album(store, name, {f"{number}{page}": text for page, (text, _) in pages.items()}, photos, title)
        for page, (text, notes) in pages.items():
            if notes:
                store.records.upsert_all(NOTE, [Record(note, {"text": text}) for note in notes], parent=f"{number}{page}")
    for name, content in stickers.items():
        store.blobs.write(STICKER, name, [content])


def test_an_account_that_is_exported_and_imported_elsewhere_exports_the_same(settings, new_account):
    @hypothesis.settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @hypothesis.given(ALBUMS, FILES)
    def round_trip(albums, stickers) -> None:
        old, importer = new_account().store, Importer(settings, new_account().account)
        fill(old, albums, stickers)
        first = archive_of(old)
        ended = importer.imported(first.content)
        assert ended.state is ImportState.SUCCEEDED, ended.error
        assert not ended.result.not_taken
        second = archive_of(importer.store)
        assert second.summary.merkle_root == first.summary.merkle_root
        assert {**second.summary.counts, "import": 0} == {**first.summary.counts, "import": 0}
        assert shown(importer.store) == shown(old)
        assert orphans(importer.store) == []
    round_trip()


def test_what_is_half_there_is_completed_by_a_second_import_of_what_was_missing(settings, new_account):
    """An album that was deleted after an import comes back with the next one, under keys of its own."""
    old, importer = new_account().store, Importer(settings, new_account().account)
    for name in ("a", "b"):
        add_album(old, name, {f"{name}1": ""})
    exported = archive_of(old)
    importer.imported(exported.content)
    shelf = importer.store.records.find(ALBUM, "a").plain["shelf"]
    importer.store.records.delete(ALBUM, "a")
    ended = importer.imported(exported.content)
    assert [omission.id for omission in ended.result.omissions] == ["b"]
    assert importer.store.records.find(ALBUM, "a").plain["shelf"] != shelf
    assert archive_of(importer.store).summary.merkle_root == exported.summary.merkle_root
