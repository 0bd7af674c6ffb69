"""Any number of terms in one go: checked, made distinct and written some ten thousand at a time, in bounded memory."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from shared.indexing.term_hashes import term_hash_key
from shared.storage.account_store import AccountStore
from shared.term_lists.models import ImportReport, RefusedLine, TermLine, TermList
from shared.term_lists.terms import TermRules
from shared.term_lists.writer import RowIds, TermWriter, TooManyLanguages

REFUSED_LINES_REPORTED = 100
_LINES_AT_ONCE = 50_000
T = TypeVar("T")


class BulkImport:
    """Into one list. A language of None: each line must name its own."""

    def __init__(self, writer: TermWriter, account: AccountStore, term_list: TermList, language: str | None, term_limit: int) -> None:
        self._writer = writer
        self._account = account
        self._term_list = term_list
        self._language = language
        self._full = f"the list has its {term_limit} terms"
        self._rules = TermRules(term_hash_key(account))
        self._with_rows: dict[str, RowIds] = {}
        self._too_many: TooManyLanguages | None = None
        self._taken = self._already_there = self._refused = 0
        self._refused_lines: list[RefusedLine] = []

    def run(self, lines: Iterable[TermLine | RefusedLine]) -> ImportReport:
        """Raises NotFound where the list is deleted meanwhile, Unavailable; what was taken before stays."""
        for some in _rounds(lines, _LINES_AT_ONCE):
            self._take(some)
            self._refused_lines = sorted(self._refused_lines, key=lambda line: line.number)[:REFUSED_LINES_REPORTED]
        return ImportReport(self._taken, self._already_there, self._refused, self._refused_lines)

    def _take(self, lines: Sequence[TermLine | RefusedLine]) -> None:
        by_language: dict[str, list[TermLine]] = {}
        for line in lines:
            language = None if isinstance(line, RefusedLine) else line.language or self._language
            if isinstance(line, RefusedLine):
                self._refuse(line)
            elif language is None:
                self._refuse(RefusedLine(line.number, "it names no language, and neither does the address"))
            else:
                by_language.setdefault(language, []).append(line)
        for language, of_language in by_language.items():
            good, refused = self._rules.checked(of_language)
            for line in refused:
                self._refuse(line)
            self._add(language, good)

    def _add(self, language: str, lines: Sequence[tuple[TermLine, int]]) -> None:
        if self._too_many is not None and language not in self._too_many.languages:
            # Without asking the storage: a body has room for all codes of three letters many times over.
            self._refuse_all(lines, self._too_many.message)
            return
        distinct = {line.term: (line.term, term_hash) for line, term_hash in lines}
        try:
            added = self._writer.add(self._account, self._term_list, language, list(distinct.values()),
                                     lambda: self._rows_of(language))
        except TooManyLanguages as refusal:
            self._too_many = refusal
            self._refuse_all(lines, refusal.message)
            return
        left_out = [(line, term_hash) for line, term_hash in lines if line.term in added.left_out]
        self._refuse_all(left_out, self._full)
        self._taken += added.new
        self._already_there += len(lines) - added.new - len(left_out)

    def _rows_of(self, language: str) -> RowIds:
        """The ids of the terms that had a row when they were first asked for: those need not be written again.

        An import that is repeated after it was cut off finds most of its terms there.
        """
        if language not in self._with_rows:
            self._with_rows[language] = self._writer.row_ids(self._account, self._term_list, language)
        return self._with_rows[language]

    def _refuse_all(self, lines: Sequence[tuple[TermLine, int]], reason: str) -> None:
        for line, _ in lines:
            self._refuse(RefusedLine(line.number, reason))

    def _refuse(self, line: RefusedLine) -> None:
        self._refused += 1
        self._refused_lines.append(line)


def _rounds(entries: Iterable[T], size: int) -> Iterator[list[T]]:
    entries = iter(entries)
    while some := list(islice(entries, size)):
        yield some
