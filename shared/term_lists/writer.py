"""Terms enter a list, one or ten thousand of them: first the index of their language, then their rows."""
from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from shared.errors import Conflict, InvalidRequest, NotFound, Unavailable
from shared.indexing.kept_indexes import KeptIndexes, busy
from shared.indexing.term_hashes import CHANGE_BYTES, Change
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.turns import tries
from shared.term_lists.models import TermLanguage, TermList, language_id, language_key
from shared.term_lists.repository import TermLanguageRepository, TermListRepository, no_such_list, term_id_of

if TYPE_CHECKING:
    from shared.matching.term_index import TermIndex

DELETE_TERM_LIST = "delete-term-list"
DELETE_TERMS = "delete-terms"
DELETION_DELAY_SECONDS = 300
LANGUAGE_LIMIT = 200
"""Languages in one list: to add a term all of them are read, so that the list's terms can be counted."""
ID_BYTES = 16
_ROWS_AT_ONCE = 100
_NEAR_THE_LIMIT = 1_000
"""Terms that single writers may add at the same time. A list that has room for so many more is not counted after each."""
_FEW = 1_000
"""Known terms whose rows are written again rather than all rows of the language read, a thousand in a request."""
_PARALLEL_WRITES = 4
_BATCH_TRIES = 4
_PAUSE_SECONDS = 0.5


class TooManyLanguages(InvalidRequest):
    """The list would have terms of more languages than it may have: those are `languages`."""

    def __init__(self, languages: Iterable[str]) -> None:
        super().__init__(f"A term list may have terms of {LANGUAGE_LIMIT} languages.", "language")
        self.languages = frozenset(languages)


@dataclasses.dataclass(frozen=True, slots=True)
class Added:
    """How many terms are new, and those that the list has no room for."""

    new: int
    left_out: frozenset[str]


class RowIds:
    """Many ids of 16 bytes, a million in 16 MB: ascending, one behind the other."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    def __contains__(self, term_id: bytes) -> bool:
        low, high = 0, len(self._packed) // ID_BYTES
        while low < high:
            middle = (low + high) // 2
            if self._packed[middle * ID_BYTES:(middle + 1) * ID_BYTES] < term_id:
                low = middle + 1
            else:
                high = middle
        return self._packed[low * ID_BYTES:(low + 1) * ID_BYTES] == term_id


class TermWriter:
    def __init__(self, lists: TermListRepository, languages: TermLanguageRepository, indexes: KeptIndexes[TermLanguage, TermIndex],
                 jobs: JobQueue, term_limit: int) -> None:
        self._lists = lists
        self._languages = languages
        self._indexes = indexes
        self._jobs = jobs
        self._term_limit = term_limit

    def add(self, account: AccountStore, term_list: TermList, language: str, terms: Sequence[tuple[str, int]],
            with_rows: Callable[[], RowIds] | None = None) -> Added:
        """Add distinct terms, each with its hash, as far as there is room.

        `with_rows` tells the ids that had a row before: where the index has them too they need none. It is asked where
        many are there. Raises NotFound where the list is gone, TooManyLanguages.
        """
        for _ in tries():
            try:
                opened = self._opened(account, term_list, language)
                if opened is None:
                    return Added(0, frozenset(term for term, _ in terms))
                current, others = opened
                item_key = bytes.fromhex(current.item_key)
                term_of = {term_id_of(item_key, term): (term, term_hash) for term, term_hash in terms}
                known = self._indexes.known(account, current.key, list(term_of)) if current.index.entry_bound(CHANGE_BYTES) else set()
                room = max(0, self._free(account, [current, *others], len(term_of) - len(known)))
                new = [term_id for term_id in term_of if term_id not in known]
                changes = [Change(term_id, True, term_of[term_id][1]) for term_id in new[:room]]
                written = self._indexes.append(account, current, changes) if changes else current
                if len(changes) > 1 or (changes and room <= _NEAR_THE_LIMIT):  # others may have added some at the same time
                    now = list(self._languages.of_list(account, term_list.generation).values())
                    room = max(0, len(changes) + min(0, self._free(account, now, 0)))
                    if room < len(changes):
                        withdrawn = [Change(change.item_id, is_added=False) for change in changes[room:]]
                        written = self._indexes.append(account, written, withdrawn)
            except NotFound:  # all terms of the language were deleted meanwhile
                continue
            again = self._without_rows(known, with_rows)
            rows = [*again, *new[:room]]
            self._write_rows(account, written.index.generation, [(term_id, term_of[term_id][0]) for term_id in rows])
            if self._lists.generation(account, term_list.number) != term_list.generation:
                # The record of the language may have come after the deletion of the list had taken the others along.
                self.end(account, dataclasses.replace(written, etag=None))
                raise no_such_list()
            # A known term may have been removed after the index was read and before this append, whose version tells nothing of it.
            settle = self._indexes.agree if again else self._indexes.settle
            if settle(account, written, rows):
                return Added(len(new[:room]), frozenset(term_of[term_id][0] for term_id in new[room:]))
            self._delete_later(account, written)  # the rows, which lie where nobody looks any longer
        raise busy()

    def _without_rows(self, known: set[bytes], with_rows: Callable[[], RowIds] | None) -> list[bytes]:
        """Those of the known ids that may have no row: the writer that added them may have died before it wrote it."""
        if with_rows is None or len(known) <= _FEW:
            return list(known)
        there = with_rows()
        return [term_id for term_id in known if term_id not in there]

    def row_ids(self, account: AccountStore, term_list: TermList, language: str) -> RowIds:
        """The ids of the terms of a language that have a row now."""
        found = self._languages.find(account, language_key(term_list.generation, language_id(term_list.number, language)))
        if found is None or not found.index.entry_bound(CHANGE_BYTES):
            return RowIds(b"")
        return RowIds(b"".join(term_id for page in self._languages.term_ids(account, found.index.generation) for term_id in page))

    def end(self, account: AccountStore, language: TermLanguage) -> None:
        """Delete the record of a language, and have a job delete its terms. Raises Conflict where its etag is stale."""
        # Queued before, so that nothing is left behind if this process ends between the two; see the deletion of lists.
        self._delete_later(account, language, DELETION_DELAY_SECONDS)
        self._languages.delete(account, language)
        self._delete_later(account, language)

    def _delete_later(self, account: AccountStore, language: TermLanguage, delay_seconds: int = 0) -> None:
        """Queue the deletion of what lies under the generation of a language, which does nothing while that is there."""
        self._jobs.send(DELETE_TERMS, account.account_id, language.index.generation, delay_seconds)

    def delete_rows(self, account: AccountStore, generation: str) -> None:
        """Delete the rows of a generation, and its index."""
        for ids in self._languages.term_ids(account, generation):
            self._languages.delete_terms(account, generation, ids)
        self._indexes.delete(account, generation)

    def _opened(self, account: AccountStore, term_list: TermList, language: str) -> tuple[TermLanguage, list[TermLanguage]] | None:
        """The language in the list, made where it is new, and the list's other ones; None where there is no room for a term of a new one.

        Raises NotFound, TooManyLanguages.
        """
        found = self._languages.of_list(account, term_list.generation)
        current = found.pop(language, None)
        if current is not None:
            return current, list(found.values())
        if self._free(account, list(found.values()), 1) < 1:
            return None
        if len(found) >= LANGUAGE_LIMIT and not self._is_one_ended(account, found):
            raise TooManyLanguages(found)
        made = TermLanguage(term_list.number, term_list.generation, language, self._indexes.new_manifest(), secrets.token_hex(32))
        with suppress(Conflict):
            self._languages.insert(account, made)
        return self._languages.get(account, made.key), list(found.values())

    def _is_one_ended(self, account: AccountStore, languages: dict[str, TermLanguage]) -> bool:
        """Take the place of a language whose last term was removed, and say whether there was one."""
        for name, each in list(languages.items()):
            if not len(self._indexes.newest(account, each.key)):
                with suppress(Conflict):  # it has a term again
                    self.end(account, each)
                    del languages[name]
                    return True
        return False

    def _free(self, account: AccountStore, languages: Sequence[TermLanguage], wanted: int) -> int:
        """How many terms more there may be beside those of these languages, less than 0 where they have too many.

        Removals are counted only where it matters to whether so many have room.
        """
        free = self._term_limit - sum(each.index.entry_bound(CHANGE_BYTES) for each in languages)
        if wanted > free:
            free = self._term_limit - sum(len(self._indexes.newest(account, each.key)) for each in languages)
        return free

    def _write_rows(self, account: AccountStore, generation: str, rows: Sequence[tuple[bytes, str]]) -> None:
        batches = [rows[first:first + _ROWS_AT_ONCE] for first in range(0, len(rows), _ROWS_AT_ONCE)]
        if len(batches) < 2:
            self._languages.upsert_terms(account, generation, rows)
            return
        with ThreadPoolExecutor(_PARALLEL_WRITES) as pool:
            for _ in pool.map(lambda batch: self._write_batch(account, generation, batch), batches):
                pass

    def _write_batch(self, account: AccountStore, generation: str, batch: Sequence[tuple[bytes, str]]) -> None:
        """One of hundreds: where the line dropped, once more, since the SDK does not repeat a transaction by itself."""
        for tries_left in reversed(range(_BATCH_TRIES)):
            try:
                self._languages.upsert_terms(account, generation, batch)
                return
            except Unavailable:
                if not tries_left:
                    raise
                time.sleep(_PAUSE_SECONDS)
