"""Downloading an archive: whole, in parts, and beyond what one answer can hold."""
from __future__ import annotations

import dataclasses
import hashlib

import pytest

from shared.api.management.downloads import ANSWER_LIMIT_BYTES
from shared.lifecycle.export_repository import ExportRepository
from shared.services import Services
from shared.storage.holdings import EXPORT_ARCHIVE
from tests.contract.golden import OPERATIONS, Player
from tests.contract.in_process import Answer

DOWNLOAD = OPERATIONS["download_archive"]


class Link:
    def __init__(self, player: Player) -> None:
        self._player = player
        player.prepare({"before": [
            {"operation": "start_export", "path": {"accountId": "{accountId}"}, "keep": {"exportId": "id"}},
            {"job": "export-account", "id": "{exportId}"}]})
        self.renew()

    def renew(self) -> None:
        path = {"accountId": "{accountId}", "exportId": "{exportId}"}
        self._player.prepare({"before": [{"operation": "get_export_archive", "path": path, "keep_last": {"token": "location"}}]})

    @property
    def export_id(self) -> str:
        return self._player.values["exportId"]

    def get(self, **headers: str) -> Answer:
        return self._player.play(DOWNLOAD, {"path": {"token": "{token}"}}, headers=headers)


@pytest.fixture
def link(player: Player) -> Link:
    return Link(player)


def test_the_whole_archive_comes_with_what_a_client_needs_to_resume(link: Link):
    answer = link.get()
    digest = hashlib.sha256(answer.body).hexdigest()
    assert answer.status == 200
    assert answer.headers["etag"] == f'"{digest}"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"].startswith('attachment; filename="moderato-export-')
    assert answer.headers["cache-control"] == "no-store"
    assert "content-range" not in answer.headers


@pytest.mark.parametrize(("asked", "start", "end"), [
    ("bytes=0-", 0, None), ("bytes=-10", -10, None), ("bytes=5-9", 5, 10), ("bytes=0-0", 0, 1), ("bytes=7-99999999", 7, None)])
def test_a_part_is_the_part_of_the_whole(link: Link, asked: str, start: int, end: int | None):
    whole, part = link.get().body, link.get(Range=asked)
    expected = whole[start:end]
    first = whole.index(expected, start if start >= 0 else len(whole) + start)
    assert (part.status, part.body) == (206, expected)
    assert part.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{len(whole)}"
    assert part.headers["etag"] == link.get().headers["etag"]


@pytest.mark.parametrize("asked", ["bytes=2-1", "bytes=0-1,4-5", "bytes=x-", "pages=1-2", "bytes=-"])
def test_a_malformed_range_and_several_ranges_bring_the_whole(link: Link, asked: str):
    answer = link.get(Range=asked)
    assert (answer.status, answer.body) == (200, link.get().body)


def test_a_range_beyond_the_end_is_416_with_the_size(link: Link):
    size = len(link.get().body)
    for asked in (f"bytes={size}-", "bytes=-0"):
        answer = link.get(Range=asked)
        assert answer.status == 416 and answer.headers["content-range"] == f"bytes */{size}"
        assert answer.body["error"]["code"] == "RangeNotSatisfiable"


def test_a_part_of_another_version_brings_the_whole(link: Link):
    etag = link.get().headers["etag"]
    assert link.get(**{"Range": "bytes=0-1", "If-Range": etag}).status == 206
    for other in ('"other"', f"W/{etag}", "Wed, 21 Oct 2026 07:28:00 GMT"):
        assert link.get(**{"Range": "bytes=0-1", "If-Range": other}).status == 200


def test_an_archive_beyond_the_limit_of_an_answer_is_had_in_parts(link: Link, services: Services, player: Player):
    """The record is made to tell of a larger archive: what it holds does not matter here."""
    store = services.accounts.open(services.accounts.get(player.values["accountId"]))
    export = ExportRepository().find(store, link.export_id)
    store.blobs.write(EXPORT_ARCHIVE, f"{export.id}/{export.attempt}", [b"x" * ANSWER_LIMIT_BYTES, b"y"])
    for size in (ANSWER_LIMIT_BYTES, ANSWER_LIMIT_BYTES + 1):
        export = dataclasses.replace(export, archive=dataclasses.replace(export.archive, size_bytes=size))
        export = dataclasses.replace(export, etag=ExportRepository().replace(store, export))
        whole, part = link.get(), link.get(Range="bytes=0-")
        if size == ANSWER_LIMIT_BYTES:
            assert (whole.status, len(whole.body)) == (200, size)
            assert part.headers["content-range"] == f"bytes 0-{size - 1}/{size}"
        else:
            assert whole.status == 413 and "Range" in whole.body["error"]["message"]
            assert (part.status, len(part.body)) == (206, ANSWER_LIMIT_BYTES)
            assert part.headers["content-range"] == f"bytes 0-{ANSWER_LIMIT_BYTES - 1}/{size}"
            assert link.get(Range=f"bytes={ANSWER_LIMIT_BYTES}-").headers["content-range"] == f"bytes {size - 1}-{size - 1}/{size}"
            assert link.get(Range="bytes=2-1").status == 413


def test_a_dead_link_is_404_in_the_same_words(link: Link, player: Player):
    good = player.values["token"]
    bodies = []
    for token in ("x", good[:-3] + "AAA", "0" * len(good), "é", "%00"):
        player.values["token"] = token
        answer = link.get(Range="bytes=9999999999-")
        assert answer.status == 404
        bodies.append({name: value for name, value in answer.body["error"].items() if name != "requestId"})
    assert all(body == bodies[0] for body in bodies)
