from __future__ import annotations

from collections.abc import Sequence

import pytest

from shared.text_analysis.pii.phones import find_phones


def found(text: str, regions: Sequence[str] = ("US", "GB")) -> list[tuple[str, str | None]]:
    pieces = list(find_phones(text, regions))
    assert all(text[piece.start:piece.end] == piece.text for piece in pieces)
    return [(piece.text, piece.detail) for piece in pieces]


@pytest.mark.parametrize("number", [
    "(425) 555-0123", "425-555-0123", "425.555.0123", "425 555 0123", "1-425-555-0123", "4255550111", "425/555-0123", "(425)555-0123"])
@pytest.mark.parametrize("around", ["{}", "Call {}.", "phone: {},", "{}\n", "🥕{}🥕", "tel:{}"])
def test_a_us_number_is_found_in_its_usual_writings(number: str, around: str):
    assert found(around.format(number)) == [(number, "US")]


def test_a_canadian_number_is_told_from_an_american_one():
    assert found("416-555-0123") == [("416-555-0123", "CA")]


def test_an_area_that_is_not_in_use_counts_in_groups_or_after_a_word_for_phone():
    """The published example has such a number after `phone: `."""
    assert found("phone: 6657789887") == [("6657789887", "US")]
    assert found("665-778-9887") == [("665-778-9887", "US")]
    assert found("6657789887") == []


# One number for each country that the service promises; each is of a form that the country's numbering plan gives.
INTERNATIONAL = {
    "US": "+1 425 555 0123", "CA": "+1 416 555 0123", "GB": "+44 20 7946 0958", "DE": "+49 30 901820", "FR": "+33 1 23 45 67 89",
    "ES": "+34 912 345 678", "IT": "+39 06 1234 5678", "NL": "+31 20 123 4567", "IN": "+91 98765 43210", "AU": "+61 2 9876 5432",
    "JP": "+81 3-1234-5678", "BR": "+55 11 91234-5678", "MX": "+52 55 1234 5678"}
DOMESTIC = {
    "GB": "020 7946 0958", "DE": "030 901820", "FR": "01 23 45 67 89", "ES": "912 345 678", "IT": "06 1234 5678", "NL": "020 123 4567",
    "IN": "098765 43210", "AU": "(02) 9876 5432", "JP": "03-1234-5678", "BR": "(11) 91234-5678", "MX": "55 1234 5678"}


@pytest.mark.parametrize("region", INTERNATIONAL)
def test_an_international_number_is_found_whatever_the_regions(region: str):
    number = INTERNATIONAL[region]
    for text in (number, f"({number})", f"Ring {number}, or", f"00{number[1:]}"):
        assert [country for _, country in found(text, ())] == [region]


@pytest.mark.parametrize("region", DOMESTIC)
def test_a_domestic_number_is_found_where_its_region_is_set(region: str):
    assert found(f"Ring {DOMESTIC[region]} now", (region,)) == [(DOMESTIC[region], region)]
    assert found(f"Ring {DOMESTIC[region]} now", ()) == []


@pytest.mark.parametrize("text", [
    "764-879-887", "12/10/2023", "2023-10-12", "2023-10-12 10:22:33", "1988-03-18 12:15:00", "12.10.2023 08:15", "1699999999",
    "order 4258828080", "invoice #4258828080",
    "ISBN 0-306-40615-2", "ISBN 978-3-16-148410-0", "47.6062095, -122.3320708", "425.8828080", "v4.255.550.123",
    "123e4567-e89b-12d3-a456-426614174000", "4111 1111 1111 1111", "3.14159265358979", "$4255550123", "10.0.0.1", "192.168.100.200",
    "1234567890123", "+1", "+12345", "+++++", "tracking 9205 5901 6491 7312 84", "a4255550123", "42555501234"])
def test_other_numbers_are_no_phones(text: str):
    assert found(text) == []


def test_the_number_after_a_number_is_not_taken_along():
    assert found("+1 425 555 0123 2 pm") == [("+1 425 555 0123", "US")]
    assert found("425-555-0123 425-555-0199") == [("425-555-0123", "US"), ("425-555-0199", "US")]


@pytest.mark.parametrize("text", [
    "Customer service: {}", "Call customer service at {}", "in any case call {}", "Just in case, my cell is {}", "thanks a lot! {}",
    "won't take long, call {}", "Order by phone: {}", "part-time job, call {}", "area code {}", "My account phone: {}", "To order: {}",
    "so long, {}", "All day long {}", "Just in case: {}", "caller ID {}", "Phone # {}", "Phone #{}", "cell number #{}",
    "about my order: phone {}"])
@pytest.mark.parametrize("number", ["425-882-8080", "425 882 8080", "1-800-555-1212", "4258828080"])
def test_the_nearest_word_decides_and_ordinary_words_say_nothing(text: str, number: str):
    assert found(text.format(number)) == [(number, "US")]


@pytest.mark.parametrize("text", [
    "order {}", "Order number is {}", "order no. {}", "my phone order: {}", "call about invoice #{}", "# {}", "#{}", "case {}",
    "Case no. {}", "lot {}", "customer id {}", "Customer: {}", "part number {}", "phone model {}", "ref. {}", "the code is {}", "long: {}"])
@pytest.mark.parametrize("number", ["425-882-8080", "4258828080"])
def test_a_number_right_behind_the_name_of_another_is_no_phone(text: str, number: str):
    assert found(text.format(number)) == []


def test_ten_bare_digits_a_few_words_behind_the_name_of_another_number_are_no_phone():
    assert found("order was shipped as 4258828080") == []
    assert found("For your order, 425-882-8080") == [("425-882-8080", "US")]


@pytest.mark.parametrize(("text", "number"), [
    ("(+1) 425 882 8080", "(+1) 425 882 8080"), ("call(+1) 425 882 8080", "(+1) 425 882 8080"), ("(+1 425 882 8080)", "+1 425 882 8080"),
    ("(+1 425) 882 8080", "(+1 425) 882 8080"), ("(+1 425 555 0123) 2 pm", "+1 425 555 0123"), ("+1 555 555 5555", "+1 555 555 5555"),
    ("(+1) 555 555 5555", "(+1) 555 555 5555"), ("1-665-778-9887", "1-665-778-9887"), ("(020 7946 0958)", "020 7946 0958"),
    ("(020) 7946 0958", "(020) 7946 0958")])
def test_a_number_has_its_country_code_and_its_parentheses_in_pairs(text: str, number: str):
    assert [piece for piece, _ in found(text)] == [number]
