"""After a purge nothing of the account is left: 1,000 canaries are planted wherever something is kept, and then looked for in
every byte that the emulator has on disk, that the worker logged, and that it sent as telemetry.

Canaries share their beginning, so that one search finds any of them. What is kept as ciphertext is judged by its key: before
the purge rows, blobs and the wrapped data keys are saved, as a thief would; afterwards the saved ciphertexts are tried with
every key that is left.
"""
from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.cognitiveservices.vision.customvision.training.models import ImageFileCreateBatch, ImageFileCreateEntry, PredictionQueryToken
from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from dev.azurite import Azurite
from dev.host.process import HostProcess
from shared.crypto.envelope import DataKeys, DecryptionFailed
from shared.crypto.key_encryption import LocalFileKey, WrappedKey
from shared.storage.holdings import CV_REMOVAL, ERASURE, HOLDINGS, IMPORT_STATE, REVIEW_FRAME, REVIEW_JOB_CONTENT
from tests.e2e.conftest import Served, ServedAccount
from tests.e2e.custom_vision import COMPACT, picture, prediction_client, train_iteration, training_client
from tests.e2e.storage_scan import forms_of
from tests.ingestion import Ingestion, receiving
from tests.pictures import encoded, pixels
from tests.worker_environment import worker_environment

CANARIES = 1000
ITEMS = 800
TERMS = 600  # more than go into the tail of an index
HASHES = 200  # likewise


class Canaries:
    """Words that nobody else writes: a common beginning and a number."""

    def __init__(self) -> None:
        self.beginning = "kohlrabi" + "".join(chr(ord("a") + number % 26) for number in secrets.token_bytes(12))
        self.planted = 0

    def next(self) -> str:
        self.planted += 1
        return f"{self.beginning}{self.planted:04}"


@dataclass(frozen=True)
class Scene:
    azurite: Azurite
    files: Path
    served: Served
    key_file: Path
    ingestion: Ingestion

    def found_on_disk(self, *needles: bytes) -> list[str]:
        """Files of the emulator and the log of the worker in which one of these byte strings is."""
        while True:
            paths = [self.served.log_path, *(path for path in self.files.rglob("*") if path.is_file())]
            # The emulator writes a file beside the one that it replaces: what was renamed meanwhile may have been read too early.
            with contextlib.suppress(FileNotFoundError):
                return [path.name for path in paths if any(needle in data for data in [path.read_bytes()] for needle in needles)]


def telemetry_to(ingestion: Ingestion) -> dict[str, str]:
    """All of it, and soon: no trace is left out, and nothing waits for a minute."""
    return {"TELEMETRY_CONNECTION_STRING": ingestion.connection_string, "OTEL_TRACES_SAMPLER": "always_on",
            "OTEL_METRIC_EXPORT_INTERVAL": "1000", "OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_BLRP_SCHEDULE_DELAY": "500"}


@pytest.fixture
def scene(tmp_path: Path, key_file: Path, operator_key: str) -> Iterator[Scene]:
    files = tmp_path / "azurite"
    with Azurite.persistent(files) as azurite:
        environment = worker_environment(azurite.connection_string, key_file, operator_key)
        with receiving() as ingestion, HostProcess({**environment, **telemetry_to(ingestion)}, options=("--log-level", "debug"),
                                                   log_path=tmp_path / "log") as host:
            yield Scene(azurite, files, Served(host.endpoint, operator_key, tmp_path / "log"), key_file, ingestion)


def until(is_true: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (result := is_true()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return result


def plant(account: ServedAccount, canaries: Canaries) -> None:
    """Through every operation that keeps anything, and through those that analyze it, so that caches and indexes have it."""
    name = canaries.next()
    account.create_list(name, canaries.next())
    account.create_list("given-up", canaries.next())
    items = [{"text": canaries.next(), "description": canaries.next()} for _ in range(20)]
    account.add(name, *items, {"text": f"{canaries.next()}+", "isRegex": True}, *(canaries.next() for _ in range(ITEMS)))
    account.add("given-up", *(canaries.next() for _ in range(5)))
    assert account.hits(f"{items[0]['text']} {canaries.beginning}0030", name)
    with account.blocklists() as client:
        client.delete_text_blocklist("given-up")
    term_list = account.content_moderator().list_management_term_lists.create(
        "application/json", {"name": canaries.next(), "description": canaries.next(), "metadata": {"k": canaries.next()}})
    account.content_moderator().list_management_term.add_term(str(term_list.id), canaries.next(), "eng")
    terms = [*(canaries.next() for _ in range(50)), *(f"leek{number}" for number in range(TERMS))]
    image_list = account.content_moderator().list_management_image_lists.create(
        "application/json", {"name": canaries.next(), "description": canaries.next(), "metadata": {"k": canaries.next()}})
    account.content_moderator().list_management_image.add_image_file_input(
        str(image_list.id), io.BytesIO(encoded(pixels(1))), label=canaries.next())
    hashes = "".join(f"{number:064x},{canaries.next() if number < 20 else ''}\n" for number in range(HASHES))
    plant_project(account, canaries)
    plant_reviews(account, canaries)
    with account.http() as http:
        http.post("/contentmoderator/moderate/v1.0/ProcessImage/Evaluate?CacheImage=true", content=encoded(pixels(2)),
                  headers={"Content-Type": "image/png"}, timeout=60).raise_for_status()
        http.post(f"/contentmoderator/lists/v1.0/imagelists/{image_list.id}/hashes:import", content=f"hash,label\n{hashes}",
                  headers={"Content-Type": "text/csv"}, timeout=60).raise_for_status()
        http.post(f"/contentmoderator/lists/v1.0/termlists/{term_list.id}/terms:import?language=eng", timeout=60,
                  content="".join(f'"{term}"\n' for term in terms), headers={"Content-Type": "application/x-ndjson"}).raise_for_status()
        http.put("/accounts/me/sampleContentConsent", json={"statement": canaries.next()}).raise_for_status()
        while canaries.planted < CANARIES - 1:
            http.post("/accounts/me/sampleContent", json={"text": canaries.next(), "note": canaries.next()}).raise_for_status()
        export = http.post("/accounts/me/exports").raise_for_status().json()
        assert until(lambda: state_of(http, f"exports/{export['id']}") not in ("queued", "running"))
        archive = httpx.get(http.get(f"/accounts/me/exports/{export['id']}/archive").headers["Location"]).content
        content = archive + canaries.next().encode()
        upload = http.post("/accounts/me/imports", json={
            "sizeBytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}).raise_for_status().json()
        http.put(f"/accounts/me/imports/{upload['id']}/parts/1", content=content,
                 headers={"Content-Type": "application/octet-stream"}).raise_for_status()


def plant_reviews(account: ServedAccount, canaries: Canaries) -> None:
    """A team with all that it has, a text that waits to be judged and one that was, and a job of a workflow. An even number of canaries."""
    team, published = "/accounts/me/teams/watch", "/contentmoderator/review/v1.0/teams/watch"
    with account.http() as http:
        http.post("/accounts/me/teams", json={"name": "watch"}).raise_for_status()
        http.post(f"{team}/subTeams", json={"name": "night"}).raise_for_status()
        member = http.post(f"{team}/members", json={"name": canaries.next(), "role": "admin"}).raise_for_status().json()
        http.put(f"{team}/tags/sp", json={"name": canaries.next()}).raise_for_status()
        http.put(f"{team}/workflows/mine", json={"description": canaries.next(), "type": "Text", "expression": {
            "Type": "Condition", "ConnectorName": "moderator", "OutputName": "category1Score", "Operator": "ge",
            "Value": "0.4"}}).raise_for_status()
        http.post(f"{published}/reviews", json=[
            {"Type": "Text", "Content": canaries.next(), "ContentId": canaries.next(), "CallbackEndpoint": "http://192.0.2.1/done",
             "Metadata": [{"Key": canaries.next(), "Value": canaries.next()}]} for _ in range(2)]).raise_for_status()
        review = http.post(f"{team}/reviewQueue/next", json={"memberId": member["id"]}).raise_for_status().json()["review"]["id"]
        http.post(f"{team}/reviews/{review}/comments", json={"memberId": member["id"], "comment": canaries.next()}).raise_for_status()
        http.post(f"{team}/reviews/{review}/decide", json={"memberId": member["id"], "tags": {"sp": True}}).raise_for_status()
        http.post(f"{team}/reviewQueue/next", json={"memberId": member["id"]}).raise_for_status()
        http.post(f"{published}/jobs?ContentType=Text&ContentId={canaries.next()}&WorkflowName=default",
                  json={"ContentValue": canaries.next()}).raise_for_status()
        http.post("/review/sign-in", data={"code": member["signInCode"]})


def plant_project(account: ServedAccount, canaries: Canaries) -> None:
    """A project of Custom Vision with what is kept of an image, and a second one, whose copying and deletion a job carries out."""
    client = training_client(account)
    project = client.create_project(canaries.next(), description=canaries.next(), domain_id=COMPACT, classification_type="Multilabel")
    tag = client.create_tag(project.id, canaries.next(), description=canaries.next())
    images = client.create_images_from_files(project.id, ImageFileCreateBatch(images=[
        ImageFileCreateEntry(name=canaries.next(), contents=picture(number) + canaries.next().encode()) for number in range(3)],
        tag_ids=[tag.id], metadata={canaries.next(): canaries.next()})).images
    client.update_image_metadata(project.id, [images[0].image.id], {canaries.next(): canaries.next()})
    client.delete_images(project.id, image_ids=[images[1].image.id])
    client.get_images(project.id, filter=f"place eq '{canaries.next()}'")
    copied = client.import_project(client.export_project(project.id).token, name=canaries.next())
    assert until(lambda: client.get_project(copied.id).status == "Succeeded")
    client.delete_project(copied.id)
    other = client.create_tag(project.id, canaries.next(), description=canaries.next())
    iteration_id = train_iteration(client, project.id, [tag.id, other.id], canaries.next)
    client.update_iteration(project.id, iteration_id, canaries.next())
    name = canaries.next()
    client.publish_iteration(project.id, iteration_id, name, canaries.next())
    prediction_client(account).classify_image(project.id, name, picture(99) + canaries.next().encode(), application=canaries.next())
    assert not client.query_predictions(project.id, PredictionQueryToken(application=canaries.next())).results
    client.export_iteration(project.id, iteration_id, "ONNX")
    assert until(lambda: client.get_exports(project.id, iteration_id)[0].status == "Done")


def state_of(http: httpx.Client, path: str) -> str:
    return http.get(f"/accounts/me/{path}").json()["state"]


def saved(scene: Scene, account_id: str) -> tuple[list[tuple[bytes, bytes]], list[WrappedKey]]:
    """Each ciphertext of the account's rows with its place, and the wrapped keys: what a copy of the storage would have."""
    tables = TableServiceClient.from_connection_string(scene.azurite.connection_string)
    name = f"a{account_id}"
    rows = [(row["payload"], "\0".join((account_id, "table", name, row["PartitionKey"], row["RowKey"])).encode())
            for row in tables.get_table_client(name).list_entities()]
    return rows, wrapped_keys(scene)


def wrapped_keys(scene: Scene) -> list[WrappedKey]:
    """Every wrapped key that the directory holds."""
    tables = TableServiceClient.from_connection_string(scene.azurite.connection_string)
    kept = [json.loads(row["dataKeys"]) for row in tables.get_table_client("directory").list_entities() if "dataKeys" in row]
    keys = [key for data_keys in kept for key in [*data_keys["versions"].values(), data_keys["hashKey"]] if key]
    return [WrappedKey(key["keyId"], base64.b64decode(key["ciphertext"])) for key in keys]


def decrypted(scene: Scene, rows: list[tuple[bytes, bytes]], keys: list[WrappedKey]) -> list[bytes]:
    """What of these ciphertexts can be read with these keys, by whoever may use the key-encryption key."""
    unwrap = LocalFileKey(scene.key_file).unwrap
    plaintexts = []
    for key in keys:
        data_keys = DataKeys({1: unwrap(key)}, bytes(32))
        for ciphertext, place in rows:
            try:
                plaintexts.append(data_keys.decrypt(ciphertext, place))
            except DecryptionFailed:
                continue
    return plaintexts


def assert_telemetry_has_seen_all_and_says_nothing(ingestion: Ingestion, needles: set[bytes]) -> None:
    """The purge, which is the last job, has arrived as a metric, a trace and a line."""
    def purges() -> list[int]:
        return [sum(point["value"] for point in ingestion.metrics().get("moderato.jobs", ())
                    if (point["job"], point["outcome"]) == ("purge-account", "succeeded")),
                sum(span["name"] == "purge-account" for span in ingestion.of("RequestData")),
                sum('"operation": "purge-account"' in line["message"] for line in ingestion.of("MessageData"))]
    until(lambda: all(purges()))
    jobs = {point["job"] for point in ingestion.metrics()["moderato.jobs"]}
    assert jobs >= {"export-account", "train-iteration", "export-iteration", "delete-blocklist", "run-review-job"}
    assert len({span["name"] for span in ingestion.of("RequestData")}) > 40
    assert not any(needle in ingestion.raw for needle in needles)


def test_of_a_thousand_canaries_none_is_left_after_the_purge(scene):
    canaries = Canaries()
    created = scene.served.operator("POST", "accounts", {"displayName": canaries.next()}).json()
    account = ServedAccount(scene.served.endpoint, created["id"], created["key1"], created["key2"])
    # Another account stays, so that a storage that is merely empty proves nothing.
    other = scene.served.account()
    other.create_list("kept")
    other.add("kept", "leek")
    plant(account, canaries)
    assert canaries.planted == CANARIES
    queue = QueueServiceClient.from_connection_string(scene.azurite.connection_string).get_queue_client("jobs-poison")
    with contextlib.suppress(ResourceExistsError):
        queue.create_queue()
    for number in range(3):
        queue.send_message(base64.b64encode(json.dumps(
            {"kind": "compact-blocklist", "accountId": account.id, "id": f"{number:032}"}).encode()).decode())

    rows, keys = saved(scene, account.id)
    stolen = [base64.b64encode(key.ciphertext) for key in keys]
    needles = forms_of(canaries.beginning)
    # The name of a list is an id, and lies in the open as ids do; so the search must find that one until the purge.
    until(lambda: scene.found_on_disk(*needles) and scene.found_on_disk(*stolen))
    assert any(canaries.beginning.encode() in plaintext for plaintext in decrypted(scene, rows, keys))

    answer = scene.served.operator("DELETE", f"accounts/{account.id}?purge=true").json()
    receipt = until(lambda: (got := httpx.get(f"{scene.served.endpoint}/receipts/{answer['receiptId']}")).status_code == 200
                    and got.json()["receipt"])

    assert receipt["inventory"]["stores"]["table"]["count"] >= len(rows)
    # Four kinds exist only while their job runs; frames of a video would need an address that they are fetched from.
    assert {counted["kind"] for counted in receipt["inventory"]["kinds"]} >= {
        holding.kind for holding in HOLDINGS if holding not in (ERASURE, IMPORT_STATE, CV_REMOVAL, REVIEW_JOB_CONTENT, REVIEW_FRAME)}
    # The emulator writes its tables to disk every few seconds.
    until(lambda: not scene.found_on_disk(*needles))
    mine = [base64.b64encode(key.ciphertext) for key in keys if key not in wrapped_keys(scene)]
    assert len(mine) == 2, "a data key and a hash key"
    until(lambda: not scene.found_on_disk(*mine))
    assert scene.found_on_disk(other.id.encode()), "the other account is still there, and found"
    assert decrypted(scene, rows, wrapped_keys(scene)) == []
    assert other.hits("leek soup", "kept") == ["leek"]
    assert_telemetry_has_seen_all_and_says_nothing(scene.ingestion, needles)
    stores = {*(table.name for table in TableServiceClient.from_connection_string(scene.azurite.connection_string).list_tables()),
              *(each.name for each in BlobServiceClient.from_connection_string(scene.azurite.connection_string).list_containers())}
    assert f"a{account.id}" not in stores
    assert not any(account.id in base64.b64decode(message.content).decode() for message in queue.peek_messages(32))
