"""Personal data written with the spaces, hyphens and invisible signs of typesetting: found, and told as it stands in the text."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text_analysis.pii.detection import find_personal_data
from shared.text_analysis.pii.typography import plain_typography


@pytest.mark.parametrize(("before", "written", "kind"), [
    ("", "425\u00a0882\u00a08080", "phone"), ("Tel. ", "(425)\u202f882-8080", "phone"), ("", "+1\u2011425\u2011882\u20118080", "phone"),
    ("call me\u2014", "425\u2013882\u20138080", "phone"), ("call\u200b", "425-882-8080", "phone"),
    ("my SSN: ", "123\u201145\u20116789", "ssn"), ("\U0001f469\u200d\U0001f467 ", "123\u200b-45-6789", "ssn"),
    ("", "4111\u00a01111\u00a01111\u00a01111", "credit card"), ("", "GB82\u2009WEST\u20091234\u20095698\u20097654\u200932", "iban"),
    ("to ", "jo@exam\u00adple.org", "email"),
    ("\u4f60 ", "jo\uff20example.org", "email"), ("", "\uff11.\uff12.\uff13.\uff14", "ip address"),
    ("at ", "123 O\u2019Neil St, Boise, ID 83702", "address"), ("", "12 Main St, O\u2019Fallon, MO 63366", "address"),
])
def test_it_is_found_at_its_own_place_as_it_was_written(before, written, kind):
    for text in (before + written, f"{before}{written} \u2026"):
        (found,) = find_personal_data(text, with_accounts=True)
        assert (found.kind.value, found.text, found.start, found.end) == (kind, written, len(before), len(before + written))


def test_a_space_of_no_width_parts_words():
    (found,) = find_personal_data("jo@example.org\u200bnext")
    assert found.text == "jo@example.org"


@pytest.mark.parametrize("text", ["4 \u2013 5", "call me\u2014425", "\u2013425-882", "jo\uff01", "\u00ad", "\u200d\U0001f467"])
def test_signs_that_join_no_number_and_no_word_stay(text):
    assert plain_typography(text).text == text


@given(st.text(st.sampled_from("4a-@. \u00a0\u2011\u2013\u2019\u00ad\u200b\u200d\uff11\uff20\U0001f467"), max_size=30))
def test_every_sign_comes_from_its_own_place(text):
    plain = plain_typography(text)
    assert all(0 <= start < end <= len(text) for start, end in zip(plain.starts, plain.ends, strict=True))
    for sign, start, end in zip(plain.text, plain.starts, plain.ends, strict=True):
        assert end == start + 1 and plain_typography(text[start]).text in (sign, "\u2013")
