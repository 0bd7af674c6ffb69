"""Hostile files through every way by which a picture comes to an operation: never our fault, and said in the family's words.

Ways with the same limits share the files out. With `HOSTILE_FILES=all` in the environment every way is given every file.
"""
from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from shared.api import SERVED
from shared.services import Services
from tests.contract.decoder_watch import modules_that_decode, watching
from tests.contract.golden import OPERATIONS, Player
from tests.contract.in_process import Answer, InProcess
from tests.contract.kept_pictures import replace_kept
from tests.contract.picture_sending import sent
from tests.contract.picture_ways import KEPT, TAKES_NONE, Form, Way, all_ways, may_take_a_picture
from tests.contract.review_tool_lines import Request, place_in
from tests.picture_server import serving
from tests.unit.imaging.hostile import hostile_files

WAYS = {way.name: way for way in all_ways()}
# Where the app decodes, and the way that gets there.
DECODED_BY = {
    "shared.api.image_loading": "analyze_image: base64 in content",
    "shared.api.content_moderator.image_archive": "import_images: archive",
    "shared.reviews.intake": "reviews_add_video_frame: archive",
    "shared.workflows.contents": "reviews_create_job: bytes",
    "shared.classifiers.image_uploads": "create_images_from_data: bytes",
    "shared.classifiers.prediction_service": "classify_image: bytes",
    "shared.classifiers.image_features": "train_project: kept picture",
    "shared.classifiers.proposals": "get_image_region_proposals: kept picture",
}
_PAGE_PATHS = {"page_test_workflow": {"workflowName": "default"}}
"""Where a page decodes only in another place than its line has."""
_GIVES_ALL = os.environ.get("HOSTILE_FILES") == "all"


def _files_for(way: Way) -> list[tuple[int, str, bytes]]:
    """Number, name and content of each. What is refused before it is decoded takes no share from the others."""
    sharing = [each.name for each in WAYS.values() if each.limits is way.limits and each.decodes is way.decodes]
    files = [(number, *file) for number, file in enumerate(hostile_files().items())]
    return files if _GIVES_ALL else files[sharing.index(way.name)::len(sharing)]


def test_every_operation_that_may_take_a_picture_has_a_way():
    """Else give it a golden example with a picture or with `{pictureUrl}`, or name it among those that take none."""
    declared = {operation.name for api in SERVED for operation in api.operations if may_take_a_picture(operation)}

    assert declared - {way.operation.name for way in WAYS.values()} == TAKES_NONE


def test_every_operation_that_decodes_what_is_kept_has_a_way():
    assert {way.operation.name for way in WAYS.values() if way.form is Form.KEPT} == set(KEPT)


def test_every_caller_of_the_decoder_is_reached_by_a_way():
    assert modules_that_decode() == set(DECODED_BY)
    assert set(DECODED_BY.values()) <= set(WAYS)


@pytest.fixture(scope="module")
def address_of() -> Iterator[Callable[[int], str]]:
    """A function that tells where the file of a number may be fetched from."""
    with serving({str(number): content for number, content in enumerate(hostile_files().values())}) as address:
        yield lambda number: f"{address}/{number}"


@pytest.fixture(scope="module")
def prepared(app: InProcess, services: Services, operator_key: str, picture_address: str,
             receiver_address: str) -> Callable[[Mapping[str, Any]], Player]:
    """A function that gives a player for which an example's first calls were made; examples with the same ones share it."""
    players: dict[str, Player] = {}

    def player_for(example: Mapping[str, Any]) -> Player:
        first_calls = json.dumps(example["before"])
        if first_calls not in players:
            account, keys = services.accounts.create("hostile pictures")
            player = players[first_calls] = Player(app, account.id, keys[min(keys)], operator_key)
            player.values |= {"pictureUrl": picture_address, "receiverUrl": receiver_address}
            player.prepare(example)
        return players[first_calls]
    return player_for


@pytest.mark.parametrize("name", WAYS)
def test_no_hostile_file_is_our_fault(request: pytest.FixtureRequest, name: str):
    way = WAYS[name]
    send = _through_a_page(request, way) if way.form is Form.FILE else _through_an_api(request, way)
    with watching() as seen:
        for number, file, content in _files_for(way):
            answer = send(number, content)

            assert answer.status < 500, f"{file}: {answer.body}"

    assert seen.limits == ({way.limits} if way.decodes else set())
    assert seen.callers >= {module for module, reached_by in DECODED_BY.items() if reached_by == name}


def _through_an_api(request: pytest.FixtureRequest, way: Way) -> Callable[[int, bytes], Answer]:
    services: Services = request.getfixturevalue("services")
    address_of = request.getfixturevalue("address_of")
    player: Player = request.getfixturevalue("prepared")(way.example)

    def send(number: int, content: bytes) -> Answer:
        account = services.accounts.open(services.accounts.get(player.values["accountId"]))
        if way.form is Form.KEPT:
            replace_kept(services, account, content)
            answer = player.play(way.operation, way.example["request"], way.example.get("api_version"))
        else:
            cache_id = services.cached_images.keep(account, content, "image/png").id if way.form is Form.CACHE_ID else ""
            sending = sent(way, player.filled, content, address_of(number), cache_id)
            answer = player.play(
                way.operation, sending.request, way.example.get("api_version"), content=sending.content,
                headers={**sending.request.get("headers", {}), **player.credentials(way.operation), "Content-Type": sending.content_type})
        for image in services.cached_images.page(account, None, 10)[0]:  # an account may not have as many as there are files
            services.cached_images.delete(account, image.id)
        _finish(player, way, answer)
        return answer
    return send


def _finish(player: Player, way: Way, answer: Answer) -> None:
    """Run the job that an operation asks for, to its end."""
    if way.operation.name == "reviews_create_job" and answer.status == 200:
        team, job_id = way.example["request"]["path"]["teamName"], answer.body["JobId"]
        player.run("run-review-job", f"{player.generation_of(team)}/{job_id}")
        job = player.play(OPERATIONS["reviews_get_job_details"], {"path": {"teamName": team, "JobId": job_id}})
        assert job.body["Status"] in ("Complete", "Error")
    if way.operation.name == "train_project":
        path = {"projectId": "{projectId}", "iterationId": answer.body["id"]}
        player.run("train-iteration", player.filled("{projectId}") + f"/{answer.body['id']}")
        iteration = player.play(OPERATIONS["get_iteration"], {"path": path})
        assert iteration.body["status"] in ("Completed", "Failed")
        assert player.play(OPERATIONS["delete_iteration"], {"path": path}).status == 204


def _through_a_page(request: pytest.FixtureRequest, way: Way) -> Callable[[int, bytes], Answer]:
    services: Services = request.getfixturevalue("services")
    account, keys = services.accounts.create("hostile pictures")
    place = place_in(request.getfixturevalue("app"), services, account, keys[min(keys)], None)
    asked = Request.of(way.operation, place, _PAGE_PATHS.get(way.operation.name, {}))

    def send(number: int, content: bytes) -> Answer:
        answer = place.visitor.post(asked.path, {**asked.fields, way.field: content})
        assert answer.status == 303 or answer.headers["content-type"].startswith("text/html")
        return answer
    return send
