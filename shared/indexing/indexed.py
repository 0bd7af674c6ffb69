"""What a room that keeps lists must offer so that their indexes are kept here: records that hold a manifest, and their rows."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeVar

from shared.indexing.models import Manifest
from shared.storage.account_store import AccountStore


class Indexed(Protocol):
    """A list as its record holds it: a frozen dataclass with these fields. `key` finds the record again."""

    @property
    def key(self) -> str: ...

    @property
    def index(self) -> Manifest: ...

    @property
    def etag(self) -> str | None: ...


L = TypeVar("L", bound=Indexed)


class IndexedRepository(Protocol[L]):
    """The records of lists, and the rows of what they list: under the list's generation, by the ids that the index has."""

    def find(self, account: AccountStore, key: str) -> L | None: ...

    def get(self, account: AccountStore, key: str) -> L:
        """Raises NotFound, in the words of the room."""
        ...

    def replace(self, account: AccountStore, changed: L) -> str:
        """Return the new etag. Raises Conflict if the list changed since it was read, NotFound if it is gone."""
        ...

    def find_of_generation(self, account: AccountStore, generation: str) -> L | None:
        """The list that owns the rows of this generation, None if it was deleted."""
        ...

    def rows(self, account: AccountStore, generation: str, ids: Sequence[bytes]) -> dict[bytes, Any]:
        """What those of these rows hold that exist, by id: of a term its text."""
        ...

    def all_rows(self, account: AccountStore, generation: str) -> Iterator[tuple[bytes, Any]]:
        """Id and content of each row that the index is made of."""
        ...
