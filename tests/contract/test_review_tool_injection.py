"""Script in every field of every form of the review tool, and in what it shows: nowhere on a page is it more than text.

Each form is sent with script in the place of each of its fields, by the lines of the table; then all pages are read.
"""
from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from shared.reviews.models import ReviewStatus, ReviewType, TranscriptTerms
from shared.reviews.rules import NewFrame, NewReview
from shared.teams.models import Role
from tests.contract.review_tool_lines import LINES, OPERATIONS, PICTURE, ROLES, Place, Request
from tests.pictures import picture

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
SHORT = "\"><b id=x>"
LEFT = ("page_delete_account", "page_delete_team", "form_sign_out")
PAGES = [each for each in OPERATIONS.values() if each.method == "GET" and LINES[each.name].answers[-1] == 200]


class Elements(HTMLParser):
    """Raises where a page has an element or attribute that our templates do not write."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        assert tag != "b" and not any(name.startswith("on") for name in names) and "style" not in names, tag
        assert tag != "script" or dict(attrs)["src"].startswith("/review/static/")
        assert tag != "img" or dict(attrs)["src"].startswith("/review/")
        addresses = [value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")]
        assert not any(address.lower().lstrip().startswith("javascript:") for address in addresses)


def check(body: object) -> str:
    if isinstance(body, str):
        Elements().feed(body)
        return body
    return ""


@pytest.fixture
def furnished(place) -> Place:
    """An owner's place where whatever a page may show is script, as far as its rules allow it."""
    there = place(None)
    services, account, team = there.services, there.account, there.team
    services.team_members.add(account, team, EVIL, "", Role.READER)
    services.review_tags.put(account, team, "sp", EVIL, EVIL)
    services.blocklists.upsert(account, "words", EVIL)
    services.term_lists.add(account, services.term_lists.create(account, EVIL, EVIL, {}).number, "eng", EVIL)
    services.image_lists.add(account, services.image_lists.create(account, EVIL, EVIL, {}).number, picture(3), (), EVIL)
    services.sample_content.agree(account, EVIL, EVIL)
    return there


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if each.method == "POST" and each.name not in LEFT],
                         ids=lambda each: each.name)
def test_script_in_each_field_of_a_form_is_text_in_the_answer_and_in_the_page_after_it(place, operation):
    there = place(None)
    request = Request.of(operation, there)
    for name in set(operation.body.model_fields) - {"csrf"}:
        for value in (EVIL, SHORT):
            answer = there.visitor.post(request.path, {**request.fields, name: value})
            assert answer.status < 500
            check(answer.body)
            if answer.status == 303:
                check(there.visitor.get(answer.headers["location"]).body)


def test_script_that_is_kept_is_text_on_every_page(furnished):
    there = furnished
    video = there.review(NewReview(ReviewType.VIDEO, "https://videos.example/" + EVIL.replace(" ", "/"), EVIL, status=ReviewStatus.PENDING,
                                   frames=(NewFrame(1, PICTURE),), analysis={EVIL: EVIL, "more": [{EVIL: EVIL}]}))
    there.services.review_videos.set_transcript(there.account, there.team, video, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{EVIL}\n")
    there.services.review_videos.set_transcript_terms(there.account, there.team, video, [TranscriptTerms(1000, ((0, EVIL),))])
    there.services.review_decisions.comment(there.account, there.team, video, there.member, EVIL)
    seen = 0
    addresses = [Request.of(operation, there).path for operation in PAGES]
    for path in (*addresses, f"/review/teams/{there.team.name}/items/{video}"):
        answer = there.visitor.get(path)
        if answer.headers["content-type"].startswith("text/html"):
            seen += check(answer.body).count("&lt;script&gt;alert(1)")
    assert seen > 20


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value if role else "owner")
def test_script_in_an_address_is_text(place, role):
    there = place(role)
    for operation in OPERATIONS.values():
        if operation.method != "GET":
            continue
        path = Request.of(operation, there).path
        names = operation.query.model_fields if operation.query else ()
        for field in names:
            alias = operation.query.model_fields[field].alias or re.sub(r"_(\w)", lambda letter: letter[1].upper(), field)
            answer = there.visitor.get(f"{path.partition('?')[0]}?{alias}=%22%3E%3Cb%20id%3Dx%3E")
            assert answer.status < 500
            check(answer.body)
