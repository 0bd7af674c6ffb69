"""Archives and receipts are read as their pages describe it, with what stands there and without the code of this service."""
from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from shared.blocklists.repository import item_id_of
from shared.lifecycle.archive_format import file_path, history_file_path, owned_file_id, schema_of
from shared.storage.holdings import HOLDINGS, Portability, Shape
from tests.e2e.conftest import Served, ServedAccount
from tests.e2e.page_commands import ROOT, blocks_of

FORMAT, ERASURE = ((ROOT / "docs" / name).read_text() for name in ("archive-format.md", "erasure.md"))
ITEM_ID, READER = blocks_of(FORMAT, "python")
(VERIFIER,) = blocks_of(ERASURE, "python")
EXPORTED = [holding for holding in HOLDINGS if holding.portability in (Portability.CONTENT, Portability.HISTORY)]


def ran(script: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-I", "-X", "utf8", "-c", script, *map(str, arguments)], capture_output=True, text=True,
                          timeout=60)


@pytest.fixture(scope="module")
def archive(worker: Served, eventually: Callable[..., bool]) -> bytes:
    account = worker.account()
    account.create_list("fruit", "\U0001F333")
    account.create_list("empty")
    account.add("fruit", "p\u00eache", "line\u2028break", {"text": "gr[ae]pe", "isRegex": True})
    with account.http() as http:
        export_id = http.post("/accounts/me/exports").json()["id"]
        assert eventually(lambda: http.get(f"/accounts/me/exports/{export_id}").json()["state"] == "succeeded")
        return http.get(f"/accounts/me/exports/{export_id}/archive", follow_redirects=True).content


def members_of(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        return {name: whole.read(name) for name in whole.namelist()}


def written(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as whole:
        for name, content in members.items():
            whole.writestr(name, content)
    return path


def test_the_script_of_the_page_reads_an_archive(archive, tmp_path):
    (tmp_path / "a.zip").write_bytes(archive)
    reading = ran(READER, tmp_path / "a.zip")
    assert (reading.returncode, reading.stderr) == (0, "")
    assert sorted(reading.stdout.split("\n")[:-1]) == ["fruit gr[ae]pe", "fruit line\u2028break", "fruit p\u00eache"]


@pytest.mark.parametrize("name", ["account.json", "records/blocklist.jsonl", "history/audit-event.jsonl", "manifest.json"])
def test_the_script_of_the_page_notices_what_was_changed(archive, tmp_path, name):
    members = members_of(archive)
    root = json.loads(members["manifest.json"])["merkleRoot"].encode()
    members[name] = members[name].replace(root if name == "manifest.json" else b"a", b"b", 1)
    assert ran(READER, written(tmp_path / "a.zip", members)).returncode != 0


def test_the_script_of_the_page_notices_what_is_missing(archive, tmp_path):
    members = members_of(archive)
    del members["history/key-use.jsonl"]
    assert ran(READER, written(tmp_path / "a.zip", members)).returncode != 0


def test_the_items_of_an_archive_have_the_ids_that_the_page_makes(archive):
    members, page = members_of(archive), {}
    exec(ITEM_ID, page)
    keys = {each["id"]: each["itemKey"] for each in map(json.loads, members["records/blocklist.jsonl"].splitlines())}
    items = [json.loads(line) for line in members["records/blocklist-item.jsonl"].decode().split("\n")[:-1]]
    assert len(items) == 3
    for item in items:
        assert item["id"] == page["item_id"](keys[item["parent"]], item["text"], item["isRegex"])
        assert item["id"] == item_id_of(keys[item["parent"]], item["text"], item["isRegex"])


def test_the_members_lie_in_the_archive_as_the_page_says(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        names = whole.namelist()
        manifest = json.loads(whole.read("manifest.json"))
        assert {info.date_time for info in whole.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.compress_type for info in whole.infolist()} == {zipfile.ZIP_DEFLATED}
    assert names == [*(member["path"] for member in manifest["members"]), "manifest.json"]
    for name in manifest:
        assert f"`{name}`" in FORMAT, name
    assert (manifest["format"], manifest["formatVersion"]) == ("moderato-account-archive", 1)
    assert f"`{manifest['format']}`, {manifest['formatVersion']}" in FORMAT
    records = [holding for holding in EXPORTED if holding.shape is Shape.RECORD]
    assert {f"{top_of(each.portability)}/{each.kind}.jsonl" for each in records} == {name for name in names if name.endswith(".jsonl")}


def top_of(portability: Portability) -> str:
    return "records" if portability is Portability.CONTENT else "history"


@pytest.mark.parametrize("holding", EXPORTED, ids=lambda holding: holding.kind)
def test_each_kind_in_an_archive_is_on_the_page_with_all_its_properties(holding):
    row = re.search(rf"^\| `{holding.kind}` \| (\w+) \|(.*)\|$", FORMAT, re.MULTILINE)
    assert row
    is_file = holding.shape is Shape.BLOB and holding.portability is Portability.CONTENT
    assert row[1] == ("files" if is_file else top_of(holding.portability))
    properties = schema_of(holding)["properties"] if holding.shape is Shape.RECORD else ()
    assert all(f"`{name}`" in row[2] for name in properties if name not in ("id", "parent"))
    assert holding.parent is None or f"| `{holding.parent.kind}` |" in row[0]


@pytest.mark.parametrize("holding", [each for each in EXPORTED if each.shape is Shape.RECORD], ids=lambda holding: holding.kind)
def test_the_patterns_of_a_schema_mean_the_same_to_every_validator(holding):
    """ECMA-262, as JSON Schema asks for, has no `\\Z` and `\\A`: a validator elsewhere would look for these letters."""
    patterns = [each.get("pattern", "$") for each in schema_of(holding)["properties"].values()]
    assert all(pattern.endswith("$") and not re.search(r"\\[ZAzG]|\(\?[P<#(]", pattern) for pattern in patterns)


def test_paths_of_files_are_made_as_the_page_says():
    assert file_path("<kind>", owned_file_id("a b", "1.jpg")) == "files/<kind>/a%2520b/1.jpg"
    assert "`files/<kind>/a%2520b/1.jpg`" in FORMAT
    assert history_file_path("kind", "a b/1.jpg") == "history/kind/a%20b/1.jpg"


@pytest.fixture(params=["account", "kind"])
def receipt(request, worker: Served, served: ServedAccount, eventually: Callable[..., bool]) -> dict:
    served.create_list("fruit")
    with served.http() as http:
        export_id = http.post("/accounts/me/exports").json()["id"]
        assert eventually(lambda: http.get(f"/accounts/me/exports/{export_id}").json()["state"] == "succeeded")
        if request.param == "account":
            receipt_id = worker.operator("DELETE", f"accounts/{served.id}?purge=true").json()["receiptId"]
        else:
            receipt_id = http.delete("/accounts/me/data/blocklist").json()["receiptId"]
    address = f"{worker.endpoint}/receipts/{receipt_id}"
    assert eventually(lambda: httpx.get(address).status_code == 200, seconds=60)
    return httpx.get(address).json()


def test_a_receipt_is_verified_by_what_stands_on_the_page(worker, receipt, tmp_path):
    (tmp_path / "keys.json").write_bytes(httpx.get(f"{worker.endpoint}/receipts/keys").content)

    def verified(document: dict) -> bool:
        (tmp_path / "receipt.json").write_text(json.dumps(document))
        return ran(VERIFIER, tmp_path / "receipt.json", tmp_path / "keys.json").returncode == 0
    assert verified(receipt)
    assert not verified({**receipt, "receipt": {**receipt["receipt"], "accountId": "0" * 32}})
    value = bytearray(base64.b64decode(receipt["signature"]["value"]))
    value[0] ^= 1
    assert not verified({**receipt, "signature": {**receipt["signature"], "value": base64.b64encode(value).decode()}})


def test_all_that_a_receipt_says_is_on_the_page(receipt):
    assert {f"`{name}`" for name in receipt["receipt"]} <= set(re.findall(r"`\w+`", ERASURE))
    if receipt["receipt"]["scope"]["type"] == "account":
        assert {f"`{each['step']}`" for each in receipt["receipt"]["steps"]} <= set(re.findall(r"`\w+`", ERASURE))
        assert "lastExport" in receipt["receipt"]
