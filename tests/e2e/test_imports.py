"""Imports over HTTP and by the command: uploaded in parts, watched to the end, and matched at once."""
from __future__ import annotations

import hashlib
import io
import zipfile

import httpx
import pytest

from dev.import_archive import main as import_command
from tests.unit.lifecycle.zips import archive_of, lines_of


@pytest.fixture
def garden() -> bytes:
    """An archive of one list whose items an owner made elsewhere."""
    from shared.blocklists.repository import item_id_of

    key = "5a" * 32
    items = [{"description": "", "id": item_id_of(key, text, is_regex), "isRegex": is_regex, "parent": "garden", "text": text}
             for text, is_regex in (("ripe apple", False), ("gr[ae]y pear", True))]
    return archive_of({
        "account.json": b"{}", "records/blocklist-item.jsonl": lines_of(*sorted(items, key=lambda item: item["id"])),
        "records/blocklist.jsonl": lines_of({"description": "what grows", "id": "garden", "itemKey": key})})


def begin(http: httpx.Client, content: bytes) -> str:
    answer = http.post("/accounts/me/imports", json={"sizeBytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"/imports/{answer.json()['id']}")
    return f"/accounts/me/imports/{answer.json()['id']}"


def ended(http: httpx.Client, path: str, eventually) -> dict:
    assert eventually(lambda: http.get(path).json()["state"] not in ("queued", "running"))
    return http.get(path).json()


def imported(http: httpx.Client, content: bytes, eventually) -> dict:
    path = begin(http, content)
    half = len(content) // 2
    for number, part in ((2, content[half:]), (1, content[:half])):
        answer = http.put(f"{path}/parts/{number}", content=part, headers={"Content-Type": "application/octet-stream"})
        assert answer.status_code == 204
    started = http.post(f"{path}/start")
    assert started.status_code == 202
    assert started.headers["operation-location"].endswith(path.rpartition("/")[2])
    return ended(http, path, eventually)


def test_an_imported_list_matches_at_once_on_every_worker(served, elsewhere, eventually, garden):
    with served.http() as http:
        entry = imported(http, garden, eventually)
    assert entry["state"] == "succeeded"
    assert entry["result"] == {"taken": {"blocklist": 1, "blocklist-item": 2}, "notTaken": {}, "omissionCount": 0}
    assert entry["progress"]["done"] == entry["progress"]["total"] > 0
    for account in (served, elsewhere):
        assert account.hits("A ripe apple, a grey pear.", "garden") == ["ripe apple", "gr[ae]y pear"]
    assert {item["text"] for item in served.items("garden")} == {"ripe apple", "gr[ae]y pear"}


def test_a_list_that_exists_is_left_alone_and_named(served, eventually, garden):
    served.create_list("garden", "mine")
    served.add("garden", "weed")
    with served.http() as http:
        entry = imported(http, garden, eventually)
    assert entry["result"]["notTaken"] == {"blocklist": 1, "blocklist-item": 2}
    assert entry["result"]["omissions"] == [{"kind": "blocklist", "id": "garden", "reason": "It exists already."}]
    assert [item["text"] for item in served.items("garden")] == ["weed"]


def test_an_archive_that_slips_out_of_its_folder_is_refused_with_the_reason(served, eventually):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("../../etc/cron.d/evil", "x")
        archive.writestr("manifest.json", "{}")
    with served.http() as http:
        entry = imported(http, held.getvalue(), eventually)
        assert entry["state"] == "failed" and entry["error"] and "result" not in entry
        assert "uploadedParts" not in entry
        assert http.post(f"/accounts/me/imports/{entry['id']}/start").status_code == 409
        assert "failed" in http.post(f"/accounts/me/imports/{entry['id']}/start").json()["error"]["message"]


def test_another_accounts_import_is_not_found_whatever_is_asked(served, worker, garden):
    other = worker.account()
    with served.http() as http, other.http() as foreign:
        path = begin(http, garden)
        import_id = path.rpartition("/")[2]
        for account_id in (served.id, "me"):
            theirs = f"/accounts/{account_id}/imports/{import_id}"
            for answer in (foreign.get(theirs), foreign.put(f"{theirs}/parts/1", content=b"x"), foreign.post(f"{theirs}/start")):
                assert answer.status_code == 404
        assert foreign.delete(f"/accounts/{served.id}/imports/{import_id}").status_code == 404
        assert foreign.delete(f"/accounts/me/imports/{import_id}").status_code == 204  # there is none of its own
        assert http.get(path).json()["state"] == "uploading"
        assert worker.operator("GET", f"accounts/{served.id}/imports/{import_id}").json() == http.get(path).json()
        assert [entry["id"] for entry in http.get("/accounts/me/imports").json()["value"]] == [import_id]
        assert http.delete(path).status_code == http.delete(path).status_code == 204
        assert http.get(path).status_code == 404


def test_what_is_no_import_or_no_part_is_refused(served):
    with served.http() as http:
        for body in ({}, {"sizeBytes": 0, "sha256": "0" * 64}, {"sizeBytes": 1, "sha256": "x"}, {"sizeBytes": "1", "sha256": "0" * 64}):
            assert http.post("/accounts/me/imports", json=body).status_code == 400
        assert http.post("/accounts/me/imports", json={"sizeBytes": 10_240_000_001, "sha256": "0" * 64}).status_code == 413
        path = begin(http, b"xx")
        for number in ("0", "10001", "-1", "x", "1.5"):
            assert http.put(f"{path}/parts/{number}", content=b"x").status_code == 400
        assert http.put(f"{path}/parts/10000", content=b"x").status_code == 204
        assert "Part 1 is missing" in http.post(f"{path}/start").json()["error"]["message"]


def test_the_command_imports_and_says_what_it_took_and_what_not(served, tmp_path, capsys, monkeypatch, garden):
    archive = tmp_path / "garden.zip"
    archive.write_bytes(garden)
    monkeypatch.setattr("dev.import_archive._PART_BYTES", 100)
    monkeypatch.setenv("MODERATO_KEY", served.key1)
    assert import_command([str(archive), "--endpoint", served.endpoint]) == 0
    first = capsys.readouterr()
    assert "blocklist-item" in first.out and served.key1 not in first.out + first.err
    assert served.hits("A ripe apple.", "garden") == ["ripe apple"]
    assert import_command([str(archive), "--endpoint", served.endpoint, "--account", served.id]) == 0
    assert "not taken: blocklist garden, with all that it owns. It exists already." in capsys.readouterr().out


def test_the_command_goes_on_with_an_interrupted_upload(served, tmp_path, capsys, monkeypatch, garden):
    archive = tmp_path / "garden.zip"
    archive.write_bytes(garden)
    monkeypatch.setattr("dev.import_archive._PART_BYTES", 100)
    with served.http() as http:
        path = begin(http, garden)
        http.put(f"{path}/parts/1", content=garden[:100])
        http.put(f"{path}/parts/2", content=garden[100:150])  # not the whole of it
        assert import_command([str(archive), "--endpoint", served.endpoint, "--key", served.key1]) == 0
        assert "begun already" in capsys.readouterr().err
        assert http.get(path).json()["state"] == "succeeded"
        assert len(http.get("/accounts/me/imports").json()["value"]) == 1


def test_the_command_fails_in_one_line(served, tmp_path, capsys, garden):
    archive = tmp_path / "garden.zip"
    archive.write_bytes(garden[:-1])
    endpoint = ["--endpoint", served.endpoint]
    for arguments, words in (([str(archive), *endpoint, "--key", served.key1], "the import failed: The upload is no ZIP file"),
                             ([str(archive), *endpoint, "--key", "0" * 64], "401"), ([str(archive), *endpoint], "MODERATO_KEY"),
                             ([str(tmp_path / "none.zip"), *endpoint, "--key", served.key1], "No such file")):
        assert import_command(arguments) == 1
        written = capsys.readouterr()
        assert words in written.err and written.err.strip().splitlines()[-1].startswith("import: ") and not written.out
