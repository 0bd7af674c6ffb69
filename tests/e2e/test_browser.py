"""The browser of these tests draws text, sees what axe is to find, and tells what a page must not do."""
from __future__ import annotations

import pytest
from PIL import Image

from tests.e2e import browser

# A policy such as the pages have: nothing from elsewhere, nothing inline.
STRICT = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'"}


def show(context, body: str):
    """A page of this body under the strict policy."""
    page = context.new_page()
    html = f'<!doctype html><html lang="en"><head><title>A page</title></head><body>{body}</body></html>'
    page.route("http://127.0.0.1/page", lambda route: route.fulfill(body=html, headers={"Content-Type": "text/html", **STRICT}))
    page.goto("http://127.0.0.1/page")
    return page


def test_text_is_drawn_with_the_browsers_own_fonts(new_context, tmp_path):
    page = show(new_context(), "<h1>WWWW</h1><h1>iiii</h1>")
    wide, narrow = (page.locator("h1").nth(index).evaluate(
        "element => { const r = document.createRange(); r.selectNodeContents(element); return r.getBoundingClientRect().width }")
        for index in range(2))
    page.screenshot(path=tmp_path / "page.png")
    # Letters of a font have widths of their own, and ink; boxes for a missing font have not.
    assert wide > 2 * narrow
    assert Image.open(tmp_path / "page.png").convert("L").getextrema()[0] < 64


def test_axe_finds_a_field_without_a_name_under_a_strict_policy(new_context):
    page = show(new_context(), "<main><h1>A page</h1><input></main>")
    assert [finding.split(":")[0] for finding in browser.accessibility_findings(page)] == ["label"]


@pytest.mark.parametrize("body, fault", [
    ("<script>1</script>", "Content Security Policy"),
    ('<style>h1 {color: red}</style>', "Content Security Policy"),
])
def test_what_a_page_must_not_do_fails_the_test(chromium, body, fault):
    with pytest.raises(AssertionError, match=fault), browser.visits(chromium) as new_context:
        show(new_context(), body)


def test_another_host_is_noticed(chromium):
    with pytest.raises(AssertionError, match="other.example"), browser.visits(chromium) as new_context:
        context = new_context()
        context.route("http://other.example/*", lambda route: route.fulfill(body="", content_type="text/html"))
        context.new_page().goto("http://other.example/")


def test_a_page_that_is_wider_than_a_telephone_is_noticed(new_context, monkeypatch, tmp_path):
    monkeypatch.setattr(browser, "ARTIFACTS", tmp_path)
    page = show(new_context(), f"<main><h1>{'W' * 100}</h1></main>")
    with pytest.raises(AssertionError, match="wide is wider than 400 px"):
        browser.photograph(page, "wide")
