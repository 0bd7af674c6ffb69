"""The records of blocklists.

Kind BLOCKLIST: one record per list, id = list name; the description and the index's manifest are encrypted.
Kind BLOCKLIST_ITEM: one record per item, parent = the list's generation, id = item id. Ids of regular expressions begin
with 8 to f, all others with 0 to 7, so that the few regular expressions of a long list are one short range of rows.
"""
from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from shared.blocklists.models import Blocklist, BlocklistItem, BlocklistState
from shared.crypto.envelope import keyed_hash
from shared.errors import NotFound
from shared.indexing.models import manifest_json, manifest_of
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import BLOCKLIST, BLOCKLIST_ITEM

_FIRST_PATTERN_ID = "8"
_ROWS_AT_ONCE = 1000


class BlocklistRepository:
    def find(self, account: AccountStore, name: str) -> Blocklist | None:
        record = account.records.find(BLOCKLIST, name)
        return None if record is None else _blocklist(record)

    def get(self, account: AccountStore, name: str) -> Blocklist:
        """Raises NotFound."""
        blocklist = self.find(account, name)
        if blocklist is None:
            raise NotFound("The blocklist does not exist.", target="blocklistName")
        return blocklist

    def states(self, account: AccountStore, names: Sequence[str]) -> list[BlocklistState | None]:
        """The state of each list, None where there is no such list; one small read each."""
        return [None if plain is None else
                BlocklistState(plain["generation"], plain["version"], plain["patternsVersion"])
                for plain in account.records.find_plain(BLOCKLIST, names)]

    def insert(self, account: AccountStore, blocklist: Blocklist) -> str:
        """Return the etag. Raises Conflict if there is a list of this name."""
        return account.records.insert(BLOCKLIST, _blocklist_record(blocklist))

    def replace(self, account: AccountStore, blocklist: Blocklist) -> str:
        """Return the new etag. Raises Conflict if the list changed since it was read, NotFound if it is gone."""
        return account.records.replace(BLOCKLIST, _blocklist_record(blocklist))

    def delete(self, account: AccountStore, blocklist: Blocklist) -> None:
        """Raises Conflict if the list changed since it was read."""
        account.records.delete(BLOCKLIST, blocklist.name, etag=blocklist.etag)

    def page(self, account: AccountStore, after: str | None, size: int) -> tuple[list[Blocklist], str | None]:
        page = account.records.page(BLOCKLIST, after=after, size=size)
        return [_blocklist(record) for record in page.records], page.next_after

    def find_of_generation(self, account: AccountStore, generation: str) -> Blocklist | None:
        """The list that owns the items of this generation, None if it was deleted."""
        after = None
        while True:
            blocklists, after = self.page(account, after, 1000)
            for blocklist in blocklists:
                if blocklist.index.generation == generation:
                    return blocklist
            if after is None:
                return None

    def find_item(self, account: AccountStore, generation: str, item_id: str) -> BlocklistItem | None:
        record = account.records.find(BLOCKLIST_ITEM, item_id, parent=generation)
        return None if record is None else _item(record)

    def find_items(self, account: AccountStore, generation: str, ids: Sequence[str]) -> dict[str, BlocklistItem]:
        """Those of these items that exist, by id."""
        records = account.records.find_all(BLOCKLIST_ITEM, ids, parent=generation)
        return {item_id: _item(record) for item_id, record in records.items()}

    def upsert_items(self, account: AccountStore, generation: str, items: Sequence[BlocklistItem]) -> None:
        account.records.upsert_all(BLOCKLIST_ITEM, [_item_record(item) for item in items], parent=generation)

    def delete_items(self, account: AccountStore, generation: str, ids: Sequence[str]) -> None:
        account.records.delete_all(BLOCKLIST_ITEM, ids, parent=generation)

    def item_page(self, account: AccountStore, generation: str, after: str | None,
                  size: int) -> tuple[list[BlocklistItem], str | None]:
        page = account.records.page(BLOCKLIST_ITEM, parent=generation, after=after, size=size)
        return [_item(record) for record in page.records], page.next_after

    def item_ids(self, account: AccountStore, generation: str, after: str | None,
                 size: int) -> tuple[list[str], str | None]:
        return account.records.ids(BLOCKLIST_ITEM, parent=generation, after=after, size=size)

    def rows(self, account: AccountStore, generation: str, ids: Sequence[bytes]) -> dict[bytes, str]:
        """The texts of those of these items that exist, by id."""
        items = self.find_items(account, generation, [str(uuid.UUID(bytes=item_id)) for item_id in ids])
        return {uuid.UUID(item_id).bytes: item.text for item_id, item in items.items()}

    def all_rows(self, account: AccountStore, generation: str) -> Iterator[tuple[bytes, str]]:
        """Id and text of each item that is no regular expression."""
        after = None
        while True:
            items, after = self.item_page(account, generation, after, _ROWS_AT_ONCE)
            yield from ((uuid.UUID(item.id).bytes, item.text) for item in items if not item.is_regex)
            if after is None:
                return

    def patterns(self, account: AccountStore, generation: str) -> list[BlocklistItem]:
        """The items that are regular expressions, all of them."""
        items: list[BlocklistItem] = []
        after = None
        while True:
            page = account.records.page(BLOCKLIST_ITEM, parent=generation, first=_FIRST_PATTERN_ID, after=after)
            items += [_item(record) for record in page.records]
            after = page.next_after
            if after is None:
                return items


def item_id_of(item_key: str, text: str, is_regex: bool) -> str:
    """A UUID of version 8 (RFC 9562, section 5.8): 122 bits of a keyed hash, the first one telling what it is.

    The key is the list's own and travels with it, so that items keep their ids when a list is imported elsewhere.
    """
    digest = bytearray(keyed_hash(bytes.fromhex(item_key), "regex" if is_regex else "text", text)[:16])
    digest[0] = digest[0] | 0x80 if is_regex else digest[0] & 0x7F
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(digest)))


def is_pattern_id(item_id: str) -> bool:
    return item_id >= _FIRST_PATTERN_ID


def _blocklist_record(blocklist: Blocklist) -> Record:
    return Record(
        blocklist.name,
        {"description": blocklist.description, "itemKey": blocklist.item_key, "index": manifest_json(blocklist.index)},
        {"generation": blocklist.index.generation, "version": blocklist.index.version,
         "patternsVersion": blocklist.patterns_version},
        blocklist.etag)


def _blocklist(record: Record) -> Blocklist:
    index = manifest_of(record.plain["generation"], record.plain["version"], record.content["index"])
    return Blocklist(record.id, record.content["description"], index, record.content["itemKey"],
                     record.plain["patternsVersion"], record.etag)


def _item_record(item: BlocklistItem) -> Record:
    return Record(item.id, {"text": item.text, "description": item.description, "isRegex": item.is_regex})


def _item(record: Record) -> BlocklistItem:
    return BlocklistItem(record.id, record.content["text"], record.content["description"], record.content["isRegex"])
