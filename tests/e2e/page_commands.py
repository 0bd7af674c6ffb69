"""The commands that a page of the documentation shows, and running them as a reader would: bash, curl, a folder of one's own."""
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "docs" / "privacy.md"
_CALLS = r"(?:own|operator|reviewer|curl) "
_COMMAND = re.compile(rf"{_CALLS}|(?:MODERATO_KEY=\S+ )?python3 dev (?:export|import|verify-receipt|verify-audit) ")
_ASSIGNMENT = re.compile(r"[A-Z0-9]+=")
_IN_LINE = re.compile(rf"`({_CALLS}[^`]+)`(?: \((\d{{3}})\))?")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTURE = re.compile(r"\$([A-Z]+) is (?:its|the) (\w+)")
_UNTIL_STATE = re.compile(r"again until state is (\w+)")
_UNTIL_STATUS = "until it is done, then"
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Command:
    """One command and what the page says of it. `statuses` are those of the redirects and of the answer; none: any success."""

    text: str
    statuses: tuple[int, ...] = ()
    waits_for_status: bool = False
    waits_for_state: str = ""
    captures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ran:
    text: str
    exit_code: int
    statuses: tuple[int, ...]
    output: str
    errors: str

    def json(self) -> Any:
        try:
            return json.loads(self.output)
        except ValueError:
            return None


def commands_in_prose(page: str) -> list[Command]:
    """Those between single backticks: each stands for itself."""
    return [Command(text, (int(status),) if status else ()) for text, status in _IN_LINE.findall(_BLOCK.sub("", page))]


def stories(page: str) -> list[list[Command]]:
    """The fenced blocks that have commands: those of one block are given one after the other."""
    blocks = [list(_commands_of(block)) for _, block in _BLOCK.findall(page)]
    return [block for block in blocks if any(_COMMAND.match(command.text) for command in block)]


def blocks_of(page: str, language: str) -> list[str]:
    """The texts of the fenced blocks in a language."""
    return [block for name, block in _BLOCK.findall(page) if name == language]


def setup_lines() -> str:
    """What the reader is asked to paste before the first command."""
    return next(block for _, block in _BLOCK.findall(SETUP.read_text()) if "own() {" in block)


def _commands_of(block: str) -> Iterator[Command]:
    for line in re.sub(r"\\\n\s*", "", block).splitlines():
        text, _, comment = line.partition("  # ")
        if _COMMAND.match(text) or _ASSIGNMENT.match(text):
            state = _UNTIL_STATE.search(comment)
            yield Command(text.strip(), tuple(int(each) for each in re.findall(r"\b[1-5]\d\d\b", comment.partition(":")[0])),
                          _UNTIL_STATUS in comment, state[1] if state else "", tuple(_CAPTURE.findall(comment)))


class Shell:
    """A folder, variables, and the functions of the page. What curl receives is noted beside what it prints."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        self.variables = dict(variables)
        self._given = [setup_lines()]
        self._headers = folder / ".headers"
        (folder / ".curlrc").write_text(f'dump-header = "{self._headers}"\n')
        (folder / "dev").symlink_to(ROOT / "dev")

    def run(self, command: Command) -> Ran:
        """Give the command, again where the page says so; what the page takes from the answer becomes a variable."""
        ends_at = time.monotonic() + _WAIT_SECONDS
        while self._is_to_wait(command, ran := self._run_once(command.text)) and time.monotonic() < ends_at:
            time.sleep(0.2)
        for name, field in command.captures:
            value = _first(ran.json(), field)
            assert value is not None, f"{command.text}: the answer has no {field}: {ran.output}"
            self.variables[name] = value
        if _ASSIGNMENT.match(command.text) and not _COMMAND.match(command.text):
            self._given.append(command.text)
        return ran

    def _run_once(self, text: str) -> Ran:
        self._headers.unlink(missing_ok=True)
        path = os.pathsep.join([str(Path(sys.base_prefix) / "bin"), os.environ["PATH"]])
        ran = subprocess.run(
            ["bash", "-u", "-c", "\n".join([*self._given, text])], cwd=self.folder, capture_output=True, text=True, errors="replace",
            timeout=120, env={**os.environ, **self.variables, "PATH": path, "CURL_HOME": str(self.folder), "NO_PROXY": "*"})
        headers = self._headers.read_text() if self._headers.exists() else ""
        statuses = tuple(int(each) for each in re.findall(r"^HTTP/\S+ ([2-5]\d\d)", headers, re.MULTILINE))
        return Ran(text, ran.returncode, statuses, ran.stdout, ran.stderr)

    @staticmethod
    def _is_to_wait(command: Command, ran: Ran) -> bool:
        if command.waits_for_state:
            return (ran.json() or {}).get("state") in ("queued", "running", "uploading")
        return command.waits_for_status and ran.statuses == command.statuses[:1]


def wrong_with(command: Command, ran: Ran) -> str:
    """Why a command did not do what the page says, empty if it did."""
    expected = command.statuses[-1:] if command.waits_for_status else command.statuses
    seen = f"{command.text}\n  answered {ran.statuses}, exit code {ran.exit_code}\n  {ran.output[:500]}\n  {ran.errors[:500]}"
    if ran.exit_code != 0:
        return seen
    if command.text.startswith(("own ", "operator ", "reviewer ", "curl ")):
        if not ran.statuses or (ran.statuses != expected if expected else not all(status < 400 for status in ran.statuses)):
            return f"{seen}\n  instead of {expected or '2xx or 3xx'}"
        if command.waits_for_state and (ran.json() or {}).get("state") != command.waits_for_state:
            return seen
    return ""


def _first(values: Any, field: str) -> str | None:
    """The first value of this name, depth first."""
    if isinstance(values, dict):
        if field in values:
            return str(values[field])
        values = list(values.values())
    found = (_first(each, field) for each in values) if isinstance(values, list) else iter(())
    return next((each for each in found if each is not None), None)
