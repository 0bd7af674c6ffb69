"""Exact containment: the answer that confirms a candidate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.normalisation import normalise
from shared.matching.prepared_text import contains, prepare
from shared.matching.tokens import token_texts

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("text", "term", "answer"),
    [
        ("a concatenated list", "cat", False),
        ("a cat.", "CAT", True),
        ("C++ and C", "c++", True),
        ("C++ and D", "c", True),
        ("just C", "C++", False),
        ("bad  word", "bad word", True),
        ("bad\nword", "bad word", True),
        ("bad, word", "bad word", False),
        ("badword", "bad word", False),
        ("b\u200bad w\u00adord", "bad word", True),
        ("这句话有坏词吗？", "坏词", True),
        ("这句话有坏的词吗？", "坏词", False),
        ("ฉันกินข้าว", "ข้าว", True),
        ("ฉันกินข้าว", "ขาว", False),
        ("กี่", "ก", False),
        ("これはテストです", "テスト", True),
        ("이것은 시험입니다", "시험", False),
        ("이것은 시험 입니다", "시험", True),
        ("DIE GROSSE STRASSE", "große straße", True),
        ("Καλός ΔΡΟΜΟΣ", "δρομος", True),
        ("İSTANBUL güzel", "istanbul", True),
        ("قالَ مُحَمَّدٌ", "محمد", True),
        ("שָׁלוֹם עולם", "שלום", True),
        ("यह हिन्दी है", "हिन्दी", True),
        ("यह हिन्दी है", "हिन्द", False),
        ("Большая МОСКВА", "москва", True),
        ("family 👩\u200d👩\u200d👧 here", "👩\u200d👩\u200d👧", True),
        ("thumbs 👍🏽", "👍", True),
        ("anything", "", False),
        ("", "word", False),
        ("", "", False),
        ("a\x1fb", "a b", True),
    ],
)
def test_contains(text, term, answer):
    assert contains(prepare(text, KEY), term) is answer


words = st.text(st.sampled_from("ab cC+é\u0301坏词กี่\u0e48👍🏽\u200b\x1f_"), max_size=30)


@given(words, words)
def test_contains_is_sublist_search(text, term):
    tokens, sought = token_texts(normalise(text)), token_texts(normalise(term))
    expected = bool(sought) and any(tokens[at : at + len(sought)] == sought for at in range(len(tokens)))
    assert contains(prepare(text, KEY), term) is expected
