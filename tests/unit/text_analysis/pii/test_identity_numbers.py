from __future__ import annotations

import pytest

from shared.text_analysis.pii.identity_numbers import find_credit_cards, find_ibans, find_ssns


def texts(pieces, text: str) -> list[str]:
    pieces = list(pieces)
    assert all(text[piece.start:piece.end] == piece.text for piece in pieces)
    return [piece.text for piece in pieces]


@pytest.mark.parametrize("number", ["536-90-4399", "001-01-0001", "899-99-9999", "665-01-0001", "667-01-0001", "536 90 4399"])
def test_a_number_that_may_be_assigned_is_found(number: str):
    for text in (number, f"My SSN is {number}.", f"({number})", f"ssn:{number}, dob"):
        assert texts(find_ssns(text), text) == [number]


@pytest.mark.parametrize("number", [
    "000-12-3456", "666-12-3456", "900-12-3456", "999-12-3456", "536-00-4399", "536-90-0000", "078-05-1120", "219-09-9999",
    "536-90 4399", "53-690-4399", "536-90-43990", "1536-90-4399", "536-90-4399-1", "536.90.4399"])
def test_a_number_that_is_never_assigned_is_not(number: str):
    assert texts(find_ssns(f"SSN {number}"), number) == []


def test_nine_digits_need_words_that_say_what_they_are():
    for text in ("SSN: 536904399", "social security number 536904399", "my soc. sec. is 536904399"):
        assert texts(find_ssns(text), text) == ["536904399"]
    for text in ("536904399", "order 536904399", "SSN" + " " * 60 + "536904399", "ssn 666904399"):
        assert texts(find_ssns(text), text) == []


@pytest.mark.parametrize("text", [
    "536-90-4399 01/02/1990", "SSN 536-90-4399 2 dependents", "1 536-90-4399", "536-90-4399 4111 1111 1111 1111", "SSN #536-90-4399",
    "SSN#536-90-4399", "ss# 536-90-4399", "Social Security No. #536-90-4399"])
def test_a_number_in_groups_is_found_beside_other_numbers(text: str):
    assert texts(find_ssns(text), text) == ["536-90-4399"]


@pytest.mark.parametrize("text", ["SS# 536904399", "SS#: 536904399", "ss#536904399", "ss number 536904399", "SSN #536904399"])
def test_nine_digits_after_a_number_sign_are_found_where_it_is_one_for_social_security(text: str):
    assert texts(find_ssns(text), text) == ["536904399"]


def test_groups_with_spaces_beside_other_numbers_need_words_that_say_what_they_are():
    for text in ("SSN 536 90 4399 2 dependents", "ssn: 1 536 90 4399"):
        assert texts(find_ssns(text), text) == ["536 90 4399"]
    for text in ("2 536 90 4399", "536 90 4399 2", "#536-90-4399", "order #536-90-4399", "SSN kept, order #536-90-4399", "+7 495-90-4399",
                 "class# 536904399"):
        assert texts(find_ssns(text), text) == []


@pytest.mark.parametrize(("number", "scheme"), [
    ("4111111111111111", "Visa"), ("4111 1111 1111 1111", "Visa"), ("4222222222222", "Visa"), ("5555-5555-5555-4444", "Mastercard"),
    ("2223003122003222", "Mastercard"), ("378282246310005", "American Express"), ("6011111111111117", "Discover"),
    ("3530111333300000", "JCB"), ("30569309025904", "Diners Club"), ("6759649826438453", "Maestro"), ("6240008631401148", "UnionPay")])
def test_a_card_number_is_found_with_its_scheme(number: str, scheme: str):
    for text in (number, f"card {number}, exp 12/29", f"({number})."):
        (card,) = find_credit_cards(text)
        assert (card.text, card.detail, text[card.start:card.end]) == (number, scheme, number)


@pytest.mark.parametrize("number", [
    "4111111111111112", "411111111111111", "37828224631000", "9780306406157", "1234567890123456", "41111111111111111111",
    "0.4111111111111111", "4111-1111-1111-1111-1", "a4111111111111111", "35111111111111111"])
def test_a_wrong_check_digit_issuer_or_length_is_no_card(number: str):
    assert list(find_credit_cards(f"number {number} ")) == []


@pytest.mark.parametrize("iban", [
    "GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S", "NL91 ABNA 0417 1643 00"])
def test_an_iban_is_found_up_to_its_countrys_length(iban: str):
    for text in (iban, f"IBAN {iban}.", f"to {iban} AND more", f"{iban}, thanks"):
        (found,) = find_ibans(text)
        assert (found.text, found.detail, text[found.start:found.end]) == (iban, iban[:2], iban)


@pytest.mark.parametrize("text", [
    "GB82 WEST 1234 5698 7654 33", "GB82 WEST 1234 5698 7654 3", "GB82WEST123456987654321", "ZZ82WEST12345698765432",
    "gb82west12345698765432", "XGB82WEST12345698765432"])
def test_wrong_check_digits_length_or_country_are_no_iban(text: str):
    assert list(find_ibans(text)) == []
