from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.text_analysis.pii.detection import find_personal_data
from shared.text_analysis.pii.models import PersonalDataKind

EXAMPLE = "Is this a crap email abcdef@abcd.com, phone: 6657789887, IP: 255.255.255.255, 1 Microsoft Way, Redmond, WA 98052"
TWELVE = "US GB DE FR ES IT NL IN AU JP BR MX".split()


def test_the_published_example_is_found_but_for_the_ssn_cut_out_of_its_phone_number():
    found = [(piece.kind.name, piece.text, piece.start) for piece in find_personal_data(EXAMPLE)]

    assert found == [("EMAIL", "abcdef@abcd.com", 21), ("PHONE", "6657789887", 45), ("IP_ADDRESS", "255.255.255.255", 61),
                     ("ADDRESS", "1 Microsoft Way, Redmond, WA 98052", 78)]


def test_cards_and_ibans_are_found_only_where_they_are_asked_for():
    text = "4111 1111 1111 1111 and DE89370400440532013000"

    assert find_personal_data(text) == []
    assert [piece.kind for piece in find_personal_data(text, with_accounts=True)] == [
        PersonalDataKind.CREDIT_CARD, PersonalDataKind.IBAN]


def test_no_place_is_found_twice():
    text = "SSN 536-90-4399, a@10.0.0.1.example.org, 425-555-0123, 020 7946 0958, 1 Main St, Salem, OR 97301"
    found = find_personal_data(text, TWELVE, with_accounts=True)

    assert len(found) == 5
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))


_PIECES = st.sampled_from([
    "a@b.org", "10.0.0.1", "2001:db8::7", "536-90-4399", "425-555-0123", "+44 20 7946 0958", "1 Main St, Salem, OR 97301",
    "4111 1111 1111 1111", "DE89370400440532013000", " ", ", ", ".", "-", "@", ":", "+", "0", "5", "é", "\u0301", "\u200d", "👩‍🚀",
    "🇩🇪", "שלום", "\u202e", "٣", "\ud800"])


@settings(deadline=None)
@given(st.lists(_PIECES | st.text(max_size=8), max_size=30).map("".join))
def test_every_place_holds_the_text_that_was_found(text: str):
    found = find_personal_data(text, TWELVE, with_accounts=True)

    assert all(text[piece.start:piece.end] == piece.text for piece in found)
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))


HOSTILE = ["1", "1.", "4 ", "+1", "+44 20 7946 ", "1:", "@", "a@", "a.", ", WA", "1 main st ", "1 a st a WA 98052 ", "po box 1 ", "GB82 ",
           "4-4 ", "-", " ", "0 0(0)0-", "1 N ", "4111-", "::", "a@b.", "(425) ", "ssn 1", "\u0301"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_text_that_is_all_beginnings_is_searched_to_its_end(piece: str):
    """A search that is quadratic would take minutes here; `python3 dev bench pii` has the times."""
    text = (piece * 50_000)[:50_000]

    found = find_personal_data(text, TWELVE, with_accounts=True)

    assert all(text[each.start:each.end] == each.text for each in found)
