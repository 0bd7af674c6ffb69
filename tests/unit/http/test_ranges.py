"""Which part of a body is asked for. Source: RFC 9110, sections 13.1.5, 14.1.2, 14.2 and 15.5.17."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RangeNotSatisfiable
from shared.http.ranges import ByteRange, requested_range

ETAG = '"abc"'


@pytest.mark.parametrize(("header", "start", "end"), [
    ("bytes=0-499", 0, 500), ("bytes=500-999", 500, 1000), ("bytes=-500", 9500, 10_000), ("bytes=9500-", 9500, 10_000),
    ("bytes=0-0", 0, 1), ("bytes=-1", 9999, 10_000), ("bytes=0-", 0, 10_000), ("bytes=9999-", 9999, 10_000),
    ("bytes=0-9999", 0, 10_000), ("bytes=0-10000", 0, 10_000), ("bytes=0-99999999999999999999", 0, 10_000),
    ("bytes=-10000", 0, 10_000), ("bytes=-10001", 0, 10_000), ("BYTES=1-2", 1, 3), (" bytes= 1-2 ", 1, 3)])
def test_one_range_is_answered_as_the_standard_says(header: str, start: int, end: int):
    assert requested_range(header, None, ETAG, 10_000) == ByteRange(start, end)


@pytest.mark.parametrize("header", [
    None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=2-1", "bytes=1", "bytes=1-2-3", "bytes=--1", "bytes=+1-2",
    "bytes=1.0-2", "bytes 1-2", "items=0-1", "bytes=0-1,5-6", "bytes=0-1,", "bytes=0x1-2", "bytes=\u0661-2", "bytes=0 - 1",
    "bytes=" + "1" * 31 + "-", "\ud800"])
def test_a_malformed_header_and_one_of_several_ranges_mean_the_whole(header: str | None):
    assert requested_range(header, None, ETAG, 10_000) is None


@pytest.mark.parametrize("header", ["bytes=10000-", "bytes=10000-10001", "bytes=99999999999999999999-", "bytes=-0"])
def test_a_range_beyond_the_end_cannot_be_satisfied_and_the_size_is_told(header: str):
    with pytest.raises(RangeNotSatisfiable) as refused:
        requested_range(header, None, ETAG, 10_000)
    assert refused.value.size_bytes == 10_000 and "10000" in refused.value.message


@pytest.mark.parametrize("if_range", ['"abd"', 'W/"abc"', "abc", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_range_of_another_representation_means_the_whole(if_range: str):
    assert requested_range("bytes=0-1", if_range, ETAG, 10) is None
    assert requested_range("bytes=99-", if_range, ETAG, 10) is None


def test_a_range_of_this_representation_is_answered():
    assert requested_range("bytes=0-1", ETAG, ETAG, 10) == requested_range("bytes=0-1", f" {ETAG} ", ETAG, 10) == ByteRange(0, 2)


def test_a_part_says_its_place_with_its_last_byte():
    assert ByteRange(0, 500).content_range(1234) == "bytes 0-499/1234"


@given(st.text(alphabet="bytes=0123456789-, ", max_size=20), st.integers(0, 1000))
def test_whatever_is_sent_a_part_lies_within_the_body(header: str, size_bytes: int):
    try:
        part = requested_range(header, None, ETAG, size_bytes)
    except RangeNotSatisfiable:
        return
    assert part is None or 0 <= part.start < part.end <= size_bytes
