"""All personal data of a text, no place taken twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from shared.text_analysis.pii.addresses import find_addresses
from shared.text_analysis.pii.emails import find_emails
from shared.text_analysis.pii.identity_numbers import find_credit_cards, find_ibans, find_ssns
from shared.text_analysis.pii.ip_addresses import find_ip_addresses
from shared.text_analysis.pii.models import PersonalData
from shared.text_analysis.pii.phones import find_phones
from shared.text_analysis.pii.typography import plain_typography

DEFAULT_PHONE_REGIONS = ("US", "GB")
DATA_LIMIT = 1000
"""Pieces of personal data that one text is searched for."""


def find_personal_data(
    text: str, phone_regions: Sequence[str] = DEFAULT_PHONE_REGIONS, with_accounts: bool = False
) -> list[PersonalData]:
    """Return what was found, in the order of the text; `with_accounts`: credit cards and IBANs too.

    Kinds are looked for in the order of their enum. What overlaps something found before it is left out, so that an SSN is
    never cut out of a phone number. Time is linear in the text.
    """
    found: list[PersonalData] = []
    plain = plain_typography(text)
    taken = bytearray(len(text))
    for piece in _all(plain.text, phone_regions, with_accounts):
        if len(found) >= DATA_LIMIT:
            break
        start, end = plain.span(piece.start, piece.end)
        if not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            found.append(replace(piece, text=text[start:end], start=start, end=end))
    return sorted(found, key=lambda piece: piece.start)


def _all(text: str, phone_regions: Sequence[str], with_accounts: bool) -> Iterator[PersonalData]:
    yield from find_emails(text)
    if with_accounts:
        yield from find_ibans(text)
        yield from find_credit_cards(text)
    yield from find_ip_addresses(text)
    yield from find_ssns(text)
    yield from find_addresses(text)
    yield from find_phones(text, phone_regions)
