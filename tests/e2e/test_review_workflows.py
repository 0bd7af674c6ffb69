"""Workflows in the review tool, in a real browser: written, refused in place, tried out step by step, deleted; by each role."""
from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from shared.teams.models import Role
from tests.e2e import browser
from tests.pictures import encoded, pixels

HOSTILE = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>"
PROFANE = {"Type": "Condition", "OutputName": "hasProfanity", "Operator": "eq", "Value": "true"}
LONG = {"Type": "Condition", "OutputName": "language", "Operator": "eq", "Value": "eng"}
EXPRESSION = json.dumps({
    "Type": "Logic", "If": {"Type": "Combine", "Combine": "AND", "Left": PROFANE, "Right": LONG},
    "Then": {"Type": "Actions", "Perform": [{"Name": "createreview", "Subteam": "public", "Tags": ["a"]}]}, "Else": None}, indent=1)


@pytest.fixture
def team(served, services):
    """Account and team, of the storage."""
    store = services.accounts.open(services.accounts.get(served.id))
    return store, services.teams.create(store, "watch")


@pytest.fixture
def signed_in(served, services, team, new_context):
    """A function that signs a new member of a role in and opens the workflows: `signed_in(role, **options of the context)`."""
    def sign_in(role: Role, **options) -> Page:
        _, code = services.team_members.add(*team, "Ann Leek", "", role)
        page = new_context(**options).new_page()
        page.goto(f"{served.endpoint}/review/sign-in")
        page.fill("input[name=code]", code)
        browser.follow(page.locator("main button"))
        browser.follow(page.get_by_role("link", name="Workflows", exact=True))
        return page
    return sign_in


def test_a_workflow_is_written_tried_out_and_deleted(signed_in, services, team):
    page = signed_in(Role.ADMIN)
    browser.look_over(page, "workflows")
    page.fill("input[name=name]", "swears")
    page.select_option("select[name=type]", "Text")
    page.fill("input[name=description]", HOSTILE)
    page.fill("#expression", '{"Type":\n "Condition",}' + HOSTILE)
    browser.follow(page.locator("text=Save the workflow"))
    assert "line 2 column" in page.get_by_role("alert").inner_text()
    assert HOSTILE in page.input_value("#expression") and page.input_value("input[name=description]") == HOSTILE
    page.fill("#expression", EXPRESSION.replace("hasProfanity", HOSTILE.replace('"', "")))
    browser.follow(page.locator("text=Save the workflow"))
    assert "expression.If.Left: OutputName must be one of" in page.get_by_role("alert").inner_text()
    browser.look_over(page, "workflows-refused")
    page.fill("#expression", EXPRESSION)
    browser.follow(page.locator("text=Save the workflow"))
    assert page.url.endswith("/workflows/swears")
    assert services.workflows.get(*team, "swears").description == HOSTILE

    page.fill("textarea[name=text]", f"you fucking idiot of a neighbour, give me back the bicycle that you took {HOSTILE}")
    browser.follow(page.locator("text=Try it on the text"))
    assert page.locator("#verdict").inner_text() == "A review would be created"
    assert page.locator(".steps li").all_inner_texts() == ["hasProfanity = true found true: holds", "language = eng found eng: holds"]
    assert HOSTILE in page.input_value("textarea[name=text]")
    browser.look_over(page, "workflow")
    page.fill("textarea[name=text]", "good morning to all of you")
    browser.follow(page.locator("text=Try it on the text"))
    assert page.locator("#verdict").inner_text() == "No review would be created"
    assert page.locator(".steps li").all_inner_texts() == ["hasProfanity = true found false: does not hold"]

    browser.follow(page.locator("text=All workflows"))
    assert HOSTILE in page.locator("main").inner_text()
    browser.follow(page.get_by_role("button", name="Delete the workflow swears"))
    assert page.get_by_role("link", name="swears").count() == 0
    assert [workflow.name for workflow in services.workflows.list(*team)] == ["default"]


def test_the_keyboard_alone_writes_one(signed_in, services, team):
    page = signed_in(Role.ADMIN)
    page.focus("input[name=name]")
    page.keyboard.type("mine")
    for _ in range(4):  # type, description, expression, the button
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/workflows/mine")
    assert services.workflows.get(*team, "mine").type == "Image"


def test_a_picture_is_tried_without_a_script(signed_in):
    page = signed_in(Role.READER, java_script_enabled=False)
    browser.follow(page.get_by_role("link", name="default", exact=True))
    page.set_input_files("input[name=image]", {"name": "p.png", "mimeType": "image/png", "buffer": encoded(pixels(5, 320, 240))})
    browser.follow(page.locator("text=Try it on the picture"))
    assert "isAdult = true found" in page.locator(".steps li").inner_text()
    page.set_input_files("input[name=image]", {"name": "p.png", "mimeType": "image/png", "buffer": b"no picture"})
    browser.follow(page.locator("text=Try it on the picture"))
    assert page.get_by_role("alert").is_visible()


@pytest.mark.parametrize("role", [Role.READER, Role.MODERATOR], ids=["reader", "moderator"])
def test_who_is_no_admin_reads_and_changes_nothing(signed_in, role):
    page = signed_in(role)
    assert page.locator("main form").count() == 0
    browser.follow(page.get_by_role("link", name="default", exact=True))
    assert "createreview" in page.locator("pre.code").inner_text()
    assert page.locator("main form").evaluate_all("forms => forms.map(form => form.action.split('/').pop())") == ["test", "test"]
