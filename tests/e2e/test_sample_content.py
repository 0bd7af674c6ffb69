"""Sample content over two workers: consent, reviewers, and a revocation that erases and is proved by a receipt."""
from __future__ import annotations

import io
import zipfile
from pathlib import Path

import httpx
import pytest

from dev.verify_receipt import main as verify_receipt
from tests.e2e.storage_scan import places_of
from tests.worker_environment import REVIEWER_KEY

CONSENT = "/accounts/me/sampleContentConsent"
SAMPLES = "/accounts/me/sampleContent"
SAMPLE = {"text": "I will pickle you, turnip", "note": "a joke", "expectedSeverities": [{"category": "Violence", "severity": 0}]}


def review(account, path: str = "", **headers: str) -> httpx.Response:
    return httpx.get(f"{account.endpoint}/accounts/{account.id}/sampleContent{path}", timeout=30,
                     headers=headers or {"x-reviewer-key": REVIEWER_KEY})


@pytest.fixture
def agreed(served):
    """An account with a consent and one sample."""
    with served.http() as http:
        assert http.put(CONSENT, json={"statement": "Terms, version 1"}).status_code == 201
        assert http.post(SAMPLES, json=SAMPLE).status_code == 201
    return served


def test_a_sample_is_seen_by_its_account_and_by_reviewers_and_by_nobody_else(agreed, elsewhere, worker):
    seen = review(elsewhere)
    assert seen.status_code == 200
    sample = seen.json()["value"][0]
    assert {name: sample[name] for name in SAMPLE} == SAMPLE and sample["submittedBy"] == "key1"
    assert review(agreed, f"/{sample['id']}").json() == sample
    with elsewhere.http() as http:
        assert http.get(SAMPLES).json() == seen.json()
        assert http.get(f"{SAMPLES}/{sample['id']}").json() == sample

    assert worker.operator("GET", f"accounts/{agreed.id}/sampleContent").status_code == 403
    assert review(agreed, **{"x-reviewer-key": "r" * 40}).status_code == 401
    stranger = worker.account()
    with stranger.http() as http:
        assert http.get(f"/accounts/{agreed.id}/sampleContent").status_code == 404
        assert http.get(f"/accounts/{agreed.id}/sampleContent/{sample['id']}").status_code == 404
        assert http.get(f"{SAMPLES}/{sample['id']}").status_code == 404
        assert http.delete(f"/accounts/{agreed.id}/sampleContent/{sample['id']}").status_code == 404
        assert http.put(f"/accounts/{agreed.id}/sampleContentConsent", json={"statement": "x"}).status_code == 404


def test_reviewers_do_nothing_but_read(agreed):
    with httpx.Client(base_url=agreed.endpoint, headers={"x-reviewer-key": REVIEWER_KEY}, timeout=30) as reviewer:
        path = f"/accounts/{agreed.id}"
        refused = [reviewer.post(f"{path}/sampleContent", json=SAMPLE), reviewer.delete(f"{path}/sampleContentConsent"),
                   reviewer.put(f"{path}/sampleContentConsent", json={"statement": "x"}), reviewer.get(f"{path}/sampleContentConsent"),
                   reviewer.delete(f"{path}/sampleContent/{'0' * 32}"), reviewer.get(path), reviewer.get("/accounts"),
                   reviewer.get(f"{path}/auditEvents"), reviewer.get("/contentsafety/text/blocklists?api-version=2024-09-01")]

    assert [answer.status_code for answer in refused] == [401] * len(refused)


def test_a_revocation_refuses_at_once_everywhere_erases_and_leaves_a_receipt(agreed, elsewhere, environ, eventually):
    with agreed.http() as http, elsewhere.http() as other:
        revoked = http.delete(CONSENT)
        assert revoked.status_code == 202
        answers = [other.get(SAMPLES), other.get(CONSENT), review(elsewhere), other.post(SAMPLES, json=SAMPLE)]
        assert [answer.status_code for answer in answers] == [404, 404, 404, 409]
        receipt_url = revoked.headers["Operation-Location"]
        assert receipt_url == f"{agreed.endpoint}/receipts/{revoked.json()['receiptId']}"
        assert eventually(lambda: httpx.get(receipt_url, timeout=30).status_code == 200)
        receipt = httpx.get(receipt_url, timeout=30).json()["receipt"]
        assert other.delete(CONSENT).json() == revoked.json()
        assert (receipt["accountId"], receipt["scope"]["type"]) == (agreed.id, "sample-content")
        assert other.put(CONSENT, json={"statement": "Terms, version 2"}).status_code == 201
        assert other.get(SAMPLES).json() == {"value": []}
    assert f"table a{agreed.id}" not in places_of("sample|", environ["STORAGE_CONNECTION_STRING"])


def exported(account, eventually) -> str:
    """The address of an export that has succeeded."""
    with account.http() as http:
        address = f"/accounts/me/exports/{http.post('/accounts/me/exports').json()['id']}"
        assert eventually(lambda: http.get(address).json()["state"] == "succeeded")
    return address


def test_a_revocation_takes_samples_out_of_archives_and_its_receipt_says_so(served, elsewhere, eventually, tmp_path: Path, capsys):
    before = exported(served, eventually)
    with served.http() as http, elsewhere.http() as other:
        http.put(CONSENT, json={"statement": "Terms, version 1"})
        http.post(SAMPLES, json=SAMPLE)
        earlier = exported(served, eventually)
        link = other.get(f"{earlier}/archive").headers["Location"]
        with zipfile.ZipFile(io.BytesIO(httpx.get(link, timeout=30).content)) as archive:
            assert SAMPLE["text"] in archive.read("history/sample.jsonl").decode()
        revoked = http.delete(CONSENT)
        receipt_url = revoked.headers["Operation-Location"]
        assert eventually(lambda: httpx.get(receipt_url, timeout=30).status_code == 200)
        gone = [other.get(earlier), other.get(f"{earlier}/archive"), httpx.get(link, timeout=30)]
        deleted_by_hand = f"/accounts/me/exports/{'0' * 32}"
        like = [other.get(deleted_by_hand), other.get(f"{deleted_by_hand}/archive")]
        assert other.get(f"{before}/archive", follow_redirects=True).status_code == 200, "it has no sample"
    assert [answer.status_code for answer in gone] == [404, 404, 404]
    assert [answer.json()["error"]["message"] for answer in gone[:2]] == [answer.json()["error"]["message"] for answer in like]
    document = httpx.get(receipt_url, timeout=30)
    assert document.json()["receipt"]["archivesDeleted"] == 1
    (tmp_path / "receipt.json").write_text(document.text)
    assert verify_receipt([str(tmp_path / "receipt.json"), "--endpoint", served.endpoint]) == 0
    assert "of earlier exports deleted: 1" in capsys.readouterr().out


def test_the_account_sees_who_read_its_samples(agreed):
    sample_id = review(agreed).json()["value"][0]["id"]
    review(agreed, f"/{sample_id}")
    with agreed.http() as http:
        told = http.get("/accounts/me/auditEvents?size=500").json()
    assert told["intact"]
    assert [(event["operation"], event["caller"]) for event in told["value"]][-4:] == [
        ("agree_to_sample_content", "key1"), ("submit_sample_content", "key1"), ("list_sample_content", "reviewer"),
        ("get_sample_content", "reviewer")]


def test_many_samples_are_listed_by_links(served):
    with served.http() as http:
        http.put(CONSENT, json={"statement": "yes"})
        for number in range(105):
            assert http.post(SAMPLES, json={"text": f"sample {number}"}).status_code == 201
        first = http.get(SAMPLES).json()
        second = http.get(first["nextLink"]).json()

    assert [len(first["value"]), len(second["value"])] == [100, 5] and "nextLink" not in second
    assert sorted(sample["text"] for page in (first, second) for sample in page["value"]) == sorted(
        f"sample {number}" for number in range(105))


@pytest.mark.parametrize(("changes", "status"), [
    ({"text": "x" * 10_000}, 201), ({"text": "x" * 10_001}, 400), ({"text": ""}, 400), ({"text": "x"}, 201),
    ({"text": "a\u0000b"}, 400), ({"text": "a\tb\r\nc"}, 201), ({"note": "n" * 1024}, 201), ({"note": "n" * 1025}, 400),
    ({"note": "\u0007"}, 400), ({"expectedSeverities": [{"category": "Hate", "severity": 7}]}, 201),
    ({"expectedSeverities": [{"category": "Hate", "severity": 8}]}, 400),
    ({"expectedSeverities": [{"category": "Hate", "severity": -1}]}, 400),
    ({"expectedSeverities": [{"category": "Hate", "severity": 1}] * 2}, 400),
    ({"expectedSeverities": [{"category": "Spam", "severity": 1}]}, 400),
    ({"expectedSeverities": [{"category": name, "severity": 1} for name in ("Hate", "SelfHarm", "Sexual", "Violence")]}, 201),
    ({"expectedSeverities": [{"category": name, "severity": 1} for name in ("Hate", "SelfHarm", "Sexual", "Violence", "Hate")]}, 400)])
def test_the_limits_of_a_sample(agreed, changes, status: int):
    with agreed.http() as http:
        assert http.post(SAMPLES, json={**SAMPLE, **changes}).status_code == status


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 200), (2000, 200), (2001, 400)])
def test_the_limits_of_a_statement(agreed, length: int, status: int):
    with agreed.http() as http:
        assert http.put(CONSENT, json={"statement": "s" * length}).status_code == status
