"""The code that a member signs in with: it says where the member is kept, and has 128 random bits that nobody else knows.

base64url, unpadded, of account id, team generation, member id and secret, 16 bytes each. What is stored is SHA-256 of the
code, which needs neither salt nor slowness for so much chance.
"""
from __future__ import annotations

import base64
import hashlib
import secrets
from binascii import Error
from dataclasses import dataclass

from shared.teams.models import Member

CODE_CHARACTERS = 86
_PART_BYTES = 16


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where the member is kept whom a code was made for."""

    account_id: str
    generation: str
    member_id: str


def new_code(account_id: str, generation: str, member: Member) -> str:
    place = bytes.fromhex(account_id + generation + member.id)
    return _text(place + secrets.token_bytes(_PART_BYTES))


def place_of_code(code: str) -> CodePlace | None:
    """None for what is no code."""
    if len(code) != CODE_CHARACTERS or not code.isascii():
        return None
    try:
        whole = base64.b64decode(f"{code}==", altchars=b"-_", validate=True)
    except Error:
        return None
    if _text(whole) != code:  # one code, one spelling: the last character has bits to spare
        return None
    return CodePlace(*(whole[start:start + _PART_BYTES].hex() for start in range(0, 3 * _PART_BYTES, _PART_BYTES)))


def hash_of_code(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _text(whole: bytes) -> str:
    return base64.urlsafe_b64encode(whole).decode().rstrip("=")
