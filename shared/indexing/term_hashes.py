"""The kind of index that blocklists and term lists have: keyed hashes of terms.

A change is 25 bytes: an operation (1 add, 0 remove), the term's hash (uint64, little endian), the item's id (16 bytes).
"""
from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.indexing.index_kind import RulesChanged
from shared.storage.account_store import AccountStore

if TYPE_CHECKING:
    import numpy

    from shared.matching.term_index import TermIndex

_CHANGE = struct.Struct("<BQ16s")
CHANGE_BYTES = _CHANGE.size
_TAIL_CHANGES = 512
_LAYOUT = [("operation", "u1"), ("hash", "<u8"), ("id", "S16")]


@dataclass(frozen=True, slots=True)
class Change:
    """One item of the list that is matched from now on (with its term's hash), or no longer (hash 0)."""

    item_id: bytes
    is_added: bool
    term_hash: int = 0


class TermHashes:
    """Rows are texts; the rules are those of normalising."""

    change_bytes = CHANGE_BYTES
    tail_bytes = _TAIL_CHANGES * CHANGE_BYTES

    def rules(self) -> int:
        from shared.matching.normalisation import NORMALISATION_VERSION

        return NORMALISATION_VERSION

    def pack(self, changes: Iterable[Change]) -> bytes:
        return pack_changes(changes)

    def newest(self, packed: bytes) -> bytes:
        return _newest(packed).tobytes()

    def empty(self) -> TermIndex:
        from shared.matching.term_index import TermIndex

        return TermIndex.empty()

    def written(self, index: TermIndex) -> Sequence[bytes]:
        return [index.to_bytes()]

    def opened(self, data: bytes | bytearray) -> TermIndex:
        from shared.matching.term_index import TermIndex
        from shared.matching.term_index_format import DamagedTermIndex, StaleTermIndex

        try:
            return TermIndex.from_bytes(data)
        except (StaleTermIndex, DamagedTermIndex):
            raise RulesChanged from None

    def applied(self, index: TermIndex, packed: bytes) -> TermIndex:
        if not packed:
            return index
        import numpy

        changes = _newest(packed)
        is_added = changes["operation"] == 1
        added, removed = changes[is_added], changes[~is_added]
        return index.merge(added["hash"].astype(numpy.uint64), _packed_ids(added["id"]), _packed_ids(removed["id"]))

    def known(self, index: TermIndex, ids: Sequence[bytes]) -> set[bytes]:
        return index.known(_id_rows(ids))

    def removal(self, item_id: bytes) -> Change:
        return Change(item_id, is_added=False)

    def additions(self, account: AccountStore, rows: Mapping[bytes, str]) -> list[Change]:
        from shared.matching.terms import term_hashes

        hashes = term_hashes(list(rows.values()), term_hash_key(account)).tolist() if rows else []
        return [Change(each, True, term_hash) for each, term_hash in zip(rows, hashes, strict=True)]

    def built(self, account: AccountStore, rows: Iterable[tuple[bytes, str]]) -> TermIndex:
        from shared.matching.term_index import TermIndex

        ids, hashes = _hashed(list(rows), term_hash_key(account))
        return TermIndex.of(hashes, _id_rows(ids))


def term_hash_key(account: AccountStore) -> bytes:
    """The key of the hashes that stand for terms in the account's indexes: 32 bytes."""
    return account.keys.derive("term index")


def pack_changes(changes: Iterable[Change]) -> bytes:
    return b"".join(_CHANGE.pack(change.is_added, change.term_hash, change.item_id) for change in changes)


def unpack_changes(packed: bytes) -> Iterator[Change]:
    for is_added, term_hash, item_id in _CHANGE.iter_unpack(packed):
        yield Change(item_id, bool(is_added), term_hash)


def _newest(packed: bytes) -> numpy.ndarray:
    """The changes as an array, the newest of each id."""
    import numpy

    changes = numpy.frombuffer(packed, numpy.dtype(_LAYOUT))[::-1]
    _, newest = numpy.unique(changes["id"], return_index=True)
    return changes[newest]


def _hashed(rows: Sequence[tuple[bytes, str]], hash_key: bytes) -> tuple[list[bytes], numpy.ndarray]:
    """The ids of the rows that these normalising rules leave anything to match of, and their terms' hashes."""
    from shared.matching.terms import NothingToMatch, TermTooLong, term_hash, term_hashes

    try:
        return [row_id for row_id, _ in rows], term_hashes([text for _, text in rows], hash_key)
    except (NothingToMatch, TermTooLong):
        matchable = []
        for row_id, text in rows:
            with suppress(NothingToMatch, TermTooLong):
                term_hash(text, hash_key)
                matchable.append((row_id, text))
        return [row_id for row_id, _ in matchable], term_hashes([text for _, text in matchable], hash_key)


def _id_rows(ids: Sequence[bytes]) -> numpy.ndarray:
    """uint8 [n, 16]"""
    import numpy

    return numpy.frombuffer(b"".join(ids), numpy.uint8).reshape(-1, 16)


def _packed_ids(ids: numpy.ndarray) -> numpy.ndarray:
    """uint8 [n, 16] of as many strings of 16 bytes."""
    import numpy

    return numpy.ascontiguousarray(ids).view(numpy.uint8).reshape(len(ids), 16)
