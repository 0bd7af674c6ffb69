"""Archives that somebody damaged, byte by byte: each is read, or refused, or some of its entries are."""
from __future__ import annotations

import io
import warnings
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.api.content_moderator.image_archive import archived_images
from shared.errors import InvalidRequest
from shared.image_lists.models import RefusedEntry
from tests.pictures import encoded, pixels


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a/", b"")
        made.writestr("a/1.png", encoded(pixels(1)[::8, ::8]))
        made.writestr("2.txt", b"x" * 50)
        made.writestr("é.gif", b"GIF89a")
        made.writestr("tags.csv", "file,tags,label\n2.txt,1 2,x\n")
        made.comment = b"a comment"
    return buffer.getvalue()


ARCHIVE = archive()
LISTING = ARCHIVE.index(b"PK\x01\x02")
LISTED_BYTES, VERSION, FLAGS = 46, 6, 8  # of an entry in the listing before its name, and places in it
PLACES = st.one_of(st.integers(LISTING, len(ARCHIVE) - 1), st.integers(0, 60), st.integers(0, len(ARCHIVE) - 1))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(PLACES, st.integers(0, 255)), max_size=6), st.none() | PLACES)
def test_whatever_is_wrong_with_an_archive_is_said_and_nothing_else_happens(changes, cut):
    content = bytearray(ARCHIVE)
    for place, value in changes:
        content[place] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of names that come twice
        try:
            entries = list(archived_images(bytes(content[:cut])))
        except InvalidRequest:
            return
    assert all(isinstance(entry, RefusedEntry) and entry.reason for entry in entries)


def with_byte(name: bytes, offset: int, value: int) -> bytes:
    """The archive with another byte in an entry's place in the listing."""
    place = ARCHIVE.index(name, LISTING) - LISTED_BYTES + offset
    return ARCHIVE[:place] + bytes([value]) + ARCHIVE[place + 1:]


def test_a_listing_that_asks_for_a_later_version_of_zip_is_refused():
    with pytest.raises(InvalidRequest):
        list(archived_images(with_byte(b"a/1.png", VERSION, 255)))


@pytest.mark.parametrize("flag", [0x20, 0x40], ids=["a patch", "strongly encrypted"])
def test_an_entry_of_a_kind_that_is_not_unpacked_is_refused_and_no_other(flag):
    entries = list(archived_images(with_byte(b"a/1.png", FLAGS, flag)))
    assert isinstance(entries[0], RefusedEntry) and entries[0].reason
    assert [entry.number for entry in entries] == [entry.number for entry in archived_images(ARCHIVE)]


def test_an_entry_without_a_name_is_left_out():
    content = ARCHIVE.replace(b"2.txt", b"\0.txt")  # zipfile ends a name there
    assert [entry.number for entry in archived_images(content)] == [2, 4]


@pytest.mark.parametrize("name", ["__MACOSX/1.png", "a/.DS_Store", "Thumbs.db", "a/b/", ".hidden.png", "tags.csv"])
def test_what_systems_put_beside_pictures_is_left_out(name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr(name, b"file,tags\n")
    assert list(archived_images(buffer.getvalue())) == []
