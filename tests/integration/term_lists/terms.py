"""What the tests of term lists share: workers with their own caches, and what a list holds as each of them sees it."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Sequence

from shared.accounts.models import Account
from shared.bootstrap import services_of
from shared.indexing.list_index import ListIndexes
from shared.indexing.term_hashes import Change, TermHashes
from shared.settings import Settings
from shared.storage.account_store import AccountStore
from shared.storage.holdings import TERM, TERM_LANGUAGE, TERM_LIST_INDEX
from shared.term_lists.models import ImportReport, TermLanguage, TermLine, language_id, language_key
from shared.term_lists.repository import TermLanguageRepository
from tests.integration.storage.wire import Wire

SEALING = 512  # changes in a full tail
COMPACTING = 16  # segments that are worth a compaction
ENGLISH = "eng"


class Worker:
    """One process: services with caches of its own, on the line that the test gives it, for one account."""

    def __init__(self, settings: Settings, account: Account, wire: Wire | None = None) -> None:
        self.services = services_of(settings, **({} if wire is None else wire.options))
        self.store: AccountStore = self.services.accounts.open(account)
        self.lists = self.services.term_lists
        self.indexes = self.services.term_indexes
        self.matcher = self.services.term_matcher
        self.languages = TermLanguageRepository()
        if wire is not None:
            wire.clear()

    def create(self, *terms: str, name: str = "a list") -> int:
        number = self.lists.create(self.store, name, "", {}).number
        self.add(number, *terms)
        return number

    def add(self, number: int, *terms: str, language: str = ENGLISH) -> None:
        for term in terms:
            self.lists.add(self.store, number, language, term)

    def remove(self, number: int, *terms: str, language: str = ENGLISH) -> None:
        for term in terms:
            self.lists.remove(self.store, number, language, term)

    def remove_all(self, number: int, language: str = ENGLISH) -> None:
        self.lists.remove_all(self.store, number, language)

    def import_terms(self, number: int, *terms: str, language: str = ENGLISH) -> ImportReport:
        return self.lists.import_terms(self.store, number, language, [TermLine(at, term) for at, term in enumerate(terms, 1)])

    def listed(self, number: int, language: str = ENGLISH) -> set[str]:
        page = self.lists.page(self.store, number, language, 0, 10_000)
        assert len(set(page.terms)) == len(page.terms)
        return set(page.terms)

    def matched(self, number: int, words: Iterable[str], language: str | None = ENGLISH) -> set[str]:
        """The terms that one text with all of these words in it holds."""
        return {hit.term for hit in self.matcher.match(self.store, number, " . ".join(sorted(words)), language)}

    def language(self, number: int, language: str = ENGLISH) -> TermLanguage:
        return self.languages.get(self.store, self.key(number, language))

    def key(self, number: int, language: str = ENGLISH) -> str:
        return language_key(self.lists.get(self.store, number).generation, language_id(number, language))

    def fill(self, number: int, segments: int) -> None:
        """Seal the tail with made-up removals and name the new segment as often as it takes to have so many more."""
        current = self.language(number)
        changes = [Change(os.urandom(16), is_added=False) for _ in range(SEALING)]
        index = ListIndexes(TERM_LIST_INDEX, TermHashes(), 1).append(self.store, current.index, changes)
        index = dataclasses.replace(index, segments=(*index.segments, *index.segments[-1:] * (segments - 1)))
        self.languages.replace(self.store, dataclasses.replace(current, index=index))

    def rows(self) -> int:
        return len(self.store.records.places(TERM.kind, None, 100_000)[0])

    def language_records(self) -> list[str]:
        return [record_id for _, record_id in self.store.records.places(TERM_LANGUAGE.kind, None, 1000)[0]]

    def blobs(self) -> set[str]:
        return set(self.store.blobs.ids(TERM_LIST_INDEX))

    def named_blobs(self) -> set[str]:
        """The blobs that the manifests of all languages name."""
        lists = self.lists.all(self.store)
        indexes = [each.index for term_list in lists for each in self.languages.of_list(self.store, term_list.generation).values()]
        return {f"{index.generation}/{segment.id}" for index in indexes
                for segment in (*([index.base] if index.base else []), *index.segments)}

    def run_jobs(self) -> None:
        """What the jobs of all deleted lists and languages do, twice."""
        for _ in range(2):
            for generation in {parent for parent, _ in self.store.records.places(TERM_LANGUAGE.kind, None, 1000)[0] if parent}:
                self.lists.purge(self.store, generation)
            of_rows = {parent for parent, _ in self.store.records.places(TERM.kind, None, 100_000)[0] if parent}
            for generation in of_rows | {blob_id.partition("/")[0] for blob_id in self.blobs()}:
                self.lists.purge_terms(self.store, generation)


def assert_agree(workers: Sequence[Worker], number: int, vocabulary: Iterable[str], expected: set[str] | None = None) -> set[str]:
    """What is listed is what every worker matches, and as many terms as are counted have a row; return it."""
    vocabulary = list(vocabulary)
    seen = [workers[0].listed(number), *(worker.matched(number, vocabulary) for worker in workers)]
    assert all(each == (seen[0] if expected is None else expected) for each in seen), seen
    return seen[0]
