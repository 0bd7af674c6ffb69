"""What one kind of compiled index must offer to be kept here: how changes are packed and applied, and made from rows."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from shared.storage.account_store import AccountStore


class RulesChanged(Exception):
    """Other rules made what is in this index, or another version its base: build it anew from the rows."""


class CompiledIndex(Protocol):
    """Immutable: a change gives a new one that shares the large arrays with the old one."""

    def __len__(self) -> int: ...

    @property
    def size_bytes(self) -> int: ...


class AnyChange(Protocol):
    """One entry that counts from now on, or no longer. The newest change of an id counts."""

    @property
    def item_id(self) -> bytes: ...

    @property
    def is_added(self) -> bool: ...


X = TypeVar("X", bound=CompiledIndex)


class IndexKind(Protocol[X]):
    """`change_bytes` is the size of each packed change; a tail of `tail_bytes` or more becomes a segment.

    Tail and segments lie in a record of 64 KiB, beside what else the room keeps in it.
    """

    change_bytes: int
    tail_bytes: int

    def rules(self) -> int:
        """The version of the rules by which entries are made, and looked up."""
        ...

    def pack(self, changes: Iterable[Any]) -> bytes: ...

    def newest(self, packed: bytes) -> bytes:
        """Packed changes without those that a newer one of the same id replaces."""
        ...

    def empty(self) -> X: ...

    def written(self, index: X) -> Sequence[bytes]:
        """The bytes of an index, in pieces."""
        ...

    def opened(self, data: bytes | bytearray) -> X:
        """Raises RulesChanged where other rules or another version wrote it, or it is damaged."""
        ...

    def applied(self, index: X, packed: bytes) -> X:
        """The index after these changes, one of them or a million at once; of an id the newest counts."""
        ...

    def known(self, index: X, ids: Sequence[bytes]) -> set[bytes]:
        """Those of these ids that the index has."""
        ...

    def removal(self, item_id: bytes) -> AnyChange: ...

    def additions(self, account: AccountStore, rows: Mapping[bytes, Any]) -> Sequence[AnyChange]:
        """The changes that add these rows."""
        ...

    def built(self, account: AccountStore, rows: Iterable[tuple[bytes, Any]]) -> X:
        """The index of these rows, as far as the rules leave something of each to match."""
        ...
