"""The offline check of an exported audit trail."""
from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dev.verify_audit import MEMBER, main
from shared.accounts.audit_trail import CREATION, Deed, Head, Link, chained, head_values, id_of

EVENTS, HEAD = chained(Head(), [Deed(name, "operator", "unknown", "r") for name in (CREATION, "b", "c", "d")],
                       datetime(2026, 1, 2, tzinfo=UTC))


def lines(events=EVENTS, head: Head | None = HEAD) -> list[dict]:
    told = [{"id": id_of(event.sequence), "event": event.as_json(), "hash": event.hash} for event in events]
    return told if head is None else [*told, {"id": "head", **head_values(head)}]


def text(told: list[dict]) -> str:
    return "".join(json.dumps(line, sort_keys=True) + "\n" for line in told)


@pytest.fixture
def check(tmp_path: Path, capsys):
    """Run the command on these lines, alone and in an archive; the same both times: code and text."""
    def run(told: list[dict], *options: str) -> tuple[int, str]:
        alone, archive = tmp_path / "audit-event.jsonl", tmp_path / "export.zip"
        alone.write_text(text(told))
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(MEMBER, text(told))
        answers = []
        for path in (alone, archive):
            code = main([str(path), *options])
            printed = capsys.readouterr()
            answers.append((code, (printed.out + printed.err).replace(str(path), "FILE")))
        assert answers[0] == answers[1]
        return answers[0]
    return run


def test_a_whole_trail_is_told_with_its_extent_and_last_hash(check):
    code, said = check(lines())

    assert code == 0
    assert said.startswith("whole: 4 events, 1 to 4, 2026-01-02T00:00:00Z to 2026-01-02T00:00:00Z\n")
    assert HEAD.end.hash in said


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_a_removed_event_is_told_by_its_number(check, gone: int):
    assert check(lines([event for event in EVENTS if event.sequence != gone + 1])) == (
        1, f"BROKEN at event {gone + 1}: it is missing, changed or out of its place\n")


def test_a_changed_line_is_told(check):
    changed = lines()
    changed[2]["event"]["caller"] = "key2"

    assert check(changed)[1].startswith("BROKEN at event 3")


def test_a_trimmed_trail_is_whole_also_where_it_was_trimmed_while_it_was_exported(check):
    trimmed = Head(HEAD.end, Link(2, EVENTS[1].hash))
    for left in (EVENTS[2:], EVENTS[1:], EVENTS):
        code, said = check(lines(left, trimmed))
        assert code == 0 and "2 older ones ended by retention or erasure" in said
    assert check(lines(EVENTS[3:], trimmed))[0] == 1
    assert check(lines([], Head(HEAD.end, HEAD.end)))[1] == "whole: no events, 4 older ones ended by retention or erasure\n"


def test_a_noted_hash_must_be_in_the_trail(check):
    assert check(lines(), "--contains", EVENTS[1].hash.upper())[0] == 0
    shortened, head = EVENTS[:2], Head(Link(2, EVENTS[1].hash))
    code, said = check(lines(shortened, head), "--contains", HEAD.end.hash)
    assert (code, said) == (1, f"BROKEN: no event has the hash {HEAD.end.hash}\n")


def test_a_trail_without_its_end_is_none(check):
    assert check(lines(head=None))[1] == (
        "FILE holds no audit trail: the line that says where the trail ends is missing\n")


@pytest.mark.parametrize("content", [
    b"", b"{", b"[1]\n", b"\xff\xfe", b"PK\x03\x04 not a ZIP", b"[" * 100_000,
    b'{"id":"head","event":{"sequence":"1","trimmedSequence":0,"trimmedHash":""},"hash":""}\n',
    b'{"id":"head","event":{"sequence":1,"trimmedSequence":null,"trimmedHash":""},"hash":""}\n'])
def test_another_file_is_refused_in_one_line(tmp_path, capsys, content: bytes):
    path = tmp_path / "file"
    path.write_bytes(content)

    assert main([str(path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_an_archive_without_a_trail_and_a_missing_file_are_told(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as file:
        file.writestr("manifest.json", "{}")

    assert main([str(tmp_path / "empty.zip")]) == main([str(tmp_path / "nowhere")]) == 1
    said = capsys.readouterr().err
    assert f"there is no {MEMBER} in it" in said and "No such file" in said
