"""What items of a blocklist must be beyond their schema to be taken from an archive: what adding them asks of them too."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.blocklists.repository import item_id_of
from shared.blocklists.service import PATTERN_LIMIT, PATTERN_STEPS_LIMIT
from shared.errors import InvalidRequest

_ANY_KEY = bytes(32)


class ImportedItems:
    """`imported_items(list)` returns what is given the list's items, some hundred at a time.

    That raises InvalidRequest whose `target` is the number of the wrong one among them.
    """

    def __init__(self, item_limit: int) -> None:
        self._item_limit = item_limit

    def __call__(self, blocklist: Mapping[str, Any]) -> Callable[[Sequence[Mapping[str, Any]]], None]:
        items = patterns = steps = 0

        def check(values: Sequence[Mapping[str, Any]]) -> None:
            nonlocal items, patterns, steps
            from shared.matching.patterns import UnsupportedPattern, compile_pattern

            for number, item in enumerate(values):
                items += 1
                if item["id"] != item_id_of(blocklist["itemKey"], item["text"], item["isRegex"]):
                    raise InvalidRequest("its id is not the one that its list's key makes of its text", str(number))
                if items > self._item_limit:
                    raise InvalidRequest(f"the blocklist would have more than {self._item_limit} items", str(number))
                if not item["isRegex"]:
                    continue
                patterns += 1
                try:
                    steps += compile_pattern(item["text"]).program_size
                except UnsupportedPattern as error:
                    raise InvalidRequest(f"the regular expression is not supported: {error}", str(number)) from None
                if patterns > PATTERN_LIMIT or steps > PATTERN_STEPS_LIMIT:
                    raise InvalidRequest("the regular expressions of the blocklist are too many or too costly together", str(number))
            _check_texts([(number, item["text"]) for number, item in enumerate(values) if not item["isRegex"]])
        return check


def _check_texts(texts: Sequence[tuple[int, str]]) -> None:
    from shared.matching.terms import NothingToMatch, TermTooLong, term_hash, term_hashes

    try:
        term_hashes([text for _, text in texts], _ANY_KEY)
    except (NothingToMatch, TermTooLong):
        for number, text in texts:
            try:
                term_hash(text, _ANY_KEY)
            except NothingToMatch:
                raise InvalidRequest("its text has nothing to match", str(number)) from None
            except TermTooLong:
                raise InvalidRequest("its text has more than 128 words and symbols once it is normalised", str(number)) from None
