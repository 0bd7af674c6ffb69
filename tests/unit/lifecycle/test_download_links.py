"""The token of a download link: what it says, and who made it."""
from __future__ import annotations

import dataclasses
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.crypto.envelope import DataKeys
from shared.lifecycle.download_links import DownloadLink, link_of_token, token_of_link

LINK = DownloadLink("a" * 32, "b" * 32, "c" * 32, 1_800_000_000)


def keys() -> DataKeys:
    return DataKeys({1: secrets.token_bytes(32)}, secrets.token_bytes(32))


def test_a_token_says_what_the_link_is_and_is_signed_by_the_account_alone():
    own = keys()
    token = token_of_link(LINK, own)
    opened = link_of_token(token)
    assert dataclasses.replace(opened, proof=b"") == LINK
    assert opened.is_signed_by(own) and not opened.is_signed_by(keys())
    assert token.replace("-", "").replace("_", "").isalnum()


def test_a_token_holds_over_a_rotation_of_the_data_key():
    hash_key = secrets.token_bytes(32)
    before, after = DataKeys({1: b"1" * 32}, hash_key), DataKeys({2: b"2" * 32}, hash_key)
    assert link_of_token(token_of_link(LINK, before)).is_signed_by(after)


@pytest.mark.parametrize("change", [
    {"account_id": "d" * 32}, {"export_id": "d" * 32}, {"attempt": "d" * 32}, {"expires_at": LINK.expires_at + 1}])
def test_a_link_that_was_changed_is_not_signed(change):
    own = keys()
    opened = link_of_token(token_of_link(LINK, own))
    assert not dataclasses.replace(opened, **change).is_signed_by(own)


@given(st.integers(0, 116), st.integers(1, 63))
def test_no_character_of_a_token_can_be_changed(position: int, step: int):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    own = DataKeys({1: b"1" * 32}, b"2" * 32)
    token = token_of_link(LINK, own)
    other = alphabet[(alphabet.index(token[position]) + step) % 64]
    assert not link_of_token(token[:position] + other + token[position + 1:]).is_signed_by(own)


@given(st.text(max_size=130))
def test_what_is_no_token_is_refused(text: str):
    try:
        link = link_of_token(text)
    except ValueError:
        return
    assert not link.is_signed_by(keys())


@pytest.mark.parametrize("token", ["", "a", "a" * 117, "a" * 119, "é" * 118, "=" * 118, "." * 118, "\ud800" * 118])
def test_a_token_of_another_length_or_alphabet_is_refused(token: str):
    with pytest.raises(ValueError):
        link_of_token(token)
