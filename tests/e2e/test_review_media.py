"""Pictures and videos in the review tool, in a real browser: blurred until asked, in grayscale by choice; frames and transcript."""
from __future__ import annotations

import pytest
from playwright.sync_api import Page

from shared.reviews.models import ReviewStatus, ReviewType, TranscriptTerms
from shared.reviews.rules import NewFrame, NewReview
from shared.teams.models import Role
from tests.e2e import browser
from tests.pictures import encoded, pixels

HOSTILE = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>"
TRANSCRIPT = f"WEBVTT\n\n00:00.500 --> 00:02.000\nThe kraken has my bicycle.\n\n00:02.000 --> 00:04.000\n{HOSTILE}\n"
ANALYSIS = {"adultScore": 0.82, "isAdult": True, "racyScore": 0.41, "isRacy": False, "matches": [{"list": "logos", "distance": 4}],
            HOSTILE: HOSTILE}


@pytest.fixture
def team(served, services):
    """Account and team, of the storage."""
    store = services.accounts.open(services.accounts.get(served.id))
    return store, services.teams.create(store, "watch")


@pytest.fixture
def page(served, services, team, new_context) -> Page:
    """Signed in as a moderator."""
    _, code = services.team_members.add(*team, "Ann Leek", "", Role.MODERATOR)
    page = new_context().new_page()
    page.goto(f"{served.endpoint}/review/sign-in")
    page.fill("input[name=code]", code)
    browser.follow(page.locator("main button"))
    return page


def picture_review(number: int) -> NewReview:
    return NewReview(ReviewType.IMAGE, encoded(pixels(number, 320, 240)), f"picture {number}", analysis=ANALYSIS)


def look_of(page: Page) -> str:
    return page.locator(".pictures img").first.evaluate("element => getComputedStyle(element).filter")


def test_pictures_are_blurred_until_asked_and_choices_are_kept(served, services, team, page):
    first, second = services.reviews.create(*team, [picture_review(1), picture_review(2)])
    items = f"{served.endpoint}/review/teams/watch/items"
    page.goto(f"{items}/{first}")
    assert look_of(page) == "blur(24px) grayscale(0)"
    assert page.locator(".pictures img").evaluate("async element => { await element.decode(); return element.naturalWidth }") == 320
    browser.look_over(page, "item-picture")
    assert page.locator("main").inner_text().count(HOSTILE) == 2
    page.keyboard.press("g")
    assert look_of(page) == "blur(24px) grayscale(1)"
    page.keyboard.press("b")
    assert look_of(page) == "blur(0px) grayscale(1)"

    page.goto(f"{items}/{second}")
    assert look_of(page) == "blur(24px) grayscale(1)"  # clear was for the one item, grayscale stays
    page.keyboard.press("b")
    page.check("#keep")
    page.goto(f"{items}/{first}")
    assert look_of(page) == "blur(0px) grayscale(1)"
    page.keyboard.press("b")
    page.keyboard.press("g")
    page.goto(f"{items}/{second}")
    assert look_of(page) == "blur(24px) grayscale(0)"


def test_without_a_script_a_picture_is_shown_when_asked(served, services, team, page, new_context):
    review_id, = services.reviews.create(*team, [picture_review(3)])
    plain = new_context(java_script_enabled=False, storage_state=page.context.storage_state()).new_page()
    plain.goto(f"{served.endpoint}/review/teams/watch/items/{review_id}")
    assert look_of(plain) == "blur(24px) grayscale(0)"
    plain.check("#reveal")
    plain.check("#gray")
    assert look_of(plain) == "blur(0px) grayscale(1)"
    assert not plain.locator("#keep").is_visible()


def test_a_video_shows_its_frames_and_its_transcript_with_the_terms_marked(served, services, team, page):
    frames = tuple(NewFrame(number * 500, encoded(pixels(number, 160, 120))) for number in range(101))
    review_id, = services.reviews.create(*team, [NewReview(
        ReviewType.VIDEO, "https://videos.example/bicycle", "a video", status=ReviewStatus.PENDING, timescale=1000, frames=frames)])
    services.review_videos.set_transcript(*team, review_id, TRANSCRIPT)
    services.review_videos.set_transcript_terms(*team, review_id, [
        TranscriptTerms(500, ((4, "kraken"),)), TranscriptTerms(2000, ((0, "<script>alert(2)</script>"),))])
    page.goto(f"{served.endpoint}/review/teams/watch/items/{review_id}")

    assert page.locator(".transcript mark").all_inner_texts() == ["kraken", "<script>alert(2)</script>"]
    assert page.locator(".transcript dt").all_inner_texts() == ["00:00.500", "00:02.000"]
    assert HOSTILE in page.locator(".transcript").inner_text()
    assert page.locator(".pictures figcaption").all_inner_texts()[:2] == ["0.00 s", "0.50 s"]
    assert page.locator(".pictures img").count() == 100
    assert look_of(page) == "blur(24px) grayscale(0)"
    browser.follow(page.locator("text=Later frames"))
    assert page.locator(".pictures figcaption").all_inner_texts() == ["50.00 s"]
    page.locator(".pictures img").evaluate("element => element.decode()")
    browser.look_over(page, "item-video")
    sent = page.request.get(page.get_by_role("link", name="The transcript as it was sent").evaluate("element => element.href"))
    assert (sent.text(), sent.headers["content-type"]) == (TRANSCRIPT, "text/plain; charset=utf-8")
    page.keyboard.press("a")
    browser.follow(page.locator("#decide"))
    assert services.reviews.get(*team, review_id).result_tags["a"]
