"""A worker is killed (SIGKILL) before every third write of a training; a worker that lives finishes what they left."""
from __future__ import annotations

from azure.cognitiveservices.vision.customvision.training.models import ImageFileCreateBatch, ImageFileCreateEntry

from tests.e2e.conftest import ServedAccount
from tests.e2e.custom_vision import training_client
from tests.e2e.test_custom_vision_models import SHAPES, shape
from tests.e2e.test_killed_jobs import Deployment, after_kills, blobs_of, deployment  # noqa: F401 (a fixture)

IMAGES_OF_A_TAG = 5


def start_training(deployment: Deployment) -> tuple[ServedAccount, str, str]:  # noqa: F811
    account = deployment.served.account()
    client = training_client(account)
    project = client.create_project("shapes", classification_type="Multiclass").id
    for kind in SHAPES[:2]:
        tag = client.create_tag(project, kind)
        client.create_images_from_files(project, ImageFileCreateBatch(tag_ids=[tag.id], images=[
            ImageFileCreateEntry(name=kind, contents=shape(kind, seed)) for seed in range(IMAGES_OF_A_TAG)]))
    return account, project, client.train_project(project).id


def has_ended(subject: tuple[ServedAccount, str, str]) -> bool:
    account, project, iteration = subject
    return training_client(account).get_iteration(project, iteration).status != "Training"


def test_a_training_completes_wherever_its_worker_was_killed(deployment: Deployment):  # noqa: F811
    subjects = after_kills(deployment, lambda: start_training(deployment), has_ended, step=3)

    assert 3 * len(subjects) > 2 * IMAGES_OF_A_TAG  # features are kept one by one
    for account, project, iteration in subjects:
        client = training_client(account)
        assert client.get_iteration(project, iteration).status == "Completed"
        assert client.get_image_performance_count(project, iteration) == 2 * IMAGES_OF_A_TAG
        assert client.quick_test_image(project, shape("circle", 1), iteration_id=iteration, store=False).iteration == iteration
        assert len([name for name in blobs_of(deployment, account.id) if name.startswith("cv-iteration-data/")]) == 3
