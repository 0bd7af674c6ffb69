from __future__ import annotations

import pytest

from shared.text_analysis.pii.emails import find_emails


def found(text: str) -> list[str]:
    pieces = list(find_emails(text))
    assert all(text[piece.start:piece.end] == piece.text for piece in pieces)
    return [piece.text for piece in pieces]


@pytest.mark.parametrize("address", [
    "abcdef@abcd.com", "a@b.co", "first.last+tag@mail.example.co.uk", "o'neil@example.org", "x_y-z@sub-domain.example.museum",
    "jürgen@müller.de", "用户@例子.公司", "info@xn--bcher-kva.example", "1@2.info", "a" * 64 + "@example.org", "ABC@EXAMPLE.ORG"])
@pytest.mark.parametrize("around", ["{}", "<{}>", "mail {}, please", "({})", "{}.", "mailto:{}?subject=x", '"{}"', "...{}", "é {} 🥕"])
def test_an_address_is_found_wherever_it_stands(address: str, around: str):
    assert found(around.format(address)) == [address]


@pytest.mark.parametrize("text", [
    "a@b", "@example.org", "a@", "a @example.org", "a@example..org", "a.@example.org", "a@-example.org", "a@example.c",
    "a@example.123", "react@18.2.0", "icon@2x.png", "logo@3x.jpg", "a" * 65 + "@example.org", "@@@@", "me@home", "5 @ 3.50"])
def test_what_only_looks_like_an_address_is_not(text: str):
    assert found(text) == []


def test_several_addresses_are_found_in_their_order():
    assert found("a@b.org,c@d.org;e@f.org") == ["a@b.org", "c@d.org", "e@f.org"]


@pytest.mark.parametrize("text", [
    "https://x.y/?email={}&a=1", "email={}", "a=1&b={}", "name|{}|x", "sales/{}", "https://x.y/?a=1&to=mail%20{}", "{{{}}}", "a?{}",
    "https://x.y/#{}", "to='{}'"])
def test_what_stands_before_it_in_a_link_or_a_list_is_not_taken_along(text: str):
    for address in ("jo@example.org", "jo.o'neil+x@example.org"):
        assert found(text.format(address)) == [address]


@pytest.mark.parametrize("text", [
    "jo@example.org|al@example.org", "to=jo@example.org&cc=al@example.org", "jo@example.org&al@example.org",
    "jo@example.org/al@example.org",
    "jo@example.org'al@example.org"])
def test_the_second_of_two_with_one_sign_between_is_found_too(text: str):
    assert found(text) == ["jo@example.org", "al@example.org"]


def test_signs_that_names_have_stay():
    assert found("r&d@example.org, x!y$z@example.org") == ["r&d@example.org", "x!y$z@example.org"]
