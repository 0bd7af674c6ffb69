"""The pages of the review tool: signing in, what a page says to a browser, and what happens in the queue."""
from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from shared.api.review_ui import REVIEW_TOOL
from shared.http.operation import Auth
from shared.reviews.models import ReviewType
from shared.reviews.rules import NewReview
from shared.teams.models import Member, Role, Team
from tests.contract.review_tool_visitor import Visitor

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
PAGES = [operation for operation in REVIEW_TOOL.operations if operation.auth is Auth.SESSION and operation.method == "GET"]
FORMS = [operation for operation in REVIEW_TOOL.operations if operation.auth is Auth.SESSION and operation.method == "POST"]


@dataclass
class Scene:
    team: Team
    member: Member
    code: str
    review_id: str


@pytest.fixture
def scene(services, account) -> Scene:
    team = services.teams.create(account.store, "watch")
    member, code = services.team_members.add(account.store, team, EVIL[:40], "", Role.MODERATOR)
    (review_id,) = services.reviews.create(account.store, team, [NewReview(ReviewType.TEXT, EVIL, EVIL)])
    return Scene(team, member, code, review_id)


@pytest.fixture
def visitor(app, scene) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(scene.code).status == 303
    return visitor


@pytest.mark.parametrize("operation", PAGES + FORMS, ids=lambda operation: operation.name)
@pytest.mark.parametrize("cookie", ["", "__Host-moderato-session=", "__Host-moderato-session=AAAA", "moderato-session=x", "é"])
def test_who_has_no_session_is_sent_to_the_sign_in(app, operation, cookie):
    answer = app.call(operation.method, f"/{operation.route}", {"Cookie": cookie})

    assert (answer.status, answer.headers["location"]) == (303, "/review/sign-in")


@pytest.mark.parametrize("page", ["items/zzzzzzzz", "items/202611t" + "g" * 32, "history?after=z", "history?status=None",
                                  "queue?undo=zzzzzzzz"])
def test_an_id_that_is_none_is_refused_or_passed_over(visitor, page):
    assert visitor.get(f"/review/teams/watch/{page}").status == (200 if "undo" in page else 400)


def test_signing_in_from_another_site_is_403(app, scene):
    assert Visitor(app).post("/review/sign-in", {"code": scene.code}, **{"Sec-Fetch-Site": "cross-site"}).status == 403


def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(app, scene):
    cookie = Visitor(app).sign_in(scene.code).headers["set-cookie"]

    assert cookie.startswith("__Host-moderato-session=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"Path=/", "HttpOnly", "SameSite=Strict", "Secure"}


def test_every_page_forbids_scripts_and_styles_in_it_and_frames_around_it(app, visitor, scene):
    for path in ("/review/sign-in", "/review/teams/watch/queue", "/review/teams/nothere/queue", "/review/no/such/page"):
        answer = visitor.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ") and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "same-origin"
        assert not re.search(r"<style|\sstyle=|\son\w+=\"|<script(?! src)", answer.body)


def test_what_people_wrote_is_shown_as_text(visitor, scene):
    visitor.get(f"/review/teams/watch/items/{scene.review_id}")
    visitor.post(f"/review/teams/watch/items/{scene.review_id}/comment", {"comment": EVIL})
    pages = [f"/review/teams/watch/items/{scene.review_id}?{urlencode({'undo': EVIL})}",
             f"/review/teams/watch/history?{urlencode({'text': EVIL})}", f"/review/teams/watch/queue?{urlencode({'undo': EVIL})}"]
    for path in pages:
        body = visitor.get(path).body
        assert "<script>alert" not in body and "<img src=x" not in body
    assert "&lt;script&gt;alert(1)" in visitor.get(pages[0]).body


def test_a_text_is_served_as_a_text(visitor, scene):
    answer = visitor.get(f"/review/teams/watch/items/{scene.review_id}/content")

    assert (answer.status, answer.body) == (200, EVIL)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_an_item_is_taken_decided_and_taken_back(services, account, visitor, scene):
    base = "/review/teams/watch"
    assert "waiting" in visitor.get(f"{base}/queue").body
    taken = visitor.post(f"{base}/queue/next")
    assert (taken.status, taken.headers["location"]) == (303, f"{base}/items/{scene.review_id}")
    visitor.get(taken.headers["location"])

    decided = visitor.post(f"{base}/items/{scene.review_id}/decide", {"tags": ["a"], "comment": "clear"})

    assert (decided.status, decided.headers["location"]) == (303, f"{base}/queue?undo={scene.review_id}")
    assert services.reviews.get(account.store, scene.team, scene.review_id).result_tags == {"a": True, "r": False}
    assert "clear" in visitor.get(f"{base}/items/{scene.review_id}").body
    assert visitor.post(f"{base}/items/{scene.review_id}/undo").status == 303
    assert services.reviews.get(account.store, scene.team, scene.review_id).decided_by == ()


@pytest.mark.parametrize("end", ["delete the member", "renew the code", "delete the team", "sign out"])
def test_a_session_is_dead_at_the_next_request(services, account, visitor, scene, end):
    stolen = Visitor(visitor.app, visitor.cookie)
    assert visitor.get("/review/teams/watch/queue").status == 200
    if end == "delete the member":
        services.team_members.delete(account.store, scene.team, scene.member.id, "test")
    elif end == "renew the code":
        services.team_members.renew_code(account.store, scene.team, scene.member.id)
    elif end == "delete the team":
        services.teams.delete(account.store, "watch", "test")
    else:
        assert visitor.post("/review/sign-out").status == 303

    assert stolen.get("/review/teams/watch/queue").headers.get("location") == "/review/sign-in"


def test_an_owners_session_ends_with_the_key(app, services, account, scene):
    owner = Visitor(app)
    owner.sign_in(account.key1)
    assert owner.get("/review/teams").status == owner.get("/review/teams/watch/members").status == 200

    services.accounts.regenerate_key(account.account.id, "key1")

    assert owner.get("/review/teams").status == 303


def test_a_wrong_code_is_refused_in_the_same_words_and_too_many_wait(app, services, account, scene):
    network = {"X-Forwarded-For": "198.18.7.1"}
    codes = ["", "x", "0" * 64, scene.code[:-22] + "A" * 22, account.key1[:-1], scene.code[::-1]]
    answers = [Visitor(app, headers=network).sign_in(code) for code in codes]

    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    for _ in range(14):
        assert Visitor(app, headers=network).sign_in("x").status == 401
    late = Visitor(app, headers=network).sign_in(scene.code)
    assert late.status == 429 and int(late.headers["retry-after"]) <= 600
    assert Visitor(app, headers={"X-Forwarded-For": "198.18.8.1"}).sign_in(scene.code).status == 303


def test_the_platforms_header_is_ignored_where_no_setting_says_otherwise(app, account, scene):
    headers = {"X-MS-CLIENT-PRINCIPAL": "eyJhdXRoX3R5cCI6ImFhZCIsImNsYWltcyI6W119"}
    answer = Visitor(app, headers=headers).post("/review/sign-in/platform", {"account_id": account.account.id, "team": "watch"})

    assert answer.status == 401


def test_files_are_kept_by_their_hash(app):
    page = app.call("GET", "/review/sign-in", {}).body
    address = re.search('href="(/review/static/review.css[^"]+)"', page)[1]
    answer = app.call("GET", address, {})

    assert "immutable" in answer.headers["cache-control"]
    assert app.call("GET", address, {"If-None-Match": answer.headers["etag"]}).status == 304
    assert "immutable" not in app.call("GET", "/review/static/review.css", {}).headers["cache-control"]
    assert app.call("GET", "/review/static/nothing.css", {}).status == 404
