"""A part of an encrypted stream, without reading the rest."""
from __future__ import annotations

import os

import pytest

from shared.crypto.envelope import DataKeys, DecryptionFailed, plaintext_bytes

SEGMENT = 1 << 20
PLACE = b"account\x00container\x00name"
KEYS = DataKeys({1: bytes(range(32))}, bytes(32))
SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 3 * SEGMENT + 5]


class Stored:
    """A ciphertext that counts what is read of it."""

    def __init__(self, plaintext: bytes) -> None:
        self.ciphertext = b"".join(KEYS.encrypt_stream([plaintext], PLACE))
        self.reads: list[tuple[int, int]] = []

    def read(self, offset: int, size: int) -> bytes:
        self.reads.append((offset, size))
        return self.ciphertext[offset:offset + size]

    def range(self, start: int, end: int, place: bytes = PLACE) -> bytes:
        return KEYS.decrypt_range(self.read, len(self.ciphertext), start, end, place)


@pytest.fixture(scope="module", params=SIZES)
def sized(request: pytest.FixtureRequest) -> tuple[bytes, Stored]:
    plaintext = os.urandom(request.param)
    return plaintext, Stored(plaintext)


def test_the_size_of_the_plaintext_follows_from_that_of_the_ciphertext(sized):
    plaintext, stored = sized
    assert plaintext_bytes(len(stored.ciphertext)) == len(plaintext)


def test_every_range_that_begins_or_ends_at_a_segments_border_or_beside_it_comes_back(sized):
    plaintext, stored = sized
    borders = sorted({min(max(0, at + step), len(plaintext)) for at in range(0, len(plaintext) + SEGMENT, SEGMENT) for step in (-1, 0, 1)})
    for start in borders:
        for end in borders:
            if start <= end:
                assert stored.range(start, end) == plaintext[start:end]


def test_a_short_range_reads_one_segment():
    stored = Stored(os.urandom(5 * SEGMENT))
    stored.range(3 * SEGMENT + 10, 3 * SEGMENT + 20)
    assert sum(size for _, size in stored.reads) < SEGMENT + 200


def test_a_damaged_segment_a_cut_tail_and_another_place_are_noticed():
    stored = Stored(os.urandom(2 * SEGMENT + 7))
    with pytest.raises(DecryptionFailed):
        stored.range(0, 10, PLACE + b"2")
    whole = stored.ciphertext
    stored.ciphertext = whole[:-16 - 7]  # ends at a border: what is left was not marked as the last segment
    with pytest.raises(DecryptionFailed):
        stored.range(SEGMENT + 1, SEGMENT + 2)
    stored.ciphertext = whole[:SEGMENT + 500] + bytes([whole[SEGMENT + 500] ^ 1]) + whole[SEGMENT + 501:]
    assert len(stored.range(2 * SEGMENT, 2 * SEGMENT + 7)) == 7
    with pytest.raises(DecryptionFailed):
        stored.range(SEGMENT, SEGMENT + 1)
