"""Tokens that open one thing: what they say, for what purpose, and who made them."""
from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.crypto.envelope import DataKeys
from shared.crypto.links import SignedLink, link_of, token_of

OWN = DataKeys({1: b"1" * 32}, b"2" * 32)


@given(st.binary(max_size=200), st.integers(0, 2**64 - 1))
def test_a_token_says_what_the_link_is_and_is_signed_by_the_account_for_its_purpose_alone(subject: bytes, expires_at: int):
    opened = link_of(token_of(SignedLink("a" * 32, subject, expires_at), OWN, "purpose"))

    assert (opened.account_id, opened.subject, opened.expires_at) == ("a" * 32, subject, expires_at)
    assert opened.is_signed_by(OWN, "purpose")
    assert not opened.is_signed_by(OWN, "another purpose")
    assert not opened.is_signed_by(DataKeys({1: b"1" * 32}, secrets.token_bytes(32)), "purpose")


@given(st.text(max_size=300))
def test_what_is_no_token_is_refused(text: str):
    try:
        link = link_of(text)
    except ValueError:
        return
    assert not link.is_signed_by(OWN, "purpose")


def test_a_token_has_one_spelling():
    token = token_of(SignedLink("a" * 32, b"x", 1), OWN, "purpose")
    for other in (token + "=", token + "A", " " + token, token[:5] + "\n" + token[5:], token[:-1]):
        with pytest.raises(ValueError):
            link_of(other)
