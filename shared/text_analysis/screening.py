"""Screening of a short text: profane terms, the account's own terms, personal data, three scores, correction, language.

Everything is looked for in the text as a person reads it, without markup; places are given in the text as it was sent, in
code points.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.errors import InvalidRequest
from shared.matching.alignment import AlignedText
from shared.storage.account_store import AccountStore
from shared.text_analysis.classification import Classification, classify
from shared.text_analysis.language import DETECTED_LANGUAGES, ENGLISH, UNDETERMINED, detect_language
from shared.text_analysis.markup.reading import Markup, read
from shared.text_analysis.models import TextModel
from shared.text_analysis.spelling import corrected

if TYPE_CHECKING:
    from shared.text_analysis.pii.models import PersonalData

BUILT_IN_LIST = 0
"""The number of the built-in list of profane terms, which no list of an account has."""

# "abcd.com" becomes "abcd. com", as the published service writes it.
_JOINING_SIGN = re.compile(r"(?<=\w)[.@-](?=\w)")


class _TermHit(Protocol):
    list_id: int
    term: str
    start: int
    end: int


MatchTerms = Callable[[AccountStore, int, str, str | None], Sequence[_TermHit]]
"""`match(account, list_id, text, language)`: the terms of a list in a text; a language of None is each. Raises NotFound."""


@dataclass(frozen=True, slots=True)
class ScreenedTerm:
    """`index` is a place in the normalised text; `original_index` and `original_end` are in the text as it was sent."""

    list_id: int
    term: str
    index: int
    original_index: int
    original_end: int


@dataclass(frozen=True, slots=True)
class ScreenedData:
    """Personal data as it was found in the text as read, and what stands in the text as it was sent, from `original_index` on."""

    data: PersonalData
    original_text: str
    original_index: int


@dataclass(frozen=True, slots=True)
class Screening:
    """What was not asked for is None; so is the classification of a text that is said to be in another language than English."""

    normalized_text: str
    language: str
    terms: Sequence[ScreenedTerm]
    personal_data: Sequence[ScreenedData] | None
    classification: Classification | None
    corrected_text: str | None
    model_version: str | None
    engine: str | None


class ScreeningService:
    def __init__(self, load_model: Callable[[], TextModel], match_terms: MatchTerms, phone_regions: Sequence[str],
                 finds_accounts: bool) -> None:
        """`finds_accounts`: whether personal data counts credit cards and IBANs, which the published service does not."""
        self._load_model = load_model
        self._match_terms = match_terms
        self._phone_regions = phone_regions
        self._finds_accounts = finds_accounts

    def screen(self, account: AccountStore, text: str, markup: Markup, *, language: str | None, list_id: int | None,
               with_correction: bool, with_personal_data: bool, with_classification: bool) -> Screening:
        """`language` (ISO 639-3) None or `und`: it is detected. `list_id`: a term list besides the built-in one.

        Raises InvalidRequest for a language that is not known, NotFound for a list, what the engine raises.
        """
        given = _known(language)
        readable = read(text, markup)
        spoken = given or detect_language(readable.text)
        normalized = _Normalized(readable)
        terms = self._terms(account, readable, normalized, spoken, given, list_id)
        model = self._load_model() if with_classification and given in (None, ENGLISH) else None
        return Screening(
            normalized_text=normalized.text,
            language=spoken,
            terms=terms,
            personal_data=self._personal_data(text, readable) if with_personal_data else None,
            classification=None if model is None else classify(model.judge(readable.text)),
            corrected_text=corrected(readable.text, spoken) if with_correction else None,
            model_version=None if model is None else model.version,
            engine=None if model is None else model.engine)

    def language_of(self, text: str, markup: Markup) -> str:
        """The ISO 639-3 code of the text's language, `und` for a text without letters."""
        return detect_language(read(text, markup).text)

    def _terms(self, account: AccountStore, readable: AlignedText, normalized: _Normalized, spoken: str, given: str | None,
               list_id: int | None) -> list[ScreenedTerm]:
        from shared.text_analysis.profanity import find_profanity, prepare_for_profanity

        places = [(BUILT_IN_LIST, place.term, place.start, place.end)
                  for place in find_profanity(prepare_for_profanity(readable.text), spoken)]
        if list_id is not None:
            places += [(hit.list_id, hit.term, hit.start, hit.end)
                       for hit in self._match_terms(account, list_id, readable.text, given)]
        terms = [ScreenedTerm(number, term, normalized.index_of(start), *readable.span(start, end))
                 for number, term, start, end in places]
        return sorted(terms, key=lambda each: (each.original_index, each.original_end, each.list_id, each.term))

    def _personal_data(self, text: str, readable: AlignedText) -> list[ScreenedData]:
        from shared.text_analysis.pii.detection import find_personal_data

        screened = []
        for data in find_personal_data(readable.text, self._phone_regions, self._finds_accounts):
            start, end = readable.span(data.start, data.end)
            screened.append(ScreenedData(data, text[start:end], start))
        return screened


class _Normalized:
    """The text as read, with a space after each point, hyphen and at sign that joins two words."""

    def __init__(self, readable: AlignedText) -> None:
        self._insertions = [sign.end() for sign in _JOINING_SIGN.finditer(readable.text)]
        self.text = AlignedText(readable.text).edited((place, place, " ") for place in self._insertions).text

    def index_of(self, place: int) -> int:
        """Where the code point at `place` of the text as read stands here."""
        return place + bisect.bisect_right(self._insertions, place)


def _known(language: str | None) -> str | None:
    """The language in lower case; None where it is to be detected. Raises InvalidRequest."""
    if not language or language.lower() == UNDETERMINED:
        return None
    from shared.text_analysis.profanity import profanity_languages

    known = language.lower()
    if known not in DETECTED_LANGUAGES and known not in profanity_languages():
        raise InvalidRequest("The language is not known; give an ISO 639-3 code of three letters, such as eng, or none.", "language")
    return known
