"""Which network a request came from, and which operations leave an event."""
from __future__ import annotations

import pytest

from shared.api import APIS
from shared.http.auditing import UNKNOWN_ADDRESS, address_range
from shared.http.operation import Auth

OPERATIONS = [operation for api in APIS for operation in api.operations]
QUIET = {"analyze_text", "text_moderation_screen_text", "text_moderation_detect_language", "list_management_term_lists_refresh_index",
         "analyze_image", "image_moderation_evaluate", "image_moderation_ocr", "image_moderation_find_faces", "image_moderation_match",
         "list_management_image_lists_refresh_index", "get_image_region_proposals", "query_predictions",
         "suggest_tags_and_regions", "query_suggested_images", "query_suggested_image_count",
         "classify_image_with_no_store", "classify_image_url_with_no_store",
         "detect_image", "detect_image_with_no_store", "detect_image_url", "detect_image_url_with_no_store", "test_workflow"}
"""What changes nothing though it is no GET."""
SHOWN = {"list_sample_content", "get_sample_content", "get_export_archive", "export_project", "get_cached_image", "export_hashes",
         "get_callback_key", "list_callbacks", "get_review_content", "get_review_frame", "get_review_history", "list_team_members",
         "get_team_member"}
"""What shows or hands out what the account keeps."""


@pytest.mark.parametrize(("forwarded", "expected"), [
    ("192.0.2.77", "192.0.2.0/24"), ("192.0.2.77:54321", "192.0.2.0/24"), ("10.0.0.1, 198.51.100.9:1", "198.51.100.0/24"),
    ("198.51.100.9,2001:db8:1:2::3", "2001:db8:1::/48"), ("[2001:db8:1:2::3]:443", "2001:db8:1::/48"),
    ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:ffff::/48"), ("::ffff:192.0.2.77", "192.0.2.0/24"),
    ("[::ffff:192.0.2.77]:8080", "192.0.2.0/24"), ("fe80::1%eth0", "fe80::/48"), (" 192.0.2.255 ", "192.0.2.0/24")])
def test_the_network_is_that_of_the_last_address_that_was_forwarded(forwarded: str, expected: str):
    assert address_range({"X-Forwarded-For": forwarded}) == expected


@pytest.mark.parametrize("forwarded", [
    None, "", ",", "192.0.2.77,", "unknown", "a canary", "192.0.2", "192.0.2.256", "[2001:db8::1", "::::", "1" * 5000, "é", "[]", "%"])
def test_what_is_no_address_is_unknown_and_not_repeated(forwarded: str | None):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    assert address_range(headers) in (UNKNOWN_ADDRESS, "2001:db8::/48")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_what_changes_or_shows_something_is_audited_and_what_only_reads_is_not(operation):
    is_expected = operation.name in SHOWN or (operation.method != "GET" and operation.name not in QUIET)

    assert operation.audit == is_expected


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if operation.audit], ids=lambda operation: operation.name)
def test_an_audited_operation_says_whose_account_it_is(operation):
    """By the caller's key or by the path. A new account's first event is written by its creation."""
    assert operation.name == "create_account" or operation.auth is Auth.ACCOUNT or "account_id" in operation.path.model_fields


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if operation.audit_targets],
                         ids=lambda operation: operation.name)
def test_what_an_event_may_name_is_a_path_parameter_with_a_narrow_rule(operation):
    rules = operation.path.model_json_schema(by_alias=True)["properties"]
    for name in operation.audit_targets:
        assert f"{{{name}}}" in operation.route
        rule = rules[name]
        assert "pattern" in rule or rule.get("type") == "integer" or "$ref" in rule
