"""A batch of images at URLs is taken in pieces, and answered as one."""
from __future__ import annotations

import pytest

from shared.services import Services
from tests.contract.golden import OPERATIONS, Player, examples_of
from tests.picture_server import serving
from tests.pictures import encoded, pixels

IN_MEMORY = 16
FROM_URLS = OPERATIONS["create_images_from_urls"]


class Project:
    """One to upload to."""

    def __init__(self, player: Player, services: Services) -> None:
        self._player = player
        self._services = services
        self._example = examples_of(FROM_URLS)[0]
        player.prepare(self._example)

    def create(self, images: list[dict]):
        return self._player.play(FROM_URLS, {**self._example["request"], "body": {"images": images}})

    def images(self) -> int:
        classifiers = self._services.classifiers
        account = self._services.accounts.open(self._services.accounts.get(self._player.values["accountId"]))
        return len(classifiers.images.roster(account, classifiers.projects.get(account, self._player.values["projectId"])))


class Fetched(dict):
    """Pictures by number; remembers how many images the project had when each was asked for."""

    def __init__(self, project: Project) -> None:
        super().__init__({f"{number}": encoded(pixels(number, 40, 32)) for number in range(2 * IN_MEMORY)})
        self.had: dict[int, int] = {}
        self._project = project

    def get(self, name: str, default: bytes | None = None) -> bytes | None:
        self.had[int(name)] = self._project.images()
        return super().get(name, default)


@pytest.fixture
def project(player: Player, services: Services) -> Project:
    return Project(player, services)


def test_no_more_pictures_are_fetched_than_may_be_in_memory_before_those_are_kept(project: Project):
    files = Fetched(project)
    with serving(files) as address:
        answer = project.create([{"url": f"{address}/{number}"} for number in range(IN_MEMORY + 2)])

    assert (answer.status, project.images()) == (200, IN_MEMORY + 2)
    assert files.had == {**dict.fromkeys(range(IN_MEMORY), 0), **dict.fromkeys(range(IN_MEMORY, IN_MEMORY + 2), IN_MEMORY)}


def test_the_answer_has_all_in_their_order_and_twins_are_found_across_pieces(project: Project):
    numbers = [*range(IN_MEMORY + 1), 3, 99]
    with serving(Fetched(project)) as address:
        answer = project.create([{"url": f"{address}/{number}"} for number in numbers])

    shown = answer.body["images"]
    assert (answer.status, project.images()) == (207, IN_MEMORY + 1)
    assert [image["sourceUrl"].rpartition("/")[2] for image in shown] == [f"{number}" for number in numbers]
    assert [image["status"] for image in shown] == ["OK"] * (IN_MEMORY + 1) + ["OKDuplicate", "ErrorSource"]
    assert shown[-2]["image"]["id"] == shown[3]["image"]["id"]


def test_a_region_that_is_wrong_is_refused_before_anything_is_fetched(project: Project):
    files = Fetched(project)
    wrong = {"tagId": "{tagId}", "left": 0.5, "top": 0, "width": 0.6, "height": 0.5}
    with serving(files) as address:
        answer = project.create([*({"url": f"{address}/{number}"} for number in range(IN_MEMORY)),
                                 {"url": f"{address}/{IN_MEMORY}", "regions": [wrong]}])

    assert (answer.status, answer.error["code"]) == (400, "BadRequestImageRegions")
    assert (files.had, project.images()) == ({}, 0)
