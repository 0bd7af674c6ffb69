"""Numbers that name a person or an account: US social security numbers, credit cards, IBANs.

Source: Social Security Administration, POMS RM 10201.035 (numbers never assigned); ISO/IEC 7812-1 (Luhn, issuers);
ISO 13616 and the IBAN registry (check digits, lengths).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.text_analysis.pii.models import PersonalData, PersonalDataKind

_SSN = re.compile(r"(?<![\w.-])([0-9]{3})([ -]?)([0-9]{2})\2([0-9]{4})(?![\w-]|\.[0-9])")
_SSN_BEFORE = re.compile(r"\b(?:ssn\b|ss ?(?:#|no\b|number\b)|soc(?:ial)?\.? ?sec(?:urity)?\b)", re.IGNORECASE)
_SSN_SIGN_BEFORE = re.compile(r"\b(?:ssn?|soc(?:ial)?\.? ?sec(?:urity)?\.?)(?: (?:number|no\.?|num))?:? ?#\Z", re.IGNORECASE)
_COUNTRY_CODE_BEFORE = re.compile(r"\+[0-9]{1,3} \Z")
_DIGIT_AND_SPACE = re.compile(r"[0-9] \Z")
_SPACE_AND_DIGIT = re.compile(" [0-9]")
_BEFORE = 40
# Numbers that were printed on a sample card and in a pamphlet, and are void.
_VOID = {("078", "05", "1120"), ("219", "09", "9999")}

_CARD = re.compile(r"(?<![\w.+])(?<![0-9][ -])[3-6][0-9](?:[ -]?[0-9]){11,17}(?!\w|[ -]?[0-9]|\.[0-9])|"
                   r"(?<![\w.+])(?<![0-9][ -])2[2-7](?:[ -]?[0-9]){14}(?!\w|[ -]?[0-9]|\.[0-9])")
# Scheme: pattern of the beginning, numbers of digits.
_SCHEMES = (
    ("Visa", re.compile("4"), (13, 16, 19)),
    ("Mastercard", re.compile("5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), (16,)),
    ("American Express", re.compile("3[47]"), (15,)),
    ("Discover", re.compile("6011|64[4-9]|65"), (16, 17, 18, 19)),
    ("JCB", re.compile("35(?:2[89]|[3-8])"), (16, 17, 18, 19)),
    ("Diners Club", re.compile("30[0-5]|36|3[89]"), (14,)),
    ("UnionPay", re.compile("62"), (16, 17, 18, 19)),
    ("Maestro", re.compile("50(?:18|20|38)|5893|6304|6759|676[1-3]"), (13, 14, 15, 16, 17, 18, 19)),
)

_IBAN_BEGIN = re.compile(r"(?<![\w-])([A-Z]{2})[0-9]{2}(?=[ -]?[A-Z0-9])")
_IBAN_SIGN = re.compile("[ -]?([A-Z0-9])")
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18,
    "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31,
    "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29,
    "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip


def find_ssns(text: str) -> Iterator[PersonalData]:
    """Yield social security numbers in groups of 3, 2 and 4; without separators only where the words before say so."""
    for found in _SSN.finditer(text):
        before = text[max(0, found.start() - _BEFORE) : found.start()]
        if _may_be_assigned(found) and (_is_said_to_be_an_ssn(before) or _is_alone(found, before, text[found.end() : found.end() + 2])):
            yield PersonalData(PersonalDataKind.SSN, found[0], *found.span())


def find_credit_cards(text: str) -> Iterator[PersonalData]:
    """Yield card numbers whose check digit is right and whose length is one of their issuer's."""
    for found in _CARD.finditer(text):
        digits = re.sub("[ -]", "", found[0])
        scheme = next((name for name, begin, lengths in _SCHEMES if begin.match(digits) and len(digits) in lengths), None)
        if scheme is not None and _has_luhn_digit(digits):
            yield PersonalData(PersonalDataKind.CREDIT_CARD, found[0], *found.span(), scheme)


def find_ibans(text: str) -> Iterator[PersonalData]:
    """Yield IBANs, in capitals, of the length of their country and with right check digits."""
    for begin in _IBAN_BEGIN.finditer(text):
        country = begin[1]
        signs, end = list(begin[0]), begin.end()
        while len(signs) < _IBAN_LENGTHS.get(country, 0) and (sign := _IBAN_SIGN.match(text, end)):
            signs.append(sign[1])
            end = sign.end()
        is_whole = len(signs) == _IBAN_LENGTHS.get(country) and not text[end : end + 1].isalnum()
        if is_whole and _has_iban_check_digits("".join(signs)):
            yield PersonalData(PersonalDataKind.IBAN, text[begin.start() : end], begin.start(), end, country)


def _is_said_to_be_an_ssn(before: str) -> bool:
    sign = _SSN_SIGN_BEFORE if before.endswith("#") else _SSN_BEFORE
    return sign.search(before) is not None


def _is_alone(found: re.Match[str], before: str, after: str) -> bool:
    """Whether the groups are no part of something longer: hyphens hold them together, spaces beside more digits do not."""
    if before.endswith("#") or _COUNTRY_CODE_BEFORE.search(before):
        return False
    return found[2] == "-" or found[2] == " " and not _DIGIT_AND_SPACE.search(before) and not _SPACE_AND_DIGIT.match(after)


def _may_be_assigned(found: re.Match[str]) -> bool:
    area, group, serial = found[1], found[3], found[4]
    return (area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"
            and (area, group, serial) not in _VOID)


def _has_luhn_digit(digits: str) -> bool:
    doubled = (2 * int(digit) if place % 2 else int(digit) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _has_iban_check_digits(iban: str) -> bool:
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1
