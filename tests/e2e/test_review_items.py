"""Queue, items and history in a real browser: ten items by the keyboard alone, both widths, axe, and injection shown as text."""
from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.e2e import browser
from tests.e2e.conftest import ServedAccount

HOSTILE = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>"
REVIEWS = "/contentmoderator/review/v1.0/teams/watch/reviews"


@dataclass(frozen=True)
class Moderator:
    """A member of the team `watch`, and how the API of the account is reached."""

    account: ServedAccount
    code: str

    def create(self, *texts: str) -> list[str]:
        """The ids of the reviews of these texts; the number of each is its content id."""
        with self.account.http() as http:
            made = http.post(REVIEWS, json=[
                {"Type": "Text", "Content": text, "ContentId": f"{number}: {text}", "Metadata": [{"Key": text, "Value": text}]}
                for number, text in enumerate(texts)])
            return made.raise_for_status().json()

    def review(self, review_id: str) -> dict:
        with self.account.http() as http:
            return http.get(f"{REVIEWS}/{review_id}").raise_for_status().json()


@pytest.fixture
def moderator(served: ServedAccount) -> Moderator:
    with served.http() as http:
        http.post("/accounts/me/teams", json={"name": "watch"}).raise_for_status()
        member = http.post("/accounts/me/teams/watch/members", json={"name": "Ann Leek", "role": "moderator"})
        return Moderator(served, member.raise_for_status().json()["signInCode"])


@pytest.fixture
def page(moderator: Moderator, new_context) -> Page:
    """Signed in as the moderator, by the keyboard."""
    page = new_context().new_page()
    page.goto(f"{moderator.account.endpoint}/review")
    for _ in range(20):
        if page.evaluate("document.activeElement.name") == "code":
            break
        page.keyboard.press("Tab")
    page.keyboard.type(moderator.code)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/review/teams/watch/queue")
    return page


def test_ten_items_are_decided_by_the_keyboard_alone(moderator, page):
    review_ids = moderator.create(*(f"text {number}" for number in range(10)))
    page.reload()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    decided = {}
    while "/items/" in page.url:
        review_id = page.url.partition("/items/")[2].partition("?")[0]
        decided[review_id] = len(decided) % 2 == 0
        if decided[review_id]:
            page.keyboard.press("a")
        with page.expect_navigation():
            page.keyboard.press("Enter")

    assert sorted(decided) == sorted(review_ids)
    for review_id, is_adult in decided.items():
        review = moderator.review(review_id)
        assert review["Status"] == "Complete"
        assert {tag["Key"]: tag["Value"] for tag in review["ReviewerResultTags"]}["a"] == str(is_adult)


def test_skipping_commenting_and_undoing_have_keys(moderator, page):
    review_id, = moderator.create("a text")
    page.reload()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.keyboard.press("r")
    page.keyboard.press("c")
    page.keyboard.type("why r")  # in a field, letters are letters
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert moderator.review(review_id)["Status"] == "Complete"
    with page.expect_navigation():
        page.keyboard.press("u")
    assert moderator.review(review_id)["Status"] == "Pending"
    assert "why r" in page.content()


def test_the_pages_are_drawn_at_both_widths_and_have_nothing_serious_for_axe(moderator, page, new_context):
    moderator.create("Sell your old bicycle to the kraken, no questions asked!")
    moderator.create(HOSTILE)
    endpoint = moderator.account.endpoint
    page.goto(f"{endpoint}/review/teams/watch/queue")
    browser.look_over(page, "queue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/**")
    browser.look_over(page, "item")
    page.goto(f"{endpoint}/review/teams/watch/history")
    browser.look_over(page, "history")
    visitor = new_context().new_page()
    visitor.goto(f"{endpoint}/review/sign-in")
    browser.look_over(visitor, "sign-in")


def test_whatever_is_reviewed_is_shown_as_text(moderator, page):
    review_id, = moderator.create(HOSTILE)
    page.goto(f"{moderator.account.endpoint}/review/teams/watch/items/{review_id}")
    page.fill("#comment", HOSTILE)
    browser.follow(page.locator("text=Only comment"))
    assert page.locator("main").inner_text().count(HOSTILE) >= 4  # content, content id, metadata, comment
    page.goto(f"{moderator.account.endpoint}/review/teams/watch/history?text=%3Cimg")
    assert HOSTILE in page.locator("main").inner_text()


def test_an_item_is_decided_without_a_script(moderator, new_context):
    review_id, = moderator.create("a text")
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{moderator.account.endpoint}/review/sign-in")
    page.fill("input[name=code]", moderator.code)
    browser.follow(page.locator("main button"))
    browser.follow(page.locator("text=Next item"))
    page.check("#tag-r")
    browser.follow(page.locator("#decide"))
    assert {"Key": "r", "Value": "True"} in moderator.review(review_id)["ReviewerResultTags"]
