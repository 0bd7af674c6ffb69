"""The pages of lists, trying, data, tags and members, in a real browser: both widths, axe, injection shown as text, and what data's do."""
from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shared.lifecycle.export_models import Export, ExportState
from shared.lifecycle.export_repository import ExportRepository
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
    browser.follow(page.locator("main button").first)
    return page


def test_every_page_is_drawn_at_both_widths_and_has_nothing_serious_for_axe(served, owner):
    served.create_list("words", "Words that nobody says here")
    served.add("words", "kraken", "release the kraken")
    with served.http() as client:
        client.post("/accounts/me/teams/first/members", json={"name": "Ann Leek", "email": "ann@garden.example", "role": "moderator"})
    number = served.term_list("kraken")
    images, _ = served.image_list()
    for name, path in (("teams", "teams"), ("lists", "lists"), ("blocklist", "lists/blocklists/words"),
                       ("term-list", f"lists/terms/{number}"), ("image-list", f"lists/images/{images}"),
                       ("try", "try"), ("audit", "data/audit"), ("tags", "teams/first/tags"), ("members", "teams/first/members")):
        assert owner.goto(f"{served.endpoint}/review/{path}").status == 200
        browser.look_over(owner, name)


def test_an_export_tells_how_far_it_is_until_it_can_be_downloaded(served, services, owner):
    served.create_list("words", "")
    store, now = services.accounts.open(services.accounts.get(served.id)), datetime.now(UTC)
    queued = Export("a" * 32, ExportState.QUEUED, now, now, now + timedelta(days=1))
    ExportRepository().insert(store, queued)  # without a job: the test runs it
    owner.goto(f"{served.endpoint}/review/data")
    owner.evaluate("window.isTheSamePage = true")
    assert owner.get_by_role("progressbar", name="Progress of the export").is_visible()
    with owner.expect_response("**/progress") as answer:
        pass
    assert "<progress" in answer.value.text()
    browser.look_over(owner, "data-exporting")
    services.exports.run(served.id, queued.id)
    link = owner.get_by_role("link", name="Download (")
    link.wait_for()
    assert owner.evaluate("window.isTheSamePage") and owner.locator("[aria-busy=false]").count() == 1
    with owner.expect_download() as download:
        link.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert "manifest.json" in archive.namelist()
    owner.reload()
    kinds = owner.locator("tbody td:first-child").evaluate_all("cells => cells.map(each => each.firstChild.data)")
    assert {"team", "blocklist", "export", "export-archive"} <= set(kinds)
    browser.look_over(owner, "data")
    browser.follow(owner.get_by_role("button", name="Delete the export"))
    assert owner.get_by_role("link", name="Download (").count() == 0


def test_without_a_script_an_export_is_looked_at_again(served, owner, new_context):
    plain = new_context(java_script_enabled=False, storage_state=owner.context.storage_state()).new_page()
    plain.goto(f"{served.endpoint}/review/data")
    browser.follow(plain.locator("text=Export everything"))
    for _ in range(100):
        if plain.get_by_role("link", name="Download (").count():
            return
        browser.follow(plain.get_by_role("link", name="Look again"))
    raise AssertionError("the export does not end")


def test_consent_is_given_and_taken_back_and_its_receipt_downloaded(served, owner, eventually):
    owner.goto(f"{served.endpoint}/review/data")
    browser.follow(owner.get_by_role("button", name="Agree"))
    assert "Agreed by key1" in owner.locator("main").inner_text()
    browser.follow(owner.get_by_role("button", name="Revoke"))
    receipt_id = owner.locator("main code").inner_text()

    def is_written() -> bool:
        owner.goto(f"{served.endpoint}/review/data/receipts")
        return owner.get_by_role("link", name=f"Download the receipt {receipt_id}").count() == 1
    assert eventually(is_written)
    browser.look_over(owner, "receipts")
    with owner.expect_download() as download:
        owner.get_by_role("link", name=f"Download the receipt {receipt_id}").click()
    assert download.value.suggested_filename == f"receipt-{receipt_id}.json"
    assert json.loads(download.value.path().read_bytes())["receipt"]["accountId"] == served.id
    owner.goto(f"{served.endpoint}/review/data")
    owner.get_by_label("Or one by its id").fill(receipt_id)
    browser.follow(owner.get_by_role("button", name="Show the receipt"))
    assert owner.url == f"{served.endpoint}/receipts/{receipt_id}"


def test_the_account_is_deleted_once_its_id_is_typed(served, owner):
    owner.goto(f"{served.endpoint}/review/data")
    owner.fill("input[name=confirmation]", served.id[:-1])
    browser.follow(owner.locator("button", has_text="Delete the account"))
    assert "Nothing was deleted" in owner.content()
    assert owner.goto(f"{served.endpoint}/review/data").status == 200
    owner.fill("input[name=confirmation]", served.id)
    browser.follow(owner.locator("button", has_text="Delete the account"))
    browser.look_over(owner, "deleted")
    receipt = owner.get_by_role("link", name="signed receipt").get_attribute("href")
    assert httpx.get(served.endpoint + receipt).status_code == 202
    owner.goto(f"{served.endpoint}/review/data")
    assert owner.url.endswith("/review/sign-in")


def test_hostile_items_and_texts_are_shown_as_text(served, owner):
    served.create_list("words", HOSTILE)
    served.add("words", HOSTILE)
    owner.goto(f"{served.endpoint}/review/lists/blocklists/words")
    assert HOSTILE in owner.locator("main").inner_text()
    owner.goto(f"{served.endpoint}/review/try")
    owner.fill("textarea", f"😀 {HOSTILE} end")
    owner.check("input[name=blocklists]")
    browser.follow(owner.locator("text=Analyze the text"))
    assert owner.locator("mark").inner_text() == HOSTILE
    browser.look_over(owner, "try-found")


def test_a_team_is_deleted_once_its_name_is_typed(served, owner):
    owner.goto(f"{served.endpoint}/review/teams/first/members")
    owner.fill("input[name=confirmation]", "First")
    browser.follow(owner.locator("button", has_text="Delete Team"))
    assert "Nothing was deleted" in owner.content()
    owner.goto(f"{served.endpoint}/review/teams/first/members")
    owner.fill("input[name=confirmation]", "first")
    browser.follow(owner.locator("button", has_text="Delete Team"))
    receipt = owner.get_by_role("link", name="signed receipt").get_attribute("href")
    assert httpx.get(served.endpoint + receipt).status_code in (200, 202)
    assert owner.goto(f"{served.endpoint}/review/teams/first/members").status == 404
