"""Screening with a term list and an engine of these tests; places are looked up in the text as it was sent."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidRequest, NotFound
from shared.matching.alignment import AlignedText
from shared.matching.normalisation import normalise
from shared.matching.prepared_text import occurrences, prepare
from shared.text_analysis.markup.reading import Markup, read
from shared.text_analysis.models import Category, Judgement
from shared.text_analysis.screening import ScreenedTerm, Screening, ScreeningService

LIST, TERMS = 7, ("rotten turnip", "leek", "蕪", "café")


@dataclass(frozen=True)
class Hit:
    list_id: int
    term: str
    start: int
    end: int


class Engine:
    engine, version = "test", "1"

    def __init__(self) -> None:
        self.judged: list[str] = []

    def judge(self, text: str) -> Judgement:
        self.judged.append(text)
        return Judgement(dict.fromkeys(Category, 6), dict.fromkeys(Category, 0.9))


def match(account: Any, list_id: int, text: str, language: str | None) -> Sequence[Hit]:
    if list_id != LIST:
        raise NotFound("no such list")
    prepared = prepare(text, bytes(32))
    return [Hit(LIST, term, start, end) for term in TERMS for start, end in occurrences(prepared, term)]


def screen(text: str, markup: Markup = Markup.PLAIN, *, engine: Engine | None = None, language: str | None = None,
           list_id: int | None = None, correct: bool = False, personal: bool = False, classify: bool = False,
           accounts: bool = False) -> Screening:
    service = ScreeningService(lambda: engine or Engine(), match, ("US", "GB"), accounts)
    return service.screen(None, text, markup, language=language, list_id=list_id, with_correction=correct,
                          with_personal_data=personal, with_classification=classify)


def test_what_is_not_asked_for_is_none():
    screening = screen("The soup is ready.")

    assert (screening.language, screening.terms) == ("eng", [])
    assert screening.personal_data is screening.classification is screening.corrected_text is screening.engine is None


@pytest.mark.parametrize(("text", "normalized"), [
    ("crap 764-879-887", "crap 764- 879- 887"),  # recorded
    ("abcdef@abcd.com, IP: 255.255.255.255, 1 Way, WA", "abcdef@ abcd. com, IP: 255. 255. 255. 255, 1 Way, WA"),  # published
    ("The end.", "The end."), ("a - b", "a - b"), ("--x", "--x"), ("3.14", "3. 14"), ("@name", "@name"), ("", ""), ("é.蕪", "é. 蕪")])
def test_the_normalised_text_has_a_space_after_each_joining_sign(text: str, normalized: str):
    assert screen(text).normalized_text == normalized


def test_index_is_a_place_in_the_normalised_text_and_original_index_one_in_the_text_as_sent():
    (first, second) = screen("www.example.org: crap, a-b c.r.a.p").terms

    assert (first.index, first.original_index, first.original_end) == (19, 17, 21)
    # "www. example. org: crap, a- b c. r. a. p"
    assert (second.index, second.original_index, second.original_end) == (30, 27, 34)
    (behind_a_sign,) = screen("oh-crap").terms
    assert (behind_a_sign.index, behind_a_sign.original_index) == (4, 3)  # "oh- crap"


def test_the_places_are_those_of_the_markup():
    text = "<p title='c&#114;ap'>a.b</p><p>c<b>ra</b>p</p>"
    screening = screen(text, Markup.HTML)

    assert screening.normalized_text == "\ncrap\na. b\n\ncrap\n"
    assert [text[term.original_index:term.original_end] for term in screening.terms] == ["c&#114;ap", "c<b>ra</b>p"]
    assert [screening.normalized_text[term.index:term.index + 4] for term in screening.terms] == ["crap", "crap"]


def test_a_list_counts_besides_the_built_in_one_and_only_where_it_is_named():
    text = "A leek, crap, and a rotten  turnip"

    assert [(term.list_id, term.term) for term in screen(text).terms] == [(0, "crap")]
    assert [(term.list_id, term.term) for term in screen(text, list_id=LIST).terms] == [
        (LIST, "leek"), (0, "crap"), (LIST, "rotten turnip")]
    with pytest.raises(NotFound):
        screen(text, list_id=8)


@pytest.mark.parametrize("language", [None, "", "und", "UND"])
def test_the_language_is_detected_where_none_is_given(language: str | None):
    assert screen("Der Garten ist heute wunderschön.", language=language).language == "deu"
    assert screen("12:30", language=language).language == "und"


@pytest.mark.parametrize("language", ["eng", "ENG", "fra", "kab", "tlh", "nno", "cmn"])
def test_a_given_language_is_taken(language: str):
    assert screen("Der Garten ist heute wunderschön.", language=language).language == language.lower()


@pytest.mark.parametrize("language", ["en", "xyz", "english", "e", "eng ", "🥕", "e\u0301ng"])
def test_an_unknown_language_is_refused_and_not_repeated(language: str):
    with pytest.raises(InvalidRequest) as refused:
        screen("soup", language=language)
    assert refused.value.target == "language"
    assert f"as {language} " not in refused.value.message


def test_the_classification_is_of_the_text_as_read_and_names_its_engine():
    engine = Engine()
    screening = screen("<b>so</b>up &amp; bread", Markup.HTML, engine=engine, classify=True)

    assert engine.judged == ["soup & bread"]
    assert screening.classification.offensive == 0.9
    assert (screening.engine, screening.model_version) == ("test", "1")


def test_a_text_that_is_said_not_to_be_english_is_not_classified_and_one_that_only_looks_so_is():
    engine = Engine()

    assert screen("Die Suppe ist fertig.", engine=engine, classify=True, language="deu").classification is None
    assert engine.judged == []
    assert screen("Die Suppe ist fertig.", engine=engine, classify=True).classification is not None
    assert screen("Soup", engine=engine, classify=True, language="eng").classification is not None


def test_personal_data_is_given_as_read_and_as_sent():
    text = "<p>j<b>o</b>&#64;example.org</p> 425&#45;555-0123"
    email, phone = screen(text, Markup.HTML, personal=True).personal_data

    assert (email.data.text, email.original_text, email.original_index) == ("jo@example.org", "j<b>o</b>&#64;example.org", 3)
    assert (phone.data.text, phone.original_text) == ("425-555-0123", "425&#45;555-0123")


def test_cards_and_ibans_follow_the_setting():
    text = "4111 1111 1111 1111"

    assert screen(text, personal=True).personal_data == []
    assert len(screen(text, personal=True, accounts=True).personal_data) == 1


def test_the_correction_is_of_the_text_as_read():
    assert screen("The <i>la</i>zzy dog", Markup.HTML, correct=True).corrected_text == "The lazy dog"
    assert screen("The lazzy dog", correct=True, language="jpn").corrected_text == "The lazzy dog"


_PIECES = st.sampled_from([
    "crap", "CRAP", "cr\u200bap", "rotten turnip", "leek", "蕪", "café", "cafe\u0301", "ｌｅｅｋ", "a@b.org", "10.0.0.1", "425-555-0123",
    "536-90-4399", "1 Main St, Salem, OR 97301", " ", ".", "-", "@", ", ", "👩‍🚀", "👨‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1\ufe0f\u20e3",
    "שלום", "\u202eleek\u202c",
    "مرحبا", "e\u0301\u0323", "\u0301" * 40, "ﬁ", "İ", "각", "\u1100\u1161", "\n", "\x00"])
TEXTS = st.lists(_PIECES | st.text(max_size=6), max_size=25).map("".join)


def _is_no_space(sign: str) -> bool:
    return sign != " "


def _before(text: str, readable: AlignedText, term: ScreenedTerm) -> str:
    """What of the text as read stands before a term."""
    return next(readable.text[:place] for place in range(len(readable.text)) if readable.span(place, place + 1)[1] > term.original_index)


def assert_places_hold(text: str, markup: Markup) -> None:
    readable = read(text, markup)
    screening = screen(text, markup, list_id=LIST, language="eng", personal=True)
    for term in screening.terms:
        assert 0 <= term.original_index < term.original_end <= len(text)
        seen = normalise(text[term.original_index:term.original_end])
        if markup is Markup.PLAIN:
            # Of a disguised term only its place is known; one that is written out stands there, and no longer than that.
            assert len("".join(seen.split())) >= len("".join(term.term.split())) or term.term in seen
            assert seen[:1] and not seen[0].isspace() and not seen[-1].isspace()
        # The code points that stand before it are those of the text as read, and spaces after joining signs.
        assert [*filter(_is_no_space, screening.normalized_text[:term.index])] == [*filter(_is_no_space, _before(text, readable, term))]
        assert _is_no_space(screening.normalized_text[term.index])
    for found in screening.personal_data or ():
        assert text[found.original_index:found.original_index + len(found.original_text)] == found.original_text
        if markup is Markup.PLAIN:
            assert found.original_text == found.data.text


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_every_place_points_at_what_was_found_in_any_plain_text(text: str):
    assert_places_hold(text, Markup.PLAIN)


_MARKED = st.sampled_from([
    "<b>", "</b>", "<p>", "&#45;", "&amp;", "<!-- x -->", "<img alt='leek'>", "**", "_", "> ", "`", "[x](y)", "<", "&"])


@settings(deadline=None, max_examples=200)
@given(st.lists(_PIECES | _MARKED, max_size=25).map("".join), st.sampled_from([Markup.HTML, Markup.XML, Markup.MARKDOWN]))
def test_every_place_points_at_what_was_found_in_any_marked_up_text(text: str, markup: Markup):
    assert_places_hold(text, markup)


@settings(deadline=None, max_examples=100)
@given(TEXTS.filter(lambda text: "crap" not in normalise(text)), TEXTS)
def test_a_term_between_any_two_texts_is_found_where_it_stands(before: str, behind: str):
    text = f"{before} crap {behind}"
    place = len(before) + 1

    assert (place, place + 4) in [(term.original_index, term.original_end) for term in screen(text, language="eng").terms]
