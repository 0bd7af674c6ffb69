"""Paths and lines of an export archive."""
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.lifecycle.archive_format import (
    LINE_LIMIT_BYTES,
    blob_id_of,
    file_path,
    json_line,
    line_of,
    schema_of,
)
from shared.storage.account_store import PAYLOAD_LIMIT_BYTES, Record
from shared.storage.holdings import BLOCKLIST, BLOCKLIST_ITEM, HOLDINGS, Portability, Shape

PART = st.text(st.characters(exclude_characters="/", exclude_categories=("Cs",)), min_size=1).filter(lambda part: part not in (".", ".."))


@given(st.lists(PART, min_size=1, max_size=3))
def test_a_files_path_leads_back_to_its_id_and_holds_no_trap(parts: list[str]):
    path = file_path("picture", "/".join(parts))
    assert blob_id_of(path) == ("picture", "/".join(parts))
    assert path.isascii() and path.isprintable() and "\\" not in path and ":" not in path


@pytest.mark.parametrize("path", [
    "files/picture/../x", "files/picture/./x", "files/picture//x", "files/picture/", "files/picture/a/", "files/picture/%61",
    "files/picture/a%2Fb/%2e%2e", "files/picture/a b", "files/picture/%ff", "files/picture/a%2fb", "files/picture/\u00e9"])
def test_a_path_that_no_file_has_is_refused(path: str):
    with pytest.raises(ValueError):
        blob_id_of(path)


def test_a_line_has_what_is_declared_and_nothing_that_is_derived():
    record = Record("garden", {"description": "d", "itemKey": "00", "index": {"rules": 1}},
                    {"version": 3, "patternsVersion": 1, "generation": "g"})
    assert line_of(BLOCKLIST, record, None) == b'{"description":"d","id":"garden","itemKey":"00"}\n'
    item = Record("1", {"text": "caf\u00e9", "description": "", "isRegex": False})
    assert line_of(BLOCKLIST_ITEM, item, "garden") == \
        '{"description":"","id":"1","isRegex":false,"parent":"garden","text":"caf\u00e9"}\n'.encode()


def test_a_time_is_written_in_utc():
    time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert json_line({"at": time}) == b'{"at":"2026-01-02T01:04:05Z"}\n'
    assert json_line({"at": datetime(2026, 1, 2, tzinfo=UTC)}) == b'{"at":"2026-01-02T00:00:00Z"}\n'


def test_a_lone_surrogate_stays_an_escape():
    line = json_line({"text": "\ud800"})
    assert json.loads(line.decode()) == {"text": "\ud800"}


def test_what_json_does_not_have_is_refused():
    for value in (float("nan"), b"bytes"):
        with pytest.raises((ValueError, TypeError)):
            json_line({"value": value})


def test_the_largest_record_fits_a_line():
    assert PAYLOAD_LIMIT_BYTES * 6 <= LINE_LIMIT_BYTES


@pytest.mark.parametrize("holding", [each for each in HOLDINGS if each.shape is Shape.RECORD
                                     and each.portability in (Portability.CONTENT, Portability.HISTORY)], ids=lambda each: each.kind)
def test_every_property_that_is_exported_has_a_schema(holding):
    assert set(holding.schema) == {"id", *holding.content, *holding.plain} - holding.derived
    assert "id" not in (*holding.content, *holding.plain) and "parent" not in (*holding.content, *holding.plain)
    assert set(schema_of(holding)["required"]) == set(holding.schema) | ({"parent"} if holding.parent else set())
