"""The operator's engines behind the served app: which one answered, what it was sent, and that none stands in for it."""
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from azure.core.exceptions import HttpResponseError

from dev.azurite import Azurite
from tests.azure_resource import Answer, Resource, serving_resource, severities
from tests.e2e.storage_scan import is_in, places_of
from tests.onnx_text_model import DESCRIPTION, save_model

ANALYZE = "/contentsafety/text:analyze?api-version=2024-09-01"
TEXTS = ["I will beat you up and hurt your whole family tonight.", "The soup is on the table.", "", "\U0001f600 \u4f60\u597d",
         "soup " * 2_000]
EIGHT = "EightSeverityLevels"
CANARY = "kohlrabiinalentilsoup"


def engine_of(answer: httpx.Response) -> tuple[str | None, str | None]:
    return answer.headers.get("x-moderato-engine"), answer.headers.get("x-model-version")


@pytest.fixture(scope="module")
def resource() -> Iterator[Resource]:
    with serving_resource() as serving:
        yield serving


@pytest.fixture(scope="module")
def storage() -> Iterator[Azurite]:
    """An emulator of these tests alone, so that what other tests keep need not be searched."""
    with Azurite.in_memory() as running:
        yield running


@pytest.fixture(scope="module")
def forwarding(start_worker, storage: Azurite, resource: Resource):
    """A worker that forwards to the resource of the tests, and logs all it ever could."""
    return start_worker("--log-level", "debug", STORAGE_CONNECTION_STRING=storage.connection_string,
                        AzureWebJobsStorage=storage.connection_string, TEXT_ENGINE="azure-content-safety",
                        AZURE_CONTENT_SAFETY_ENDPOINT=resource.endpoint, AZURE_CONTENT_SAFETY_KEY="key-of-the-resource")


def test_a_worker_that_forwards_to_another_one_answers_as_that_does(start_worker, second_worker):
    """The other worker plays the Azure resource; its account's key is the resource's."""
    judging = second_worker.account()
    worker = start_worker(TEXT_ENGINE="azure-content-safety", AZURE_CONTENT_SAFETY_ENDPOINT=judging.endpoint,
                          AZURE_CONTENT_SAFETY_KEY=judging.key1)
    account = worker.account()
    account.create_list("garden")
    account.add("garden", "table")
    with account.content_safety(api_version="2024-09-01") as asked, judging.content_safety(api_version="2024-09-01") as direct:
        for text in TEXTS:
            for levels in ({"outputType": EIGHT}, {}):
                forwarded = asked.analyze_text({"text": text, **levels})
                assert forwarded.as_dict() == direct.analyze_text({"text": text, **levels}).as_dict()
        # The list is here and unknown there.
        matches = asked.analyze_text({"text": TEXTS[1], "blocklistNames": ["garden"]}).blocklists_match
        assert [match.blocklist_item_text for match in matches] == ["table"]
    with account.http() as http:
        answer = http.post(ANALYZE, json={"text": TEXTS[0], "categories": ["Violence"]})
        halted = http.post(ANALYZE, json={"text": TEXTS[1], "blocklistNames": ["garden"], "haltOnBlocklistHit": True})

    assert engine_of(answer) == ("azure-content-safety", "azure-content-safety-2024-09-01")
    assert [entry["category"] for entry in answer.json()["categoriesAnalysis"]] == ["Violence"]
    assert engine_of(halted) == (None, None)
    assert httpx.get(f"{worker.endpoint}/ready").json()["missing"] == []


def test_the_resources_refusals_become_ours(forwarding, resource):
    account = forwarding.account()
    with account.http() as http:
        answers = []
        for told in (Answer(429, headers={"Retry-After": "17"}), Answer(500), Answer(401), Answer(403), Answer(200, "{}"),
                     Answer(200, "<p>")):
            resource.answers_with(told)
            answers.append(http.post(ANALYZE, json={"text": "a text"}))

    assert [answer.status_code for answer in answers] == [429, 503, 503, 503, 503, 503]
    assert answers[0].headers["Retry-After"] == "17"
    assert [answer.json()["error"]["code"] for answer in answers] == ["TooManyRequests"] + ["ServerBusy"] * 5
    assert {engine_of(answer) for answer in answers} == {(None, None)}


def test_the_official_client_tells_its_caller_to_wait(forwarding, resource):
    resource.answers_with(Answer(429, headers={"Retry-After": "17"}))
    with forwarding.account().content_safety() as client, pytest.raises(HttpResponseError) as refusal:
        client.analyze_text({"text": "a text"})

    assert (refusal.value.status_code, refusal.value.error.code) == (429, "TooManyRequests")


def test_nothing_of_a_forwarded_text_is_kept_or_logged(forwarding, resource, storage):
    """Whatever the resource answers, even where it repeats the text."""
    echo = json.dumps({"error": {"code": "TEXT", "message": "TEXT", "innererror": {"code": "TEXT"}}})
    account = forwarding.account()
    answers = []
    with account.http() as http:
        for told in (severities(Hate=2), Answer(429, echo), Answer(400, echo), Answer(401, echo), Answer(500, echo), Answer(200, echo),
                     Answer(200, "TEXT"), Answer(200, '{"TEXT', {"Content-Type": "text/xml"}),
                     Answer(307, echo, {"Location": f"/{CANARY}"}),
                     Answer(200, '{"categoriesAnalysis": [{"category": "TEXT", "severity": 0}]}'), Answer(breaks_off=True)):
            resource.answers_with(Answer(told.status, told.body, {"x-ms-error-code": CANARY, **told.headers}, breaks_off=told.breaks_off))
            answers.append(http.post(ANALYZE, json={"text": CANARY}))

    assert [answer.status_code for answer in answers] == [200, 429, *[503] * 9]
    assert not any(is_in(answer.content + str(answer.headers).encode(), CANARY) for answer in answers)
    assert places_of(CANARY, storage.connection_string) == []
    log = forwarding.log_path.read_bytes()
    assert b"answers with status 400" in log
    assert not is_in(log, CANARY) and not is_in(log, "key-of-the-resource")


@pytest.mark.parametrize("told", [Answer(401), Answer(500)], ids=["a refused key", "a failing resource"])
def test_a_resource_that_refuses_is_named_by_ready(start_worker, resource, told):
    """A worker of its own, since readiness is remembered for ten seconds."""
    resource.answers_with(told)
    worker = start_worker(TEXT_ENGINE="azure-content-safety", AZURE_CONTENT_SAFETY_ENDPOINT=resource.endpoint,
                          AZURE_CONTENT_SAFETY_KEY="key-of-the-resource")

    ready = httpx.get(f"{worker.endpoint}/ready", timeout=30)

    assert (ready.status_code, ready.json()["missing"]) == (503, ["text engine azure-content-safety"])
    assert {received.method for received in resource.received} == {"GET"}


def test_a_model_of_the_operators_answers(start_worker, tmp_path: Path):
    worker = start_worker(TEXT_ENGINE="onnx", ONNX_TEXT_MODEL_FOLDER=str(save_model(tmp_path / "model")))
    with worker.account().http() as http:
        answer = http.post(ANALYZE, json={"text": "Soup " * 100 + "Punch", "outputType": EIGHT})

    assert answer.json()["categoriesAnalysis"] == [
        {"category": "Hate", "severity": 0}, {"category": "SelfHarm", "severity": 0}, {"category": "Sexual", "severity": 0},
        {"category": "Violence", "severity": 7}]
    engine, version = engine_of(answer)
    assert engine == "onnx" and version.startswith("kitchen-2.1+")
    assert httpx.get(f"{worker.endpoint}/ready").json()["missing"] == []


def test_a_model_that_cannot_be_used_is_not_replaced_by_another_one(start_worker, tmp_path: Path, eventually):
    folder = save_model(tmp_path / "model", {**DESCRIPTION, "scores": "percent"})
    worker = start_worker(TEXT_ENGINE="onnx", ONNX_TEXT_MODEL_FOLDER=str(folder))
    account = worker.account()
    account.create_list("garden")
    account.add("garden", "punch")
    with account.http() as http:
        refused = http.post(ANALYZE, json={"text": "punch"})
        halted = http.post(ANALYZE, json={"text": "punch", "blocklistNames": ["garden"], "haltOnBlocklistHit": True})
        ready = httpx.get(f"{worker.endpoint}/ready", timeout=30)
        assert (refused.status_code, engine_of(refused)) == (503, (None, None))
        assert halted.status_code == 200 and len(halted.json()["blocklistsMatch"]) == 1
        assert (ready.status_code, ready.json()["missing"]) == (503, ["text engine onnx"])
        assert "moderato.json.scores must be one of" in worker.log_path.read_text()
        assert "moderato.json" not in refused.text + ready.text

        save_model(folder)

        assert eventually(lambda: http.post(ANALYZE, json={"text": "punch"}).status_code == 200, seconds=40)


def test_a_deployment_that_would_forward_to_itself_does_not_start(start_worker, resource):
    with pytest.raises(Exception, match="did not start"):
        start_worker(TEXT_ENGINE="azure-content-safety", AZURE_CONTENT_SAFETY_ENDPOINT=resource.endpoint, PUBLIC_ENDPOINT=resource.endpoint)
