"""A text with its spaces, hyphens and digits as a keyboard has them, so that "425&nbsp;882&#8209;8080" is a phone number."""

from __future__ import annotations

import re

from shared.matching.alignment import AlignedText

_SPACES = "\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
_FULL_WIDTH = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@.+()-_"
_PLAIN = str.maketrans(
    {sign: " " for sign in _SPACES} | {"\u2010": "-", "\u2011": "-", "\u2019": "'", "\u02bc": "'"}
    | {chr(ord(sign) + 0xFEE0): sign for sign in _FULL_WIDTH}
)
# Between digits a dash of any length joins a number; elsewhere it parts what it stands between.
_DASH_IN_NUMBER = re.compile("(?<=[0-9)])[\u2012\u2013\u2212](?=[0-9(])")
# What is invisible and joins. A space of no width joins nothing but the parts of a number.
_INVISIBLE = re.compile("(?<=[!-~])[\u00ad\u200c\u200d\u2060\ufeff]++(?=[!-~])|(?<=[0-9-])\u200b++(?=[0-9-])")


def plain_typography(text: str) -> AlignedText:
    """Return the text with plain signs, and without invisible ones within words and numbers, aligned to the original."""
    if text.isascii():
        return AlignedText(text)
    plain = _DASH_IN_NUMBER.sub("-", text.translate(_PLAIN))
    edits = [(*hidden.span(), "") for hidden in _INVISIBLE.finditer(plain)]
    return AlignedText(plain).edited(edits) if edits else AlignedText(plain)
