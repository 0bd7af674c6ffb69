"""The secrets that `dev run` keeps on this machine."""

import json
from pathlib import Path

import pytest

from dev.state import State


def test_first_load_makes_an_operator_key_and_keeps_it(tmp_path: Path):
    assert State.load(tmp_path).operator_key == State.load(tmp_path).operator_key != ""


def test_only_its_owner_may_read_the_file(tmp_path: Path):
    assert State.load(tmp_path).path.stat().st_mode & 0o777 == 0o600


def test_account_survives_a_restart(tmp_path: Path):
    state = State.load(tmp_path)
    state.endpoint, state.account_id, state.key = "http://127.0.0.1:7071", "an-id", "a-key"
    state.save()
    again = State.load(tmp_path)
    assert (again.account_id, again.key) == ("an-id", "a-key")


def test_without_an_account_its_names_are_left_out(tmp_path: Path):
    state = State.load(tmp_path)
    state.endpoint, state.account_id, state.key = "http://127.0.0.1:7071", "an-id", "a-key"
    state.forget_account()
    state.save()
    assert json.loads(state.path.read_text()).keys() == {"endpoint", "operatorKey"}


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_unreadable_file_is_begun_anew(tmp_path: Path, text: str):
    (tmp_path / "state.json").write_text(text)
    assert State.load(tmp_path).operator_key != ""
