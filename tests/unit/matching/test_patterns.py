"""Regular expressions: what they see, what is refused, and that the filter before them changes no answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.patterns import PatternSet, UnsupportedPattern, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        (r"\bcat\b", "A CAT.", True),
        (r"\bcat\b", "concatenate", False),
        ("CAT", "cat", True),
        (r"b[a4]d\s?w[o0]rd", "what a B4D W0RD", True),
        ("caf\u0065\u0301", "CAFÉ", True),
        ("café", "cafe\u0301", True),
        ("hello", "ｈｅ\u200bｌｌｏ", True),
        ("❤️", "I ❤ it", True),
        ("москва", "МОСКВА", True),
        ("坏.词", "有坏的词", True),
        (r"^\d+$", "12345", True),
        (r"^\d+$", "a 12345", False),
        ("a.b", "a\ud800b", True),
        ("ſet", "SET", True),
        (r"\pL{3}", "éèê", True),
    ],
)
def test_matches(pattern, text, answer):
    assert compile_pattern(pattern).matches(text) is answer
    assert PatternSet([("id", pattern)]).find(text) == (["id"] if answer else [])


@pytest.mark.parametrize(
    "pattern",
    ["", "a*", "^", "$", r"\b", r"\B", r"x|\b", r"a?\b", "(?m)^", r"\A", r"\z", "(cat)?", "(?s).*", "()"],
)
def test_a_pattern_that_matches_where_nothing_is_is_refused(pattern):
    with pytest.raises(UnsupportedPattern, match="matches where there is nothing"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(secretword",
        "secretword)",
        "[secretword",
        "secretword[z-a]",
        "*secretword",
        "secretword**",
        "secretword\\",
        r"secretword\q",
        r"(secretword)\1",
        "(?=secretword)",
        "(?<!secretword)x",
        "(?P<secretword>x",
        "secretword[[:secretword:]]",
        "secretword{1001}",
        "(((secretword{1,100}){1,100}){1,100})",
        "(secretword.{1000}){9}",
        r"secretword\pL{1,900}",
    ],
)
def test_an_unsupported_pattern_is_refused_without_a_word_of_it_in_message_or_output(pattern, capfd):
    with pytest.raises(UnsupportedPattern) as refusal:
        compile_pattern(pattern)
    with pytest.raises(UnsupportedPattern):
        PatternSet([(1, "fine"), (2, pattern)])
    assert "secretword" not in str(refusal.value)
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__
    printed = capfd.readouterr()
    assert printed.out == printed.err == ""


def test_deep_nesting_is_no_harm():
    assert compile_pattern("(" * 900 + "cat" + ")" * 900).matches("a cat")


def test_repetition_of_1000_is_taken_and_1001_is_not():
    assert compile_pattern("a{1000}").matches("a" * 1000)
    assert not compile_pattern("a{1000}").matches("a" * 999)
    with pytest.raises(UnsupportedPattern, match="larger than 1000"):
        compile_pattern("a{1001}")


def test_a_search_whose_automaton_outgrows_its_memory_still_answers_right(capfd):
    # The deterministic automaton of this pattern has 2^900 states; RE2 goes on with the nondeterministic one.
    pattern = "[ab]*a[ab]{900}c"
    digits = "".join("ab"[(n * n // 7) % 2] for n in range(5000))
    at_a = 4999 - 900
    digits = digits[:at_a] + "a" + digits[at_a + 1 :]
    assert compile_pattern(pattern).matches(digits + "c")
    assert not compile_pattern(pattern).matches(digits[:at_a] + "b" + digits[at_a + 1 :] + "c")
    assert PatternSet([(1, "cat"), (2, pattern)]).find(digits + "c") == [2]
    printed = capfd.readouterr()
    assert digits[:50] not in printed.err and "[ab]" not in printed.err


def test_a_set_gives_ids_in_the_order_of_the_patterns():
    patterns = PatternSet([("third", "fox"), ("first", r"\d\d"), ("none", "cat"), ("second", "quick")])
    assert patterns.find("The quick fox, 42") == ["third", "first", "second"]
    assert patterns.find("") == []
    assert len(patterns) == 4


def test_an_empty_set_finds_nothing():
    assert PatternSet([]).find("anything") == []
    assert PatternSet([]).program_size == 0


def test_a_set_larger_than_one_filter():
    patterns = PatternSet([(number, rf"\bterm{number}\b") for number in range(1201)])
    assert patterns.find("term0 term499 term500 term1200 term1201") == [0, 499, 500, 1200]


def test_patterns_too_long_for_one_filter_are_searched_without_it(capfd):
    # Half a million letters in one group: more than a filter's memory.
    long = ["".join(chr(97 + (n * k * k + k) % 26) for k in range(1000)) for n in range(1, 481)]
    patterns = PatternSet(list(enumerate(long)))
    assert patterns.find("x " + long[7] + " y") == [n for n, text in enumerate(long) if text == long[7]]
    assert long[7][:20] not in capfd.readouterr().err


def test_a_text_with_the_filters_own_mark_is_no_match():
    assert PatternSet([(1, "cat")]).find("~end of text~") == []
    assert PatternSet([(1, "~end of text~")]).find("no end") == []
    assert PatternSet([(1, "text~$")]).find("no end") == []


atoms = st.sampled_from(r"cat K ſ S ß é Σ ς İ ı i 坏 \d [a-c] [кК] . [а-я] o".split())
expressions = st.recursive(
    atoms,
    lambda inner: st.tuples(inner, inner).map("".join)
    | st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})")
    | st.tuples(inner, st.sampled_from(["{1,3}", "+", "{2}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    max_leaves=5,
)
searched = st.text(st.sampled_from("catCATkKKsSſßẞéÉσΣςiİıI坏1oк К\u0301")) | st.text()


@given(st.lists(expressions, min_size=1, max_size=8), searched)
def test_behind_the_filter_a_set_answers_as_each_pattern_alone(patterns, text):
    alone = [number for number, pattern in enumerate(patterns) if compile_pattern(pattern).matches(text)]
    assert PatternSet(list(enumerate(patterns))).find(text) == alone
