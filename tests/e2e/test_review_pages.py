"""The pages of lists, trying, data, tags and members, in a real browser: both widths, axe, and injection shown as text."""
from __future__ import annotations

import httpx
import pytest

from tests.e2e import browser

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def owner(served, new_context):
    """A page of the browser, signed in with the account's key, and the team `first`."""
    with served.http() as client:
        assert client.post("/accounts/me/teams", json={"name": "first"}).status_code == 201
    page = new_context().new_page()
    page.goto(f"{served.endpoint}/review/sign-in")
    page.locator("input[type=password], input[name=code]").first.fill(served.key1)
    page.locator("main button").first.click()
    page.wait_for_url("**/review/**")
    return page


def test_every_page_is_drawn_at_both_widths_and_has_nothing_serious_for_axe(served, owner):
    for name, path in (("lists", "lists"), ("try", "try"), ("data", "data"), ("audit", "data/audit"),
                       ("tags", "teams/first/tags"), ("members", "teams/first/members")):
        assert owner.goto(f"{served.endpoint}/review/{path}").status == 200
        browser.look_over(owner, name)


def test_hostile_items_and_texts_are_shown_as_text(served, owner):
    served.create_list("words", HOSTILE)
    served.add("words", HOSTILE)
    owner.goto(f"{served.endpoint}/review/lists/blocklists/words")
    assert HOSTILE in owner.locator("main").inner_text()
    owner.goto(f"{served.endpoint}/review/try")
    owner.fill("textarea", f"😀 {HOSTILE} end")
    owner.check("input[name=blocklists]")
    owner.click("text=Analyze the text")
    assert owner.locator("mark").inner_text() == HOSTILE
    browser.look_over(owner, "try-found")


def test_a_team_is_deleted_once_its_name_is_typed(served, owner):
    owner.goto(f"{served.endpoint}/review/teams/first/members")
    owner.fill("input[name=confirmation]", "First")
    owner.locator("button", has_text="Delete Team").click()
    assert "Nothing was deleted" in owner.content()
    owner.goto(f"{served.endpoint}/review/teams/first/members")
    owner.fill("input[name=confirmation]", "first")
    owner.locator("button", has_text="Delete Team").click()
    receipt = owner.get_by_role("link", name="signed receipt").get_attribute("href")
    assert httpx.get(served.endpoint + receipt).status_code in (200, 202)
    assert owner.goto(f"{served.endpoint}/review/teams/first/members").status == 404
