"""The envelope: what was encrypted comes back, and nothing else does."""
from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.crypto.envelope import DataKeys, DecryptionFailed, NewerDataKey, fingerprint_of, version_of

KEY_1, KEY_2, HASH_KEY = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
SEGMENT = 1 << 20  # "segments ... of up to 1 MiB plaintext"
HEAD = 1 + 4 + 32 + 7
SEALED_SEGMENT = SEGMENT + 16
PLACE = b"account\x00table\x00partition\x00key"


@pytest.fixture(scope="module")
def keys() -> DataKeys:
    return DataKeys({1: KEY_1}, HASH_KEY)


def encrypted_stream(keys: DataKeys, plaintext: bytes, place: bytes = PLACE) -> bytes:
    return b"".join(keys.encrypt_stream([plaintext], place))


def decrypted_stream(keys: DataKeys, ciphertext: bytes, place: bytes = PLACE) -> bytes:
    return b"".join(keys.decrypt_stream([ciphertext], place))


@given(plaintext=st.binary(max_size=3000), place=st.binary(max_size=60))
def test_a_payload_comes_back(keys, plaintext, place):
    assert keys.decrypt(keys.encrypt(plaintext, place), place) == plaintext


@settings(deadline=None)
@given(st.binary(max_size=200), st.data())
def test_no_flipped_bit_of_a_payload_goes_unnoticed(keys, plaintext, data):
    damaged = bytearray(keys.encrypt(plaintext, PLACE))
    bit = data.draw(st.integers(0, len(damaged) * 8 - 1))
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DecryptionFailed):
        keys.decrypt(bytes(damaged), PLACE)


def test_no_bit_of_a_small_payload_can_be_flipped_and_no_byte_left_out_or_added(keys):
    sealed = keys.encrypt(b"abc", PLACE)
    for bit in range(len(sealed) * 8):
        damaged = bytearray(sealed)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionFailed):
            keys.decrypt(bytes(damaged), PLACE)
    for length in range(len(sealed)):
        with pytest.raises(DecryptionFailed):
            keys.decrypt(sealed[:length], PLACE)
    for longer in (sealed + b"\0", b"\0" + sealed, sealed + sealed):
        with pytest.raises(DecryptionFailed):
            keys.decrypt(longer, PLACE)


def test_a_payload_does_not_decrypt_at_another_place_or_for_another_account(keys):
    sealed = keys.encrypt(b"abc", PLACE)
    for place in (b"", PLACE + b"\0", PLACE[:-1], PLACE.replace(b"key", b"kex")):
        with pytest.raises(DecryptionFailed):
            keys.decrypt(sealed, place)
    with pytest.raises(DecryptionFailed):
        DataKeys({1: KEY_2}, HASH_KEY).decrypt(sealed, PLACE)


def test_a_payload_is_not_a_stream_and_a_stream_no_payload(keys):
    with pytest.raises(DecryptionFailed):
        keys.decrypt(encrypted_stream(keys, b"abc" * 30), PLACE)
    with pytest.raises(DecryptionFailed):
        decrypted_stream(keys, keys.encrypt(b"abc" * 30, PLACE))


def test_the_newest_version_encrypts_and_older_ones_still_decrypt(keys):
    old_payload, old_stream = keys.encrypt(b"old", PLACE), encrypted_stream(keys, b"old")
    rotated = DataKeys({1: KEY_1, 2: KEY_2}, HASH_KEY)
    assert rotated.decrypt(old_payload, PLACE) == b"old"
    assert decrypted_stream(rotated, old_stream) == b"old"
    new_payload, new_stream = rotated.encrypt(b"new", PLACE), encrypted_stream(rotated, b"new")
    assert [version_of(sealed) for sealed in (old_payload, old_stream, new_payload, new_stream)] == [1, 1, 2, 2]
    assert DataKeys({2: KEY_2}, HASH_KEY).decrypt(new_payload, PLACE) == b"new"


def test_a_version_that_is_gone_fails_and_one_that_is_newer_says_so(keys):
    after = DataKeys({2: KEY_2}, HASH_KEY)
    with pytest.raises(DecryptionFailed) as gone:
        after.decrypt(keys.encrypt(b"abc", PLACE), PLACE)
    assert not isinstance(gone.value, NewerDataKey)
    with pytest.raises(DecryptionFailed):
        decrypted_stream(after, encrypted_stream(keys, b"abc"))
    with pytest.raises(NewerDataKey):
        keys.decrypt(after.encrypt(b"abc", PLACE), PLACE)
    with pytest.raises(NewerDataKey):
        decrypted_stream(keys, encrypted_stream(after, b"abc"))


def test_a_ciphertext_does_not_decrypt_under_another_version_written_into_its_header():
    keys = DataKeys({1: KEY_1, 2: KEY_1}, HASH_KEY)  # even where both versions are the same key
    for sealed, opened in ((keys.encrypt(b"abc", PLACE), lambda moved: keys.decrypt(moved, PLACE)),
                           (encrypted_stream(keys, b"abc"), lambda moved: decrypted_stream(keys, moved))):
        with pytest.raises(DecryptionFailed):
            opened(sealed[:1] + struct.pack(">I", 1) + sealed[5:])


def test_unknown_formats_and_scraps_are_refused_as_damaged(keys):
    for scrap in (b"", b"\x01", b"\x01\0\0\0", b"\x02\0\0\0\x01" + bytes(60), b"\x01\0\0\0\x01" + bytes(11)):
        with pytest.raises(DecryptionFailed):
            keys.decrypt(scrap, PLACE)
        with pytest.raises(DecryptionFailed):
            decrypted_stream(keys, scrap)


def test_nonces_do_not_repeat_over_many_encryptions(keys):
    payload_nonces = {keys.encrypt(b"", PLACE)[5:17] for _ in range(20_000)}
    assert len(payload_nonces) == 20_000
    heads = {next(keys.encrypt_stream([b""], PLACE)) for _ in range(2_000)}
    assert len({head[5:37] for head in heads}) == len({head[37:44] for head in heads}) == 2_000


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 3 * SEGMENT + 17])
def test_a_stream_comes_back_and_has_one_tag_for_each_segment(keys, size):
    plaintext = (bytes(range(251)) * (size // 251 + 1))[:size]
    sealed = encrypted_stream(keys, plaintext)
    assert decrypted_stream(keys, sealed) == plaintext
    assert len(sealed) == HEAD + size + 16 * max(1, -(-size // SEGMENT))


@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(0, 2 * SEGMENT + 100), max_size=6), sealed_cuts=st.lists(st.integers(0, 2 * SEGMENT), max_size=6))
def test_a_stream_does_not_depend_on_how_it_is_cut(keys, cuts, sealed_cuts):
    plaintext = b"0123456789abcdef" * (SEGMENT // 8) + b"rest" * 25
    sealed = b"".join(keys.encrypt_stream(pieces(plaintext, cuts), PLACE))
    assert b"".join(keys.decrypt_stream(pieces(sealed, sealed_cuts), PLACE)) == plaintext


def pieces(whole: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(cuts), len(whole)]
    return [whole[start:end] for start, end in zip(bounds, bounds[1:], strict=False)]


def test_a_stream_of_single_bytes_comes_back(keys):
    sealed = b"".join(keys.encrypt_stream((b"%c" % byte for byte in b"hello"), PLACE))
    assert b"".join(keys.decrypt_stream((sealed[i:i + 1] for i in range(len(sealed))), PLACE)) == b"hello"


@pytest.fixture(scope="module")
def three_segments(keys) -> bytes:
    return encrypted_stream(keys, b"a" * SEGMENT + b"b" * SEGMENT + b"c" * 100)


@pytest.mark.parametrize("end", [HEAD - 1, HEAD, HEAD + 16, HEAD + SEALED_SEGMENT - 1, HEAD + SEALED_SEGMENT,
                                 HEAD + SEALED_SEGMENT + 16, HEAD + 2 * SEALED_SEGMENT, -1, -116, -115])
def test_a_truncated_stream_fails_wherever_it_is_cut(keys, three_segments, end):
    with pytest.raises(DecryptionFailed):
        decrypted_stream(keys, three_segments[:end])


def test_an_extended_reordered_or_spliced_stream_fails(keys, three_segments):
    head = three_segments[:HEAD]
    first, second, last = (three_segments[HEAD:HEAD + SEALED_SEGMENT],
                           three_segments[HEAD + SEALED_SEGMENT:HEAD + 2 * SEALED_SEGMENT],
                           three_segments[HEAD + 2 * SEALED_SEGMENT:])
    other = encrypted_stream(keys, b"A" * SEGMENT + b"B" * SEGMENT + b"C" * 100)
    other_second = other[HEAD + SEALED_SEGMENT:HEAD + 2 * SEALED_SEGMENT]
    for forged in (three_segments + b"\0", three_segments + last, head + second + first + last, head + first + last,
                   head + second + last, head + last, head + first + first + second + last, head + first + other_second + last,
                   other[:HEAD] + first + second + last, head[5:] + first + second + last):
        with pytest.raises(DecryptionFailed):
            decrypted_stream(keys, forged)


def test_no_flipped_bit_of_a_stream_goes_unnoticed(keys, three_segments):
    small = encrypted_stream(keys, b"abc")
    for bit in range(len(small) * 8):
        damaged = bytearray(small)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionFailed):
            decrypted_stream(keys, bytes(damaged))
    for place in range(HEAD + 5, len(three_segments), SEGMENT // 3):
        damaged = bytearray(three_segments)
        damaged[place] ^= 0x40
        with pytest.raises(DecryptionFailed):
            decrypted_stream(keys, bytes(damaged))


def test_a_stream_does_not_decrypt_at_another_place_or_for_another_account(keys):
    sealed = encrypted_stream(keys, b"abc")
    with pytest.raises(DecryptionFailed):
        decrypted_stream(keys, sealed, PLACE + b"x")
    with pytest.raises(DecryptionFailed):
        decrypted_stream(DataKeys({1: KEY_2}, HASH_KEY), sealed)


def test_a_forged_stream_gives_out_nothing_of_the_segment_that_fails(keys, three_segments):
    damaged = bytearray(three_segments)
    damaged[HEAD + SEALED_SEGMENT + 3] ^= 1
    given_out = []
    with pytest.raises(DecryptionFailed):
        for segment in keys.decrypt_stream([bytes(damaged)], PLACE):
            given_out.append(segment)
    assert given_out == [b"a" * SEGMENT]


@pytest.mark.parametrize("direction", ["encrypt", "decrypt"])
def test_streaming_holds_two_segments_at_the_most(keys, direction, three_segments):
    taken = 0

    def chunks():
        nonlocal taken
        for _ in range(40):
            taken += SEGMENT // 4
            yield bytes(SEGMENT // 4)
        assert direction == "encrypt"
    if direction == "encrypt":
        stream = keys.encrypt_stream(chunks(), PLACE)
        assert len(next(stream)) == HEAD
        assert taken == 0
        given_out = 0
        for segment in stream:
            given_out += len(segment)
            assert taken - given_out <= 2 * SEGMENT
        return
    long = encrypted_stream(keys, bytes(10 * SEGMENT))

    def sealed_chunks():
        nonlocal taken
        for chunk in pieces(long, list(range(0, len(long), SEGMENT // 4))):
            taken += len(chunk)
            yield chunk
    given_out = 0
    for segment in keys.decrypt_stream(sealed_chunks(), PLACE):
        given_out += len(segment)
        assert taken - given_out <= 2 * SEGMENT


def test_a_keyed_hash_tells_purposes_parts_and_accounts_apart(keys):
    others = DataKeys({1: KEY_1}, KEY_2)
    hashes = [keys.keyed_hash("x", "ab", "c"), keys.keyed_hash("x", "a", "bc"), keys.keyed_hash("x", "abc"),
              keys.keyed_hash("x", "", "abc"), keys.keyed_hash("x", "abc", ""), keys.keyed_hash("x"), keys.keyed_hash("x", ""),
              keys.keyed_hash("y", "ab", "c"), others.keyed_hash("x", "ab", "c"), keys.keyed_hash("x", "\ud800"),
              keys.keyed_hash("x", "\udfff")]
    assert len(set(hashes)) == len(hashes)
    assert all(len(digest) == 32 for digest in hashes)


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_keyed_hashes_are_equal_only_for_equal_parts(keys, parts, other_parts):
    assert (keys.keyed_hash("p", *parts) == keys.keyed_hash("p", *other_parts)) == (parts == other_parts)


def test_keyed_hashes_outlive_the_rotation_of_the_data_key(keys):
    rotated = DataKeys({7: KEY_2}, HASH_KEY)
    assert rotated.keyed_hash("x", "abc") == keys.keyed_hash("x", "abc")
    assert rotated.derive("x") == keys.derive("x") != keys.derive("y")


# Stored by this service in format 1 under key version 3 = bytes 0..31; if one of these changes, stored data is lost.
PINNED_PAYLOAD = (
    "01000000031dcc039ebd62e90b92512bfaf0dee95046f941547b1d4f7a6bfdab7ba7f247f31ef9e853065d1028f18c8a"
    "55af36be0a562260e2")
PINNED_STREAM = (
    "01000000030bff4a5eaf4fa09d080f2a852419851bb069d0ccc82c14a0a4bec151472ecbaa7df80bda15a8e354190abd"
    "467de1da7a6a17025ba9c6cfa868f2ac20aef8379349f8ea53b7f84a0703b3")
PINNED_FINGERPRINT = "0a518511a1a65ed18073394dee337b0e"
PINNED_HASH = "617b45834e60879abc27b5118f8557dff4228fff085fa91ac80ffa30745f9327"


def test_what_format_one_stored_still_decrypts():
    keys = DataKeys({3: KEY_1}, HASH_KEY)
    assert keys.decrypt(bytes.fromhex(PINNED_PAYLOAD), PLACE) == "a payload, as stored \u2713".encode()
    assert decrypted_stream(keys, bytes.fromhex(PINNED_STREAM)) == b"a stream, as stored"


def test_names_made_from_content_stay_the_same():
    assert DataKeys({3: KEY_1}, HASH_KEY).keyed_hash("blocklist item", "generation", "text", "caf\u00e9").hex() == PINNED_HASH


def test_a_fingerprint_tells_keys_apart_and_stays_the_same():
    assert fingerprint_of(KEY_1) == fingerprint_of(bytes(KEY_1))
    assert len({fingerprint_of(bytes([number]) * 32) for number in range(100)}) == 100
    assert len(fingerprint_of(KEY_1)) == 32 and KEY_1.hex()[:8] not in fingerprint_of(KEY_1)
    assert fingerprint_of(bytes(32)) == PINNED_FINGERPRINT
