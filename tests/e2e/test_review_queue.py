"""The queue over HTTP: programs act for members of a team, several at the same time."""
from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from shared.reviews.models import ReviewType
from shared.reviews.rules import NewReview
from shared.services import Services
from tests.e2e.conftest import ServedAccount

REVIEWERS, REVIEWS = 8, 40


def test_reviewers_at_the_same_time_decide_every_review_once(served: ServedAccount, services: Services):
    store = services.accounts.open(services.accounts.get(served.id))
    team = services.teams.create(store, "Gardeners")
    services.reviews.create(store, team, [NewReview(ReviewType.TEXT, f"text {number}", "an id") for number in range(REVIEWS)])
    address = f"{served.endpoint}/accounts/me/teams/gardeners"
    with httpx.Client(headers={"Ocp-Apim-Subscription-Key": served.key1}, timeout=60) as client:
        members = [client.post(f"{address}/members", json={"name": f"reviewer {number}", "role": "moderator"}).json()["id"]
                   for number in range(REVIEWERS)]

        def work_off(member_id: str) -> list[str]:
            decided: list[str] = []
            for _ in range(REVIEWS + 1):
                given = client.post(f"{address}/reviewQueue/next", json={"memberId": member_id})
                assert given.status_code == 200, given.text
                if not given.json():
                    return decided
                review_id = given.json()["review"]["id"]
                done = client.post(f"{address}/reviews/{review_id}/decide", json={"memberId": member_id, "tags": {"a": True}})
                assert done.status_code == 200, done.text
                decided.append(review_id)
            raise AssertionError("more reviews than there are")
        with ThreadPoolExecutor(REVIEWERS) as pool:
            decided = [review_id for some in pool.map(work_off, members) for review_id in some]
        counts = client.get(f"{address}/reviewCounts").json()
        history = client.get(f"{address}/reviews/{decided[0]}/history").json()["value"]
        stranger = client.post(f"{served.endpoint}/accounts/{'0' * 32}/teams/gardeners/reviewQueue/next", json={"memberId": members[0]})

    assert len(decided) == REVIEWS and set(Counter(decided).values()) == {1}
    assert (counts["byStatus"], counts["waiting"], counts["byTag"]) == ({"Complete": REVIEWS}, 0, {"a": REVIEWS})
    assert [line["kind"] for line in history] == ["decided"]
    assert stranger.status_code == 404


def test_a_member_who_is_deleted_is_an_id_without_a_name(served: ServedAccount, services: Services):
    store = services.accounts.open(services.accounts.get(served.id))
    team = services.teams.create(store, "Gardeners")
    review_id, = services.reviews.create(store, team, [NewReview(ReviewType.TEXT, "a text", "an id")])
    address = f"{served.endpoint}/accounts/me/teams/gardeners"
    with httpx.Client(headers={"Ocp-Apim-Subscription-Key": served.key1}, timeout=60) as client:
        member_id = client.post(f"{address}/members", json={"name": "Salsify Jones", "role": "moderator"}).json()["id"]
        client.post(f"{address}/reviews/{review_id}/decide", json={"memberId": member_id, "tags": {}}).raise_for_status()
        before = client.get(f"{address}/reviews/{review_id}/history").json()["value"]
        assert client.delete(f"{address}/members/{member_id}").status_code == 202
        after = client.get(f"{address}/reviews/{review_id}/history")
        refused = client.post(f"{address}/reviewQueue/next", json={"memberId": member_id})

    assert [line["memberName"] for line in before] == ["Salsify Jones"]
    assert [(line["memberId"], "memberName" in line) for line in after.json()["value"]] == [(member_id, False)]
    assert refused.status_code == 404
