"""Two deployments in two regions: nothing that one keeps reaches the other, and a key of one opens nothing in the other.

Each has an emulator of its own that keeps its data on disk, a key-encryption key, an operator and a worker.
"""
from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from dev.azurite import Azurite
from dev.host.process import HostProcess
from tests.e2e.conftest import Served
from tests.e2e.storage_scan import forms_of, is_in, places_of
from tests.worker_environment import worker_environment


@dataclass(frozen=True)
class Deployment:
    region: str
    served: Served
    azurite: Azurite
    files: Path

    def bytes_on_disk(self) -> Iterator[tuple[Path, bytes]]:
        """All that its emulator and its worker have written."""
        for path in [self.served.log_path, *(path for path in self.files.rglob("*") if path.is_file())]:
            yield path, path.read_bytes()


@pytest.fixture(scope="module")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Deployment]]:
    running: list[Deployment] = []
    processes: list[HostProcess] = []
    emulators: list[Azurite] = []
    try:
        for region in ("northregion", "southregion"):
            files = tmp_path_factory.mktemp(region)
            operator_key = secrets.token_hex(32)
            emulators.append(Azurite.persistent(files / "azurite").start())
            environment = {**worker_environment(emulators[-1].connection_string, files / "key-encryption-key", operator_key),
                           "REGION": region}
            log_path = tmp_path_factory.mktemp(f"{region}-worker") / "log"
            processes.append(HostProcess(environment, options=("--log-level", "debug"), log_path=log_path).start())
            running.append(Deployment(region, Served(processes[-1].endpoint, operator_key, log_path), emulators[-1], files))
        yield running
    finally:
        for process in processes:
            process.stop()
        for emulator in emulators:
            emulator.stop()


def test_a_canary_of_one_region_is_in_no_byte_of_the_other(deployments, eventually):
    north, south = deployments
    canaries = {name: "kohlrabi" + secrets.token_hex(12) for name in ("list", "text", "description", "pattern", "analyzed", "account")}
    created = north.served.operator("POST", "accounts", {"displayName": canaries["account"]}).json()
    headers = {"Ocp-Apim-Subscription-Key": created["key1"]}
    lists = f"{north.served.endpoint}/contentsafety/text/blocklists/{canaries['list']}"
    version = {"api-version": "2024-09-01"}
    with httpx.Client(headers=headers, params=version, timeout=60) as http:
        assert http.patch(lists, json={"description": canaries["description"]}).status_code == 201
        assert http.post(f"{lists}:addOrUpdateBlocklistItems", json={"blocklistItems": [
            {"text": canaries["text"]}, {"text": f"{canaries['pattern']}+", "isRegex": True}]}).status_code == 200
        hits = http.post(f"{north.served.endpoint}/contentsafety/text:analyze", json={
            "text": f"{canaries['analyzed']} {canaries['text']}", "blocklistNames": [canaries["list"]]}).json()
    assert [hit["blocklistItemText"] for hit in hits["blocklistsMatch"]] == [canaries["text"]]
    # The other deployment is at work meanwhile, and asked for what it does not have.
    other = south.served.account()
    other.create_list("garden")
    other.add("garden", "leek")
    assert south.served.operator("GET", f"accounts/{created['id']}").status_code == 404

    assert f"table a{created['id']}" in places_of(canaries["list"], north.azurite.connection_string)
    for deployment, account_id in ((north, created["id"]), (south, other.id)):  # the emulators write to disk every few seconds
        assert eventually(lambda at=deployment, of=account_id: any(is_in(data, of) for _, data in at.bytes_on_disk()))
    wanted = {form for canary in canaries.values() for form in forms_of(canary)}
    # Whoever asks for an account by its id puts it into the log of requests; that is no data of the account.
    assert [path.name for path, data in south.bytes_on_disk() if any(form in data for form in wanted)] == []
    assert [path.name for path, data in south.bytes_on_disk()
            if path != south.served.log_path and created["id"].encode() in data] == []


def test_a_key_of_one_region_is_refused_in_the_other_as_any_wrong_key_is(deployments):
    for home, away in (deployments, reversed(deployments)):
        account = home.served.account()
        wrong = httpx.get(f"{away.served.endpoint}/accounts/me", headers={"Ocp-Apim-Subscription-Key": "0" * 64})
        foreign = httpx.get(f"{away.served.endpoint}/accounts/me", headers={"Ocp-Apim-Subscription-Key": account.key1})
        at_home = httpx.get(f"{home.served.endpoint}/accounts/me", headers={"Ocp-Apim-Subscription-Key": account.key1})
        assert (wrong.status_code, foreign.status_code, at_home.status_code) == (401, 401, 200)
        assert foreign.json()["error"]["message"] == wrong.json()["error"]["message"]
        assert at_home.json()["region"] == home.region
        assert away.served.operator("GET", f"accounts/{account.id}").status_code == 404


def test_the_operator_of_one_region_is_nobody_in_the_other(deployments):
    north, south = deployments
    answer = httpx.get(f"{south.served.endpoint}/accounts", headers={"x-operator-key": north.served.operator_key})
    assert answer.status_code == 401
