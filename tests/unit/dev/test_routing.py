"""Routing answers as the real host does; expectations from ASP.NET Core's matcher and the RUNTIME notes."""

import pytest

from dev.host.routing import InvalidTemplate, Match, Router, compile_template, decode_path


def find(template: str, path: str) -> dict[str, str] | None:
    match = Router.of([("only", template, ["GET"])]).find("GET", path)
    return None if match is None else match.values


def test_literal_route_matches_whatever_the_case():
    assert find("Text/Blocklists", "/tEXT/blockLISTS") == {}


def test_values_keep_their_case():
    assert find("lists/{name}", "/LISTS/MyList") == {"name": "MyList"}


def test_one_trailing_slash_is_ignored():
    assert find("lists/{name}", "/lists/a/") == {"name": "a"}
    assert find("lists/{name}", "/lists/a//") is None


def test_parameter_matches_neither_nothing_nor_two_segments():
    assert find("lists/{name}", "/lists") is None
    assert find("lists/{name}", "/lists/") is None
    assert find("lists/{name}/items", "/lists//items") is None
    assert find("lists/{name}", "/lists/a/b") is None


def test_literal_colon_is_no_special_character():
    assert find("contentsafety/text:analyze", "/contentsafety/text:analyze") == {}
    assert find("contentsafety/text:analyze", "/contentsafety/text:analyse") is None


def test_colon_verb_takes_the_rightmost_literal():
    route = "text/blocklists/{blocklistName}:addOrUpdateBlocklistItems"
    assert find(route, "/text/blocklists/demo:addOrUpdateBlocklistItems") == {"blocklistName": "demo"}
    assert find(route, "/text/blocklists/a:b:ADDORUPDATEBLOCKLISTITEMS") == {"blocklistName": "a:b"}
    assert find(route, "/text/blocklists/:addOrUpdateBlocklistItems") is None
    assert find(route, "/text/blocklists/demo:addOrUpdateBlocklistItemsX") is None


def test_plain_parameter_also_matches_a_colon_verb():
    assert find("lists/{name}", "/lists/abc:verb") == {"name": "abc:verb"}


def test_two_parameters_of_a_segment_split_at_the_rightmost_separator():
    assert find("files/{name}.{extension}", "/files/a.b.txt") == {"name": "a.b", "extension": "txt"}


def test_dot_in_a_literal_is_a_dot():
    assert find("customvision/v3.3", "/customvision/v3x3") is None


def test_catch_all_takes_the_rest_with_its_slashes():
    assert find("{*path}", "/a/b/") == {"path": "a/b/"}
    assert find("files/{*path}", "/files/a//b") == {"path": "a//b"}


def test_catch_all_takes_nothing_too():
    assert find("{*path}", "/") == {}
    assert find("files/{*path}", "/files") == {}


def test_optional_parameter_may_be_missing():
    assert find("lists/{name?}", "/lists") == {}
    assert find("lists/{name?}", "/lists/a") == {"name": "a"}


def test_routes_are_tried_by_function_name_ignoring_case_not_by_specificity():
    routes = [("list_items", "items/list", ["GET"]), ("Details", "items/{id}", ["GET"])]
    assert Router.of(routes).find("GET", "/items/list") == Match("Details", {"id": "list"})


def test_wrong_method_goes_on_to_the_next_function():
    routes = [("a", "lists/{name}", ["GET"]), ("b", "lists/{other}", ["DELETE", "PATCH"])]
    assert Router.of(routes).find("DELETE", "/lists/x") == Match("b", {"other": "x"})


def test_wrong_method_everywhere_is_no_match():
    assert Router.of([("a", "lists", ["GET"])]).find("PUT", "/lists") is None
    assert Router.of([("a", "lists", ["GET"])]).find("HEAD", "/lists") is None


def test_prefix_comes_before_every_route():
    router = Router.of([("a", "lists", ["GET"])], prefix="api")
    assert router.find("GET", "/api/lists") == Match("a", {})
    assert router.find("GET", "/lists") is None


@pytest.mark.parametrize(
    "template",
    ["/lists", "a//b", "{*all}/b", "{a}{b}", "{id:int}", "lists/{name", "a?b", "{x}/{X}", "pre{*rest}", "a{b?}"],
)
def test_templates_the_host_refuses_are_refused(template: str):
    with pytest.raises(InvalidTemplate):
        compile_template(template)


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        (b"/a%20b", "/a b"),
        (b"/a%2Fb", "/a%2Fb"),
        (b"/a%2fb%20c", "/a%2fb c"),
        (b"/%C3%A9", "/é"),
        (b"/%E6%97%A5%2F%E6%9C%AC", "/日%2F本"),
        (b"/%FF", "/%FF"),
        (b"/100%", "/100%"),
        (b"/%zz", "/%zz"),
        (b"/a+b", "/a+b"),
        (b"/%252F", "/%2F"),
        (b"/a%3Ab", "/a:b"),
    ],
)
def test_path_is_percent_decoded_except_slashes(raw: bytes, decoded: str):
    assert decode_path(raw) == decoded


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        (b"/a/../b", "/b"),
        (b"/a/%2e%2E/b", "/b"),
        (b"/../b", "/b"),
        (b"/a/./b", "/a/b"),
        (b"/a/b/..", "/a/"),
        (b"/a/.b", "/a/.b"),
    ],
)
def test_dot_segments_are_resolved_after_decoding(raw: bytes, decoded: str):
    assert decode_path(raw) == decoded


def test_encoded_slash_stays_inside_its_value():
    assert find("lists/{name}", decode_path(b"/lists/a%2Fb")) == {"name": "a%2Fb"}
