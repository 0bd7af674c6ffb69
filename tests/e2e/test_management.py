"""Accounts through the operator's operations, keys on two workers, and the pages about the service."""
from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from dev.host.process import HostFailed, HostProcess

VERSION = "2024-09-01"
LISTS = f"/contentsafety/text/blocklists?api-version={VERSION}"
UNUSED_PORTS = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=eA==;" + "".join(
    f"{service}Endpoint=http://127.0.0.1:9/devstoreaccount1;" for service in ("Blob", "Queue", "Table"))


def status_with(key: str, endpoint: str, path: str = LISTS) -> int:
    return httpx.get(f"{endpoint}{path}", headers={"Ocp-Apim-Subscription-Key": key}, timeout=30).status_code


def test_an_account_is_created_read_listed_and_renamed(worker, second_worker):
    created = worker.operator("POST", "accounts", {"displayName": "Kitchen"})
    account = created.json()

    assert created.status_code == 201
    assert created.headers["location"] == f"{worker.endpoint}/accounts/{account['id']}"
    assert account["key1"] != account["key2"]
    assert {len(account["key1"]), len(account["key2"])} == {64}
    assert account["displayName"] == "Kitchen"
    assert account["endpoint"] == worker.endpoint
    assert account["region"] == "testregion"
    assert datetime.now(UTC) - datetime.fromisoformat(account["createdAt"]) < timedelta(minutes=5)

    read = second_worker.operator("GET", f"accounts/{account['id']}").json()
    renamed = second_worker.operator("PATCH", f"accounts/{account['id']}", {"displayName": "Pantry"}).json()

    assert not {"key1", "key2"} & (read.keys() | renamed.keys())
    assert read == {name: value for name, value in account.items() if name not in ("key1", "key2")} | {
        "endpoint": second_worker.endpoint}
    assert renamed == read | {"displayName": "Pantry"}
    assert worker.operator("GET", f"accounts/{account['id']}").json()["displayName"] == "Pantry"
    assert account["id"] in {each["id"] for each in all_accounts(second_worker)}
    assert account["key1"] not in worker.operator("GET", "accounts").text


def all_accounts(worker) -> list[dict]:
    accounts, path = [], "accounts"
    while path:
        page = worker.operator("GET", path).json()
        accounts += page["value"]
        path = page.get("nextLink", "").removeprefix(f"{worker.endpoint}/")
    return accounts


def test_more_accounts_than_fit_a_page_are_all_listed(worker, services):
    """100 are a page; they are made in this process, past the wire, to save time."""
    made = {services.accounts.create(f"account {number}")[0].id for number in range(105)}

    first = worker.operator("GET", "accounts").json()
    listed = [account["id"] for account in all_accounts(worker)]

    assert len(first["value"]) <= 100
    assert first["nextLink"].startswith(f"{worker.endpoint}/accounts?")
    assert len(set(listed)) == len(listed)
    assert made <= set(listed)


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 201), (128, 201), (129, 400)])
def test_a_display_name_has_1_to_128_characters(worker, length: int, status: int):
    assert worker.operator("POST", "accounts", {"displayName": "\U0001F955" * length}).status_code == status


@pytest.mark.parametrize("body", [
    {}, {"displayName": None}, {"displayName": "x", "colour": "red"}, {"display_name": 1}])
def test_an_account_of_another_shape_is_refused(worker, body: dict):
    assert worker.operator("POST", "accounts", body).status_code == 400


@pytest.mark.parametrize(("method", "path", "body"), [
    ("GET", "accounts/{id}", None), ("PATCH", "accounts/{id}", {"displayName": "x"}),
    ("POST", "accounts/{id}/regenerateKey", {"keyName": "key1"}), ("POST", "accounts/{id}/rotateDataKey", None),
    ("GET", "accounts/{id}/grants", None), ("PUT", "accounts/{id}/grants/{oid}", None),
    ("DELETE", "accounts/{id}/grants/{oid}", None)])
def test_an_account_that_does_not_exist_is_404_and_an_id_that_cannot_be_is_400(worker, method: str, path: str, body):
    oid = "6f1c2d3e-4a5b-4c6d-8e7f-9a0b1c2d3e4f"
    missing = worker.operator(method, path.format(id="0" * 32, oid=oid), body)
    malformed = worker.operator(method, path.format(id="no-account", oid=oid), body)

    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NotFound")
    assert (malformed.status_code, malformed.json()["error"]["code"]) == (400, "InvalidRequest")


def test_an_account_reads_itself_as_me(served, elsewhere):
    for account in (served, elsewhere):
        with account.http() as http:
            me = http.get("/accounts/me").json()
        assert (me["id"], me["endpoint"]) == (served.id, account.endpoint)
        assert [key["name"] for key in me["keys"]] == ["key1", "key2"]


@pytest.mark.parametrize(("regenerated", "kept"), [("key1", "key2"), ("key2", "key1")])
def test_a_regenerated_key_works_at_once_the_old_one_no_longer_and_the_other_as_before(
        served, worker, second_worker, regenerated: str, kept: str):
    workers = (worker, second_worker)
    old, other = getattr(served, regenerated), getattr(served, kept)
    # Both workers know the old key, as they would in the middle of a day.
    assert {status_with(key, one.endpoint) for key in (old, other) for one in workers} == {200}
    before = worker.operator("GET", f"accounts/{served.id}").json()["keys"]

    answer = worker.operator("POST", f"accounts/{served.id}/regenerateKey", {"keyName": regenerated}).json()

    assert answer["keyName"] == regenerated
    assert answer["key"] not in (old, other)
    for one in workers:
        assert [status_with(key, one.endpoint) for key in (old, answer["key"], other)] == [401, 200, 200]
        assert status_with(old, one.endpoint, "/accounts/me") == 401
    after = second_worker.operator("GET", f"accounts/{served.id}").json()["keys"]
    assert [one == other for one, other in zip(before, after, strict=True)] == [
        key["name"] == kept for key in before]


def test_a_key_of_another_name_is_refused(worker, served):
    refused = worker.operator("POST", f"accounts/{served.id}/regenerateKey", {"keyName": "key3"})

    assert refused.status_code == 400
    assert status_with(served.key1, worker.endpoint) == 200


def test_a_data_key_is_rotated_once_at_a_time_and_both_workers_go_on(worker, served, elsewhere):
    served.create_list("garden", "before")
    served.add("garden", "leek", {"text": "tur+nip", "isRegex": True})
    assert set(elsewhere.hits("leek turnip", "garden")) == {"leek", "tur+nip"}

    first = worker.operator("POST", f"accounts/{served.id}/rotateDataKey")
    second = worker.operator("POST", f"accounts/{served.id}/rotateDataKey")

    assert first.status_code == 202
    assert first.headers["operation-location"] == f"{worker.endpoint}/accounts/{served.id}"
    assert (first.json()["dataKeyVersion"], first.json()["dataKeyRotation"]) == (2, "running")
    assert (second.status_code, second.json()["error"]["code"]) == (409, "Conflict")
    for account in (served, elsewhere):
        account.add("garden", "beet")
        assert set(account.hits("leek turnip beet", "garden")) == {"leek", "tur+nip", "beet"}
        assert len(account.items("garden")) == 3


def test_a_rotation_comes_to_its_end_with_everything_readable(start_worker, eventually):
    """With nothing to wait for: the timer is asked to run now, and again until the old key is dropped."""
    worker = start_worker(DATA_KEY_SETTLE_SECONDS="0")
    account = worker.account()
    account.create_list("garden", "before")
    account.add("garden", {"text": "tur+nip", "isRegex": True}, *(f"leek {number}" for number in range(600)))
    ids = {item["blocklistItemId"] for item in account.items("garden")}
    worker.operator("POST", f"accounts/{account.id}/rotateDataKey").raise_for_status()

    def is_done() -> bool:
        started = httpx.post(f"{worker.endpoint}/admin/functions/rotate_keys", json={})
        assert started.status_code == 202
        return worker.operator("GET", f"accounts/{account.id}").json()["dataKeyRotation"] == "idle"
    assert eventually(is_done, 60)

    assert worker.operator("GET", f"accounts/{account.id}").json()["dataKeyVersion"] == 2
    fresh = start_worker()
    for one in (account, account.at(fresh)):
        assert one.hits("leek 599 and a turnip", "garden") == ["leek 599", "tur+nip"]
        assert {item["blocklistItemId"] for item in one.items("garden")} == ids
    # Ids are made with a key that is not rotated.
    assert account.add("garden", "leek 7")[0]["blocklistItemId"] in ids
    assert worker.operator("POST", f"accounts/{account.id}/rotateDataKey").status_code == 202


def test_the_pages_about_the_service_need_no_key(worker):
    answers = {page: httpx.get(f"{worker.endpoint}/{page}", timeout=30)
               for page in ("health", "ready", "openapi.json", "docs")}

    assert {answer.status_code for answer in answers.values()} == {200}
    assert answers["health"].json() == {"status": "ok"}
    assert answers["ready"].json() == {"status": "ready", "region": "testregion", "missing": [], "violations": []}
    assert answers["openapi.json"].headers["content-type"] == "application/json; charset=utf-8"
    assert answers["openapi.json"].json()["servers"] == [{"url": worker.endpoint}]
    assert answers["docs"].headers["content-type"] == "text/html; charset=utf-8"
    assert set(re.findall(r'<details id="(\w+)">', answers["docs"].text)) == {
        operation["operationId"] for methods in answers["openapi.json"].json()["paths"].values()
        for operation in methods.values()}
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", answers["docs"].text)


def test_a_worker_without_storage_lives_but_is_not_ready_and_says_what_is_missing(start_worker):
    worker = start_worker("--no-background", STORAGE_CONNECTION_STRING=UNUSED_PORTS)

    ready = httpx.get(f"{worker.endpoint}/ready", timeout=100)

    assert httpx.get(f"{worker.endpoint}/health").status_code == 200
    assert ready.status_code == 503
    assert (ready.json()["status"], ready.json()["missing"]) == ("not ready", ["tables", "blobs", "queues"])


def test_links_carry_the_public_endpoint_where_one_is_set(start_worker):
    worker = start_worker(PUBLIC_ENDPOINT="https://safety.example/")
    created = worker.operator("POST", "accounts", {"displayName": "e2e"})

    assert created.json()["endpoint"] == "https://safety.example"
    assert created.headers["location"].startswith("https://safety.example/accounts/")
    assert httpx.get(f"{worker.endpoint}/openapi.json").json()["servers"] == [{"url": "https://safety.example"}]


def test_a_worker_with_settings_that_contradict_each_other_does_not_start_and_names_them(environ, tmp_path):
    log = tmp_path / "log"
    process = HostProcess({**environ, "OPERATOR_KEY": "short", "REGION": ""}, log_path=log)
    with pytest.raises(HostFailed):
        process.start()

    assert "REGION is missing" in log.read_text()
    assert "OPERATOR_KEY must have at least 32 characters" in log.read_text()
