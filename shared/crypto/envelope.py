"""Envelope encryption under an account's data keys: small payloads in one piece, blobs as a stream of segments.

Payload format (version 1): `0x01 | data key version uint32 | nonce 12 | AES-256-GCM ciphertext and tag`.
Stream format (version 1): `0x01 | data key version uint32 | salt 32 | nonce prefix 7 | segments`, each segment an
AES-256-GCM ciphertext of up to 1 MiB plaintext whose nonce is `prefix | counter uint32 | last 0/1`, under a key derived
from the data key, the salt and the associated data. Truncated, reordered or moved segments do not decrypt.

Source: NIST SP 800-38D (GCM), RFC 5869 (HKDF); the stream is the STREAM construction of Hoang, Reyhanitabar, Rogaway
and Vizar (2015) with the parameters that Tink's AES-GCM-HKDF streaming uses.
"""
from __future__ import annotations

import hmac
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_FORMAT = 1
_HEADER = struct.Struct(">BI")
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SALT_BYTES = 32
_PREFIX_BYTES = 7
_FINGERPRINT_BYTES = 16
_SEGMENT_BYTES = 1 << 20
_STREAM_HEAD_BYTES = _HEADER.size + _SALT_BYTES + _PREFIX_BYTES
PAYLOAD_OVERHEAD_BYTES = _HEADER.size + _NONCE_BYTES + _TAG_BYTES
"""A payload's ciphertext is so much longer than its plaintext."""


class DecryptionFailed(Exception):
    """The ciphertext is damaged, was moved, or its data key is gone. Says nothing about the content."""


class NewerDataKey(DecryptionFailed):
    """The ciphertext names a newer data key than these: the account's key was rotated since they were read."""


class DataKeys:
    """One account's unwrapped data keys by version, the newest for writing, and its key for keyed hashes.

    The hash key has no versions: it names rows, and rotating it would rename every row that is named by content.
    """

    def __init__(self, versions: Mapping[int, bytes], hash_key: bytes) -> None:
        self._versions = dict(versions)
        self._hash_key = hash_key
        self._payload_ciphers: dict[int, AESGCM] = {}
        self.current_version = max(versions)

    def encrypt(self, plaintext: bytes, associated_data: bytes) -> bytes:
        """Encrypt one payload under the newest data key; the format is in the module's docstring."""
        nonce = os.urandom(_NONCE_BYTES)
        header = _HEADER.pack(_FORMAT, self.current_version)
        sealed = self._payload_cipher(self.current_version).encrypt(nonce, plaintext, header + associated_data)
        return header + nonce + sealed

    def decrypt(self, ciphertext: bytes, associated_data: bytes) -> bytes:
        """Decrypt what `encrypt` made. Raises DecryptionFailed."""
        version = version_of(ciphertext)
        nonce, sealed = ciphertext[_HEADER.size:_HEADER.size + _NONCE_BYTES], ciphertext[_HEADER.size + _NONCE_BYTES:]
        try:
            return self._payload_cipher(version).decrypt(nonce, sealed, ciphertext[:_HEADER.size] + associated_data)
        except (InvalidTag, ValueError):
            raise DecryptionFailed("the ciphertext does not authenticate") from None

    def encrypt_stream(self, chunks: Iterable[bytes], associated_data: bytes) -> Iterator[bytes]:
        """Encrypt a byte stream under the newest data key, holding two segments in memory at the most."""
        salt, prefix = os.urandom(_SALT_BYTES), os.urandom(_PREFIX_BYTES)
        header = _HEADER.pack(_FORMAT, self.current_version)
        cipher = self._stream_cipher(self.current_version, salt, header + associated_data)
        yield header + salt + prefix
        for counter, (segment, is_last) in enumerate(_segments(chunks, _SEGMENT_BYTES)):
            yield cipher.encrypt(_stream_nonce(prefix, counter, is_last), segment, None)

    def decrypt_stream(self, chunks: Iterable[bytes], associated_data: bytes) -> Iterator[bytes]:
        """Decrypt what `encrypt_stream` made, segment by segment. Raises DecryptionFailed, at the end if truncated."""
        head, rest = _split_head(chunks, _STREAM_HEAD_BYTES)
        cipher, prefix = self._opened_stream(head, associated_data)
        for counter, (segment, is_last) in enumerate(_segments(rest, _SEGMENT_BYTES + _TAG_BYTES)):
            yield _opened(cipher, _stream_nonce(prefix, counter, is_last), segment)

    def decrypt_range(self, read: Callable[[int, int], bytes], stored_bytes: int, start: int, end: int,
                      associated_data: bytes) -> bytes:
        """The plaintext bytes `start` to `end` (exclusive) of what `encrypt_stream` made.

        `read(offset, size)` returns that part of the ciphertext, which has `stored_bytes` altogether; segments that the
        range touches are read whole, and all in one call. Raises DecryptionFailed.
        """
        sealed_bytes = _SEGMENT_BYTES + _TAG_BYTES
        head = read(0, _STREAM_HEAD_BYTES)
        cipher, prefix = self._opened_stream(head, associated_data)
        last_segment = max(0, -(-(stored_bytes - _STREAM_HEAD_BYTES) // sealed_bytes) - 1)
        first, last = start // _SEGMENT_BYTES, min(last_segment, max(start, end - 1) // _SEGMENT_BYTES)
        sealed = read(_STREAM_HEAD_BYTES + first * sealed_bytes, (last - first + 1) * sealed_bytes)
        plaintext = bytearray()
        for counter in range(first, last + 1):
            segment = sealed[(counter - first) * sealed_bytes:(counter - first + 1) * sealed_bytes]
            plaintext += _opened(cipher, _stream_nonce(prefix, counter, counter == last_segment), segment)
        return bytes(plaintext[start - first * _SEGMENT_BYTES:end - first * _SEGMENT_BYTES])

    def keyed_hash(self, purpose: str, *parts: str) -> bytes:
        """HMAC-SHA-256 of the parts under a subkey of the account's own for this purpose: 32 bytes."""
        return keyed_hash(self.derive(purpose), *parts)

    def derive(self, purpose: str) -> bytes:
        """A 32-byte subkey of the hash key. Stable for the life of the account, whatever is rotated."""
        return _hkdf(self._hash_key, b"", b"moderato hash " + purpose.encode())

    def _opened_stream(self, head: bytes, associated_data: bytes) -> tuple[AESGCM, bytes]:
        """The cipher of a stream and the prefix of its nonces."""
        version = version_of(head)
        salt, prefix = head[_HEADER.size:_HEADER.size + _SALT_BYTES], head[_HEADER.size + _SALT_BYTES:]
        return self._stream_cipher(version, salt, head[:_HEADER.size] + associated_data), prefix

    def _payload_cipher(self, version: int) -> AESGCM:
        cipher = self._payload_ciphers.get(version)
        if cipher is None:
            cipher = AESGCM(_hkdf(self._data_key(version), b"", b"moderato payload"))
            self._payload_ciphers[version] = cipher
        return cipher

    def _stream_cipher(self, version: int, salt: bytes, associated_data: bytes) -> AESGCM:
        return AESGCM(_hkdf(self._data_key(version), salt, b"moderato stream " + associated_data))

    def _data_key(self, version: int) -> bytes:
        try:
            return self._versions[version]
        except KeyError:
            if version > self.current_version:
                raise NewerDataKey("the data key of this ciphertext is newer than these") from None
            raise DecryptionFailed("the data key of this ciphertext is gone") from None


def keyed_hash(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA-256 of the parts, each with its length before it: 32 bytes."""
    message = b"".join(struct.pack(">I", len(encoded)) + encoded
                       for encoded in (part.encode("utf-8", "surrogatepass") for part in parts))
    return hmac.digest(key, message, "sha256")  # in one call: a bulk import names a million rows


def version_of(ciphertext: bytes) -> int:
    """The data key version that a payload or the head of a stream names. Raises DecryptionFailed."""
    if len(ciphertext) < _HEADER.size:
        raise DecryptionFailed("the ciphertext is truncated")
    ciphertext_format, version = _HEADER.unpack_from(ciphertext)
    if ciphertext_format != _FORMAT:
        raise DecryptionFailed("the ciphertext is of an unknown format")
    return version


def fingerprint_of(key: bytes) -> str:
    """32 hex characters that tell one key from others and help nobody to guess it."""
    return _hkdf(key, b"", b"moderato key fingerprint")[:_FINGERPRINT_BYTES].hex()


def plaintext_bytes(stored_bytes: int) -> int:
    """How many bytes the plaintext of a stream has whose ciphertext has so many."""
    sealed = stored_bytes - _STREAM_HEAD_BYTES
    return sealed - _TAG_BYTES * max(1, -(-sealed // (_SEGMENT_BYTES + _TAG_BYTES)))


def _hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt or None, info=info).derive(key)


def _opened(cipher: AESGCM, nonce: bytes, sealed: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, sealed, None)
    except (InvalidTag, ValueError):
        raise DecryptionFailed("the stream does not authenticate") from None


def _stream_nonce(prefix: bytes, counter: int, is_last: bool) -> bytes:
    return prefix + struct.pack(">IB", counter, is_last)


def _split_head(chunks: Iterable[bytes], head_bytes: int) -> tuple[bytes, Iterator[bytes]]:
    iterator, head = iter(chunks), b""
    for chunk in iterator:
        head += chunk
        if len(head) >= head_bytes:
            break
    if len(head) < head_bytes:
        raise DecryptionFailed("the stream is truncated")

    def rest() -> Iterator[bytes]:
        yield head[head_bytes:]
        yield from iterator
    return head[:head_bytes], rest()


def _segments(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Cut a stream into segments of `size`, the last one marked and possibly shorter or empty."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) > size:
            yield bytes(held[:size]), False
            del held[:size]
    yield bytes(held), True
