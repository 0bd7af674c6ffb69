"""The index of an image list against a plain dictionary: whatever comes and goes, in whatever pieces, and as bytes again."""
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.image_lists.image_hashes import ImageHashes, addition
from shared.image_lists.image_index import ImageIndex, ImageQuery, UnusableImageIndex
from shared.image_lists.intake import new_hash, new_image
from shared.image_lists.models import ListImage, entry_id
from shared.indexing.index_kind import RulesChanged
from tests.pictures import picture

KIND = ImageHashes()
PICTURES = {number: new_image(picture(number)) for number in range(6)}
HASHES = {number: new_hash(f"{number + 1:02x}" * 32, 100) for number in range(6, 12)}
IMAGES = {**PICTURES, **HASHES}
QUERIES = {number: ImageQuery(picture(number)) for number in PICTURES}


def image(number: int) -> ListImage:
    return ListImage(number + 1, bytes([0, number]) * 8, IMAGES[number])


CHANGES = st.lists(st.tuples(st.sampled_from(list(IMAGES)), st.booleans()), max_size=30)


@settings(max_examples=60, deadline=None)
@given(CHANGES, st.lists(st.integers(0, 30), max_size=4))
def test_an_index_has_what_its_changes_leave(changes, cuts):
    packed = [KIND.pack([addition(image(number)) if is_added else KIND.removal(image(number).entry_id)]) for number, is_added in changes]
    kept = sorted({number for number, is_added in dict(changes).items() if is_added})
    places = [0, *sorted(cuts), len(packed)]
    index = KIND.empty()
    for first, end in zip(places, places[1:], strict=False):
        index = KIND.applied(index, b"".join(packed[first:end]))
    whole = KIND.applied(KIND.empty(), KIND.newest(b"".join(packed)) if packed else b"")
    for each in (index, whole, KIND.opened(b"".join(index.to_parts()))):
        assert each.ids.tolist() == [number + 1 for number in kept] and len(each) == len(kept)
        assert KIND.known(each, [image(number).entry_id for number in IMAGES]) == {image(number).entry_id for number in kept}
        assert each.rows_known([image(number).row_id for number in IMAGES]) == [image(number).row_id for number in kept]
        for number in IMAGES:
            assert each.row_of(number + 1) == (image(number).row_id if number in kept else None)
        found = {number for number, query in QUERIES.items() if any(hit.content_id == number + 1 for hit in each.match(query, 60))}
        assert found == {number for number in kept if number in PICTURES}
    assert index.to_parts() == whole.to_parts()


def test_a_hash_that_came_alone_is_near_up_to_31_bits_or_as_the_list_says():
    hit = ImageQuery(picture(1))
    words = hit.pdq

    def index_with(bits: int) -> ImageIndex:
        differing = words.copy()
        for bit in range(bits):
            differing[bit // 64] ^= np.uint64(1 << bit % 64)
        added = ListImage(7, bytes(16), new_hash(differing.astype("<u8").tobytes().hex(), 100))
        return KIND.applied(KIND.empty(), KIND.pack([addition(added)]))
    assert [hit.distance for hit in index_with(31).match(hit, 60)] == [31]
    assert index_with(32).match(hit, 60) == []
    assert index_with(11).match(hit, 10) == []
    assert [hit.distance for hit in index_with(10).match(hit, 10)] == [10]


def test_an_image_of_older_fingerprints_is_matched_by_its_pdq_hash_and_one_without_a_good_one_not_at_all():
    kept = PICTURES[1]
    for quality, matches in ((100, 1), (49, 0)):
        older = type(kept)(b"of another length", 0, kept.pixels, kept.pdq, quality)
        index = KIND.built(None, [(b"", ListImage(7, bytes(16), older))])
        assert index.ids.tolist() == [7] and len(index.match(QUERIES[1], 60)) == matches


@pytest.mark.parametrize("place", [0, 8, 12, 20, 40, 50, -1])
def test_an_index_that_was_cut_or_altered_is_told(place):
    data = bytearray(b"".join(KIND.built(None, [(b"", image(number)) for number in IMAGES]).to_parts()))
    data[place] ^= 0xFF
    for wrong in (bytes(data), bytes(data[:-1]), bytes(data[:20]), b""):
        with pytest.raises(UnusableImageIndex):
            ImageIndex.from_bytes(wrong)
        with pytest.raises(RulesChanged):
            KIND.opened(wrong)


def test_a_change_is_operation_content_id_row_id_and_value():
    packed = KIND.pack([KIND.removal(entry_id(0x01020304, bytes(range(16)))), addition(image(7))])
    assert len(packed) == 2 * KIND.change_bytes
    assert packed[:21] == b"\0" + bytes([4, 3, 2, 1]) + bytes(range(16)) and not any(packed[21:KIND.change_bytes])
    assert packed[KIND.change_bytes] == 2 and packed[KIND.change_bytes + 21:][:32] == bytes([8]) * 32
