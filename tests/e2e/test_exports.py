"""Exports through HTTP: asked for, watched, downloaded in parts by a link, deleted; and by the command of `dev`."""
from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.azurite import Azurite
from dev.host.process import HostProcess
from shared.bootstrap import services_of
from shared.settings import Settings
from shared.storage.holdings import EXPORT_ARCHIVE
from tests.e2e.conftest import ServedAccount
from tests.worker_environment import worker_environment

ROOT = Path(__file__).resolve().parents[2]
PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")
ITEMS = ["apple", "p\u00eache \U0001F351", "\u6a59", "double  space", '"quoted" \\ back', "line\u2028break"]


def exported(served: ServedAccount) -> dict[str, Any]:
    """The status of a new export once it has ended."""
    with served.http() as client:
        started = client.post("/accounts/me/exports")
        assert started.status_code == 202, started.text
        assert started.headers["Operation-Location"] == f"{served.endpoint}/accounts/{served.id}/exports/{started.json()['id']}"
        deadline = time.monotonic() + 60
        while (status := client.get(started.headers["Operation-Location"]).json())["state"] in ("queued", "running"):
            assert time.monotonic() < deadline, status
            time.sleep(0.1)
    return status


def link_to(served: ServedAccount, export_id: str) -> str:
    with served.http() as client:
        answer = client.get(f"/accounts/me/exports/{export_id}/archive")
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


def filled(served: ServedAccount) -> ServedAccount:
    served.create_list("fruit", "What grows on trees: \U0001F333")
    served.add("fruit", *ITEMS, {"text": "gr[ae]pe", "isRegex": True, "description": "both spellings"})
    served.create_list("empty")
    return served


def test_an_account_gets_all_that_it_holds_as_an_archive(served):
    status = exported(filled(served))
    assert status["state"] == "succeeded", status
    content = httpx.get(link_to(served, status["id"])).content
    assert (len(content), hashlib.sha256(content).hexdigest()) == (status["archive"]["sizeBytes"], status["archive"]["sha256"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lists = [json.loads(line) for line in archive.read("records/blocklist.jsonl").splitlines()]
        items = [json.loads(line) for line in archive.read("records/blocklist-item.jsonl").splitlines()]
        about, manifest = json.loads(archive.read("account.json")), json.loads(archive.read("manifest.json"))
    assert [(each["id"], each["description"]) for each in lists] == [("empty", ""), ("fruit", "What grows on trees: \U0001F333")]
    assert {(item["parent"], item["text"], item["isRegex"]) for item in items} == {
        *(("fruit", text, False) for text in ITEMS), ("fruit", "gr[ae]pe", True)}
    assert {item["id"] for item in items} == {item["blocklistItemId"] for item in served.items("fruit")}
    assert (about["id"], about["displayName"], about["region"]) == (served.id, "e2e", "testregion")
    assert served.key1 not in content.decode("latin-1") and served.key2 not in json.dumps(about)
    assert manifest["merkleRoot"] == status["archive"]["merkleRoot"]
    assert status["archive"]["counts"]["blocklist-item"] == 7


def test_an_interrupted_download_resumes(served):
    status = exported(filled(served))
    link = link_to(served, status["id"])
    half = status["archive"]["sizeBytes"] // 2
    first = httpx.get(link, headers={"Range": f"bytes=0-{half - 1}"})
    rest = httpx.get(link, headers={"Range": f"bytes={half}-", "If-Range": first.headers["ETag"]})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert hashlib.sha256(first.content + rest.content).hexdigest() == status["archive"]["sha256"]
    beyond = httpx.get(link, headers={"Range": f"bytes={status['archive']['sizeBytes']}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{status['archive']['sizeBytes']}")


def test_another_account_sees_no_export_and_the_operator_sees_it(worker, served):
    other, status = worker.account(), exported(served)
    path = f"accounts/{served.id}/exports"
    with other.http() as stranger:
        for answer in (stranger.get(f"/{path}"), stranger.post(f"/{path}"), stranger.get(f"/{path}/{status['id']}"),
                       stranger.get(f"/{path}/{status['id']}/archive"), stranger.delete(f"/{path}/{status['id']}"),
                       stranger.get(f"/accounts/me/exports/{status['id']}"),
                       stranger.get(f"/accounts/me/exports/{status['id']}/archive")):
            assert answer.status_code == 404, answer.text
        assert stranger.get("/accounts/me/exports").json() == {"value": []}
    assert worker.operator("GET", f"{path}/{status['id']}").json() == status
    assert worker.operator("GET", path).json() == {"value": [status]}


def test_a_deleted_export_is_gone_and_so_is_its_link(served):
    status = exported(served)
    link = link_to(served, status["id"])
    assert httpx.get(link).status_code == 200
    with served.http() as client:
        for _ in range(2):
            assert client.delete(f"/accounts/me/exports/{status['id']}").status_code == 204
        assert client.get(f"/accounts/me/exports/{status['id']}").status_code == 404
    assert httpx.get(link).status_code == 404


def test_a_deleted_account_has_no_export_and_starts_none(worker, served):
    status = exported(served)
    link = link_to(served, status["id"])
    assert worker.operator("DELETE", f"accounts/{served.id}").status_code == 202
    with served.http() as client:
        assert client.post("/accounts/me/exports").status_code == 401
    refused = worker.operator("POST", f"accounts/{served.id}/exports")
    assert refused.status_code == 409 and "deleted" in refused.json()["error"]["message"]
    assert httpx.get(link).status_code == 404


def test_an_empty_account_is_exported_too(served):
    status = exported(served)
    assert status["archive"]["merkleRoot"] == hashlib.sha256(b"").hexdigest()


def run_command(served: ServedAccount, output: Path, *options: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MODERATO_KEY": served.key1 if key is None else key}
    return subprocess.run([PYTHON, "dev", "export", "--endpoint", served.endpoint, "--output", str(output), *options], cwd=ROOT,
                          env=environment, capture_output=True, text=True, timeout=120)


def test_the_command_saves_and_checks_the_archive_and_shows_no_key(served, tmp_path):
    ran = run_command(filled(served), tmp_path / "all.zip")
    assert ran.returncode == 0, ran.stderr
    assert "blocklist-item" in ran.stdout and "Merkle root" in ran.stdout
    assert served.key1 not in ran.stdout + ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["all.zip"]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
    again = run_command(served, tmp_path / "all.zip")
    assert again.returncode == 1 and "exists" in again.stderr


def test_the_command_goes_on_with_an_interrupted_file(served, tmp_path):
    status = exported(filled(served))
    output = tmp_path / "all.zip"
    whole = httpx.get(link_to(served, status["id"])).content
    (tmp_path / "all.zip.part").write_bytes(whole[:1000])
    (tmp_path / "all.zip.part.json").write_text(json.dumps(
        {"endpoint": served.endpoint, "account": "me", "exportId": status["id"]}))
    ran = run_command(served, output)
    assert ran.returncode == 0, ran.stderr
    assert output.read_bytes() == whole
    with served.http() as client:
        assert len(client.get("/accounts/me/exports").json()["value"]) == 1, "it made another one"


@pytest.mark.parametrize("damage", ["other bytes", "longer"])
def test_the_command_notices_a_damaged_file(served, tmp_path, damage):
    status = exported(served)
    size = status["archive"]["sizeBytes"]
    (tmp_path / "all.zip.part").write_bytes(b"x" * (100 if damage == "other bytes" else size + 1))
    (tmp_path / "all.zip.part.json").write_text(json.dumps(
        {"endpoint": served.endpoint, "account": "me", "exportId": status["id"]}))
    ran = run_command(served, tmp_path / "all.zip")
    assert (ran.returncode == 1 and "damaged" in ran.stderr) if damage == "other bytes" else ran.returncode == 0, ran.stderr
    assert run_command(served, tmp_path / "second.zip").returncode == 0


def test_the_command_says_in_one_line_what_is_wrong(served, tmp_path):
    wrong_key = run_command(served, tmp_path / "a.zip", key="0" * 64)
    nobody = run_command(served, tmp_path / "a.zip", "--endpoint", "http://127.0.0.1:9")
    no_key = run_command(served, tmp_path / "a.zip", key="")
    for ran, word in ((wrong_key, "401"), (nobody, "no answer"), (no_key, "MODERATO_KEY")):
        assert ran.returncode == 1 and word in ran.stderr and ran.stderr.count("\n") == 1, ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_export_whose_worker_is_killed_is_finished_by_another(key_file, operator_key, tmp_path, eventually):
    """Killed before each of the writes that an export makes: its claim, the archive's blocks, their list, the result."""
    with Azurite.in_memory() as azurite:
        environment = worker_environment(azurite.connection_string, key_file, operator_key)
        services = services_of(Settings.from_environ(environment))
        started = []
        for number in (1, 2, 3, 4):
            account, _ = services.accounts.create("killed")
            store = services.accounts.open(account)
            services.blocklists.upsert(store, "fruit", "description")
            export = services.exports.start(store)
            started.append((store, export))
            dying = HostProcess({**environment, "DIE_BEFORE_WRITE": str(number)}, module="tests.e2e.dying_host",
                                options=("--message-lease", "30"), log_path=tmp_path / "log")
            dying.start()
            assert dying.wait_for_end(30) == -signal.SIGKILL
            dying.stop()
            assert services.exports.get(store, export.id).state != "succeeded"
        with HostProcess(environment, log_path=tmp_path / "log"):
            assert eventually(lambda: all(services.exports.get(store, export.id).state == "succeeded" for store, export in started),
                              seconds=60)
        for store, export in started:
            done = services.exports.get(store, export.id)
            assert store.blobs.ids(EXPORT_ARCHIVE) == [f"{done.id}/{done.attempt}"]
            assert done.archive is not None and done.archive.counts["blocklist"] == 1

