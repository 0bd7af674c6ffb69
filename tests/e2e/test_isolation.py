"""One account never sees, counts or changes what another has, nor learns that it exists."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient


@pytest.fixture
def owner(worker):
    """An account with a list that has a text and a pattern."""
    account = worker.account()
    account.create_list("garden", "of the owner")
    account.add("garden", {"text": "leek", "description": "of the owner"}, {"text": "tur+nip", "isRegex": True})
    return account


def attempts(item_id: str) -> dict[str, Callable]:
    """Every operation that names a list or an item, as calls with an account."""
    def blocklists(account, method: str, *arguments: object) -> object:
        with account.blocklists(api_version="2024-09-01") as client:
            answer = getattr(client, method)(*arguments)
            return list(answer) if method.startswith("list") else answer
    return {
        "get list": lambda account: blocklists(account, "get_text_blocklist", "garden"),
        "list items": lambda account: blocklists(account, "list_text_blocklist_items", "garden"),
        "get item": lambda account: blocklists(account, "get_text_blocklist_item", "garden", item_id),
        "add": lambda account: blocklists(
            account, "add_or_update_blocklist_items", "garden", {"blocklistItems": [{"text": "leek"}]}),
        "remove": lambda account: blocklists(
            account, "remove_blocklist_items", "garden", {"blocklistItemIds": [item_id]}),
        "delete": lambda account: blocklists(account, "delete_text_blocklist", "garden"),
        "analyze": lambda account: account.hits("a leek", "garden"),
    }


@pytest.mark.parametrize("attempt", attempts(""))
def test_another_accounts_list_is_not_there(owner, served, elsewhere, attempt: str):
    item_id = owner.items("garden")[0]["blocklistItemId"]
    answers = []
    for stranger in (served, elsewhere):
        with pytest.raises(ResourceNotFoundError) as caught:
            attempts(item_id)[attempt](stranger)
        answers.append(caught.value.response.json())
    with owner.blocklists() as client:
        client.delete_text_blocklist("garden")
    with pytest.raises(ResourceNotFoundError) as caught:
        attempts(item_id)[attempt](served)

    assert answers == [caught.value.response.json()] * 2


@pytest.mark.parametrize("attempt", attempts(""))
def test_an_attempt_at_another_accounts_list_changes_nothing(owner, served, attempt: str):
    untouched = owner.items("garden")
    with pytest.raises(ResourceNotFoundError):
        attempts(untouched[0]["blocklistItemId"])[attempt](served)

    assert owner.items("garden") == untouched
    assert set(owner.hits("leek turnip", "garden")) == {"leek", "tur+nip"}


def test_another_accounts_lists_are_not_listed(owner, served):
    with served.blocklists() as client:
        assert list(client.list_text_blocklists()) == []


def test_lists_of_one_name_in_two_accounts_are_two_lists(owner, served):
    served.create_list("garden", "of the other")
    served.add("garden", {"text": "leek", "description": "of the other"}, "beet")
    own, other = ({item["text"]: item for item in account.items("garden")} for account in (owner, served))

    assert set(own) == {"leek", "tur+nip"}
    assert set(other) == {"leek", "beet"}
    assert own["leek"]["description"] == "of the owner"
    assert own["leek"]["blocklistItemId"] != other["leek"]["blocklistItemId"]
    assert owner.hits("beet and leek", "garden") == ["leek"]
    assert served.hits("turnip and beet", "garden") == ["beet"]

    served.remove("garden", [own["leek"]["blocklistItemId"]])
    assert "leek" in {item["text"] for item in owner.items("garden")}
    with served.blocklists() as client:
        client.delete_text_blocklist("garden")
    assert owner.hits("leek", "garden") == ["leek"]


def test_the_same_list_and_text_have_another_id_in_every_account(worker):
    """An id is a keyed hash: whoever knows a text cannot tell who else has it."""
    ids = set()
    for account in (worker.account(), worker.account(), worker.account()):
        account.create_list("garden")
        ids.add(account.add("garden", "leek")[0]["blocklistItemId"])

    assert len(ids) == 3


def test_a_page_token_of_one_account_shows_nothing_of_it_to_another(owner, served):
    owner.add("garden", *(f"turnip{number}" for number in range(5)))
    served.create_list("garden")
    served.add("garden", "beet")
    with owner.http() as http:
        page = http.get("/contentsafety/text/blocklists/garden/blocklistItems",
                        params={"api-version": "2024-09-01", "maxpagesize": 2}).json()
    with served.http() as http:
        followed = http.get(page["nextLink"])

    assert {item["text"] for item in followed.json()["value"]} <= {"beet"}


@pytest.mark.parametrize("token", [
    "", "x", "|", "..", "%00", "blocklist", "' or PartitionKey ne '", "~" * 64, "é" * 20])
def test_a_page_token_that_a_caller_made_up_reaches_no_other_rows(owner, served, token: str):
    served.create_list("garden")
    served.add("garden", "beet")
    with served.http() as http:
        for path in ("text/blocklists", "text/blocklists/garden/blocklistItems"):
            answer = http.get(f"/contentsafety/{path}", params={"api-version": "2024-09-01", "skipToken": token})
            assert answer.status_code in (200, 400)
            assert "leek" not in answer.text
            assert "owner" not in answer.text


def test_each_account_keeps_its_rows_in_a_table_and_its_blobs_in_a_container_of_its_own(owner, served, azurite):
    tables = TableServiceClient.from_connection_string(azurite.connection_string)
    blobs = BlobServiceClient.from_connection_string(azurite.connection_string)
    names = {f"a{account.id}" for account in (owner, served)}

    assert names <= {table.name for table in tables.list_tables()}
    assert names <= {container.name for container in blobs.list_containers()}
    kinds = [sorted(row["PartitionKey"].partition("|")[0] for row in tables.get_table_client(f"a{account.id}").list_entities()
                    if row["PartitionKey"] not in ("audit-event", "key-use")) for account in (owner, served)]
    assert kinds == [["blocklist", "blocklist-item", "blocklist-item"], []]


def test_an_accounts_key_cannot_name_another_account_by_a_header(owner, served):
    with served.http() as http:
        http.headers["x-account-id"] = owner.id
        assert http.get("/accounts/me").json()["id"] == served.id
        assert http.get(f"/accounts/{owner.id}").status_code == 404
        listed = http.get("/contentsafety/text/blocklists?api-version=2024-09-01")

    assert listed.json() == {"value": []}


def test_unknown_and_foreign_ids_are_refused_alike(owner, served):
    with served.http() as http:
        foreign, missing = (http.get(f"/accounts/{account_id}") for account_id in (owner.id, "0" * 32))

    assert foreign.status_code == missing.status_code == 404
    assert foreign.json()["error"]["message"] == missing.json()["error"]["message"]


def test_an_error_of_one_accounts_request_does_not_stop_the_others(owner, served):
    with pytest.raises(HttpResponseError):
        served.add("garden", "x" * 129)

    assert owner.hits("leek", "garden") == ["leek"]
