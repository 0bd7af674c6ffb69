"""The records of term lists.

Kind TERM_LIST: one record per list, id = the list's number; name, description and metadata are encrypted.
Kind TERM_LANGUAGE: one record per language that a list has terms of, parent = the list's generation, id = the list's number
and the language code; the index's manifest and the key of the terms' ids are encrypted.
Kind TERM: one record per term, parent = the language's generation, id = a keyed hash of the term (32 hex digits).
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.crypto.envelope import keyed_hash
from shared.errors import NotFound
from shared.indexing.models import manifest_json, manifest_of
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import TERM, TERM_LANGUAGE, TERM_LIST
from shared.term_lists.models import LanguageState, TermLanguage, TermList, language_id, language_key

_ROWS_AT_ONCE = 999


class TermListRepository:
    def find(self, account: AccountStore, number: int) -> TermList | None:
        record = account.records.find(TERM_LIST, str(number))
        return None if record is None else _term_list(record)

    def get(self, account: AccountStore, number: int) -> TermList:
        """Raises NotFound."""
        term_list = self.find(account, number)
        if term_list is None:
            raise no_such_list()
        return term_list

    def generation(self, account: AccountStore, number: int) -> str | None:
        """The generation of the list, None where there is none: one small read."""
        (plain,) = account.records.find_plain(TERM_LIST, [str(number)])
        return None if plain is None else plain["generation"]

    def insert(self, account: AccountStore, term_list: TermList) -> None:
        """Raises Conflict if there is a list of this number."""
        account.records.insert(TERM_LIST, _term_list_record(term_list))

    def replace(self, account: AccountStore, term_list: TermList) -> None:
        """Raises Conflict if the list changed since it was read, NotFound if it is gone."""
        account.records.replace(TERM_LIST, _term_list_record(term_list))

    def delete(self, account: AccountStore, term_list: TermList) -> None:
        """Raises Conflict if the list changed since it was read."""
        account.records.delete(TERM_LIST, str(term_list.number), etag=term_list.etag)

    def all(self, account: AccountStore) -> list[TermList]:
        """The lists of the account in the order of their numbers."""
        lists: list[TermList] = []
        after = None
        while True:
            page = account.records.page(TERM_LIST, after=after)
            lists += [_term_list(record) for record in page.records]
            after = page.next_after
            if after is None:
                return sorted(lists, key=lambda term_list: term_list.number)

    def numbers(self, account: AccountStore) -> list[int]:
        """The numbers of all lists, in no order."""
        numbers: list[int] = []
        after = None
        while True:
            ids, after = account.records.ids(TERM_LIST, after=after)
            numbers += map(int, ids)
            if after is None:
                return numbers

    def has_generation(self, account: AccountStore, generation: str) -> bool:
        """Whether there is a list that owns what lies under this generation."""
        return any(term_list.generation == generation for term_list in self.all(account))


class TermLanguageRepository:
    """Languages of lists and their terms; `key` is generation and id, as `language_key` puts them together."""

    def find(self, account: AccountStore, key: str) -> TermLanguage | None:
        list_generation, _, record_id = key.partition("/")
        record = account.records.find(TERM_LANGUAGE, record_id, parent=list_generation)
        return None if record is None else _language(record, list_generation)

    def get(self, account: AccountStore, key: str) -> TermLanguage:
        """Raises NotFound."""
        found = self.find(account, key)
        if found is None:
            raise NotFound("The terms were deleted meanwhile.")
        return found

    def of_list(self, account: AccountStore, list_generation: str) -> dict[str, TermLanguage]:
        """The languages that a list has terms of, by code."""
        found: dict[str, TermLanguage] = {}
        after = None
        while True:
            page = account.records.page(TERM_LANGUAGE, parent=list_generation, after=after)
            found |= {each.language: each for each in (_language(record, list_generation) for record in page.records)}
            after = page.next_after
            if after is None:
                return found

    def states(self, account: AccountStore, list_number: int, list_generation: str, language: str | None) -> list[LanguageState]:
        """The state of this language of a list, or of all: of none where there are no such terms. One small read."""
        if language is None:
            plain_of = account.records.plain_of_all(TERM_LANGUAGE, list_generation)
        else:
            record_id = language_id(list_number, language)
            (plain,) = account.records.find_plain(TERM_LANGUAGE, [record_id], parent=list_generation)
            plain_of = {} if plain is None else {record_id: plain}
        return [LanguageState(language_key(list_generation, record_id), plain["generation"], plain["version"])
                for record_id, plain in plain_of.items()]

    def insert(self, account: AccountStore, language: TermLanguage) -> str:
        """Return the etag. Raises Conflict if the list has the language already."""
        return account.records.insert(TERM_LANGUAGE, _language_record(language), parent=language.list_generation)

    def replace(self, account: AccountStore, changed: TermLanguage) -> str:
        """Return the new etag. Raises Conflict if the record changed since it was read, NotFound if it is gone."""
        return account.records.replace(TERM_LANGUAGE, _language_record(changed), parent=changed.list_generation)

    def delete(self, account: AccountStore, language: TermLanguage) -> None:
        """Raises Conflict if the record changed since it was read."""
        account.records.delete(TERM_LANGUAGE, language.id, parent=language.list_generation, etag=language.etag)

    def find_of_generation(self, account: AccountStore, generation: str) -> TermLanguage | None:
        """The language that owns the terms of this generation, None if it was deleted."""
        after = None
        while True:
            placed, after = account.records.walk(TERM_LANGUAGE.kind, after, _ROWS_AT_ONCE)
            for each in placed:
                if each.record.plain["generation"] == generation:
                    return _language(each.record, each.parent_key or "")
            if after is None:
                return None

    def rows(self, account: AccountStore, generation: str, ids: Sequence[bytes]) -> dict[bytes, str]:
        """The terms of these ids that have a row."""
        records = account.records.find_all(TERM, [term_id.hex() for term_id in ids], parent=generation)
        return {bytes.fromhex(record_id): record.content["text"] for record_id, record in records.items()}

    def texts_between(self, account: AccountStore, generation: str, first: bytes, last: bytes) -> Iterator[tuple[bytes, str]]:
        """Id and text of each term that has a row, in the order of ids, from one id to another."""
        after = None
        while True:
            page = account.records.page(TERM, parent=generation, after=after, first=first.hex(), last=last.hex())
            yield from ((bytes.fromhex(record.id), record.content["text"]) for record in page.records)
            after = page.next_after
            if after is None:
                return

    def all_rows(self, account: AccountStore, generation: str) -> Iterator[tuple[bytes, str]]:
        """Id and text of each term."""
        return self.texts_between(account, generation, bytes(16), b"\xff" * 16)

    def term_ids(self, account: AccountStore, generation: str) -> Iterator[list[bytes]]:
        """The ids of all terms that have a row, in pages; one that is deleted while they are read does not matter."""
        after = None
        while True:
            ids, after = account.records.ids(TERM, parent=generation, after=after)
            yield [bytes.fromhex(record_id) for record_id in ids]
            if after is None:
                return

    def upsert_terms(self, account: AccountStore, generation: str, terms: Sequence[tuple[bytes, str]]) -> None:
        """Write the rows of these terms, atomic for each hundred."""
        account.records.upsert_all(TERM, [Record(term_id.hex(), {"text": text}) for term_id, text in terms], parent=generation)

    def delete_terms(self, account: AccountStore, generation: str, ids: Sequence[bytes]) -> None:
        account.records.delete_all(TERM, [term_id.hex() for term_id in ids], parent=generation)


def term_id_of(item_key: bytes, text: str) -> bytes:
    """16 bytes of a keyed hash. The key travels with its list, so that terms keep their ids when they are imported elsewhere."""
    return keyed_hash(item_key, "term", text)[:16]


def no_such_list() -> NotFound:
    return NotFound("The term list does not exist.", target="listId")


def _term_list_record(term_list: TermList) -> Record:
    return Record(str(term_list.number),
                  {"name": term_list.name, "description": term_list.description, "metadata": dict(term_list.metadata)},
                  {"generation": term_list.generation}, term_list.etag)


def _term_list(record: Record) -> TermList:
    return TermList(int(record.id), record.content["name"], record.content["description"], record.content["metadata"],
                    record.plain["generation"], record.etag)


def _language_record(language: TermLanguage) -> Record:
    return Record(language.id, {"itemKey": language.item_key, "index": manifest_json(language.index)},
                  {"generation": language.index.generation, "version": language.index.version}, language.etag)


def _language(record: Record, list_generation: str) -> TermLanguage:
    number, _, language = record.id.partition("-")
    index = manifest_of(record.plain["generation"], record.plain["version"], record.content["index"])
    return TermLanguage(int(number), list_generation, language, index, record.content["itemKey"], record.etag)
