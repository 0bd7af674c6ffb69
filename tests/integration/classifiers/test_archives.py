"""Projects in archives: they come back elsewhere with all that they own; erasing a kind leaves what is left usable."""
from __future__ import annotations

import dataclasses

import pytest

from shared.classifiers.failures import Code, Missing, Refused
from shared.classifiers.image_changes import NewRegion
from shared.classifiers.iteration_models import IterationStatus
from shared.classifiers.models import Box
from shared.classifiers.prediction_service import PredictionQuery
from shared.classifiers.training_service import TrainingOptions
from shared.lifecycle.erasure import SCOPE_KIND
from shared.storage.holdings import CV_IMAGE, HOLDINGS
from tests.integration.classifiers.projects import DETECTION, Worker, assert_agree, coloured, png
from tests.integration.lifecycle.archives import archive_of, imported_into


@pytest.fixture
def other(settings, new_account) -> Worker:
    return Worker(settings, new_account().account)


def filled(worker: Worker):
    """A project with tags, a negative one too, images with regions and metadata, one of them large."""
    project = worker.project("boxes", domain_id=DETECTION)
    fork, spoon = worker.tag(project, "fork"), worker.tag(project, "spoon")
    worker.tag(project, "nothing", "Negative")
    worker.upload(project, range(3), [fork], metadata={"shelf": "3", "ключ": "значение"})
    worker.upload(project, range(3, 5))
    worker.classifiers.changes.add_regions(worker.store, project, [
        NewRegion(image_id, spoon.id, Box(0.125, 0.25, 0.5, 0.1)) for image_id in worker.ids(project)[:2]])
    return project


def test_a_project_comes_back_elsewhere_with_all_that_it_owns(worker, other):
    project = filled(worker)
    archive = archive_of(worker.store, HOLDINGS)

    ended = imported_into(other.services, other.store, archive)

    assert not ended.error and not ended.result.not_taken
    assert {kind: ended.result.taken[kind] for kind in ("cv-project", "cv-tag", "cv-image")} == {
        "cv-project": 1, "cv-tag": 3, "cv-image": 5}
    copy = other.classifiers.projects.get(other.store, project.id)
    assert copy.name == "boxes" and copy.generation != project.generation
    assert_agree(other, copy)
    assert other.counts(copy) == worker.counts(project) == {"fork": 3, "nothing": 0, "spoon": 2}
    for old, new in zip(worker.images(project), other.images(copy), strict=True):
        assert dataclasses.replace(new, key=old.key) == old
        assert other.classifiers.images.content(other.store, new) == worker.classifiers.images.content(worker.store, old)
    assert other.upload(copy, [1])[0].status == "OKDuplicate"  # contents are known at once
    assert archive_of(other.store, HOLDINGS).summary.merkle_root == archive.summary.merkle_root


def test_a_project_whose_name_is_taken_gets_a_free_one(worker, other):
    filled(worker)
    other.project("boxes")

    imported_into(other.services, other.store, archive_of(worker.store, HOLDINGS))

    assert {project.name for project in other.classifiers.projects.all(other.store)} == {"boxes", "boxes (1)"}


def test_iterations_come_back_elsewhere_with_model_performance_and_published_name(worker, other):
    project = worker.colours()
    iteration = worker.train(project, worker.begun(project))
    worker.classifiers.iterations.publish(worker.store, project, iteration.id, "best", "a resource", overwrite=False)
    content = coloured("red", 33)
    kept = worker.classifiers.predictions.classify(worker.store, project, "best", content, store=True, application="shop")
    archive = archive_of(worker.store, HOLDINGS)

    ended = imported_into(other.services, other.store, archive)

    assert not ended.error and not ended.result.not_taken
    assert {kind: ended.result.taken[kind] for kind in ("cv-iteration", "cv-iteration-data")} == {"cv-iteration": 1, "cv-iteration-data": 3}
    copy = other.classifiers.projects.get(other.store, project.id)
    (there,) = other.classifiers.iterations.all(other.store, copy)
    assert (there.id, there.name, there.publish_name, there.trained_at) == (iteration.id, iteration.name, "best", iteration.trained_at)
    answer = other.classifiers.predictions.classify(other.store, copy, "best", content, store=False, application=None)
    assert answer.scores == kept.scores
    assert (other.classifiers.iterations.performance(other.store, copy, iteration.id, 0.5)
            == worker.classifiers.iterations.performance(worker.store, project, iteration.id, 0.5))
    assert other.classifiers.predictions.query(other.store, copy, PredictionQuery()) == ([], None)  # history is not imported
    with pytest.raises(Refused) as refused:
        other.classifiers.training.train(other.store, copy.id, TrainingOptions())
    assert refused.value.code == Code.TRAINING_NOT_NEEDED
    assert other.begun(copy).number == 2
    assert archive_of(worker.store, HOLDINGS).summary.merkle_root == archive.summary.merkle_root


@pytest.mark.parametrize("kind", ["cv-iteration", "cv-iteration-data", "cv-prediction", "cv-prediction-picture", "cv-image"])
def test_erasing_a_kind_leaves_a_project_that_can_be_trained(worker, kind: str):
    project = worker.colours()
    iteration = worker.train(project, worker.begun(project))
    worker.classifiers.predictions.quick_test(worker.store, project, iteration.id, coloured("red", 33), store=True)

    worker.services.erasures.erase_kinds(worker.store, [kind], SCOPE_KIND, "key1")
    for erasure in worker.store.records.page(next(each for each in HOLDINGS if each.kind == "erasure")).records:
        worker.services.erasures.run(worker.store, erasure.id)

    assert kind not in worker.left()
    project = worker.classifiers.projects.get(worker.store, project.id)
    assert_agree(worker, project)
    assert len(worker.ids(project)) == (0 if kind == "cv-image" else 10)
    if kind != "cv-image":
        assert worker.train(project, worker.begun(project)).status is IterationStatus.COMPLETED
    if kind == "cv-iteration-data":
        with pytest.raises(Missing):
            worker.classifiers.iterations.performance(worker.store, project, iteration.id, 0.5)
        with pytest.raises(Missing):
            worker.classifiers.predictions.quick_test(worker.store, project, iteration.id, coloured("red", 33), store=False)
        worker.classifiers.iterations.delete(worker.store, project, iteration.id)


@pytest.mark.parametrize("kind", ["cv-image", "cv-tag", "cv-picture"])
def test_erasing_a_kind_leaves_projects_that_can_be_used(worker, kind: str):
    project = filled(worker)
    worker.services.erasures.erase_kinds(worker.store, [kind], SCOPE_KIND, "key1")
    for erasure in worker.store.records.page(next(each for each in HOLDINGS if each.kind == "erasure")).records:
        worker.services.erasures.run(worker.store, erasure.id)

    project = worker.classifiers.projects.get(worker.store, project.id)
    assert_agree(worker, project)
    images, tags = (0 if kind == "cv-image" else 5), (0 if kind == "cv-tag" else 3)
    assert (len(worker.images(project)), len(worker.counts(project))) == (images, tags)
    assert sum(len(image.tag_ids) for image in worker.images(project)) == (5 if images and tags else 0)
    tag = worker.tag(project, "knife")
    worker.upload(project, [7, 8], [tag])
    assert worker.counts(project)["knife"] == 2
    if kind == "cv-image":
        assert worker.left() == {"cv-project": 1, "cv-tag": 4, "cv-image": 2, "cv-claim": 2, "cv-roster": 1, "cv-picture": 4}



def test_what_is_kept_of_an_image_is_no_pixel_in_its_record_and_its_row_names_no_content(worker):
    project = worker.project()
    worker.upload(project, [1], metadata={"wheelbarrow": "7731"})
    (row,) = [row for row in worker.store.records.walk(CV_IMAGE.kind, None, 9)[0]]

    assert "wheelbarrow" not in row.record.id + str(row.record.plain)
    assert png(1)[:8] not in str(row.record.content).encode()
