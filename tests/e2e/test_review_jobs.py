"""Jobs through the official client: what a workflow makes of a text or a picture, and the callbacks that tell of it."""
from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from azure.cognitiveservices.vision.contentmoderator.models import APIErrorException, Job

from tests.callback_receiver import Received, Receiver, receiving
from tests.e2e.conftest import ServedAccount, wait_until
from tests.picture_server import serving
from tests.pictures import encoded, pixels

JSON = "application/json"
TEAM = "Orchard"
TEAM_PATH = f"/accounts/me/teams/{TEAM}"
PROFANE, PLAIN = "What a load of crap.", "The medlars are ripe."
PICTURE = encoded(pixels(1), "JPEG")
_WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    with serving({"one.jpg": PICTURE}) as address:
        yield address


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def owner(served: ServedAccount) -> Iterator[httpx.Client]:
    """The account of a team with a sub-team."""
    with served.http() as http:
        http.post("/accounts/me/teams", json={"name": TEAM}).raise_for_status()
        http.post(f"{TEAM_PATH}/subTeams", json={"name": "Night"}).raise_for_status()
        yield http


@pytest.fixture
def jobs(served: ServedAccount, owner: httpx.Client):
    return served.content_moderator().reviews


def put_workflow(owner: httpx.Client, name: str, content_type: str, condition: dict[str, str], callback: str | None = None) -> None:
    review = {"Name": "createreview", "Subteam": "night", "CallbackEndpoint": callback, "Tags": ["a"]}
    owner.put(f"{TEAM_PATH}/workflows/{name}", json={"type": content_type, "expression": {
        "Type": "Logic", "If": {"Type": "Condition", "ConnectorName": "moderator", **condition},
        "Then": {"Type": "Actions", "Perform": [review]}, "Else": None}}).raise_for_status()


def ended(jobs: Any, job_id: str) -> Job:
    """The job once it has ended. What follows its end, its callback, may come after."""
    found: list[Job] = []

    def has_ended() -> bool:
        found.append(jobs.get_job_details(TEAM, job_id))
        return found[-1].status != "InProgress"
    assert wait_until(has_ended, _WAIT_SECONDS), found[-1].job_execution_report
    return found[-1]


def steps(job: Job) -> list[str]:
    """What the report tells, the newest first, by its times too."""
    times = [step.ts for step in job.job_execution_report]
    assert times == sorted(times, reverse=True)
    return [step.msg for step in job.job_execution_report]


def told(receiver: Receiver, count: int = 1) -> list[Received]:
    assert wait_until(lambda: len(receiver.requests) >= count, _WAIT_SECONDS)
    return receiver.requests


def is_signed(request: Received, key: str) -> bool:
    """As the table of the page on reviews has it: HMAC-SHA-256 over `<delivery>.<timestamp>.<body>`, the key being the text itself."""
    delivery, timestamp = request.headers["x-moderato-delivery"], request.headers["x-moderato-timestamp"]
    signed = delivery.encode("ascii") + b"." + timestamp.encode("ascii") + b"." + request.body
    wanted = "v1=" + hmac.digest(key.encode("ascii"), signed, hashlib.sha256).hex()
    return wanted in request.headers["x-moderato-signature"].split(",") and abs(time.time() - int(timestamp)) < 300


def refusal(call: Callable[..., Any], *arguments: Any) -> tuple[int, str]:
    with pytest.raises(APIErrorException) as refused:
        call(*arguments)
    return refused.value.response.status_code, refused.value.error.error.code


def test_a_text_that_the_workflow_sends_to_people_is_told_of_when_it_is_looked_at_and_when_it_is_decided(owner, jobs, receiver):
    put_workflow(owner, "Profane", "Text", {"OutputName": "hasProfanity", "Operator": "eq", "Value": "true"}, f"{receiver.url}/review")
    job_id = jobs.create_job(TEAM, "Text", "content-7", "profane", JSON, PROFANE, call_back_endpoint=receiver.url).job_id

    job = ended(jobs, job_id)
    assert (job.id, job.team_name, job.status, job.workflow_id, job.type) == (job_id, TEAM.lower(), "Complete", "Profane", "Text")
    assert job.call_back_endpoint == receiver.url
    assert steps(job) == ["The job is complete, and its content has been removed.", f"The review {job.review_id} was created.",
                          "The workflow Profane asks for a review.", "The content was analyzed.", "The job was created."]
    results = {pair.key: pair.value for pair in job.result_meta_data}
    assert results["hasProfanity"] == "True" and {"category1Score", "category2Score", "category3Score"} <= results.keys()
    review = jobs.get_review(TEAM, job.review_id)
    assert (review.status, review.type, review.sub_team, review.content_id) == ("Pending", "Text", "Night", "content-7")
    assert {pair.key: pair.value for pair in review.metadata} == results
    assert owner.get(review.content).text == PROFANE

    (of_job,) = told(receiver)
    assert json.loads(of_job.body) == {
        "JobId": job_id, "ReviewId": job.review_id, "WorkFlowId": "Profane", "Status": "Complete", "ContentType": "Text",
        "ContentId": "content-7", "CallBackType": "Job", "Metadata": results}
    member_id = owner.post(f"{TEAM_PATH}/members", json={"name": "Ada", "role": "moderator"}).json()["id"]
    owner.post(f"{TEAM_PATH}/reviews/{job.review_id}/decide", json={"memberId": member_id, "tags": {"a": True}}).raise_for_status()
    of_review = json.loads(told(receiver, 2)[1].body)
    assert of_review.pop("ModifiedOn").endswith("Z")
    assert of_review == {"ReviewId": job.review_id, "ModifiedBy": member_id, "CallBackType": "Review", "ContentId": "content-7",
                         "Metadata": results, "ReviewerResultTags": {"a": "True", "r": "False"}}
    key = owner.get("/accounts/me/callbackKey").json()["key"]
    assert all(is_signed(request, key) and request.headers["content-type"] == JSON for request in receiver.requests)
    assert not any(is_signed(request, "0" * len(key)) for request in receiver.requests)
    assert len({request.headers["x-moderato-delivery"] for request in receiver.requests}) == 2
    assert [(pair.key, pair.value) for pair in jobs.get_review(TEAM, job.review_id).reviewer_result_tags] == [("a", "True"), ("r", "False")]


def test_a_callback_that_arrived_is_sent_again_under_its_own_id(owner, jobs, receiver):
    job_id = jobs.create_job(TEAM, "Text", "1", "default", JSON, PLAIN, call_back_endpoint=receiver.url).job_id
    (first,) = told(receiver)
    delivery = first.headers["x-moderato-delivery"]

    def callback() -> dict[str, Any]:
        (found,) = owner.get("/accounts/me/callbacks").json()["value"]
        return found
    assert wait_until(lambda: callback()["state"] == "Delivered", _WAIT_SECONDS)
    assert (callback()["id"], callback()["about"], callback()["teamName"], callback()["lastStatus"]) == (delivery, job_id, TEAM, 200)
    assert owner.post(f"/accounts/me/callbacks/{delivery}/resend").status_code == 202
    again = told(receiver, 2)[1]
    assert (again.headers["x-moderato-delivery"], again.body) == (delivery, first.body)
    assert json.loads(again.body)["ReviewId"] is None


def test_nothing_is_reviewed_where_the_workflow_does_not_hold(owner, jobs, receiver):
    job_id = jobs.create_job(TEAM, "text", "1", "default", JSON, PLAIN, call_back_endpoint=receiver.url).job_id

    job = ended(jobs, job_id)
    assert (job.status, job.review_id, job.workflow_id) == ("Complete", "", "default")
    assert steps(job) == ["The job is complete, and its content has been removed.", "The workflow default asks for no review.",
                          "The content was analyzed.", "The job was created."]
    assert json.loads(told(receiver)[0].body)["ReviewId"] is None
    assert owner.get(f"{TEAM_PATH}/reviews").json() == {"value": []}


def test_a_picture_by_its_url_and_one_by_its_bytes_are_reviewed_or_not(owner, jobs, pictures):
    put_workflow(owner, "always", "Image", {"OutputName": "adultScore", "Operator": "ge", "Value": "0"})
    put_workflow(owner, "never", "Image", {"OutputName": "adultScore", "Operator": "gt", "Value": "1"})

    def by_bytes(workflow: str) -> str:
        made = owner.post(f"/contentmoderator/review/v1.0/teams/{TEAM}/jobs", content=PICTURE, headers={"Content-Type": "image/jpeg"},
                          params={"ContentType": "Image", "ContentId": "p", "WorkflowName": workflow})
        assert made.status_code == 200, made.text
        return made.json()["JobId"]

    def by_url(workflow: str) -> str:
        # The client announces what it is told and sends JSON all the same.
        return jobs.create_job(TEAM, "Image", "p", workflow, "image/jpeg", f"{pictures}/one.jpg").job_id
    made = {(how.__name__, workflow): how(workflow) for how in (by_url, by_bytes) for workflow in ("always", "never")}
    found = {case: ended(jobs, job_id) for case, job_id in made.items()}

    assert {job.status for job in found.values()} == {"Complete"}
    assert {case: bool(job.review_id) for case, job in found.items()} == {case: case[1] == "always" for case in made}
    for (_, workflow), job in found.items():
        results = {pair.key: pair.value for pair in job.result_meta_data}
        assert results.keys() == {"adultScore", "isAdult", "racyScore", "isRacy"} and results["isAdult"] in ("True", "False")
        if workflow == "always":
            review = jobs.get_review(TEAM, job.review_id)
            assert (review.type, review.sub_team, review.status) == ("Image", "Night", "Pending")
            assert owner.get(review.content).content == PICTURE


def test_a_picture_that_cannot_be_had_ends_its_job_in_an_error_that_says_why(owner, jobs, pictures, receiver):
    lost = jobs.create_job(TEAM, "Image", "1", "default", JSON, f"{pictures}/lost.jpg", call_back_endpoint=receiver.url).job_id
    inside = jobs.create_job(TEAM, "Image", "1", "default", JSON, "http://127.0.0.1:1024/quince-3381").job_id

    job = ended(jobs, lost)
    assert (job.status, job.review_id) == ("Error", "")
    assert steps(job)[0] == "The job ended with an error: The URL answers with status 404."
    assert json.loads(told(receiver)[0].body)["Status"] == "Error"
    assert ended(jobs, inside).status == "Error" and not any("quince" in step for step in steps(ended(jobs, inside)))
    assert owner.get(f"{TEAM_PATH}/reviews").json() == {"value": []}


def test_jobs_of_others_are_404_even_under_the_same_names(served, worker, owner, jobs):
    job_id = jobs.create_job(TEAM, "Text", "1", "default", JSON, PLAIN).job_id
    owner.post("/accounts/me/teams", json={"name": "Meadow"}).raise_for_status()
    stranger = worker.account()
    theirs = stranger.content_moderator().reviews
    for has_team in (False, True):
        if has_team:
            with stranger.http() as http:
                http.post("/accounts/me/teams", json={"name": TEAM}).raise_for_status()
        assert refusal(theirs.get_job_details, TEAM, job_id) == (404, "NotFound")
    for place in (("Meadow", job_id), ("Nobody", job_id), (TEAM, "201709" + "0" * 32), (TEAM, "no-id"), (TEAM, job_id.upper())):
        assert refusal(jobs.get_job_details, *place) == (404, "NotFound"), place
    assert refusal(theirs.create_job, "Meadow", "Text", "1", "default", JSON, PLAIN) == (404, "NotFound")
    assert jobs.get_job_details(TEAM, job_id).id == job_id


def test_what_is_no_job_is_refused_with_the_published_errors_and_leaves_none(owner, jobs):
    put_workflow(owner, "pictures", "Image", {"OutputName": "adultScore", "Operator": "ge", "Value": "0"})
    for arguments, error in (
            ((TEAM, "Text", "1", "unknown", JSON, PLAIN), (404, "NotFound")), ((TEAM, "Text", "1", "a/b", JSON, PLAIN), (404, "NotFound")),
            (("Nobody", "Text", "1", "default", JSON, PLAIN), (404, "NotFound")),
            ((TEAM, "Text", "1", "pictures", JSON, PLAIN), (400, "BadRequest")),
            ((TEAM, "Video", "1", "default", JSON, "https://videos.example/one"), (400, "BadRequest")),
            ((TEAM, "Sound", "1", "default", JSON, PLAIN), (400, "BadRequest")),
            ((TEAM, "Image", "1", "default", JSON, "no address"), (400, "BadRequest")),
            ((TEAM, "Text", "1", "default", JSON, ""), (400, "BadRequest")),
            ((TEAM, "Text", "x" * 513, "default", JSON, PLAIN), (400, "BadRequest")),
            ((TEAM, "Text", "1", "default", JSON, "x" * 10_001), (400, "BadRequest")),
            ((TEAM, "Text", "1", "default", "audio/mpeg", PLAIN), (415, "UnsupportedMediaType"))):
        assert refusal(jobs.create_job, *arguments) == error, arguments[:5]
    with pytest.raises(APIErrorException) as refused:
        jobs.create_job(TEAM, "Text", "1", "default", JSON, PLAIN, call_back_endpoint="ftp://files.example/")
    assert refused.value.response.status_code == 400
    path = f"/contentmoderator/review/v1.0/teams/{TEAM}/jobs"
    whole = {"ContentType": "Text", "ContentId": "1", "WorkflowName": "default"}
    for lacking in whole:
        answer = owner.post(path, params={name: value for name, value in whole.items() if name != lacking}, json={"ContentValue": PLAIN})
        assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "BadRequest"), lacking
    large = owner.post(path, params={**whole, "ContentType": "Image"}, content=b"\xff\xd8" + bytes(4 * 1024 * 1024),
                       headers={"Content-Type": "image/jpeg"})
    assert large.status_code == 400
    assert owner.post(path, params=whole, content=PICTURE, headers={"Content-Type": "image/jpeg"}).status_code == 400
    assert owner.get(f"{TEAM_PATH}/reviews").json() == {"value": []}
