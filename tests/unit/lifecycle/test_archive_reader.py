"""ZIP files that lie about themselves: each is refused, whatever part of it does."""
from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.lifecycle.archive_reader import NAME_LIMIT_BYTES, ArchiveReader, InvalidArchive
from shared.lifecycle.export_zip import ZipStream
from tests.unit.lifecycle.zips import FULL16, FULL32, Bytes, Piece, deflated, zip_of

A, B = Piece(b"a.txt", b"the first " * 20), Piece(b"b.txt", b"the second " * 20)
LIMIT = 100


def read_all(content: bytes, limit: int = LIMIT) -> dict[str, bytes]:
    reader = ArchiveReader(Bytes(content), limit)
    return {entry.path: b"".join(reader.read(entry)) for entry in reader.entries}


def refused(content: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(InvalidArchive) as refusal:
        read_all(content, limit)
    return refusal.value.message


@pytest.mark.parametrize("descriptor", ["", "narrow", "wide"])
@pytest.mark.parametrize("method", [0, 8])
def test_honest_members_are_read_however_their_sizes_are_told(descriptor: str, method: int):
    pieces = [Piece(b"a", b"one", method, descriptor=descriptor), Piece(b"b", b"", method, descriptor=descriptor)]
    for wide in (None, {}):
        assert read_all(zip_of(pieces, wide=wide)) == {"a": b"one", "b": b""}


@settings(max_examples=60)
@given(st.dictionaries(st.text("abc/.-_%0", min_size=1, max_size=12), st.binary(max_size=3000), max_size=6), st.booleans())
def test_what_zipfile_writes_is_read_as_zipfile_reads_it(contents: dict[str, bytes], is_stream: bool):
    if is_stream:
        stream = ZipStream()
        content = b"".join([*(chunk for path, each in contents.items() for chunk in stream.add(path, [each], is_text=len(each) % 2 == 0)),
                            *stream.close()])
    else:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, each in contents.items():
                archive.writestr(path, each)
        content = held.getvalue()
    if any(path.endswith("/") for path in contents) and not is_stream:
        return  # zipfile makes a folder of such a path
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert read_all(content) == contents == {path: archive.read(path) for path in archive.namelist()}


def test_large_members_are_unpacked_in_small_pieces():
    content = zip_of([Piece(b"zeros", bytes(50_000_000))])
    reader = ArchiveReader(Bytes(content), 1)
    sizes = [len(piece) for piece in reader.read(reader.entries[0])]
    assert sum(sizes) == 50_000_000 and max(sizes) <= 1 << 20


def test_an_archive_that_is_cut_anywhere_is_refused():
    for wide in (None, {}):
        content = zip_of([A, Piece(b"c", b"x" * 50, 0, descriptor="wide"), B], wide=wide)
        for size in range(len(content)):
            refused(content[:size])


def test_bytes_before_between_and_after_are_refused():
    for content in (zip_of([A, B], prefix=b"x"), zip_of([A, B], suffix=b"x"), zip_of([A, B], gap=b"x"),
                    zip_of([A, Piece(b"b", b"x", before=b"hidden")]), zip_of([Piece(b"a", b"x", after=b"hidden"), B]),
                    zip_of([Piece(b"a", b"x", descriptor="wide", after=b"x"), B]),
                    zip_of([A, Piece(b"hidden", b"x", is_listed=False), B]), zip_of([A, Piece(b"hidden", b"x", is_listed=False)]),
                    zip_of([Piece(b"hidden", b"x", is_listed=False), A]), b"MZ" + zip_of([A]), zip_of([A]) + zip_of([B]),
                    zip_of([], prefix=b"everything is hidden")):
        refused(content)


def test_a_comment_in_which_another_end_hides_is_refused():
    honest = zip_of([A])
    refused(zip_of([A], end={"comment": len(honest)}, suffix=honest))
    refused(zip_of([A], end={"comment": 5}, suffix=b"hello"))


def test_a_changed_byte_is_refused_or_changes_nothing():
    pieces = [Piece(b"a", b"abc" * 30), Piece(b"b", b"xyz" * 10, 0, descriptor="wide"), Piece(b"c", b"\0" * 40, descriptor="narrow")]
    content = zip_of(pieces, wide={})
    honest = read_all(content)
    told = 0
    for place in range(len(content)):
        for change in (0x01, 0x80, 0xFF):
            try:
                assert read_all(content[:place] + bytes([content[place] ^ change]) + content[place + 1:]) == honest
            except InvalidArchive:
                told += 1
    # What may change unnoticed are times and versions, and how much of the name is a matter of both headers.
    assert told > len(content) * 3 * 0.8


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6), st.booleans())
def test_a_damaged_archive_raises_nothing_else(changes: list[tuple[int, int]], is_wide: bool):
    content = bytearray(zip_of([A, B, Piece(b"c", b"x" * 50, 0, descriptor="wide")], wide={} if is_wide else None))
    for place, value in changes:
        content[-1 - place % len(content)] = value
    try:
        read_all(bytes(content))
    except InvalidArchive as refusal:
        assert refusal.message


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_no_bytes_at_all_raise_anything_else(content: bytes):
    for tail in (b"", zip_of([A])[-22:], zip_of([A], wide={})[-98:]):
        refused(content + tail if content + tail != b"PK\x05\x06" + bytes(18) else b"")


OVERLAPPING = {
    "two lines for one member": zip_of([A], listed=[0, 0]),
    "a member within another": zip_of([Piece(b"a", b"x" * 100, 0), Piece(b"b", b"y" * 10, 0, central={"place": 20})]),
    "the same place": zip_of([A, Piece(b"b.txt", b"the first " * 20, central={"place": 0})]),
    "another order": zip_of([A, B], listed=[1, 0]),
    "one left out": zip_of([A, B, A], listed=[0, 2]),
    "beyond the directory": zip_of([A, Piece(b"b", b"x", central={"place": 10_000})]),
    "into the directory": zip_of([A, Piece(b"b", b"x" * 9, 0, local={"packed": 60, "size": 60}, central={"packed": 60, "size": 60})]),
    "no member first": zip_of([Piece(b"a", b"x", central={"place": 3})]),
}


@pytest.mark.parametrize("content", OVERLAPPING.values(), ids=OVERLAPPING)
def test_members_that_overlap_or_stand_elsewhere_are_refused(content: bytes):
    refused(content)


def test_an_overlapping_bomb_is_refused_before_anything_is_unpacked():
    """Fifield, A better zip bomb (WOOT 2019): each member's data holds the headers of all that follow and one kernel."""
    kernel = deflated(bytes(1_000_000))
    crc, headers, quoted = zlib.crc32(bytes(1_000_000)), [], b""
    for number in reversed(range(50)):
        name = f"{number:02}".encode()
        header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 45, 0, 8, 0, 33, crc, len(quoted) + len(kernel), 1_000_000, 2, 0) + name
        headers.append((name, len(quoted) + len(kernel)))
        quoted = (b"\x00" + struct.pack("<HH", len(header), len(header) ^ FULL16) if number else b"") + header + quoted
    body, place, directory = quoted + kernel, 0, b""
    for name, packed in reversed(headers):
        directory += struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 45, 45, 0, 8, 0, 33, crc, packed, 1_000_000, 2, 0, 0, 0, 0, 0, place) + name
        place += 37
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 50, 50, len(directory), len(body), 0)
    with pytest.raises(InvalidArchive, match="overlaps"):
        ArchiveReader(Bytes(body + directory + end), LIMIT)


LYING = {
    "name": {"local": {"name": b"b.txt"}}, "longer name": {"local": {"name": b"a.txt.exe"}}, "shorter name": {"local": {"name": b"a"}},
    "checksum": {"local": {"crc": 1}}, "size": {"local": {"size": 1}}, "packed size": {"local": {"packed": 1}},
    "method": {"local": {"method": 0}}, "flags": {"local": {"flags": 2}}, "checksum in the directory": {"central": {"crc": 1}},
    "size in the directory": {"central": {"size": 199}}, "larger size in the directory": {"central": {"size": 201}},
    "both sizes smaller": {"local": {"size": 199}, "central": {"size": 199}},
    "both larger": {"local": {"size": 201}, "central": {"size": 201}},
    "both packed smaller": {"local": {"packed": 10}, "central": {"packed": 10}},
    "both checksums": {"local": {"crc": 7}, "central": {"crc": 7}},
    "name beyond the end": {"local": {"name_bytes": 60_000}},
    "wide without a wide field": {"local": {"size": FULL32, "extra": b""}}, "a wide field that is not needed": {"local": {
        "extra": struct.pack("<2HQ", 1, 8, 200)}},
    "a wide field that is cut": {"central": {"size": FULL32, "extra": struct.pack("<2HL", 1, 4, 200)}},
    "a wide lie": {"central": {"size": FULL32, "extra": struct.pack("<2HQ", 1, 8, 1 << 40)}},
    "a wide place": {"central": {"place": FULL32, "extra": struct.pack("<2HQ", 1, 8, (1 << 64) - 1)}},
}


@pytest.mark.parametrize("lies", LYING.values(), ids=LYING)
@pytest.mark.parametrize("descriptor", ["", "wide"])
def test_headers_that_differ_from_the_directory_or_the_data_are_refused(lies: dict, descriptor: str):
    refused(zip_of([Piece(b"a.txt", A.content, descriptor=descriptor, **lies), B]))


def test_what_follows_the_data_must_agree_too():
    honest = zip_of([Piece(b"a", b"abc", 0, descriptor="wide")])
    place = honest.index(b"PK\x07\x08")
    for offset in range(24):
        refused(honest[:place + offset] + bytes([honest[place + offset] ^ 1]) + honest[place + offset + 1:])


def test_what_is_told_to_be_wide_is_read_as_it_says():
    piece = Piece(b"a", b"x" * 300, local={"size": FULL32, "packed": FULL32, "extra": struct.pack("<2H2Q", 1, 16, 300,
        len(deflated(b"x" * 300)))},
                  central={"size": FULL32, "extra": struct.pack("<2HQ", 1, 8, 300)})
    assert read_all(zip_of([piece])) == {"a": b"x" * 300}


@pytest.mark.parametrize("count", [LIMIT + 1, 65_534, 65_535, 10_000_000, (1 << 64) - 1])
def test_too_many_members_are_refused_by_their_number_whether_they_are_there_or_not(count: int):
    message = refused(zip_of([A], wide={"count": count, "on_disk": count}))
    assert str(count) in message and str(LIMIT) in message
    if count < FULL16:
        assert "allowed" in refused(zip_of([A], end={"count": count, "on_disk": count}))


def test_ten_million_members_that_are_there_are_refused_without_reading_them():
    class Endless(Bytes):
        """A directory of ten million members, of which only the end exists."""

        def __init__(self) -> None:
            tail = zip_of([], wide={"count": 10_000_000, "on_disk": 10_000_000, "size": 460_000_000, "place": 460_000_000, "offset": 0})
            super().__init__(tail)
            self.size_bytes = 460_000_000 + len(tail)

        def read(self, offset: int, size: int) -> bytes:
            assert offset >= 460_000_000, "the directory was read"
            return self.content[offset - 460_000_000:][:size]
    with pytest.raises(InvalidArchive, match="10000000 members; 250000 are allowed"):
        ArchiveReader(Endless(), 250_000)


def test_as_many_members_as_are_allowed_are_read_and_one_more_is_not():
    pieces = [Piece(str(number).encode(), b"") for number in range(LIMIT)]
    assert len(read_all(zip_of(pieces))) == LIMIT
    refused(zip_of([*pieces, A]))


ENDS = {
    "a part of several": ({"disk": 1}, None), "begun elsewhere": ({"first_disk": 1}, None), "some on this part": ({"on_disk": 1}, None),
    "more than there are": ({"count": 3, "on_disk": 3}, None), "fewer": ({"count": 1, "on_disk": 1}, None),
    "none": ({"count": 0, "on_disk": 0}, None),
    "smaller": ({"size": 40}, None), "elsewhere": ({"offset": 0}, None), "wide without it": ({"offset": FULL32}, None),
    "wide contradiction": ({"count": 1}, {}), "wide size": ({}, {"size": 1}), "wide place": ({}, {"place": 0}),
    "wide offset": ({}, {"offset": 1}),
    "wide beyond": ({}, {"offset": (1 << 64) - 1}), "wide parts": ({}, {"disks": 2}), "wide part": ({}, {"disk": 1}),
    "wide first": ({}, {"first_disk": 1}),
    "wide locator": ({}, {"locator_disk": 1}), "wide longer": ({}, {"record_size": 60}), "wide fewer": ({}, {"on_disk": 1}),
    "wide and huge": ({}, {"size": (1 << 64) - 1, "offset": 1 << 63}),
}


@pytest.mark.parametrize(("end", "wide"), ENDS.values(), ids=ENDS)
def test_an_end_that_is_not_true_is_refused(end: dict, wide: dict | None):
    refused(zip_of([A, B], end=end, wide=wide))


@pytest.mark.parametrize("fields", [
    {"flags": 1}, {"flags": 0x20}, {"flags": 0x40}, {"flags": 0x2000}, {"flags": 0x10}, {"flags": 0x8000}],
    ids=["encrypted", "patched", "strongly encrypted", "masked", "reserved", "another reserved"])
def test_encrypted_members_are_refused(fields: dict):
    assert "encrypted" in refused(zip_of([Piece(b"a", b"x", local=fields, central=fields)]))


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95, 98, 99, 0xFFFF])
def test_other_ways_of_packing_are_refused(method: int):
    assert "packed in a way" in refused(zip_of([Piece(b"a", b"x", method, packed=b"x")]))


def test_stored_data_of_another_size_than_it_has_is_refused():
    refused(zip_of([Piece(b"a", b"x" * 10, 0, packed=b"x" * 5)]))


@pytest.mark.parametrize("mode", [0o120777, 0o040755, 0o020600, 0o060600, 0o010600, 0o140600, 0o104755, 0o102755, 0o101777],
                         ids=["link", "folder", "character device", "block device", "pipe", "socket", "setuid", "setgid", "sticky"])
def test_links_folders_and_special_files_are_refused(mode: int):
    assert "link" in refused(zip_of([Piece(b"a", b"x", central={"attributes": mode << 16})]))
    assert "folder" in refused(zip_of([Piece(b"a", b"", central={"attributes": 0x10})]))


@pytest.mark.parametrize("mode", [0, 0o600, 0o644, 0o100600, 0o100755])
def test_ordinary_files_are_taken_whoever_may_read_them(mode: int):
    assert read_all(zip_of([Piece(b"a", b"x", central={"attributes": mode << 16})]))


def test_times_that_other_programs_note_are_let_pass_and_other_notes_are_not():
    times = struct.pack("<2HB2L", 0x5455, 9, 3, 1, 1)
    assert read_all(zip_of([Piece(b"a", b"x", local={"extra": times}, central={"extra": times[:9].replace(b"\x09", b"\x05")})]))
    for note in (struct.pack("<2H", 0x7075, 0), struct.pack("<2H", 0x9901, 0), struct.pack("<2H", 0x0017, 0), b"x", b"\x55\x54\x09\x00",
                 times + times, struct.pack("<2HQ", 1, 8, 5) * 2):
        refused(zip_of([Piece(b"a", b"x", central={"extra": note})]))
        refused(zip_of([Piece(b"a", b"x", local={"extra": note})]))


def test_a_name_at_the_limit_is_read_and_a_longer_one_is_not():
    assert read_all(zip_of([Piece(b"a" * NAME_LIMIT_BYTES, b"x")]))
    refused(zip_of([Piece(b"a" * (NAME_LIMIT_BYTES + 1), b"x"), *[A] * 3]))
    refused(zip_of([Piece(b"a", b"x", central={"comment": b"c"})]))


@pytest.mark.parametrize("packed", [
    b"", b"\xff" * 20, deflated(b"x" * 100)[:-1], deflated(b"x" * 100) + b"more", deflated(b"x" * 100) * 2, deflated(b"x" * 99),
    deflated(b"x" * 101), deflated(b"y" * 100), zlib.compress(b"x" * 100), deflated(bytes(10_000_000))],
    ids=["none", "noise", "cut", "followed", "twice", "short", "long", "other", "with a head", "bomb"])
def test_data_that_does_not_unpack_to_what_was_told_is_refused(packed: bytes):
    for descriptor in ("", "wide"):
        refused(zip_of([Piece(b"a", b"x" * 100, packed=packed, descriptor=descriptor), B]))


def test_a_name_in_another_alphabet_is_refused_and_shown_harmlessly():
    for name in ("é.txt", "a\u202etxt.exe", "файл"):
        message = refused(zip_of([Piece(name.encode(), b"x", flags=0x800)]))
        assert message.isascii() and message.isprintable()
    assert refused(zip_of([Piece(b"\x1b[31m\xff", b"x")])).isprintable()
