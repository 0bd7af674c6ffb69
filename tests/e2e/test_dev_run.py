"""`python3 dev run` on this machine: what it prints, what it keeps, and that it leaves nothing behind."""
from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
# The one that a person has; the virtual environment is found from there.
PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")
READY_SECONDS, STOP_SECONDS = 120, 30


class Run:
    """One `dev run`, whose output is collected as it comes."""

    def __init__(self, data: Path, *options: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.lines: list[str] = []
        self._is_ready = threading.Event()
        self.process = subprocess.Popen(
            [PYTHON, "dev", "run", "--port", str(self.port), "--data", str(data), *options], cwd=ROOT, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def until_greeted(self) -> Run:
        assert self._is_ready.wait(READY_SECONDS), self.output
        assert self.process.poll() is None, self.output
        return self

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code, once it has ended and closed its output."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if "Ctrl-C stops it" in line:
                self._is_ready.set()
        self._is_ready.set()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants(pid: int) -> set[int]:
    """Process ids of children, grandchildren and so on."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = dict(map(int, line.split()) for line in table.splitlines())
    found, size = {pid}, 0
    while size != len(found):
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {pid}


def is_running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dev-run") / "data"


@pytest.fixture(scope="module")
def first(data: Path) -> Iterator[Run]:
    run = Run(data)
    try:
        yield run.until_greeted()
    finally:
        run.end()


@pytest.fixture
def state(first: Run, data: Path) -> dict[str, str]:
    return json.loads((data / "state.json").read_text())


def test_it_says_where_it_answers_and_shows_the_key(first: Run, state: dict[str, str]):
    assert f"Moderato answers on {first.endpoint}" in first.output
    assert state["accountId"] in first.output
    assert state["key"] in first.output
    assert state["operatorKey"] not in first.output


def test_it_keeps_endpoint_keys_and_account_for_its_owner_alone(first: Run, state: dict[str, str], data: Path):
    assert set(state) == {"endpoint", "operatorKey", "accountId", "key"}
    assert state["endpoint"] == first.endpoint
    for secret in (data / "state.json", data / "key-encryption-key"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    headers = {"x-operator-key": state["operatorKey"]}
    accounts = httpx.get(f"{first.endpoint}/accounts", headers=headers).json()["value"]
    assert [account["id"] for account in accounts] == [state["accountId"]]


def test_the_analysis_that_it_shows_has_all_categories_and_the_blocklist_hit(first: Run):
    for word in ("Hate", "SelfHarm", "Sexual", "Violence"):
        assert re.search(rf"^\s*{word}\b", first.output, re.MULTILINE)
    assert re.search(r"^\s*Blocklist.*kraken-9000", first.output, re.MULTILINE)


def test_the_curl_line_works_as_it_is_printed(first: Run):
    words = shlex.split(next(line for line in first.lines if line.strip().startswith("curl ")))
    address = next(word for word in words if word.startswith("http"))
    headers = dict(words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H")
    answer = httpx.post(address, headers=headers, content=words[words.index("-d") + 1])

    assert answer.status_code == 200
    assert [match["blocklistItemText"] for match in answer.json()["blocklistsMatch"]] == ["kraken-9000"]


def test_the_snippet_works_as_it_is_printed(first: Run):
    start = next(place for place, line in enumerate(first.lines) if line.strip().startswith("from azure."))
    end = next(place for place, line in enumerate(first.lines) if line.strip().startswith("print("))
    program = "\n".join(line.strip() for line in first.lines[start:end + 1])

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert "kraken-9000" in result.stdout


def test_a_port_that_is_taken_is_one_clear_line(first: Run, tmp_path: Path):
    second = Run(tmp_path / "data", port=first.port)
    second.process.wait(READY_SECONDS)

    assert second.end() == 1
    assert [line for line in second.lines if line] == [f"port {first.port} is in use; choose another with --port"]
    assert httpx.get(f"{first.endpoint}/health").status_code == 200


def test_a_data_folder_that_is_taken_is_one_clear_line(first: Run, data: Path):
    second = Run(data)
    second.process.wait(READY_SECONDS)

    assert second.end() == 1
    assert len([line for line in second.lines if line]) == 1
    assert "in use by another `dev run`" in second.output


def test_it_ends_without_a_trace_and_goes_on_where_it_was(tmp_path: Path):
    """SIGTERM first, as a service manager sends it, and Ctrl-C the second time."""
    data = tmp_path / "data"
    states, codes, used = [], [], []
    for number in (signal.SIGTERM, signal.SIGINT):
        run = Run(data).until_greeted()
        states.append(json.loads((data / "state.json").read_text()))
        family = descendants(run.process.pid)
        codes.append(run.end(number))
        used.append(run)
        assert family, "Azurite is a child"
        assert not [pid for pid in family if is_running(pid)]
        assert not accepts(run.port)
        assert "Traceback" not in run.output

    assert codes == [0, 0]
    assert {state["accountId"] for state in states} == {states[0]["accountId"]}
    assert {state["key"] for state in states} == {states[0]["key"]}
    assert "New demo account" in used[0].output
    assert "New demo account" not in used[1].output
    assert "kraken-9000" in used[1].output


def test_without_the_demo_there_is_no_account(tmp_path: Path):
    run = Run(tmp_path / "data", "--no-demo").until_greeted()
    try:
        state = json.loads((tmp_path / "data" / "state.json").read_text())
        operator = {"x-operator-key": state["operatorKey"]}
        accounts = httpx.get(f"{run.endpoint}/accounts", headers=operator).json()
        unknown = httpx.get(f"{run.endpoint}/accounts/{'0' * 32}", headers=operator)
        wrong_key = httpx.get(f"{run.endpoint}/accounts/me", headers={"Training-Key": "0" * 64})
        ready = httpx.get(f"{run.endpoint}/ready")
    finally:
        run.end()

    assert set(state) == {"endpoint", "operatorKey"}
    assert accounts == {"value": []}
    assert (unknown.status_code, wrong_key.status_code, ready.status_code) == (404, 401, 200)
    assert "curl" not in run.output


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), ([], 0), (["fly"], 2)])
def test_a_person_who_asks_or_mistypes_is_shown_the_commands(arguments: list[str], code: int):
    result = subprocess.run([PYTHON, "dev", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == code
    assert "python3 dev <command>" in result.stdout + result.stderr
    assert "run" in result.stdout + result.stderr
