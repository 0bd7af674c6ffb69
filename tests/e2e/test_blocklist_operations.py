"""Every blocklist operation through the official client, in both stable versions."""
from __future__ import annotations

import dataclasses
import uuid

import httpx
import pytest
from azure.ai.contentsafety.models import (
    AddOrUpdateTextBlocklistItemsOptions,
    RemoveTextBlocklistItemsOptions,
    TextBlocklist,
    TextBlocklistItem,
)
from azure.core.exceptions import ResourceNotFoundError

from shared.storage.holdings import BLOCKLIST

VERSION = "2024-09-01"
MERGE_PATCH, JSON = "application/merge-patch+json", "application/json"


@pytest.fixture
def client(served):
    with served.blocklists() as client:
        yield client


@pytest.fixture
def newer(served):
    with served.blocklists(api_version=VERSION) as client:
        yield client


def test_a_blocklist_lives_through_every_operation_of_the_client(client):
    created, updated = (client.create_or_update_text_blocklist(
        "garden", TextBlocklist(blocklist_name="garden", description=description)) for description in ("Words", "More"))
    added = client.add_or_update_blocklist_items("garden", AddOrUpdateTextBlocklistItemsOptions(blocklist_items=[
        TextBlocklistItem(text="rotten turnip", description="A vegetable"), TextBlocklistItem(text="limp leek")]))
    items = added.blocklist_items

    assert (created.blocklist_name, created.description) == ("garden", "Words")
    assert (updated.blocklist_name, updated.description) == ("garden", "More")
    assert client.get_text_blocklist("garden").description == "More"
    assert [blocklist.blocklist_name for blocklist in client.list_text_blocklists()] == ["garden"]
    assert [(item.text, item.description) for item in items] == [("rotten turnip", "A vegetable"), ("limp leek", None)]
    assert all(str(uuid.UUID(item.blocklist_item_id)) == item.blocklist_item_id for item in items)
    assert client.get_text_blocklist_item("garden", items[0].blocklist_item_id) == items[0]
    assert {item.text for item in client.list_text_blocklist_items("garden")} == {"rotten turnip", "limp leek"}

    client.remove_blocklist_items(
        "garden", RemoveTextBlocklistItemsOptions(blocklist_item_ids=[items[0].blocklist_item_id]))

    assert [item.text for item in client.list_text_blocklist_items("garden")] == ["limp leek"]
    with pytest.raises(ResourceNotFoundError):
        client.get_text_blocklist_item("garden", items[0].blocklist_item_id)

    client.delete_text_blocklist("garden")

    assert list(client.list_text_blocklists()) == []
    with pytest.raises(ResourceNotFoundError):
        client.get_text_blocklist("garden")


def test_the_newer_version_tells_regular_expressions_from_texts_and_the_older_does_not_speak_of_them(client, newer):
    newer.create_or_update_text_blocklist("garden", {})
    added = newer.add_or_update_blocklist_items("garden", {"blocklistItems": [
        {"text": "l[ei]+k", "isRegex": True}, {"text": "turnip", "isRegex": False}, {"text": "carrot"}]})

    assert [item["isRegex"] for item in added.blocklist_items] == [True, False, False]
    assert {item["text"]: item["isRegex"] for item in newer.list_text_blocklist_items("garden")} == {
        "l[ei]+k": True, "turnip": False, "carrot": False}
    regex_id = added.blocklist_items[0].blocklist_item_id
    assert newer.get_text_blocklist_item("garden", regex_id)["isRegex"] is True
    assert "isRegex" not in client.get_text_blocklist_item("garden", regex_id)
    assert not any("isRegex" in item for item in client.list_text_blocklist_items("garden"))


@pytest.mark.parametrize("content_type", [MERGE_PATCH, JSON, f"{MERGE_PATCH}; charset=utf-8"])
def test_patch_creates_with_201_and_a_location_and_then_updates_with_200(served, content_type: str):
    address = f"/contentsafety/text/blocklists/garden?api-version={VERSION}"
    with served.http() as http:
        created = http.patch(address, content=b'{"description": "one"}', headers={"Content-Type": content_type})
        updated = http.patch(address, content=b'{"description": "two"}', headers={"Content-Type": content_type})
        at_location = http.get(created.headers["location"])

    assert (created.status_code, updated.status_code) == (201, 200)
    assert created.headers["content-type"] == "application/json; charset=utf-8"
    assert created.headers["location"].startswith(f"{served.endpoint}/contentsafety/text/blocklists/garden")
    assert "location" not in updated.headers
    assert at_location.json() == {"blocklistName": "garden", "description": "two"}


def test_a_patch_without_a_description_keeps_it_and_an_empty_one_clears_it(client):
    client.create_or_update_text_blocklist("garden", {"description": "Words"})

    assert client.create_or_update_text_blocklist("garden", {}).description == "Words"
    assert not client.create_or_update_text_blocklist("garden", {"description": ""}).description
    assert not client.get_text_blocklist("garden").description


def test_adding_a_text_again_keeps_its_id_and_its_description_unless_one_is_given(client, newer):
    client.create_or_update_text_blocklist("garden", {})

    def add(**item: object) -> TextBlocklistItem:
        return newer.add_or_update_blocklist_items("garden", {"blocklistItems": [item]}).blocklist_items[0]
    first = add(text="leek", description="A vegetable")
    again = add(text="leek")
    described = add(text="leek", description="Allium")
    cleared = add(text="leek", description="")

    assert {item.blocklist_item_id for item in (first, again, described, cleared)} == {first.blocklist_item_id}
    assert [again.description, described.description, cleared.description] == ["A vegetable", "Allium", None]
    assert newer.get_text_blocklist_item("garden", first.blocklist_item_id).description is None
    assert len(list(client.list_text_blocklist_items("garden"))) == 1


def test_a_text_and_a_regular_expression_of_the_same_letters_are_two_items(newer):
    newer.create_or_update_text_blocklist("garden", {})
    added = newer.add_or_update_blocklist_items(
        "garden", {"blocklistItems": [{"text": "leek"}, {"text": "leek", "isRegex": True}]}).blocklist_items

    assert len({item.blocklist_item_id for item in added}) == 2
    assert sorted(item["isRegex"] for item in newer.list_text_blocklist_items("garden")) == [False, True]


def test_a_text_twice_in_one_request_is_one_item_with_the_last_description(client):
    client.create_or_update_text_blocklist("garden", {})
    client.add_or_update_blocklist_items("garden", {"blocklistItems": [
        {"text": "leek", "description": "one"}, {"text": "turnip"}, {"text": "leek", "description": "two"}]})

    assert {item.text: item.description for item in client.list_text_blocklist_items("garden")} == {
        "leek": "two", "turnip": None}


def test_the_same_text_in_two_lists_is_two_items(client):
    ids = []
    for name in ("garden", "kitchen"):
        client.create_or_update_text_blocklist(name, {})
        added = client.add_or_update_blocklist_items(name, {"blocklistItems": [{"text": "leek"}]})
        ids.append(added.blocklist_items[0].blocklist_item_id)

    assert len(set(ids)) == 2
    client.remove_blocklist_items("garden", {"blocklistItemIds": ids})
    assert [item.blocklist_item_id for item in client.list_text_blocklist_items("kitchen")] == ids[1:]


def test_removing_what_is_not_there_is_no_mistake(client):
    client.create_or_update_text_blocklist("garden", {})
    client.add_or_update_blocklist_items("garden", {"blocklistItems": [{"text": "leek"}]})

    client.remove_blocklist_items("garden", {"blocklistItemIds": [str(uuid.uuid4()), "no uuid at all", "x" * 64]})

    assert [item.text for item in client.list_text_blocklist_items("garden")] == ["leek"]


def test_names_differ_by_case(client):
    client.create_or_update_text_blocklist("garden", {"description": "small"})
    client.create_or_update_text_blocklist("Garden", {"description": "large"})

    assert {blocklist.blocklist_name: blocklist.description for blocklist in client.list_text_blocklists()} == {
        "garden": "small", "Garden": "large"}


@pytest.mark.parametrize("name", ["a", "Z9._~-", "x" * 64, "...", "a.b~c", "-", "~~"])
def test_names_of_every_published_character_work_in_all_places(client, name: str):
    client.create_or_update_text_blocklist(name, {})
    item = client.add_or_update_blocklist_items(name, {"blocklistItems": [{"text": "leek"}]}).blocklist_items[0]

    assert client.get_text_blocklist_item(name, item.blocklist_item_id).text == "leek"
    client.remove_blocklist_items(name, {"blocklistItemIds": [item.blocklist_item_id]})
    assert list(client.list_text_blocklist_items(name)) == []
    client.delete_text_blocklist(name)


def test_a_recreated_list_is_empty_and_new(client):
    client.create_or_update_text_blocklist("garden", {"description": "old"})
    client.add_or_update_blocklist_items("garden", {"blocklistItems": [{"text": "leek"}]})
    client.delete_text_blocklist("garden")

    assert not client.create_or_update_text_blocklist("garden", {}).description
    assert list(client.list_text_blocklist_items("garden")) == []


# --- paging ---


@pytest.fixture(scope="module")
def long_list(worker):
    """An account whose list has 12 items, and the items in the order of the list."""
    account = worker.account()
    account.create_list("long")
    account.add("long", *(f"turnip {number}" for number in range(12)))
    return account, account.items("long")


@pytest.mark.parametrize("maxpagesize", [None, 1, 5, 12, 1000])
@pytest.mark.parametrize(("top", "skip"), [
    (None, None), (0, None), (1, None), (5, None), (12, None), (13, None), (None, 0), (None, 11), (None, 12),
    (None, 100), (5, 3), (10, 5)])
def test_top_counts_over_all_pages_and_skip_is_left_out_first(long_list, top, skip, maxpagesize):
    account, everything = long_list
    options = {"top": top, "skip": skip, **({} if maxpagesize is None else {"maxpagesize": maxpagesize})}
    expected = everything[skip or 0:][:top]

    with account.blocklists(api_version=VERSION) as client:
        pages = [list(page) for page in client.list_text_blocklist_items("long", **options).by_page()]

    assert [item.as_dict() for page in pages for item in page] == expected
    assert maxpagesize is None or all(len(page) <= maxpagesize for page in pages)
    assert len(pages) <= len(expected) // (maxpagesize or 100) + 1


def test_next_links_are_absolute_and_keep_the_version(long_list):
    account, everything = long_list
    seen: list[str] = []
    address = "/contentsafety/text/blocklists/long/blocklistItems?api-version=2023-10-01&maxpagesize=5"
    with account.http() as http:
        while address:
            page = http.get(address).json()
            seen += [item["blocklistItemId"] for item in page["value"]]
            address = page.get("nextLink")
            assert address is None or address.startswith(f"{account.endpoint}/contentsafety/text/blocklists/long/")
            assert address is None or "api-version=2023-10-01" in address
            assert "isRegex" not in page["value"][0]

    assert seen == [item["blocklistItemId"] for item in everything]


def test_links_name_the_host_that_a_proxy_forwarded(long_list):
    account, _ = long_list
    forwarded = {"X-Forwarded-Host": "safety.example:8443, inner", "X-Forwarded-Proto": "https,http"}
    with account.http() as http:
        page = http.get(f"/contentsafety/text/blocklists/long/blocklistItems?api-version={VERSION}&maxpagesize=1",
                        headers=forwarded).json()
        created = http.patch(f"/contentsafety/text/blocklists/other?api-version={VERSION}", json={}, headers=forwarded)

    assert page["nextLink"].startswith("https://safety.example:8443/contentsafety/text/blocklists/long/blocklistItems?")
    assert created.headers["location"].startswith("https://safety.example:8443/contentsafety/text/blocklists/other")


def test_a_page_goes_on_where_it_ended_although_items_before_it_were_removed(served):
    served.create_list("long")
    served.add("long", *(f"turnip {number}" for number in range(20)))
    everything = [item["blocklistItemId"] for item in served.items("long")]
    with served.blocklists(api_version=VERSION) as client:
        pages = client.list_text_blocklist_items("long", maxpagesize=5).by_page()
        first = [item.blocklist_item_id for item in next(pages)]
        served.remove("long", first)
        rest = [item.blocklist_item_id for page in pages for item in page]

    assert first + rest == everything


def test_more_blocklists_than_fit_a_page_are_all_listed(served, services):
    """1,000 lists are a page; to save time they are written past the wire, as copies of one."""
    served.create_list("list-0000")
    store = services.accounts.open(services.accounts.get(served.id))
    names = [f"list-{number:04d}" for number in range(1_003)]
    record = store.records.find(BLOCKLIST, names[0])
    store.records.upsert_all(BLOCKLIST, [dataclasses.replace(record, id=name) for name in names[1:]])
    with served.blocklists() as client:
        pages = [[blocklist.blocklist_name for blocklist in page] for page in client.list_text_blocklists().by_page()]

    assert sorted(name for page in pages for name in page) == names
    assert len(pages) > 1


def test_a_connection_is_kept_and_answers_after_every_refusal(served):
    """A refused body must be read to its end, or the next request on the connection is garbled."""
    with served.http() as http:
        for body in (b"{", b"x" * 3_000_000):
            refused = http.post(f"/contentsafety/text:analyze?api-version={VERSION}", content=body,
                                headers={"Content-Type": "application/json"})
            assert refused.status_code in (400, 413)
            assert http.get("/health").status_code == 200


def test_a_body_may_come_in_chunks_without_a_length(served):
    answer = httpx.post(f"{served.endpoint}/contentsafety/text:analyze?api-version={VERSION}",
                        content=iter([b'{"text": "A le', b'ek."}']),
                        headers={"Ocp-Apim-Subscription-Key": served.key1, "Content-Type": "application/json"})

    assert answer.status_code == 200


def test_a_description_of_null_is_removed_as_a_merge_patch_says(served):
    with served.http() as http:
        address = "/contentsafety/text/blocklists/herbs?api-version=2024-09-01"
        merge_patch = {"Content-Type": "application/merge-patch+json"}
        http.patch(address, content=b'{"description": "green"}', headers=merge_patch)
        kept = http.patch(address, content=b"{}", headers=merge_patch)
        removed = http.patch(address, content=b'{"description": null}', headers=merge_patch)
    assert (kept.json()["description"], removed.json()["description"]) == ("green", "")
