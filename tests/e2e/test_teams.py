"""Teams over HTTP against a running worker: made, peopled, seen by nobody else, deleted with a receipt when the job has run."""
from __future__ import annotations

import httpx
import pytest

TEAM = "/accounts/me/teams/Garden"
CONTENT = ("Ann Leek", "ann@example.org", "unwanted advertising", "Garden", "a text about turnips")
"""Words that do not come about by chance in the base64 of a signature."""


@pytest.fixture
def owner(worker):
    with worker.account().http() as http:
        yield http


@pytest.fixture
def stranger(worker):
    with worker.account().http() as http:
        yield http


def furnished(http: httpx.Client) -> dict[str, str]:
    """Make the team; the member as it was answered."""
    made = http.post("/accounts/me/teams", json={"name": "Garden"})
    assert (made.status_code, made.headers["Location"].rpartition("/")[2]) == (201, "Garden")
    assert http.post(f"{TEAM}/subTeams", json={"name": "Night"}).status_code == 201
    assert http.put(f"{TEAM}/tags/sp", json={"name": "unwanted advertising"}).status_code == 201
    member = http.post(f"{TEAM}/members", json={"name": "Ann Leek", "email": "ann@example.org", "role": "moderator"})
    assert member.status_code == 201
    review = http.post("/contentmoderator/review/v1.0/teams/garden/reviews",
                       json=[{"Type": "Text", "Content": "a text about turnips", "ContentId": "1"}])
    assert review.status_code == 200
    return member.json()


def test_a_team_lives_and_ends_with_a_receipt(owner, eventually):
    member = furnished(owner)
    shown = owner.get(f"{TEAM}/members").json()["value"]
    assert [each["name"] for each in shown] == ["Ann Leek"] and "signInCode" not in shown[0]
    assert owner.patch(f"{TEAM}/members/{member['id']}", json={"role": "admin"}).json()["role"] == "admin"
    renewed = owner.post(f"{TEAM}/members/{member['id']}/regenerateSignInCode").json()["signInCode"]
    assert renewed != member["signInCode"]

    for path in (f"{TEAM}/members/{member['id']}", f"{TEAM}/tags/sp", TEAM):
        gone = owner.delete(path)
        assert gone.status_code == 202
        assert owner.get(path).status_code == 404 and owner.delete(path).status_code == 404
        place = gone.headers["Operation-Location"]
        assert eventually(lambda place=place: httpx.get(place).status_code == 200)
        assert not any(word in httpx.get(place).text for word in CONTENT)
    receipt = httpx.get(place).json()["receipt"]
    assert receipt["scope"]["type"] == "team"
    assert {each["kind"] for each in receipt["inventory"]["kinds"]} >= {"team", "sub-team", "review", "review-content"}
    assert owner.get("/accounts/me/teams").json() == {"value": []}


def test_a_team_is_its_account_s_alone(worker, owner, stranger):
    member = furnished(owner)
    own_id = owner.get("/accounts/me").json()["id"]
    for http, status in ((stranger, 404), (httpx.Client(base_url=worker.endpoint, headers={"x-operator-key": worker.operator_key}), 401)):
        for method, path, body in (
                ("GET", "", None), ("DELETE", "", None), ("GET", "/members", None), ("GET", f"/members/{member['id']}", None),
                ("PATCH", f"/members/{member['id']}", {"role": "admin"}), ("DELETE", f"/members/{member['id']}", None),
                ("POST", f"/members/{member['id']}/regenerateSignInCode", None), ("POST", "/members", {"name": "x", "role": "admin"}),
                ("GET", "/tags", None), ("PUT", "/tags/xx", {"name": "x"}), ("DELETE", "/tags/sp", None),
                ("GET", "/subTeams", None), ("POST", "/subTeams", {"name": "x"}), ("DELETE", "/subTeams/Night", None)):
            answer = http.request(method, f"/accounts/{own_id}/teams/Garden{path}", json=body)
            assert answer.status_code == status, (method, path)
            assert "Ann Leek" not in answer.text
        if http is stranger:  # by its own name there is no such team either: the same words as for another account's
            assert http.get(f"{TEAM}").status_code == 404
    assert owner.get(f"{TEAM}/members/{member['id']}").json()["role"] == "moderator"


@pytest.mark.parametrize(("name", "status"), [("x" * 64, 404), ("x" * 65, 400), ("a b", 400), ("a%2Fb", 400), ("%C3%A4", 400), ("-a", 400)])
def test_odd_names_of_teams_are_refused_in_the_path(owner, name, status):
    assert owner.get(f"/accounts/me/teams/{name}").status_code == status


@pytest.mark.parametrize("body", [
    {"name": "", "role": "admin"}, {"name": "x" * 129, "role": "admin"}, {"name": "x", "role": "owner"}, {"name": "x"}, {"role": "admin"},
    {"name": "a\nb", "role": "admin"}, {"name": "x", "role": "admin", "email": "nobody"}, {"name": "x", "role": "admin", "objectId": "1"},
    {"name": "x", "role": "admin", "subTeams": ["a b"]}, {"name": "x", "role": "admin", "codeHash": ""}])
def test_a_member_that_cannot_be_is_refused(owner, body):
    furnished(owner)
    assert owner.post(f"{TEAM}/members", json=body).status_code == 400
    assert len(owner.get(f"{TEAM}/members").json()["value"]) == 1
