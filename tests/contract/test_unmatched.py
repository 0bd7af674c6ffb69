"""What no operation matches is a 404 of the family that the path belongs to."""
from __future__ import annotations

import pytest

from tests.contract.in_process import InProcess

CONTENT_SAFETY_PATHS = [
    "/contentsafety", "/contentsafety/", "/contentsafety/text", "/contentsafety/text:translate?api-version=2024-09-01",
    "/contentsafety/text/blocklists/a/b", "/ContentSafety/nothing",
    "/contentsafety/text/blocklists/x:removeEverything/y"]
OWN_PATHS = ["/", "/nothing", "/accounts/x/y/z", "/wp-login.php", "/favicon.ico"]
CONTENT_MODERATOR_PATHS = ["/contentmoderator", "/contentmoderator/lists", "/contentmoderator/lists/v1.0/termlists/1/terms/a/b"]


@pytest.mark.parametrize("path", CONTENT_SAFETY_PATHS)
def test_an_unknown_path_of_content_safety_is_a_404_of_content_safety(app: InProcess, path: str):
    answer = app.call("GET", path, {})

    assert (answer.status, answer.body["error"]["code"]) == (404, "ResourceNotFound")
    assert answer.body["error"].keys() == {"code", "message"}


@pytest.mark.parametrize("path", CONTENT_MODERATOR_PATHS)
def test_an_unknown_path_of_content_moderator_is_a_404_of_content_moderator(app: InProcess, path: str):
    answer = app.call("GET", path, {})

    assert (answer.status, answer.body["Error"]["Code"]) == (404, "NotFound")
    assert answer.body["Errors"] == [{"Title": "NotFound", "Message": answer.body["Message"]}]


@pytest.mark.parametrize("path", OWN_PATHS)
def test_any_other_unknown_path_is_a_404_of_our_own(app: InProcess, path: str):
    answer = app.call("GET", path, {})

    assert (answer.status, answer.body["error"]["code"]) == (404, "NotFound")
    assert answer.body["error"]["requestId"]


@pytest.mark.parametrize(("method", "path"), [
    ("PUT", "/contentsafety/text/blocklists/x?api-version=2024-09-01"), ("GET", "/contentsafety/text:analyze"),
    ("DELETE", "/contentsafety/text:analyze"), ("POST", "/contentsafety/text/blocklists"),
    ("PATCH", "/contentsafety/text/blocklists/x/blocklistItems"), ("HEAD", "/contentsafety/text/blocklists"),
    ("OPTIONS", "/contentsafety/text/blocklists"), ("HEAD", "/contentsafety/text:analyze")])
def test_a_wrong_method_is_404_as_the_host_has_no_405(app: InProcess, method: str, path: str):
    answer = app.call(method, path, {})

    assert answer.status == 404
    assert answer.headers["x-ms-error-code"] == "ResourceNotFound"


def test_a_404_needs_no_key_and_does_not_repeat_the_path(app: InProcess):
    answer = app.call("GET", "/contentsafety/wheelbarrow-7731", {})

    assert answer.status == 404
    assert "wheelbarrow" not in str(answer.body)
