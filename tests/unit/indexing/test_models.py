"""Changes as bytes and manifests as JSON: what was stored is read again, in the documented layout."""
from __future__ import annotations

import json
import struct

from hypothesis import given
from hypothesis import strategies as st

from shared.indexing.models import Manifest, Segment, manifest_json, manifest_of
from shared.indexing.term_hashes import CHANGE_BYTES, Change, pack_changes, unpack_changes

CHANGES = st.lists(st.builds(Change, st.binary(min_size=16, max_size=16), st.booleans(), st.integers(0, 2**64 - 1)), max_size=20)
SEGMENTS = st.builds(Segment, st.text("0123456789abcdef", min_size=32, max_size=32), st.integers(0, 10**7))


@given(CHANGES)
def test_changes_come_back_in_order(changes):
    packed = pack_changes(changes)
    assert len(packed) == len(changes) * CHANGE_BYTES
    assert list(unpack_changes(packed)) == changes


def test_a_change_is_25_bytes_operation_hash_id():
    packed = pack_changes([Change(bytes(range(16)), True, 0x0102030405060708), Change(bytes(16), False)])
    assert packed == b"\x01" + bytes([8, 7, 6, 5, 4, 3, 2, 1]) + bytes(range(16)) + b"\0" * 25
    assert CHANGE_BYTES == 25 == struct.calcsize("<BQ16s")


@given(CHANGES, st.none() | SEGMENTS, st.lists(SEGMENTS, max_size=5), st.integers(0, 2**31), st.integers(0, 99_999))
def test_a_manifest_comes_back_from_json(changes, base, segments, version, rules):
    manifest = Manifest("generation", rules, version, base, tuple(segments), pack_changes(changes))
    stored = json.loads(json.dumps(manifest_json(manifest)))
    assert manifest_of("generation", version, stored) == manifest
    assert manifest.entry_bound(CHANGE_BYTES) == (base.count if base else 0) + sum(each.count for each in segments) + len(changes)


def test_an_empty_manifest_names_nothing():
    manifest = Manifest("generation", 1014)
    assert manifest_json(manifest) == {"rules": 1014, "base": None, "segments": [], "tail": ""}
    assert manifest.entry_bound(CHANGE_BYTES) == 0
