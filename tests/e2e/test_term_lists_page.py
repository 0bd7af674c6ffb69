"""What the page on term lists tells readers to type is typed, as it stands there, against a running worker."""
from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Served, ServedAccount
from tests.e2e.page_commands import ROOT, Command, Shell, blocks_of, setup_lines

PAGE = (ROOT / "docs" / "term-lists.md").read_text()
IMPORTING, SPLITTING, MOVING = blocks_of(PAGE, "")


@pytest.fixture
def shell(worker: Served, served: ServedAccount, tmp_path: Path) -> Shell:
    return Shell(tmp_path, {"E": worker.endpoint, "K": served.key1, "TERMLIST": "1"})


def test_the_commands_of_the_first_block_answer_as_the_page_says(shell: Shell, served: ServedAccount):
    answers = []
    for line in IMPORTING.splitlines():
        text, _, comment = line.partition("  # ")
        ran = shell.run(Command(text.strip()))
        assert (ran.exit_code, ran.errors) == (0, "")
        assert not comment or ran.statuses == (200,)
        answers.append(ran.json())
    shown = json.loads(blocks_of(PAGE, "json")[0])
    assert {**answers[2], "TrackingId": "…"} == shown
    assert (answers[4]["Taken"], answers[4]["Refused"]) == (2, 0)
    assert {each["Term"] for each in answers[5]["Data"]["Terms"]} == {"rotten turnip", "turnip, mouldy"}


def test_a_file_in_parts_comes_in_whole(shell: Shell, served: ServedAccount):
    served.term_list()
    ran = subprocess.run(["bash", "-u", "-e", "-c", setup_lines() + SPLITTING], cwd=shell.folder, capture_output=True, text=True,
                         env={"PATH": "/usr/bin:/bin", "NO_PROXY": "*", **shell.variables}, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert served.content_moderator().list_management_term.get_all_terms("1", "eng").paging.total == 450
    assert len(list(shell.folder.glob("part-*"))) == 3


def test_the_command_for_moving_has_the_options_of_the_page():
    from dev.import_content_moderator import KEY_VARIABLE, LANGUAGES, SOURCE_KEY_VARIABLE, _parser

    options = {option for action in _parser()._actions for option in action.option_strings}
    assert set(re.findall(r"--[a-z-]+", MOVING + PAGE.partition("## Moving")[2])) <= options
    assert f"`{SOURCE_KEY_VARIABLE}`" in PAGE and f"`{KEY_VARIABLE}`" in PAGE
    assert len(LANGUAGES.split(",")) == len(set(LANGUAGES.split(","))) == 30
