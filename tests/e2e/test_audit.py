"""The audit trail over two workers on one storage, and its check in an export without the service."""
from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.data.tables import TableServiceClient

from dev.verify_audit import MEMBER
from shared.accounts.audit_trail import event_of

ROOT = Path(__file__).resolve().parents[2]


def pages(account, size: int = 100) -> list[dict[str, Any]]:
    """The pages of the account's trail as it reads them itself."""
    link, found = f"/accounts/me/auditEvents?size={size}", []
    with account.http() as http:
        while link:
            answer = http.get(link)
            answer.raise_for_status()
            found.append(answer.json())
            link = found[-1].get("nextLink")
    return found


def events(account, size: int = 100) -> list[dict[str, Any]]:
    found = pages(account, size)
    assert all(page["intact"] and "brokenAt" not in page for page in found)
    return [event for page in found for event in page["value"]]


def test_the_trail_tells_the_life_of_an_account_in_its_order(served, elsewhere, worker):
    served.create_list("garden", "a description")
    elsewhere.add("garden", "leek")
    assert served.hits("a leek", "garden") == ["leek"]
    worker.operator("POST", f"accounts/{served.id}/regenerateKey", {"keyName": "key2"}).raise_for_status()
    with elsewhere.blocklists() as client:
        client.delete_text_blocklist("garden")

    told = [(event["operation"], event["caller"], event["targets"]) for event in events(elsewhere, size=2)]

    assert told == [
        ("create_account", "operator", {}),
        ("key_used_from_new_address", "key1", {}),
        ("create_or_update_text_blocklist", "key1", {"blocklistName": "garden"}),
        ("add_or_update_blocklist_items", "key1", {"blocklistName": "garden"}),
        ("regenerate_account_key", "operator", {}),
        ("delete_text_blocklist", "key1", {"blocklistName": "garden"})]


def test_anybody_can_compute_the_hashes_from_what_is_shown(served):
    served.create_list("garden")
    previous = "0" * 64
    for event in events(served):
        shown = dict(event)
        assert event["previous"] == previous
        assert event_of({name: value for name, value in shown.items() if name != "hash"}).hash == event["hash"]
        previous = event["hash"]


def test_two_workers_that_write_at_the_same_time_make_one_whole_trail(served, elsewhere):
    served.create_list("garden")

    def write(account, worker: int) -> None:
        for number in range(6):
            account.create_list(f"list-{worker}-{number}")
    threads = [threading.Thread(target=write, args=(account, worker))
               for worker, account in enumerate((served, elsewhere, served, elsewhere))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = events(served, size=7)

    assert [event["sequence"] for event in written] == list(range(1, len(written) + 1))
    assert {event["targets"]["blocklistName"] for event in written if event["targets"]} == {
        "garden", *(f"list-{worker}-{number}" for worker, number in itertools.product(range(4), range(6)))}


def test_an_account_reads_no_other_trail_and_the_operator_reads_each(served, worker):
    other = worker.account()
    with served.http() as http:
        foreign, missing = (http.get(f"/accounts/{account_id}/auditEvents") for account_id in (other.id, "f" * 32))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json()["error"]["message"] == missing.json()["error"]["message"]
    read = worker.operator("GET", f"accounts/{other.id}/auditEvents").json()
    assert [event["operation"] for event in read["value"]] == ["create_account"] and read["intact"]


@pytest.mark.parametrize("query", ["size=0", "size=501", "size=x", "after=-1", "after=x", "after=" + "9" * 30])
def test_a_page_beyond_its_bounds_is_refused(served, query: str):
    with served.http() as http:
        assert http.get(f"/accounts/me/auditEvents?{query}").status_code == 400
        assert http.get("/accounts/me/auditEvents?size=500&after=0").status_code == 200


def test_a_removed_event_is_shown_to_the_account_by_every_worker(served, elsewhere, azurite):
    served.create_list("one")
    served.create_list("two")
    table = TableServiceClient.from_connection_string(azurite.connection_string).get_table_client(f"a{served.id}")
    table.delete_entity("audit-event", f"{3:020}")

    for account in (served, elsewhere):
        page = pages(account)[0]
        assert (page["intact"], page["brokenAt"]) == (False, 3)
        assert [event["sequence"] for event in page["value"]] == [1, 2, 4]


def test_a_deleted_account_has_its_deletion_and_restoring_in_the_trail(served, worker):
    with served.http() as http:
        http.delete("/accounts/me").raise_for_status()
        assert http.get("/accounts/me/auditEvents").status_code == 401
    worker.operator("POST", f"accounts/{served.id}/restore").raise_for_status()

    assert [(event["operation"], event["caller"]) for event in events(served)][2:] == [
        ("delete_account", "key1"), ("restore_account", "operator")]


def test_erasing_the_trail_leaves_one_that_goes_on_whole_and_tells_who_erased_it(served, eventually):
    served.create_list("garden")
    with served.http() as http:
        receipt = http.delete("/accounts/me/data/audit-event").headers["Operation-Location"]
    assert eventually(lambda: httpx.get(receipt, timeout=30).status_code == 200)
    served.create_list("shed")

    assert [(event["operation"], event["caller"], event["targets"]) for event in events(served)] == [
        ("erase_account_data", "key1", {"kind": "audit-event"}), ("create_or_update_text_blocklist", "key1", {"blocklistName": "shed"})]
    assert events(served)[0]["sequence"] == 4


def test_an_export_holds_the_trail_and_anybody_can_check_it_offline(served, tmp_path):
    served.create_list("garden")
    served.add("garden", "leek")
    archive = exported(served, tmp_path)

    checked = verify_audit(archive)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith("whole: ")
    noted = events(served)[2]["hash"]
    assert verify_audit(archive, "--contains", noted).returncode == 0
    assert verify_audit(archive, "--contains", "0" * 64).returncode == 1

    with zipfile.ZipFile(archive) as file:
        lines = file.read(MEMBER).splitlines(keepends=True)
    shortened = tmp_path / "shortened.jsonl"
    shortened.write_bytes(b"".join(line for line in lines if json.loads(line)["id"] != f"{3:020}"))
    checked = verify_audit(shortened)
    assert (checked.returncode, checked.stdout) == (1, "")
    assert checked.stderr == "BROKEN at event 3: it is missing, changed or out of its place\n"


def exported(account, folder: Path) -> Path:
    path = folder / "export.zip"
    saved = subprocess.run([sys.executable, "dev", "export", "--endpoint", account.endpoint, "--key", account.key1, "--output", str(path)],
                           cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert saved.returncode == 0, saved.stderr
    return path


def verify_audit(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "dev", "verify-audit", str(path), *options], cwd=ROOT, capture_output=True,
                          text=True, timeout=60)
