"""Copying projects from one account to another by the command, as from a live Custom Vision: this service is the source."""
from __future__ import annotations

import os
import subprocess
import sys

import pytest
from azure.cognitiveservices.vision.customvision.training.models import ImageRegionCreateEntry

from tests.e2e.conftest import Served, ServedAccount
from tests.e2e.custom_vision import batch_of, fetched, picture, training_client
from tests.e2e.page_commands import ROOT

DETECTION = "da2e3a8a-40a5-4171-82f4-58522f70fbc1"


@pytest.fixture
def source(worker: Served) -> ServedAccount:
    account = worker.account()
    client = training_client(account)
    birds = client.create_project("birds", description="of the garden", classification_type="Multilabel")
    robin, owl = client.create_tag(birds.id, "robin"), client.create_tag(birds.id, "owl", description="at night")
    client.create_tag(birds.id, "nothing", type="Negative")
    client.create_images_from_files(birds.id, batch_of(range(20), [robin.id], {"place": "garden"}))
    client.create_images_from_files(birds.id, batch_of(range(20, 25), [robin.id, owl.id]))
    client.create_images_from_files(birds.id, batch_of(range(25, 27)))
    boxes = client.create_project("boxes", domain_id=DETECTION)
    fork = client.create_tag(boxes.id, "fork")
    (image,) = client.create_images_from_files(boxes.id, batch_of([30])).images
    client.create_image_regions(boxes.id, regions=[
        ImageRegionCreateEntry(image_id=image.image.id, tag_id=fork.id, left=0.25, top=0.5, width=0.125, height=0.25)])
    return account


def copy(source: ServedAccount, *options: str, target: ServedAccount | None = None,
         key: str | None = None) -> subprocess.CompletedProcess[str]:
    to = ("--to", target.endpoint) if target else ()
    environment = {**os.environ, "CUSTOM_VISION_KEY": key or source.key1, "MODERATO_KEY": target.key1 if target else ""}
    return subprocess.run([sys.executable, "dev", "import-custom-vision", "--from", source.endpoint, *to, *options], cwd=ROOT,
                          env=environment, capture_output=True, text=True, timeout=240)


def test_projects_come_with_tags_images_regions_and_metadata_and_once(source, worker):
    target = worker.account()
    client = training_client(target)

    first = copy(source, target=target)

    assert first.returncode == 0, first.stderr + first.stdout
    assert "birds: 3 tags, 27 images" in first.stdout and "27 new, 0 there before" in first.stdout
    assert first.stderr.startswith("copying")
    projects = {project.name: project for project in client.get_projects()}
    birds, boxes = projects["birds"], projects["boxes"]
    assert (birds.description, boxes.settings.domain_id) == ("of the garden", DETECTION)
    assert [(tag.name, tag.description, tag.type, tag.image_count) for tag in client.get_tags(birds.id)] == [
        ("nothing", None, "Negative", 0), ("owl", "at night", "Regular", 5), ("robin", None, "Regular", 25)]
    assert client.get_image_count(birds.id, filter="place eq 'garden'") == 20
    assert client.get_untagged_image_count(birds.id) == 2
    (image,) = client.get_images(boxes.id)
    assert [(each.tag_name, each.left, each.top, each.width, each.height) for each in image.regions] == [("fork", 0.25, 0.5, 0.125, 0.25)]
    assert fetched(image.original_image_uri).content == picture(30)
    again = copy(source, target=target)
    assert again.returncode == 0, again.stderr + again.stdout
    assert "0 new, 27 there before" in again.stdout
    assert (len(client.get_projects()), client.get_image_count(birds.id)) == (2, 27)
    assert len(client.get_images(boxes.id)[0].regions) == 1


def test_without_a_target_it_says_what_there_is_and_one_project_can_be_named(source):
    told = copy(source, "--project", "boxes")

    assert told.returncode == 0
    assert "1 projects" in told.stdout and "boxes: 1 tags, 1 images" in told.stdout and "birds" not in told.stdout
    assert "nothing was written" in told.stdout


def test_what_cannot_be_taken_is_listed_and_the_rest_is_taken(source, worker):
    target = worker.account()
    client = training_client(target)
    client.create_tag(client.create_project("birds").id, "no bird", type="Negative")

    told = copy(source, "--project", "birds", target=target)

    assert told.returncode == 1
    assert "not taken: tag 'nothing': the service answered 400 BadRequestMultipleNegativeTag" in told.stdout
    assert "27 new" in told.stdout


def test_a_wrong_key_or_name_is_one_line_without_the_key(source, worker):
    target = worker.account()

    told = copy(source, target=target, key="0" * 64)

    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert "401" in told.stderr and "0" * 64 not in told.stderr
    assert copy(source, "--project", "nothing", target=target).returncode == 1
