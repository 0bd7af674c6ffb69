"""Each documented error through the official client: its exception, status and code; and what no operation matches."""
from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from azure.ai.contentsafety import BlocklistClient, ContentSafetyClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

VERSION = "2024-09-01"
OPTIONS = {"text": "A leek."}
UNUSED_PORT_STORAGE = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=eA==;" + "".join(
    f"{service}Endpoint=http://127.0.0.1:9/devstoreaccount1;" for service in ("Blob", "Queue", "Table"))


@pytest.fixture(scope="module")
def account(worker):
    account = worker.account()
    account.create_list("garden")
    return account


@pytest.fixture
def blocklists(account):
    with account.blocklists(api_version=VERSION) as client:
        yield client


@pytest.fixture
def content_safety(account):
    with account.content_safety(api_version=VERSION) as client:
        yield client


def raised(call: Callable[..., object], *arguments: object, **options: object) -> HttpResponseError:
    """What a call of the client raises; paged calls raise at the first item."""
    with pytest.raises(HttpResponseError) as caught:
        list(call(*arguments, **options) or ())
    return caught.value


@pytest.mark.parametrize(("method", "arguments"), [
    ("get_text_blocklist", ("nowhere",)),
    ("delete_text_blocklist", ("nowhere",)),
    ("list_text_blocklist_items", ("nowhere",)),
    ("get_text_blocklist_item", ("nowhere", "0f3e9a52-7c1d-8b64-9e20-5d4c3b2a1f00")),
    ("get_text_blocklist_item", ("garden", "0f3e9a52-7c1d-8b64-9e20-5d4c3b2a1f00")),
    ("get_text_blocklist_item", ("garden", "no-uuid")),
    ("get_text_blocklist_item", ("garden", "a/b")),
    ("add_or_update_blocklist_items", ("nowhere", {"blocklistItems": [{"text": "leek"}]})),
    ("remove_blocklist_items", ("nowhere", {"blocklistItemIds": ["0"]})),
])
def test_what_does_not_exist_is_resource_not_found(blocklists: BlocklistClient, method: str, arguments: tuple):
    error = raised(getattr(blocklists, method), *arguments)

    assert isinstance(error, ResourceNotFoundError)
    assert (error.status_code, error.error.code) == (404, "ResourceNotFound")
    assert error.error.message
    assert error.response.headers["x-ms-error-code"] == "ResourceNotFound"


@pytest.mark.parametrize("name", ["with space", "slash/ed", "a:b", "x" * 65, "rübe", "a%2Fb", "a?b", "#"])
def test_a_name_against_its_rule_is_an_invalid_resource_name(blocklists: BlocklistClient, name: str):
    error = raised(blocklists.get_text_blocklist, name)

    assert (error.status_code, error.error.code) == (400, "InvalidResourceName")
    assert name not in error.error.message


@pytest.mark.parametrize("options", [
    {}, {"text": None}, {"text": 7}, {"text": "x" * 10_001}, {"text": "x", "categories": "Hate"},
    {"text": "x", "outputType": "Many"}, {"text": "x", "blocklistNames": ["with space"]}])
def test_a_body_against_the_definition_is_an_invalid_request_body(content_safety: ContentSafetyClient, options: dict):
    error = raised(content_safety.analyze_text, options)

    assert (error.status_code, error.error.code) == (400, "InvalidRequestBody")
    # The service ends such messages in the request's id and the time.
    assert re.search(r" \| Request Id: [0-9a-f-]{36}, Timestamp: \d{4}-\d\d-\d\dT[\d:]{8}Z\.$", error.error.message)
    assert error.response.headers["apim-request-id"] in error.error.message


def test_a_body_that_is_too_large_is_413(content_safety: ContentSafetyClient):
    error = raised(content_safety.analyze_text, {"text": "x", "more": "y" * 2_200_000})

    assert (error.status_code, error.error.code) == (413, "InvalidRequestBody")


@pytest.mark.parametrize("key", ["0" * 64, "short", "x" * 5000])
def test_a_wrong_key_is_the_gateways_401(account, key: str):
    with BlocklistClient(account.endpoint, AzureKeyCredential(key)) as client:
        error = raised(client.list_text_blocklists)

    assert isinstance(error, ClientAuthenticationError)
    assert (error.status_code, error.error.code) == (401, "401")
    assert key not in error.error.message


@pytest.mark.parametrize("version", ["2023-04-30-preview", "2024-09-15-preview", "1"])
def test_a_version_that_is_not_served_is_400(account, version: str):
    with account.content_safety(api_version=version) as client:
        error = raised(client.analyze_text, OPTIONS)

    assert (error.status_code, error.error.code) == (400, "UnsupportedApiVersionValue")


def test_a_storage_that_does_not_answer_is_server_busy(start_worker):
    worker = start_worker("--no-background", STORAGE_CONNECTION_STRING=UNUSED_PORT_STORAGE)
    with ContentSafetyClient(worker.endpoint, AzureKeyCredential("0" * 64), retry_total=0) as client:
        error = raised(client.analyze_text, OPTIONS)

    assert (error.status_code, error.error.code) == (503, "ServerBusy")
    assert "127.0.0.1" not in str(error)


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/contentsafety/text:analyze"), ("PUT", "/contentsafety/text/blocklists/garden"),
    ("POST", "/contentsafety/text/blocklists"), ("DELETE", "/contentsafety/text/blocklists"),
    ("GET", "/contentsafety/no/such/thing"), ("GET", "/contentsafety/contentsafety/text/blocklists"),
    ("OPTIONS", "/contentsafety/text/blocklists")])
def test_an_unknown_path_or_method_is_404_in_the_familys_words(account, method: str, path: str):
    with account.http() as http:
        answer = http.request(method, f"{path}?api-version={VERSION}")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "ResourceNotFound"


@pytest.mark.parametrize("path", ["/contentsafety/text/blocklists", "/health", "/", "/nothing"])
def test_head_is_404_without_a_body_as_the_functions_host_does_it(account, path: str):
    with account.http() as http:
        answer = http.head(path)

    assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers["x-ms-error-code"]


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/contentsafety/text:analyze", "/accounts/x/y"])
def test_an_unknown_path_beyond_the_families_is_404_of_our_own(account, path: str):
    answer = httpx.get(f"{account.endpoint}{path}")

    assert answer.status_code == 404
    assert answer.json()["error"].keys() == {"code", "message", "requestId"}


def test_paths_match_whatever_their_case_and_with_a_slash_at_the_end(account):
    """As ASP.NET Core routes; some clients write the prefix in capitals."""
    with account.http() as http:
        for path in ("/ContentSafety/Text/Blocklists/garden", "/contentsafety/text/blocklists/garden/"):
            assert http.get(f"{path}?api-version={VERSION}").json()["blocklistName"] == "garden"
        assert http.post(f"/CONTENTSAFETY/TEXT:ANALYZE?api-version={VERSION}", json=OPTIONS).status_code == 200
