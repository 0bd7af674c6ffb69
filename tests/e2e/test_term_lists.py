"""Every term list operation and error through the official client, and through a plain one for what that does not send."""
from __future__ import annotations

import dataclasses
import io
import json
from typing import Any

import pytest
from azure.cognitiveservices.vision.contentmoderator.models import APIErrorException, Body

from shared.storage.holdings import TERM_LIST_INDEX
from tests.e2e.conftest import Served, ServedAccount

JSON = "application/json"
LISTS = "/contentmoderator/lists/v1.0/termlists"
UNKNOWN = "89003"


@pytest.fixture
def client(served: ServedAccount):
    return served.content_moderator()


def terms_of(account: ServedAccount, list_id: str, language: str = "eng", **options: int) -> list[str]:
    answer = account.content_moderator().list_management_term.get_all_terms(list_id, language, **options)
    return [each.term for each in answer.data.terms]


def hits(account: ServedAccount, list_id: str, text: str, language: str = "eng") -> list[str]:
    """The terms of the list that Screen finds in a text."""
    screened = account.content_moderator().text_moderation.screen_text(
        "text/plain", io.BytesIO(text.encode()), language=language, list_id=list_id)
    return [term.term for term in screened.terms or [] if str(term.list_id) == list_id]


def test_a_term_list_lives_through_every_operation_of_the_client(client):
    lists, terms = client.list_management_term_lists, client.list_management_term
    created = lists.create(JSON, Body(name="Garden", description="Words", metadata={"season": "all"}))
    list_id = str(created.id)

    assert (created.name, created.description, created.metadata) == ("Garden", "Words", {"season": "all"})
    updated = lists.update(list_id, JSON, Body(name="Garden 2", description="More", metadata={"a": "b", "c": ""}))
    assert (updated.id, updated.name, updated.metadata) == (created.id, "Garden 2", {"a": "b", "c": ""})
    assert lists.get_details(list_id).as_dict() == updated.as_dict()
    assert [each.id for each in lists.get_all_term_lists()] == [created.id]

    for term in ("leek", "rotten turnip", "and/or", "🥕 100% #1?", "leek"):
        assert terms.add_term(list_id, term, "eng") is None
    terms.add_term(list_id, "poireau", "fra")
    page = terms.get_all_terms(list_id, "eng")
    assert {each.term for each in page.data.terms} == {"leek", "rotten turnip", "and/or", "🥕 100% #1?"}
    assert (page.data.language, page.data.status.code, page.data.status.exception) == ("eng", 3000, None)
    assert page.paging.as_dict() == {"total": 4, "limit": 1000, "offset": 0, "returned": 4}
    pages = [terms.get_all_terms(list_id, "eng", offset=offset, limit=3) for offset in (0, 3, 4)]
    assert [len(each.data.terms) for each in pages] == [3, 1, 0]
    assert [each.term for part in pages for each in part.data.terms] == [each.term for each in page.data.terms]

    refreshed = lists.refresh_index_method(list_id, "eng")
    assert (refreshed.content_source_id, refreshed.is_update_success, refreshed.advanced_info) == (list_id, True, [])
    assert refreshed.status.description == "RefreshIndex successfully completed."

    assert terms.delete_term(list_id, "and/or", "eng") is None
    assert terms.delete_term(list_id, "never there", "eng") is None
    assert terms.get_all_terms(list_id, "eng").paging.total == 3
    assert terms.delete_all_terms(list_id, "eng") is None
    assert terms.get_all_terms(list_id, "eng").data.terms == []
    assert [each.term for each in terms.get_all_terms(list_id, "fra").data.terms] == ["poireau"]

    assert lists.delete(list_id) == ""
    assert lists.get_all_term_lists() == []


CALLS: dict[str, Any] = {
    "get_details": lambda client, list_id: client.list_management_term_lists.get_details(list_id),
    "update": lambda client, list_id: client.list_management_term_lists.update(list_id, JSON, Body(name="x")),
    "delete": lambda client, list_id: client.list_management_term_lists.delete(list_id),
    "refresh_index_method": lambda client, list_id: client.list_management_term_lists.refresh_index_method(list_id, "eng"),
    "add_term": lambda client, list_id: client.list_management_term.add_term(list_id, "leek", "eng"),
    "delete_term": lambda client, list_id: client.list_management_term.delete_term(list_id, "leek", "eng"),
    "get_all_terms": lambda client, list_id: client.list_management_term.get_all_terms(list_id, "eng"),
    "delete_all_terms": lambda client, list_id: client.list_management_term.delete_all_terms(list_id, "eng"),
}


@pytest.mark.parametrize("list_id", [UNKNOWN, "0", "garden", "a/b"])
@pytest.mark.parametrize("call", CALLS)
def test_a_list_that_is_not_there_raises_the_clients_own_error(client, call: str, list_id: str):
    with pytest.raises(APIErrorException) as caught:
        CALLS[call](client, list_id)

    assert (caught.value.response.status_code, caught.value.error.error.code) == (404, "NotFound")
    assert caught.value.error.error.message == "The term list does not exist."


@pytest.mark.parametrize("call", CALLS)
def test_another_accounts_list_is_not_there_and_is_left_alone(worker: Served, served: ServedAccount, call: str):
    owner = worker.account()
    list_id = owner.term_list("leek")
    with pytest.raises(APIErrorException) as caught:
        CALLS[call](served.content_moderator(), list_id)

    assert caught.value.response.status_code == 404
    assert terms_of(owner, list_id) == ["leek"]
    assert owner.content_moderator().list_management_term_lists.get_details(list_id).name == "a list"


@pytest.mark.parametrize("call", [*CALLS, "create", "get_all_term_lists"])
def test_a_wrong_key_raises_the_clients_own_error(served: ServedAccount, call: str):
    client = dataclasses.replace(served, key1="0" * 64).content_moderator()
    calls = {**CALLS, "create": lambda client, _: client.list_management_term_lists.create(JSON, Body(name="x")),
             "get_all_term_lists": lambda client, _: client.list_management_term_lists.get_all_term_lists()}
    with pytest.raises(APIErrorException) as caught:
        calls[call](client, "1")

    assert (caught.value.response.status_code, caught.value.error.error.code) == (401, "401")


@pytest.mark.parametrize("language", ["en", "english", "e-n", " "])
def test_a_language_that_is_no_code_of_three_letters_is_refused(client, served: ServedAccount, language: str):
    list_id = served.term_list()
    for call in (client.list_management_term.add_term, client.list_management_term.delete_term):
        with pytest.raises(APIErrorException) as caught:
            call(list_id, "leek", language)
        assert (caught.value.response.status_code, caught.value.error.error.code) == (400, "BadRequest")
        assert "language" in caught.value.error.error.message


def test_a_term_beyond_the_limits_is_refused(client, served: ServedAccount):
    list_id = served.term_list("x" * 128)
    for term in ("x" * 129, " ", "\u200b"):
        with pytest.raises(APIErrorException) as caught:
            client.list_management_term.add_term(list_id, term, "eng")
        assert caught.value.response.status_code == 400
    assert terms_of(served, list_id) == ["x" * 128]


def test_every_change_counts_for_the_other_workers_very_next_call(served: ServedAccount, elsewhere: ServedAccount):
    list_id = served.term_list("leek")
    text = "A leek, a turnip, a fig."
    assert terms_of(elsewhere, list_id) == ["leek"] == hits(elsewhere, list_id, text)

    elsewhere.content_moderator().list_management_term.add_term(list_id, "turnip", "eng")
    assert sorted(terms_of(served, list_id)) == ["leek", "turnip"] == hits(served, list_id, text)

    served.content_moderator().list_management_term.delete_term(list_id, "leek", "eng")
    assert terms_of(elsewhere, list_id) == ["turnip"] == hits(elsewhere, list_id, text)

    served.content_moderator().list_management_term.delete_all_terms(list_id, "eng")
    assert terms_of(elsewhere, list_id) == [] == hits(elsewhere, list_id, text)

    elsewhere.content_moderator().list_management_term.add_term(list_id, "fig", "eng")
    assert terms_of(served, list_id) == ["fig"] == hits(served, list_id, text)

    served.content_moderator().list_management_term_lists.delete(list_id)
    for call in (lambda: terms_of(elsewhere, list_id), lambda: hits(elsewhere, list_id, text)):
        with pytest.raises(APIErrorException):
            call()


def bulk(account: ServedAccount, list_id: str, body: str | bytes, content_type: str = "application/x-ndjson", **query: str) -> Any:
    with account.http() as http:
        return http.post(f"{LISTS}/{list_id}/terms:import", params=query, headers={"Content-Type": content_type},
                         content=body.encode() if isinstance(body, str) else body, timeout=120)


def test_thousands_of_terms_are_imported_in_one_request_and_found(served: ServedAccount, elsewhere: ServedAccount, eventually, services):
    list_id = served.term_list("n7")
    lines = "".join(json.dumps({"term": f"n{number}"}) + "\n" for number in range(3_000))

    report = bulk(served, list_id, lines + '"chou"\n{"term": "chou", "language": "FRA"}\n{"word": "leek"}\n', language="eng").json()

    assert (report["Taken"], report["AlreadyThere"], report["Refused"]) == (3_001, 1, 1)
    assert report["RefusedLines"] == [{"Line": 3_003, "Reason": "it is neither a string nor an object with a string `term`"}]
    assert len(terms_of(elsewhere, list_id, limit=10_000)) == 3_001
    assert terms_of(elsewhere, list_id, "fra") == ["chou"]
    assert hits(elsewhere, list_id, "n1 and n2999, n3000") == ["n1", "n2999"]
    again = bulk(elsewhere, list_id, lines, language="eng").json()
    assert (again["Taken"], again["AlreadyThere"]) == (0, 3_000)

    served.content_moderator().list_management_term_lists.delete(list_id)
    store = services.accounts.open(services.accounts.get(served.id))
    assert eventually(lambda: not store.records.places("term", None, 1)[0] and not store.blobs.ids(TERM_LIST_INDEX), 60)


@pytest.mark.parametrize(("body", "taken", "refused"), [
    ("leek\nrotten turnip\n", 2, 0), ("term\nleek\n", 1, 0), ("\ufeffTerm,Language\r\nleek,\r\nchou,fra\r\n", 2, 0),
    ("language,term\n,leek\nenglish,turnip\n", 1, 1), ("leek,fra\n", 0, 1),
    ('"a ""b"", c"\n\n"two\nlines"\n', 1, 2), ("term,language\nleek\n", 1, 0)])
def test_terms_come_as_csv_too(served: ServedAccount, body: str, taken: int, refused: int):
    report = bulk(served, served.term_list(), body, "text/csv", language="eng").json()

    assert (report["Taken"], report["Refused"]) == (taken, refused)


HOSTILE = {
    "not UTF-8": b'"leek\xff"\n', "half a pair": b'"leek \\ud83e"\n', "deep": b"[" * 5000 + b"\n", "long": b'"' + b"x" * 9000 + b'"\n',
    "numbers": b"1\n" + b"9" * 6000 + b"\n1e999\nNaN\n", "null": b"null\n{}\n[]\n", "a zero byte": b'"\\u0000"\n\x00\n',
    "an odd language": b'{"term": "leek", "language": 7}\n{"term": "leek", "language": "e\\u0130g"}\n', "empty": b'""\n{"term": ""}\n',
    "an open quote": b'"leek\n"turnip\n'}


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "text/csv"])
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_lines_that_make_no_sense_are_refused_one_by_one(served: ServedAccount, body: bytes, content_type: str):
    list_id = served.term_list()

    answer = bulk(served, list_id, b"turnip\n" + body if content_type == "text/csv" else body + b'"turnip"\n', content_type, language="eng")

    assert answer.status_code == 200
    assert "turnip" in terms_of(served, list_id)
    assert "leek" not in answer.text


@pytest.mark.parametrize(("content_type", "status"), [
    ("application/json", 415), ("text/csv; charset=latin-1", 415), ("text/csv; charset=UTF-8", 200), ("application/x-ndjson", 200)])
def test_only_lines_in_utf_8_are_taken(served: ServedAccount, content_type: str, status: int):
    assert bulk(served, served.term_list(), '"leek"\n', content_type, language="eng").status_code == status


def test_the_client_of_dotnet_sends_its_names_in_camel_case_and_a_slash_at_the_end_is_nothing(served: ServedAccount):
    with served.http() as http:
        created = http.post(f"{LISTS}/", json={"name": "Garden", "description": "Words", "metadata": {"season": "all"}})
        assert created.json() == {"Id": 1, "Name": "Garden", "Description": "Words", "Metadata": {"season": "all"}}
        assert http.post(f"{LISTS}/1/terms/leek/?language=eng").status_code == 201
        assert http.get(f"{LISTS}/1/terms/?language=eng").json()["Paging"]["Total"] == 1
        assert http.post(f"{LISTS}/1/RefreshIndex/?language=eng").status_code == 200
        assert http.post(f"{LISTS}/1/terms/?language=eng").status_code == 404


def test_no_term_is_in_the_log_or_the_audit_trail(worker: Served, served: ServedAccount):
    list_id = served.term_list("wheelbarrow-7731")
    bulk(served, list_id, '"wheelbarrow-7732"\nwheelbarrow-7733\n', language="eng")
    served.content_moderator().list_management_term.delete_term(list_id, "wheelbarrow-7731", "eng")
    with served.http() as http:
        events = http.get("/accounts/me/auditEvents").text
        assert http.post(f"{LISTS}/wheelbarrow-7734/terms/x?language=eng").status_code == 404
        events += http.get("/accounts/me/auditEvents?size=500").text

    assert '"listId": "1"' in events or '"listId":"1"' in events
    assert "wheelbarrow" not in events
    assert "wheelbarrow" not in worker.log_path.read_text()
