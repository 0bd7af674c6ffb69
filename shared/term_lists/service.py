"""Term lists and their terms: what may be kept, and changes that no writer loses and every worker sees at once.

The order of the writes is that of blocklists: a term enters the index before its row is written, and leaves it before its
row is deleted. Lists and languages end with their record, in one write; a job deletes what lay under their generation.
"""
from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.indexing.kept_indexes import KeptIndexes, busy
from shared.indexing.list_numbers import ListNumbers
from shared.indexing.term_hashes import Change, term_hash_key
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.turns import tries
from shared.term_lists.bulk import BulkImport
from shared.term_lists.models import (
    ImportReport,
    RefusedLine,
    TermLanguage,
    TermLine,
    TermList,
    TermPage,
    language_id,
    language_key,
)
from shared.term_lists.repository import TermLanguageRepository, TermListRepository, term_id_of
from shared.term_lists.writer import DELETE_TERM_LIST, DELETION_DELAY_SECONDS, TermWriter

if TYPE_CHECKING:
    from shared.matching.term_index import TermIndex

COMPACT_TERMS = "compact-terms"


class TermListService:
    def __init__(self, lists: TermListRepository, languages: TermLanguageRepository, indexes: KeptIndexes[TermLanguage, TermIndex],
                 numbers: ListNumbers, jobs: JobQueue, list_limit: int, term_limit: int) -> None:
        self._lists = lists
        self._languages = languages
        self._indexes = indexes
        self._numbers = numbers
        self._jobs = jobs
        self._list_limit = list_limit
        self._term_limit = term_limit
        self._writer = TermWriter(lists, languages, indexes, jobs, term_limit)

    def create(self, account: AccountStore, name: str, description: str, metadata: Mapping[str, str]) -> TermList:
        """Raises InvalidRequest where the account has as many lists as it may have."""
        if len(self._lists.numbers(account)) >= self._list_limit:
            raise self._too_many_lists()
        for _ in tries():
            created = TermList(self._numbers.next(account), name, description, metadata, uuid.uuid4().hex)
            try:
                self._lists.insert(account, created)
            except Conflict:  # a list that was imported has this number
                self._numbers.skip_to(account, max(self._lists.numbers(account), default=0))
                continue
            if len(self._lists.numbers(account)) > self._list_limit:  # others were made at the same time
                self.delete(account, created.number)
                raise self._too_many_lists()
            return created
        raise busy()

    def _too_many_lists(self) -> InvalidRequest:
        return InvalidRequest(f"The account has {self._list_limit} term lists, and may not have more.")

    def get(self, account: AccountStore, number: int) -> TermList:
        """Raises NotFound."""
        return self._lists.get(account, number)

    def all(self, account: AccountStore) -> list[TermList]:
        """The lists of the account in the order of their numbers."""
        return self._lists.all(account)

    def update(self, account: AccountStore, number: int, name: str | None, description: str | None,
               metadata: Mapping[str, str] | None) -> TermList:
        """Change what is given; None leaves the old one. Raises NotFound."""
        given = {"name": name, "description": description, "metadata": metadata}
        for _ in tries():
            current = self._lists.get(account, number)
            changed = dataclasses.replace(current, **{field: value for field, value in given.items() if value is not None})
            try:
                self._lists.replace(account, changed)
            except (Conflict, NotFound):
                continue
            return changed
        raise busy()

    def delete(self, account: AccountStore, number: int) -> None:
        """Delete the list; it is gone at once, and jobs delete its terms. Raises NotFound."""
        for _ in tries():
            current = self._lists.get(account, number)
            # Queued before the list is deleted, so that nothing is left behind if this process ends between the two;
            # a job does nothing while the list is there, hence the delay, and the second job for promptness.
            self._jobs.send(DELETE_TERM_LIST, account.account_id, current.generation, DELETION_DELAY_SECONDS)
            try:
                self._lists.delete(account, current)
            except Conflict:
                continue
            # A match that knows the list's generation looks at these alone.
            for language in self._languages.of_list(account, current.generation).values():
                self._writer.end(account, dataclasses.replace(language, etag=None))
            self._jobs.send(DELETE_TERM_LIST, account.account_id, current.generation)
            return
        raise busy()

    def add(self, account: AccountStore, number: int, language: str, term: str) -> None:
        """Add a term; one that is there stays as it is. Raises NotFound, InvalidRequest."""
        from shared.matching.terms import NothingToMatch, TermTooLong, term_hash

        term_list = self._lists.get(account, number)
        try:
            hashed = term_hash(term, term_hash_key(account))
        except NothingToMatch:
            raise InvalidRequest("The term has nothing to match: it holds white space or invisible characters only.",
                                 "term") from None
        except TermTooLong:
            raise InvalidRequest("The term has more than 128 words and symbols once it is normalised.", "term") from None
        if self._writer.add(account, term_list, language, [(term, hashed)]).left_out:
            raise InvalidRequest(f"The term list would have more than {self._term_limit} terms.", "term")

    def remove(self, account: AccountStore, number: int, language: str, term: str) -> None:
        """Remove a term; one that is not there does not matter. Raises NotFound for the list."""
        term_list = self._lists.get(account, number)
        current = self._languages.find(account, language_key(term_list.generation, language_id(number, language)))
        if current is None:
            return
        term_id = term_id_of(bytes.fromhex(current.item_key), term)
        try:
            written = self._indexes.append(account, current, [Change(term_id, is_added=False)])
        except NotFound:  # deleted meanwhile with all terms of the language
            return
        self._languages.delete_terms(account, written.index.generation, [term_id])
        self._indexes.settle(account, written, added=(), removed=[term_id])

    def page(self, account: AccountStore, number: int, language: str, offset: int, limit: int) -> TermPage:
        """Up to `limit` terms of a language in the order of their ids, after `offset` ones. Raises NotFound for the list.

        By the index: where writers died between index and row there may be fewer terms than places, and no doubles.
        """
        term_list = self._lists.get(account, number)
        for state in self._languages.states(account, number, term_list.generation, language):
            try:
                index = self._indexes.at(account, state.key, state.generation, state.version)
            except NotFound:
                break
            ids = dict.fromkeys(index.page(offset, limit))
            texts = self._languages.texts_between(account, state.generation, min(ids), max(ids)) if ids else ()
            return TermPage([text for term_id, text in texts if term_id in ids], len(index))
        return TermPage([], 0)

    def remove_all(self, account: AccountStore, number: int, language: str) -> None:
        """Remove all terms of a language; they are gone at once, and a job deletes their rows. Raises NotFound for the list."""
        term_list = self._lists.get(account, number)
        key = language_key(term_list.generation, language_id(number, language))
        for _ in tries():
            current = self._languages.find(account, key)
            if current is None:
                return
            try:
                self._writer.end(account, current)
            except Conflict:
                continue
            return
        raise busy()

    def import_terms(self, account: AccountStore, number: int, language: str | None,
                     lines: Iterable[TermLine | RefusedLine]) -> ImportReport:
        """Add the terms of all lines, some ten thousand at a time; what was taken stays where a later line fails.

        Doing it again is safe, and quick where the terms are there. Raises NotFound.
        """
        return BulkImport(self._writer, account, self._lists.get(account, number), language, self._term_limit).run(lines)

    def follow_import(self, account: AccountStore, record_id: str) -> None:
        """After a list came with an archive: build its indexes, and never give its number to another one."""
        number = int(record_id)
        self._numbers.skip_to(account, number)
        generation = self._lists.get(account, number).generation
        for language in self._languages.of_list(account, generation).values():
            self._indexes.newest(account, language.key)

    def purge(self, account: AccountStore, generation: str) -> None:
        """Job: delete what a deleted list left behind. Nothing happens while the list is there."""
        if self._lists.has_generation(account, generation):
            return
        for language in self._languages.of_list(account, generation).values():
            self._writer.delete_rows(account, language.index.generation)
            self._languages.delete(account, dataclasses.replace(language, etag=None))

    def purge_terms(self, account: AccountStore, generation: str) -> None:
        """Job: delete what the deleted terms of a language left behind. Nothing happens while the language is there."""
        if self._languages.find_of_generation(account, generation) is None:
            self._writer.delete_rows(account, generation)
