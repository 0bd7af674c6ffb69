"""The published Custom Vision operations are declared, each once for each version, with their success codes; errors have their codes."""
from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from shared.api.custom_vision import CUSTOM_VISION_PREDICTION, CUSTOM_VISION_TRAINING
from shared.classifiers.failures import Code
from shared.http.operation import Operation
from tests.contract.golden import NO_ID, OPERATIONS, Player, examples_of
from tests.contract.in_process import path_of
from tests.contract.published_custom_vision import CODES, ERROR_SCHEMA, PREDICTION, TRAINING

named = pytest.mark.parametrize
ALL = {**TRAINING, **PREDICTION}
DECLARED = [*CUSTOM_VISION_TRAINING.operations, *CUSTOM_VISION_PREDICTION.operations]


def declared(name: str) -> list[Operation]:
    method, path, _ = ALL[name]
    api, part, version = ((CUSTOM_VISION_TRAINING, "training", "v3.4-preview") if name in TRAINING
                          else (CUSTOM_VISION_PREDICTION, "prediction", "v3.1"))
    return [each for each in api.operations if (each.method, each.route) == (method, f"customvision/{version}/{part}/{path}")]


@named("name", ALL)
def test_a_published_operation_is_declared_once_with_its_success_codes(name: str):
    found = declared(name)

    assert [operation.success for operation in found] == [ALL[name][2]]


def test_nothing_is_declared_that_is_not_published():
    assert len(DECLARED) == len(ALL)
    assert (len(TRAINING), len(PREDICTION)) == (52, 8)


def test_the_published_versions_are_served_by_the_same_operations():
    assert CUSTOM_VISION_TRAINING.path_versions == ("v3.3", "v3.4-preview")
    assert CUSTOM_VISION_PREDICTION.path_versions == ("v3.0", "v3.1")
    assert all(len(operation.routes) == 2 for operation in DECLARED)


def test_every_code_that_is_used_is_a_published_one():
    assert {str(code) for code in Code} <= CODES


@named("operation", [each for each in DECLARED if "{projectId}" in each.route], ids=lambda operation: operation.name)
def test_a_project_that_there_is_not_is_404_with_its_code_in_both_versions(standing_player: Player, operation: Operation):
    example = examples_of(operation)[0]
    request = {**example["request"], "path": {**example["request"]["path"], "projectId": NO_ID}}
    for route in operation.routes:
        answer = standing_player.play(operation, request, route.version)

        assert (answer.status, answer.body["code"]) == (404, "NotFoundProject")
        Draft202012Validator(ERROR_SCHEMA).validate(answer.body)


@named("operation", [each for each in DECLARED if "{projectId}" in each.route], ids=lambda operation: operation.name)
def test_an_id_that_is_none_is_refused_and_not_repeated(standing_player: Player, operation: Operation):
    example = examples_of(operation)[0]
    request = {**example["request"], "path": {**example["request"]["path"], "projectId": "wheelbarrow-7731"}}

    answer = standing_player.play(operation, request)

    assert (answer.status, answer.body["code"]) == (400, "BadRequest")
    assert "wheelbarrow" not in str(answer.body)


@named("path", [
    "/customvision", "/customvision/v3.4-preview/training", "/customvision/v3.2/training/projects", "/CustomVision/v3.3/Training/nothing",
    "/customvision/v3.1/prediction"])
def test_an_unknown_path_is_a_404_of_custom_vision(app, path: str):
    answer = app.call("GET", path, {})

    assert (answer.status, answer.body["code"]) == (404, "NotFound")
    Draft202012Validator(ERROR_SCHEMA).validate(answer.body)


@named("prefix", ["/customvision/v3.3/Training", "/CustomVision/V3.4-Preview/training", "/customvision/v3.3/training"])
def test_paths_are_taken_in_any_case_as_documents_write_them(player: Player, prefix: str):
    path = path_of(OPERATIONS["get_domains"], {}).replace("/customvision/v3.4-preview/training", prefix)

    assert len(player.app.call("GET", path, player.credentials(OPERATIONS["get_domains"])).body) == 18


@named(("take", "status"), [(0, 400), (1, 200), (256, 200), (257, 400)])
def test_a_page_has_1_to_256_images(player: Player, take: int, status: int):
    player.prepare(examples_of(OPERATIONS["get_images"])[0])

    answer = player.play(OPERATIONS["get_images"], {"path": {"projectId": "{projectId}"}, "query": {"take": take}})

    assert answer.status == status


def test_tags_of_a_batch_and_ids_of_a_query_are_taken_up_to_their_limits(player: Player):
    def play(name: str, **request):
        return player.play(OPERATIONS[name], {"path": {"projectId": "{projectId}"}, **request})
    player.prepare(examples_of(OPERATIONS["get_images"])[0])
    tag, image = player.values["tagId"], player.values["imageId"]
    for name, query, most in (
            ("delete_images", "imageIds", 256), ("get_images_by_ids", "imageIds", 256), ("delete_image_regions", "regionIds", 64),
            ("get_images", "tagIds", 20)):
        assert play(name, query={query: ",".join([NO_ID] * most)}).status in (200, 204)
        assert play(name, query={query: ",".join([NO_ID] * (most + 1))}).status == 400
    entries = [{"imageId": image, "tagId": tag}]
    assert play("create_image_tags", body={"tags": entries * 128}).status == 200
    assert play("create_image_tags", body={"tags": entries * 129}).body["code"] == "BadRequestExceededBatchSize"
    batch = {"images": [{"contents": "AAAA", "tagIds": [tag]}], "tagIds": [tag] * 20}
    assert play("create_images_from_files", body=batch).status == 207
    assert play("create_images_from_files", body={**batch, "tagIds": [tag] * 21}).body["code"] == "BadRequestImageTags"
