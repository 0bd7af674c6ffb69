"""Nothing that is analyzed is kept or logged, and nothing that is kept is readable where it lies.

A canary is a word that nobody else writes: it is sent through every operation and then looked for everywhere.
"""
from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from azure.data.tables import TableServiceClient

from dev.azurite import Azurite
from tests.e2e.storage_scan import is_in, places_of

VERSION = "2024-09-01"


def new_canary() -> str:
    return "kohlrabi" + "".join(chr(ord("a") + number % 26) for number in secrets.token_bytes(16))


def logs_of(*paths: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in paths)


@pytest.fixture(scope="module")
def storage() -> Iterator[Azurite]:
    """An emulator of these tests alone, so that what other tests keep need not be searched."""
    with Azurite.in_memory() as running:
        yield running


@pytest.fixture(scope="module")
def talkative(start_worker, storage: Azurite):
    """Two workers that log all they ever could."""
    connection_string = storage.connection_string
    return [start_worker("--log-level", "debug", STORAGE_CONNECTION_STRING=connection_string,
                         AzureWebJobsStorage=connection_string) for _ in range(2)]


def analyze_requests(canary: str) -> dict[str, tuple[bytes, dict[str, str], dict[str, str]]]:
    """Body, query and headers of text:analyze in success and in every kind of failure."""
    def body(**fields: object) -> bytes:
        return json.dumps({"text": f"I ate {canary} soup", **fields}).encode()
    version, content_type = {"api-version": VERSION}, {"Content-Type": "application/json"}
    return {
        "success": (body(), version, content_type),
        "older version": (body(), {"api-version": "2023-10-01"}, content_type),
        "a list": (body(blocklistNames=["garden"]), version, content_type),
        "a hit": (body(text=f"leek {canary}", blocklistNames=["garden"]), version, content_type),
        "halted": (body(text=f"le3k {canary}", blocklistNames=["garden"], haltOnBlocklistHit=True), version,
                   content_type),
        "other writing": (body(text=" ".join(canary), blocklistNames=["garden"]), version, content_type),
        "unknown list": (body(blocklistNames=[canary]), version, content_type),
        "list name against its rule": (body(blocklistNames=[f"{canary} !"]), version, content_type),
        "unknown category": (body(categories=[canary]), version, content_type),
        "unknown output type": (body(outputType=canary), version, content_type),
        "unknown field": (body(**{canary: canary}), version, content_type),
        "too long": (body(text=canary * 500), version, content_type),
        "too large": (body(text=canary * 100_000), version, content_type),
        "wrong type": (body(text=[canary]), version, content_type),
        "malformed": (f'{{"text": "{canary}'.encode(), version, content_type),
        "not JSON": (canary.encode(), version, content_type),
        "an array": (json.dumps([canary]).encode(), version, content_type),
        "not UTF-8": (canary.encode() + b"\xff", version, content_type),
        "wrong content type": (body(), version, {"Content-Type": "text/plain"}),
        "canary as content type": (body(), version, {"Content-Type": f"application/{canary}"}),
        "no version": (body(), {}, content_type),
        "canary as version": (body(), {"api-version": canary}, content_type),
        "canary in the query": (body(), {**version, canary: canary}, content_type),
        "canary in headers": (body(), version, {**content_type, "x-ms-client-request-id": canary, "User-Agent": canary,
                                                "traceparent": canary, "X-Forwarded-Host": canary}),
        "wrong key": (body(), version, {**content_type, "Ocp-Apim-Subscription-Key": canary}),
    }


def test_nothing_that_is_analyzed_is_kept_or_logged(talkative, storage):
    canary, statuses = new_canary(), {}
    account = talkative[0].account()
    account.create_list("garden")
    account.add("garden", "leek", {"text": "le3+k", "isRegex": True})
    for worker in talkative:
        with account.at(worker).http() as http:
            for name, (body, query, headers) in analyze_requests(canary).items():
                answer = http.post("/contentsafety/text:analyze", params=query, content=body, headers=headers)
                statuses[name] = answer.status_code
                assert not is_in(answer.content + str(answer.headers).encode(), canary), name

    assert {status for name, status in statuses.items()} == {200, 400, 401, 404, 413, 415}
    assert [name for name, status in statuses.items() if status == 200] == [
        "success", "older version", "a list", "a hit", "halted", "other writing", "unknown field",
        "canary in the query", "canary in headers"]
    assert places_of(canary, storage.connection_string) == []
    assert not is_in(logs_of(*(worker.log_path for worker in talkative)), canary)


def screen_requests(canary: str, list_id: str) -> dict[str, tuple[bytes, dict[str, str], dict[str, str]]]:
    """The same of Content Moderator's Screen and DetectLanguage."""
    plain, text = {"Content-Type": "text/plain"}, f"I ate {canary} soup".encode()
    everything = {"PII": "true", "classify": "true", "autocorrect": "true", "listId": list_id}
    personal = f"{canary}@{canary}.example, {canary} Street, crap {canary}".encode()
    return {
        "success": (text, {}, plain),
        "everything": (personal, everything, plain),
        "a hit": (f"leek {canary}".encode(), {"listId": list_id}, plain),
        "other writing": (" ".join(canary).encode(), everything, plain),
        "HTML": (f"<p title={canary}><b>{canary[:4]}</b>{canary[4:]}</p><!-- {canary} -->".encode(), everything,
                 {"Content-Type": "text/html"}),
        "Markdown": (f"[{canary}](https://{canary}.example)".encode(), everything, {"Content-Type": "text/markdown"}),
        "UTF-16": (canary.encode("utf-16"), {}, {"Content-Type": "text/xml; charset=utf-16"}),
        "canary in the query": (text, {canary: canary}, plain),
        "canary in headers": (text, {}, {**plain, "User-Agent": canary, "traceparent": canary, "X-Forwarded-Host": canary}),
        "unknown language": (text, {"language": canary}, plain),
        "unknown list": (text, {"listId": canary}, plain),
        "no flag": (text, {"PII": canary}, plain),
        "too long": (canary.encode() * 100, {}, plain),
        "too large": (canary.encode() * 10_000, {}, plain),
        "not UTF-8": (canary.encode() + b"\xff", {}, plain),
        "not UTF-16": (canary.encode() + b"x", {}, {"Content-Type": "text/plain; charset=utf-16"}),
        "unknown charset": (text, {}, {"Content-Type": f"text/plain; charset={canary}"}),
        "wrong content type": (text, {}, {"Content-Type": "application/json"}),
        "canary as content type": (text, {}, {"Content-Type": f"text/{canary}"}),
        "wrong key": (text, {}, {**plain, "Ocp-Apim-Subscription-Key": canary}),
    }


def test_nothing_that_is_screened_is_kept_or_logged(talkative, storage):
    """An answer of Screen repeats the text, as published; that of a refusal does not."""
    canary, statuses = new_canary(), {}
    account = talkative[0].account()
    list_id = account.term_list("leek")
    for worker in talkative:
        with account.at(worker).http() as http:
            for name, (body, query, headers) in screen_requests(canary, list_id).items():
                for operation in ("Screen/", "DetectLanguage"):
                    path = f"/contentmoderator/moderate/v1.0/ProcessText/{operation}"
                    answer = http.post(path, params=query, content=body, headers=headers)
                    statuses[name, operation] = answer.status_code
                    if operation == "DetectLanguage" or answer.status_code != 200:
                        assert not is_in(answer.content + str(answer.headers).encode(), canary), name

    assert {status for (_, operation), status in statuses.items() if operation == "Screen/"} == {200, 400, 401, 404, 413, 415}
    assert [name for (name, operation), status in statuses.items() if status == 200 and operation == "Screen/"] == [
        "success", "everything", "a hit", "other writing", "HTML", "Markdown", "UTF-16", "canary in the query", "canary in headers"]
    assert places_of(canary, storage.connection_string) == []
    assert not is_in(logs_of(*(worker.log_path for worker in talkative)), canary)


def test_what_is_refused_elsewhere_is_not_kept_or_logged_either(talkative, storage):
    canary = new_canary()
    account = talkative[0].account()
    account.create_list("garden")
    items = f"/contentsafety/text/blocklists/garden:addOrUpdateBlocklistItems?api-version={VERSION}"
    with account.http() as http:
        answers = [
            http.post(items, json={"blocklistItems": [{"text": canary * 20}]}),
            http.post(items, json={"blocklistItems": [{"text": f"({canary}", "isRegex": True}]}),
            http.post(items, json={"blocklistItems": [{"text": f"(?={canary})", "isRegex": True}]}),
            http.post(items, json={"blocklistItems": [{"text": "leek", "description": canary * 200}]}),
            http.post(items, json={"blocklistItems": [{"text": canary}, {"text": "\u200b"}]}),
            http.post(items.replace("garden", "nowhere"), json={"blocklistItems": [{"text": canary}]}),
            http.patch(f"/contentsafety/text/blocklists/{canary}!?api-version={VERSION}", json={}),
            http.get(f"/contentsafety/text/blocklists/{canary}?api-version={VERSION}"),
            http.get(f"/contentsafety/text/blocklists/garden/blocklistItems/{canary}?api-version={VERSION}"),
            http.get(f"/contentsafety/{canary}"), http.get(f"/{canary}"),
            http.post("/accounts", json={"displayName": canary}),
        ]

    assert all(answer.status_code in (400, 401, 404) for answer in answers)
    assert not any(is_in(answer.content, canary) for answer in answers)
    assert places_of(canary, storage.connection_string) == []
    assert not is_in(logs_of(*(worker.log_path for worker in talkative)), canary)


def test_what_blocklists_keep_is_readable_nowhere(talkative, storage):
    """Texts, descriptions and regular expressions: in rows, in the index's blobs, in messages and logs."""
    kept = {name: new_canary() for name in ("text", "description", "pattern", "list", "removed", "bulk")}
    account = talkative[0].account()
    account.create_list("garden", kept["list"])
    account.add("garden", {"text": kept["text"], "description": kept["description"]},
                {"text": f"{kept['pattern']}+", "isRegex": True})
    removed = account.add("garden", kept["removed"])
    # Enough for a segment of the index in a blob.
    account.add("garden", *(f"{kept['bulk']} {number}" for number in range(600)))
    account.remove("garden", [removed[0]["blocklistItemId"]])
    for worker in talkative:
        hits = account.at(worker).hits(f"{kept['text']}, {kept['pattern']}, {kept['removed']}", "garden")
        assert hits == [kept["text"], f"{kept['pattern']}+"]

    assert f"container a{account.id}" in places_of("blocklist-index/", storage.connection_string)
    for name, canary in kept.items():
        assert places_of(canary, storage.connection_string) == [], name
        assert not is_in(logs_of(*(worker.log_path for worker in talkative)), canary), name


def test_what_sample_content_and_the_audit_trail_keep_is_readable_nowhere(talkative, storage):
    kept = {name: new_canary() for name in ("statement", "text", "note", "list")}
    account = talkative[0].account()
    with account.http() as http:
        answers = [
            http.post("/accounts/me/sampleContent", json={"text": kept["text"]}),
            http.put("/accounts/me/sampleContentConsent", json={"statement": kept["statement"]}),
            http.post("/accounts/me/sampleContent", json={"text": kept["text"], "note": kept["note"]}),
            http.post("/accounts/me/sampleContent", json={"text": kept["text"] + "\0"}),
            http.patch(f"/contentsafety/text/blocklists/{kept['list']}-x?api-version={VERSION}", json={"description": "x" * 2000}),
            http.delete(f"/contentsafety/text/blocklists/{kept['list']}?api-version={VERSION}",
                        headers={"X-Forwarded-For": "198.51.100.77"})]
        shown = http.get("/accounts/me/auditEvents").json()

    assert [answer.status_code for answer in answers] == [409, 201, 201, 400, 400, 404]
    assert kept["list"] in str(shown) and "198.51.100.0/24" in str(shown)
    assert not any(is_in(str(shown).encode(), kept[name]) for name in ("statement", "text", "note"))
    for canary in (*kept.values(), "198.51.100", "key_used_from_new_address"):
        assert places_of(canary, storage.connection_string) == []
    for canary in (*kept.values(), "198.51.100"):
        assert not is_in(logs_of(*(worker.log_path for worker in talkative)), canary)


def test_neither_keys_of_accounts_nor_of_the_operator_are_kept_or_logged(talkative, storage, operator_key):
    account = talkative[0].account()
    account.create_list("garden")
    new_key = talkative[0].operator("POST", f"accounts/{account.id}/regenerateKey", {"keyName": "key1"}).json()["key"]
    for key in (account.key1, account.key2, new_key):
        httpx.get(f"{account.endpoint}/contentsafety/text/blocklists?api-version={VERSION}",
                  headers={"Ocp-Apim-Subscription-Key": key})

    for secret in (account.key1, account.key2, new_key, operator_key):
        assert places_of(secret, storage.connection_string) == []
        assert not is_in(logs_of(*(worker.log_path for worker in talkative)), secret)


def test_everything_of_a_deleted_list_is_gone_within_seconds(talkative, storage, eventually):
    account = talkative[0].account()
    account.create_list("kept")
    account.add("kept", "leek")
    rows = TableServiceClient.from_connection_string(storage.connection_string).get_table_client(f"a{account.id}")

    def kept() -> set[tuple[str, str]]:
        """All rows but those of the audit trail, which the deletion is in too."""
        return {(row["PartitionKey"], row["RowKey"]) for row in rows.list_entities() if row["PartitionKey"] != "audit-event"}
    before = kept()
    account.create_list("garden")
    account.add("garden", {"text": "tur+nip", "isRegex": True}, *(f"turnip {number}" for number in range(600)))

    def blobs() -> list[str]:
        return [place for place in places_of("blocklist-index/", storage.connection_string) if account.id in place]
    assert blobs()

    with account.blocklists() as client:
        client.delete_text_blocklist("garden")

    assert eventually(lambda: kept() == before)
    assert eventually(lambda: not blobs())
    assert account.hits("leek", "kept") == ["leek"]


@pytest.mark.parametrize("encode", [
    str.encode, lambda text: text.encode("utf-16-le"), lambda text: base64.b64encode(text.encode()),
    lambda text: base64.b64encode(b"xy" + text.encode() + b"z"), lambda text: text.encode().hex().encode(),
    lambda text: base64.urlsafe_b64encode(b"x" + text.encode("utf-16-le"))],
    ids=["utf-8", "utf-16", "base64", "base64 inside", "hex", "base64 of utf-16"])
def test_the_search_would_find_a_canary_in_each_of_its_forms(storage, encode):
    """Of the tests above, which pass when nothing is found."""
    canary = new_canary()
    table = TableServiceClient.from_connection_string(storage.connection_string).create_table_if_not_exists("canaries")
    table.create_entity({"PartitionKey": "p", "RowKey": secrets.token_hex(8),
                         "value": b"before" + encode(canary) + b"after"})

    assert places_of(canary, storage.connection_string) == ["table canaries"]
