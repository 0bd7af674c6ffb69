"""Phone numbers, by Google's libphonenumber (its Python port), which knows the numbering plan of every country.

With a "+" (or 00) a number of any country is found. Without, it is tried as a number of the regions that are set, in their
order: what is valid in several belongs to the first.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence

from shared.text_analysis.pii.models import PersonalData, PersonalDataKind

_NORTH_AMERICA = ("US", "CA")
_OFTEN_WITHOUT_ZERO = ("BR", "IN")
_MOST_CANDIDATES = 300
"""Looked up in one text: each costs some 0.1 ms."""

_INTERNATIONAL = re.compile(
    r"(?:\((?=\+|00)|(?<![\w+])(?<![0-9][ .-]))(?:\+|00(?=[1-9]))[ (]?[0-9](?:[ ().\-/]{0,2}[0-9]){6,14}(?!\w|[.-][0-9])"
)
_TWO_ZEROS = re.compile(r"\A\(?00")
_COUNTRY_CODE_1 = r"(?:(?:\(\+?1\)|\+?1)[ .-]?)?"
_LAST_GROUP = re.compile(r"[ ().\-/]{1,2}[0-9]+\Z")
_DOMESTIC = re.compile(r"(?<![\w.+/$-])(?<![0-9] )\(?[0-9](?:[ ().\-/]{0,2}[0-9]){6,14}(?!\w|[./:-][0-9]| [0-9])")
# Area, exchange, number: every digit of the plan's form, whether or not the area is in use today. The published example
# has an area that is not. "425.8828080" is a decimal fraction.
_NORTH_AMERICAN = re.compile(
    rf"(?<![\w.+/$-]){_COUNTRY_CODE_1}(?:\([2-9][0-9]{{2}}\)[ .-]?[2-9][0-9]{{2}}[ .-]?[0-9]{{4}}"
    r"|[2-9][0-9]{2}([ .\-/])[2-9][0-9]{2}[ .-][0-9]{4}|(?<![0-9] )[2-9][0-9]{2}[ -]?[2-9][0-9]{6})(?!\w|[./-][0-9])"
)
_PHONE_GROUPS = re.compile(rf"{_COUNTRY_CODE_1}\(?[0-9]{{3}}[).\- ]{{1,2}}[0-9]{{3}}[. -][0-9]{{4}}")
_DATE = re.compile(r"[0-9]{1,4}([./ -])[0-9]{1,2}\1[0-9]{1,4}(?:[ T][0-9]{2})?")
_PHONE_WORDS = (
    "phone|telephone|tel|mobile|cell|call|fax|ring|dial|text|sms|whatsapp|signal|contact|reach|number is|ph|mob|t"
    "|(?:area|country|dialling|dialing) code|caller id"
)
# In ordinary use some of them say nothing: "thanks a lot", "in case", "so long", "customer service", "to order:" (but
# "it belongs to order 12").
_OTHER_WORDS = (
    r"(?<!\bto )order|(?<=\bto )order(?=\s\Z)|invoice|isbn|issn|ean|upc|sku|ticket"
    r"|(?<!\bin )(?<!\bany )(?<!\bthat )(?<!\bthis )case|ref\.?|reference|tracking|parcel"
    r"|account|acct\.?|customer(?! (?:service|support|care))|serial|part|model|item|product|id|uid|imei|vin"
    r"|doi|pmid|version|build|article|patent|booking|confirmation|claim|policy|batch|(?<!\ba )lot|timestamp|transaction|code"
    r"|pin|lat|latitude|lon|long(?=\s?[:=])|longitude"
)
# What ties a word to its number: "part number is", "invoice no."
_TIE = r"""(?:[\s:=#("'-]|(?<!\w)(?:numbers?|no|nr|num|id|code|reference|ref|is|was|are)(?!\w)\.?)*"""
_TELLING = re.compile(
    rf"(?<!\w)(?:(?P<phone>{_PHONE_WORDS})(?!\w)(?:(?:\s(?:number|no\.?))?\s?#)?"
    rf"|(?P<other>{_OTHER_WORDS})(?!\w){_TIE}|(?P<sign>(?<!\w)#\s?))",
    re.IGNORECASE,
)
_FAR_FROM_A_PHONE = 24
_FAR_FROM_BARE_DIGITS = 16
_BEFORE = 40


def find_phones(text: str, regions: Sequence[str]) -> Iterator[PersonalData]:
    """Yield the numbers in international form, then those in the domestic form of `regions` (ISO 3166, two letters).

    A number that is valid in several regions is yielded for each.
    """
    taken = bytearray(len(text))
    for found in _candidates(_INTERNATIONAL, text):
        phone = _international(found[0], found.start())
        if phone is not None:
            taken[phone.start : phone.end] = b"\x01" * (phone.end - phone.start)
            yield phone
    for region in regions:
        is_number = _is_north_american if region in _NORTH_AMERICA else _is_domestic
        for found in _candidates(_NORTH_AMERICAN if region in _NORTH_AMERICA else _DOMESTIC, text):
            before = text[max(0, found.start() - _BEFORE) : found.start()]
            if any(taken[found.start() : found.end()]) or _DATE.fullmatch(found[0]):
                continue
            is_phone = _is_said_to_be_a_phone(before, found[0])
            if is_phone is False:
                continue
            country = is_number(found[0], region, is_phone is True)
            if country is not None:
                yield _phone(found[0], found.start(), country)


def _is_said_to_be_a_phone(before: str, candidate: str) -> bool | None:
    """Whether the nearest telling word says so; False where it names another number, None where none says anything.

    Digits in groups are another number only right behind its name: "for your order, 425-882-8080".
    """
    words = list(_TELLING.finditer(before))
    if not words:
        return None
    telling = words[-1]
    gap = before[telling.end() :]
    if re.search(r"[0-9\n]", gap):
        return None
    if telling["phone"]:
        return True if len(gap) <= _FAR_FROM_A_PHONE else None
    return False if not gap or telling["other"] and candidate.isdigit() and len(gap) <= _FAR_FROM_BARE_DIGITS else None


def _candidates(form: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return itertools.islice(form.finditer(text), _MOST_CANDIDATES)


def _international(candidate: str, start: int) -> PersonalData | None:
    import phonenumbers

    while len(candidate) >= 8:
        number = _parsed(_TWO_ZEROS.sub("+", candidate), None)
        if number is not None and phonenumbers.is_valid_number(number):
            return _phone(candidate, start, phonenumbers.region_code_for_number(number))
        # "+1 425 555 0123 2 pm": the last group may be another number's.
        shorter = _LAST_GROUP.sub("", candidate)
        if shorter == candidate:
            return None
        candidate = shorter
    return None


def _phone(candidate: str, start: int, country: str) -> PersonalData:
    # "(+1 425 555 0123)": what the text puts around the number is none of it.
    number = candidate[1:] if candidate.startswith("(") and ")" not in candidate else candidate
    start += len(candidate) - len(number)
    return PersonalData(PersonalDataKind.PHONE, number, start, start + len(number), country)


def _is_north_american(candidate: str, region: str, is_announced: bool) -> str | None:
    """Return the country. An area that is not in use counts where groups or the words before say that it is a phone."""
    import phonenumbers

    number = _parsed(candidate, region)
    if number is not None and phonenumbers.is_valid_number(number):
        return phonenumbers.region_code_for_number(number)
    is_grouped = _PHONE_GROUPS.fullmatch(candidate) is not None
    return region if is_announced or is_grouped else None


def _is_domestic(candidate: str, region: str, is_announced: bool) -> str | None:
    """Return the region. Digits without any sign between them are a phone only where the words before say so."""
    import phonenumbers

    if candidate.isdigit() and not is_announced:
        return None
    if _has_trunk_zero(region) and not candidate.lstrip("(").startswith("0"):
        return None
    number = _parsed(candidate, region)
    return region if number is not None and phonenumbers.is_valid_number_for_region(number, region) else None


@functools.cache
def _has_trunk_zero(region: str) -> bool:
    """Whether numbers of the region are written with a zero before them, which libphonenumber can do without."""
    from phonenumbers import PhoneMetadata

    metadata = PhoneMetadata.metadata_for_region(region)
    return region not in _OFTEN_WITHOUT_ZERO and metadata is not None and metadata.national_prefix == "0"


def _parsed(candidate: str, region: str | None):
    import phonenumbers

    try:
        return phonenumbers.parse(candidate, region)
    except phonenumbers.NumberParseException:
        return None
