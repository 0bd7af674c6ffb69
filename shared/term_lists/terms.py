"""What a term must be to be kept: of a line of a bulk import, and of a record of an archive."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.errors import InvalidRequest
from shared.term_lists.models import RefusedLine, TermLine
from shared.term_lists.repository import term_id_of

TERM_CHARACTERS = 128
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NOTHING = "its term has nothing to match: it holds white space or invisible characters only"
_TOO_MANY = "its term has more than 128 words and symbols once it is normalised"
_ANY_KEY = bytes(32)


class TermRules:
    def __init__(self, hash_key: bytes) -> None:
        self._hash_key = hash_key

    def checked(self, lines: Sequence[TermLine]) -> tuple[list[tuple[TermLine, int]], list[RefusedLine]]:
        """The lines that can be kept, each with its term's hash; and the others, each with the reason."""
        from shared.matching.terms import NothingToMatch, TermTooLong, term_hash, term_hashes

        refused = [RefusedLine(line.number, reason) for line in lines if (reason := _shape_problem(line.term))]
        wrong = {line.number for line in refused}
        sound = [line for line in lines if line.number not in wrong]
        try:
            return list(zip(sound, term_hashes([line.term for line in sound], self._hash_key).tolist(), strict=True)), refused
        except (NothingToMatch, TermTooLong):
            pass
        good = []
        for line in sound:
            try:
                good.append((line, term_hash(line.term, self._hash_key)))
            except NothingToMatch:
                refused.append(RefusedLine(line.number, _NOTHING))
            except TermTooLong:
                refused.append(RefusedLine(line.number, _TOO_MANY))
        return good, refused


def _shape_problem(term: str) -> str | None:
    if not term:
        return "its term is empty"
    if len(term) > TERM_CHARACTERS:
        return f"its term has more than {TERM_CHARACTERS} characters"
    if not term.isascii() and _LONE_SURROGATE.search(term):
        return "its term is not valid Unicode"
    return None


class ImportedTerms:
    """`imported_terms(language)` returns what is given the terms of a language in a list, from an archive, some hundred at a time.

    That raises InvalidRequest whose `target` is the number of the wrong one among them.
    """

    def __init__(self, term_limit: int) -> None:
        self._term_limit = term_limit

    def __call__(self, language: Mapping[str, Any]) -> Callable[[Sequence[Mapping[str, Any]]], None]:
        item_key = bytes.fromhex(language.get("itemKey", ""))
        terms = 0

        def check(values: Sequence[Mapping[str, Any]]) -> None:
            nonlocal terms
            for number, term in enumerate(values):
                terms += 1
                if term["id"] != term_id_of(item_key, term["text"]).hex():
                    raise InvalidRequest("its id is not the one that its language's key makes of its text", str(number))
                if terms > self._term_limit:
                    raise InvalidRequest(f"the list would have more than {self._term_limit} terms of the language", str(number))
            _, refused = TermRules(_ANY_KEY).checked([TermLine(number, term["text"]) for number, term in enumerate(values)])
            for line in refused[:1]:
                raise InvalidRequest(line.reason, str(line.number))
        return check


def imported_languages(term_list: Mapping[str, Any]) -> Callable[[Sequence[Mapping[str, Any]]], None]:
    """As `ImportedTerms`, for the languages of a list."""
    def check(values: Sequence[Mapping[str, Any]]) -> None:
        for number, language in enumerate(values):
            if language["id"].partition("-")[0] != term_list["id"]:
                raise InvalidRequest("its id does not begin with the number of its list", str(number))
    return check
