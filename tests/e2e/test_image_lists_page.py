"""What the page on image lists tells readers to type is typed, as it stands there, against a running worker."""
from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.contract.golden import OPERATIONS, examples_of
from tests.e2e.conftest import Served, ServedAccount
from tests.e2e.page_commands import ROOT, Command, Shell, blocks_of
from tests.pictures import encoded, pixels, reposted

PAGE = (ROOT / "docs" / "image-lists.md").read_text()


@pytest.fixture
def shell(worker: Served, served: ServedAccount, tmp_path: Path) -> Shell:
    (tmp_path / "turnip.jpg").write_bytes(encoded(pixels(1), "JPEG"))
    (tmp_path / "again.jpg").write_bytes(reposted(1))
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        archive.writestr("turnips/", b"")
        archive.writestr("turnips/2.jpg", encoded(pixels(2), "JPEG"))
        archive.writestr("tags.csv", blocks_of(PAGE, "csv")[0])
    return Shell(tmp_path, {"E": worker.endpoint, "K": served.key1, "IMAGELIST": "1", "IMAGE": "1"})


def test_the_commands_answer_as_the_page_says(shell: Shell):
    answers = []
    for block in blocks_of(PAGE, ""):
        for line in block.splitlines():
            text, _, comment = line.partition("  # ")
            ran = shell.run(Command(text.strip()))
            assert (ran.exit_code, ran.errors, ran.statuses) == (0, "", (200,)), text
            answers.append(ran)
    created, added, matched, listed, deleted, imported, _, taken = answers
    assert (created.json()["Id"], added.json()["ContentId"]) == (1, "1")
    (match,) = matched.json()["Matches"]
    assert (match["MatchId"], match["Tags"], match["Label"]) == (1, [101, 403], "A turnip")
    assert (listed.json()["ContentIds"], deleted.json()) == ([1], "")
    assert imported.json()["Taken"] == [{"Entry": 2, "ContentId": 2}]
    assert taken.json()["Taken"] == 1
    assert "101 403,Two" in (shell.folder / "hashes.csv").read_text()


def test_the_report_on_the_page_is_the_golden_one():
    (report,) = (json.loads(block) for block in blocks_of(PAGE, "json"))
    golden = examples_of(OPERATIONS["import_images"])[0]["answer"]
    assert {**report, "TrackingId": golden["TrackingId"]} == golden
