"""What a record owns: the records and blobs under the key that it keeps them under."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import Holding, Portability, Shape, owned_by

_PAGE = 999


def key_of(record: Record, owned: Holding) -> str:
    """The key that the record keeps what it owns of this kind under."""
    return record.id if owned.parent_key is None else record.plain[owned.parent_key]


def keys_of(record: Record, holding: Holding, holdings: Sequence[Holding]) -> tuple[tuple[str, str], ...]:
    """The kinds that a record of this kind owns, each with the key that it keeps them under."""
    return tuple((each.kind, key_of(record, each)) for each in owned_by(holding, holdings))


def all_owned(kinds: Sequence[Holding], holdings: Sequence[Holding]) -> list[Holding]:
    """These kinds and all that their records own, and so on."""
    found = list(kinds)
    for holding in found:
        found += [each for each in owned_by(holding, holdings) if each not in found]
    return found


def keys_under(store: AccountStore, places: Iterable[tuple[str, str]], holdings: Sequence[Holding]) -> dict[str, set[str]]:
    """By kind the keys that all lies under which is owned, at whatever depth, by what lies under these kinds and keys; with these."""
    by_kind = {holding.kind: holding for holding in holdings}
    keys: dict[str, set[str]] = {}
    for kind, key in places:
        keys.setdefault(kind, set()).add(key)
    for holding in all_owned([by_kind[kind] for kind in keys], holdings):  # owners before what they own
        owned, after = owned_by(holding, holdings), None
        while owned:
            placed, after = store.records.walk_plain(holding, after, _PAGE)
            for each in placed:
                if each.parent_key in keys.get(holding.kind, ()):
                    for kind in owned:
                        keys.setdefault(kind.kind, set()).add(key_of(each.record, kind))
            if after is None:
                break
    return keys


def may_be_written_ahead(holding: Holding) -> bool:
    """Whether an import may be writing what no record owns yet: it writes a record last, after all that it owns."""
    return holding.parent is not None and (
        holding.parent.portability is Portability.CONTENT or may_be_written_ahead(holding.parent))


def delete_under(store: AccountStore, holding: Holding, key: str, holdings: Sequence[Holding],
                 pause: Callable[[], None] = lambda: None) -> None:
    """Delete all of a kind that lies under a key, and first what that owns. `pause` is called between stretches.

    An empty key means all blobs of a kind that has no parent.
    """
    if holding.shape is Shape.BLOB:
        for blob_id in store.blobs.ids(holding, f"{key}/" if key else ""):
            store.blobs.delete(holding, blob_id)
            pause()
        return
    owned = owned_by(holding, holdings)
    while True:
        if owned:
            records = store.records.page(holding, key, size=_PAGE).records
            for record in records:
                for each in owned:
                    delete_under(store, each, key_of(record, each), holdings, pause)
            ids = [record.id for record in records]
        else:
            ids, _ = store.records.ids(holding, key, size=_PAGE)
        if not ids:
            return
        store.records.delete_all(holding, ids, key)
        pause()
