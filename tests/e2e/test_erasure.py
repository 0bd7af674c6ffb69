"""Deletion over the wire, on two workers: keys, states, receipts, the offline verifier, and all of a kind."""
from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from dev.verify_receipt import main as verify_receipt

VERSION = "2024-09-01"
LISTS = f"/contentsafety/text/blocklists?api-version={VERSION}"
TIMER = "purge_deleted_accounts"


@pytest.fixture
def furnished(served):
    served.create_list("garden", "of the owner")
    served.add("garden", "leek", {"text": "tur+nip", "isRegex": True})
    return served


def status(account) -> int:
    with account.http() as http:
        return http.get(LISTS).status_code


def receipt_of(answer: httpx.Response, eventually) -> dict:
    """The receipt that an answer's Operation-Location leads to, once it is written."""
    location = answer.headers["operation-location"]
    assert eventually(lambda: httpx.get(location, timeout=30).status_code == 200, 60)
    return httpx.get(location, timeout=30).json()


def test_a_deleted_account_is_refused_by_both_workers_with_the_next_request(furnished, elsewhere, worker):
    assert status(furnished) == status(elsewhere) == 200
    assert elsewhere.hits("leek", "garden") == ["leek"]
    with furnished.http() as http:
        deleted = http.delete("/accounts/me")
        again = http.delete("/accounts/me")
        wrong = http.delete("/accounts/me", headers={"Ocp-Apim-Subscription-Key": "0" * 64})

    assert deleted.status_code == 202
    assert deleted.json()["state"] == "deleted" and deleted.json()["id"] == furnished.id
    assert deleted.headers["operation-location"] == f"{worker.endpoint}/receipts/{deleted.json()['receiptId']}"
    assert status(furnished) == status(elsewhere) == 401
    assert again.status_code == wrong.status_code == 401
    refusals = [{**answer.json()["error"], "requestId": ""} for answer in (again, wrong)]
    assert refusals[0] == refusals[1]


def test_the_operator_sees_restores_and_deletes_again(furnished, elsewhere, worker, second_worker):
    path = f"accounts/{furnished.id}"
    first = worker.operator("DELETE", path)
    seen = second_worker.operator("GET", path).json()

    assert (seen["state"], seen["deletion"]["receiptId"]) == ("deleted", first.json()["receiptId"])
    assert seen["deletion"]["requestedBy"] == "operator"
    assert worker.operator("DELETE", path).json() == first.json()
    for method, suffix, body in (("POST", "/exports", None), ("POST", "/imports", {"sizeBytes": 1, "sha256": "0" * 64}),
                                 ("PATCH", "", {"displayName": "x"}), ("POST", "/regenerateKey", {"keyName": "key1"}),
                                 ("POST", "/rotateDataKey", None), ("GET", "/grants", None), ("DELETE", "/data/blocklist", None),
                                 ("PUT", "/grants/6f1c2d3e-4a5b-4c6d-8e7f-9a0b1c2d3e4f", None), ("GET", "/exports", None)):
        refused = worker.operator(method, f"{path}{suffix}", body)
        assert (refused.status_code, refused.json()["error"]["message"]) == (409, "The account is deleted."), (method, suffix)

    restored = second_worker.operator("POST", f"{path}/restore")
    assert (restored.status_code, restored.json()["state"], "deletion" in restored.json()) == (200, "active", False)
    assert status(furnished) == status(elsewhere) == 200
    assert furnished.hits("leek turnip", "garden") == ["leek", "tur+nip"]
    assert second_worker.operator("POST", f"{path}/restore").status_code == 409
    assert httpx.get(first.headers["operation-location"]).status_code == 404


def test_purging_at_once_is_the_operators(furnished, worker):
    with furnished.http() as http:
        refused = http.delete("/accounts/me?purge=true")

    assert (refused.status_code, refused.json()["error"]["target"]) == (403, "purge")
    assert status(furnished) == 200


def test_another_accounts_deletion_is_not_found(furnished, worker):
    other = worker.account()
    with other.http() as http:
        answers = [http.delete(f"/accounts/{account_id}") for account_id in (furnished.id, "0" * 32)]
        erasures = [http.delete(f"/accounts/{account_id}/data/blocklist") for account_id in (furnished.id, "0" * 32)]

    assert {answer.status_code for answer in answers + erasures} == {404}
    assert answers[0].json()["error"]["message"] == answers[1].json()["error"]["message"]
    assert worker.operator("DELETE", f"accounts/{'0' * 32}").status_code == 404
    assert status(furnished) == 200


def test_a_purged_account_leaves_a_receipt_that_anybody_can_check(
        furnished, elsewhere, worker, second_worker, azurite, eventually, tmp_path: Path, capsys):
    path = f"accounts/{furnished.id}"
    fingerprints = worker.operator("GET", path).json()["dataKeys"]
    answer = worker.operator("DELETE", f"{path}?purge=true")
    document = receipt_of(answer, eventually)
    receipt = document["receipt"]

    assert answer.status_code == 202
    assert receipt["accountId"] == furnished.id
    assert receipt["dataKeys"] == fingerprints
    kinds = {each["kind"]: each["count"] for each in receipt["inventory"]["kinds"]}
    assert (kinds["blocklist"], kinds["blocklist-item"]) == (1, 2)
    (tmp_path / "receipt.json").write_text(json.dumps(document))
    keys = httpx.get(f"{second_worker.endpoint}/receipts/keys")
    (tmp_path / "keys.json").write_text(keys.text)
    assert verify_receipt([str(tmp_path / "receipt.json"), "--keys", str(tmp_path / "keys.json")]) == 0
    assert furnished.id in capsys.readouterr().out
    assert verify_receipt([str(tmp_path / "receipt.json"), "--endpoint", worker.endpoint]) == 0

    assert eventually(lambda: worker.operator("GET", path).json()["state"] == "purged")
    seen = second_worker.operator("GET", path).json()
    assert "displayName" not in seen and seen["keys"] == seen["dataKeys"] == []
    assert status(furnished) == status(elsewhere) == 401
    assert worker.operator("DELETE", path).json()["receiptId"] == receipt["id"]  # again, and nothing changes
    restoring = worker.operator("POST", f"{path}/restore")
    assert (restoring.status_code, restoring.json()["error"]["message"]) == (409, "The account is purged.")
    assert furnished.id not in worker.operator("GET", "accounts").text
    name = f"a{furnished.id}"
    assert name not in [table.name for table in TableServiceClient.from_connection_string(azurite.connection_string).list_tables()]
    assert name not in [each.name for each in BlobServiceClient.from_connection_string(azurite.connection_string).list_containers()]


def test_timers_of_both_workers_at_once_purge_once(start_worker, worker, eventually):
    """Their grace is of no hours; both timers and both queues work on the same account."""
    workers = [start_worker(DELETED_ACCOUNT_GRACE_HOURS="0") for _ in range(2)]
    account = workers[0].account()
    account.create_list("garden")
    with account.http() as http:
        answer = http.delete("/accounts/me")
    for _ in range(3):
        for each in workers:
            assert httpx.post(f"{each.endpoint}/admin/functions/{TIMER}", json={}).status_code == 202
    receipt = receipt_of(answer, eventually)["receipt"]

    assert receipt["accountId"] == account.id
    assert eventually(lambda: worker.operator("GET", f"accounts/{account.id}").json()["state"] == "purged")


def test_all_blocklists_are_erased_with_a_receipt_and_the_account_goes_on(furnished, elsewhere, eventually):
    with furnished.http() as http:
        answer = http.delete("/accounts/me/data/blocklist")
    receipt = receipt_of(answer, eventually)["receipt"]

    assert answer.status_code == 202
    assert receipt["scope"] == {"type": "kind", "kinds": ["blocklist"]}
    assert {each["kind"]: each["count"] for each in receipt["inventory"]["kinds"]}["blocklist-item"] == 2
    with elsewhere.http() as http:
        assert http.get(LISTS).json() == {"value": []}
    elsewhere.create_list("garden")
    assert elsewhere.items("garden") == []
    elsewhere.add("garden", "leek")
    assert furnished.hits("leek", "garden") == ["leek"]


def test_all_items_are_erased_and_the_lists_stay(furnished, elsewhere, eventually):
    assert elsewhere.hits("leek turnip", "garden") == ["leek", "tur+nip"]  # its caches are full
    with furnished.http() as http:
        receipt_of(http.delete("/accounts/me/data/blocklist-item"), eventually)

    for account in (furnished, elsewhere):
        assert account.items("garden") == []
        assert account.hits("leek turnip", "garden") == []


@pytest.mark.parametrize(("kind", "expected"), [
    ("blocklist-index", 404), ("erasure", 404), ("no-such-kind", 404), ("Blocklist", 400), ("a" * 63, 404), ("a" * 64, 400)])
def test_a_kind_that_cannot_be_erased_is_refused(served, kind: str, expected: int):
    with served.http() as http:
        answer = http.delete(f"/accounts/me/data/{kind}")

    assert answer.status_code == expected


@pytest.mark.parametrize("receipt_id", ["0" * 32, "x", "0" * 31, "0" * 33, "..", "A" * 32, "keys%2F", "' or 1 eq 1"])
def test_a_receipt_that_there_is_not_is_not_found(worker, receipt_id: str):
    assert httpx.get(f"{worker.endpoint}/receipts/{receipt_id}").status_code == 404


def test_the_audit_trail_says_who_deleted_and_restored(furnished, worker):
    path = f"accounts/{furnished.id}"
    with furnished.http() as http:
        http.delete("/accounts/me")
    worker.operator("POST", f"{path}/restore")
    with furnished.http() as http:
        events = http.get("/accounts/me/auditEvents?size=500").json()

    done = [(event["operation"], event["caller"]) for event in events["value"]]
    assert ("delete_account", "key1") in done and ("restore_account", "operator") in done
    assert events["intact"] is True
