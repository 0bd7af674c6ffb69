"""What the pages tell readers to type is typed: every command, as it stands there, against a running worker."""
from __future__ import annotations

import dataclasses
import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.reference import reference
from shared.storage.holdings import HOLDINGS, Holding, Portability, Shape
from tests.e2e.conftest import Served, ServedAccount
from tests.e2e.custom_vision import picture, project_of, train_iteration, training_client
from tests.e2e.page_commands import ROOT, Command, Ran, Shell, blocks_of, commands_in_prose, stories, wrong_with
from tests.pictures import encoded, pixels
from tests.worker_environment import REVIEWER_KEY

PRIVACY, ERASURE, OPERATIONS, README, CONTRIBUTING = (
    (ROOT / path).read_text() for path in ("docs/privacy.md", "docs/erasure.md", "docs/operations.md", "README.md", "CONTRIBUTING.md"))
IN_PROSE = list(dict.fromkeys([*commands_in_prose(PRIVACY), *commands_in_prose(ERASURE), *commands_in_prose(OPERATIONS)]))
STORIES = [*stories(PRIVACY), *stories(ERASURE), *stories(OPERATIONS), *stories(README)]
LIST, ITEM = "demo-blocklist", "kraken-9000"
ARCHIVE = "my-app.zip"


class Reader:
    """Somebody with an account that has a blocklist, who types what is on the page."""

    def __init__(self, worker: Served, folder: Path, eventually: Callable[..., bool]) -> None:
        self._eventually = eventually
        self._account: ServedAccount = worker.account()
        self._account.create_list(LIST)
        (item,) = self._account.add(LIST, ITEM)
        self._values = {"http://127.0.0.1:7071": worker.endpoint, "<operator key>": worker.operator_key, "<key>": self._account.key1}
        self.shell = Shell(folder, {
            "E": worker.endpoint, "K": self._account.key1, "O": worker.operator_key, "R": REVIEWER_KEY, "ACCOUNT": self._account.id,
            "LIST": LIST, "ITEM": item["blocklistItemId"], "TERMLIST": self._account.term_list("kraken"), "KIND": "blocklist",
            **dict(zip(("IMAGELIST", "IMAGE"), self._account.image_list(), strict=True)),
            **dict(zip(("PROJECT", "TAG", "PHOTO"), project_of(self._account), strict=True))})

    def types(self, *commands: Command) -> Ran:
        """What the last one did. Fails at the first that does not do what the page says."""
        for command in commands:
            text = command.text
            for placeholder, value in self._values.items():
                text = text.replace(placeholder, value)
            command = dataclasses.replace(command, text=text)
            ran = self.shell.run(command)
            wrong = wrong_with(command, ran)
            assert not wrong, wrong
        return ran

    def has_what(self, text: str) -> None:
        """Make what a command in the middle of a sentence is about."""
        with self._account.http() as http:
            if "sampleContent" in text:
                assert http.put("/accounts/me/sampleContentConsent", json={"statement": "version 1"}).status_code == 201
                self.shell.variables["SAMPLE"] = http.post("/accounts/me/sampleContent", json={"text": "a text"}).json()["id"]
            if "$CACHED" in text:
                self.shell.variables["CACHED"] = http.post(
                    "/contentmoderator/moderate/v1.0/ProcessImage/Match?CacheImage=true", content=encoded(pixels(7)),
                    headers={"Content-Type": "image/png"}).json()["CacheID"]
            if "$REVIEW" in text or "$TEAM" in text:
                self._has_a_review(http)
            if "$ITERATION" in text or "$PREDICTION" in text:
                self._has_a_prediction()
            if "$EXPORT" in text:
                self.shell.variables["EXPORT"] = self._exported(http)
            if "$IMPORT" in text:
                new = {"sizeBytes": 1, "sha256": "0" * 64}
                self.shell.variables["IMPORT"] = http.post("/accounts/me/imports", json=new).json()["id"]
            if "$RECEIPT" in text:
                receipt_id = http.delete("/accounts/me/data/sample").json()["receiptId"]
                assert self._eventually(lambda: http.get(f"/receipts/{receipt_id}").status_code == 200)
                self.shell.variables["RECEIPT"] = receipt_id

    def _has_a_review(self, http: httpx.Client) -> None:
        self.shell.variables["TEAM"] = "Gardeners"
        assert http.post("/accounts/me/teams", json={"name": "Gardeners"}).status_code == 201
        added = http.post("/accounts/me/teams/Gardeners/members", json={"name": "Ann", "role": "admin"})
        self.shell.variables["MEMBER"] = added.json()["id"]
        assert http.put("/accounts/me/teams/Gardeners/tags/sp", json={"name": "spam"}).status_code == 201
        made = http.post("/contentmoderator/review/v1.0/teams/Gardeners/reviews",
                         json=[{"Type": "Text", "Content": "a text", "ContentId": "an id"}])
        self.shell.variables["REVIEW"] = made.json()[0]

    def has_an_archive(self) -> None:
        with self._account.http() as http:
            answer = http.get(f"/accounts/me/exports/{self._exported(http)}/archive", follow_redirects=True)
            (self.shell.folder / ARCHIVE).write_bytes(answer.content)

    def _has_a_prediction(self) -> None:
        client, project = training_client(self._account), self.shell.variables["PROJECT"]
        other = client.create_tag(project, "wren").id
        self.shell.variables["ITERATION"] = train_iteration(client, project, [self.shell.variables["TAG"], other], lambda: "a word")
        self.shell.variables["PREDICTION"] = client.quick_test_image(project, picture(99), store=True).id

    def _exported(self, http: httpx.Client) -> str:
        export_id = http.post("/accounts/me/exports").json()["id"]
        assert self._eventually(lambda: http.get(f"/accounts/me/exports/{export_id}").json()["state"] == "succeeded")
        return export_id


@pytest.fixture
def reader(worker: Served, tmp_path: Path, eventually: Callable[..., bool]) -> Reader:
    return Reader(worker, tmp_path, eventually)


@pytest.mark.parametrize("command", IN_PROSE, ids=lambda command: command.text)
def test_a_command_of_the_page_does_what_the_page_says(reader, command):
    reader.has_what(command.text)
    reader.types(command)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story[0].text)
def test_the_commands_of_a_block_do_one_after_the_other_what_the_page_says(reader, story):
    if is_read_first(ARCHIVE, [command.text for command in story]):
        reader.has_an_archive()
    reader.types(*story)


def is_read_first(name: str, texts: list[str]) -> bool:
    first = next((text for text in texts if name in text), "")
    return bool(first) and f"-o {name}" not in first and f"--output {name}" not in first


@pytest.mark.parametrize("page", [PRIVACY, ERASURE, OPERATIONS, README], ids=["privacy", "erasure", "operations", "readme"])
def test_no_command_of_a_page_escapes_these_tests(page):
    given = [command.text for story in stories(page) for command in story]
    begun = [line.partition("  # ")[0].rstrip("\\ ") for block in blocks_of(page, "") for line in block.splitlines()
             if re.match(r"(own|operator|reviewer|curl|MODERATO_KEY=\S+ python3|python3 dev (?!run|test)\S+) ", line)]
    assert begun and len(begun) == len(given) - sum(text.startswith("SIZE=") for text in given)
    assert all(any(text.startswith(line) for text in given) for line in begun)
    assert all(command.statuses for command in commands_in_prose(page))


def test_once_the_app_has_a_new_operator_key_the_old_one_is_refused_and_accounts_notice_nothing(worker, start_worker):
    account = worker.account()
    key = secrets.token_hex(32)
    replaced = start_worker("--no-background", OPERATOR_KEY=key)
    statuses = [httpx.get(f"{replaced.endpoint}/accounts/{account.id}", headers={"x-operator-key": each}).status_code
                for each in (worker.operator_key, key)]
    assert statuses == [401, 200]
    with account.http(replaced.endpoint) as http:
        assert http.get("/accounts/me").json()["id"] == account.id


def test_the_answer_in_the_readme_is_the_one_that_comes(reader):
    (story,) = [story for story in stories(README) if "text:analyze" in story[0].text]
    answer = reader.types(*story).json()
    for match in answer["blocklistsMatch"]:
        match["blocklistItemId"] = "…"
    assert answer == json.loads(blocks_of(README, "json")[0])


@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda holding: holding.kind)
def test_every_kind_that_can_be_deleted_whole_is_named_on_the_page_and_no_other(served, holding):
    named = re.search(r"`\$KIND` is one of (.*?)\.\s", PRIVACY, re.DOTALL)
    assert named
    with served.http() as http:
        is_erased = http.delete(f"/accounts/me/data/{holding.kind}").status_code == 202
    assert (f"`{holding.kind}`" in named[1]) is is_erased
    assert f"`{holding.kind}`" in PRIVACY


def test_the_kind_that_is_declared_in_contributing_is_one_and_gets_into_the_reference():
    (declaration,) = [block for block in blocks_of(CONTRIBUTING, "python") if "Holding(" in block]
    names: dict[str, Any] = {"Holding": Holding, "Portability": Portability, "Shape": Shape}
    exec(declaration, names)
    made_up: Holding = names["POSTCARD"]
    assert set(made_up.schema) == {"id", *made_up.content, *made_up.plain} and made_up.expires in made_up.plain
    row = f"| `postcard` | record | {made_up.keeps} | number | greeting | expiresAt | {made_up.retention} | exported and imported |"
    assert row in reference([*HOLDINGS, made_up]).splitlines()
    assert row not in reference().splitlines()
