"""Trainings and predictions on storage: workers that die, runs that meet, what is left behind and what is not."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from shared.bootstrap import services_of
from shared.classifiers.failures import Code, Missing, Refused
from shared.classifiers.image_queries import OrderBy
from shared.classifiers.iteration_models import Iteration, IterationStatus
from shared.classifiers.training_job import ATTEMPTS
from shared.storage.holdings import CV_ITERATION_DATA, CV_REMOVAL
from tests.integration.classifiers.projects import Worker, coloured
from tests.integration.storage.wire import Died, Wire, dies_before, is_write

RESOURCE = "a resource"


def model_of(worker: Worker, iteration: Iteration) -> bytes:
    return b"".join(worker.store.blobs.read(CV_ITERATION_DATA, f"{iteration.generation}/model"))


def classified(worker: Worker, project, name: str, content: bytes, store: bool = False, application: str | None = None):
    return worker.classifiers.predictions.classify(worker.store, project, name, content, store=store, application=application)


def trained(worker: Worker, name: str = "colours"):
    """A project, and an iteration of it that is published as `best`."""
    project = worker.colours(name)
    iteration = worker.train(project, worker.begun(project))
    worker.classifiers.iterations.publish(worker.store, project, iteration.id, "best", RESOURCE, overwrite=False)
    return worker.classifiers.projects.get(worker.store, project.id), iteration


def test_a_training_whose_worker_dies_anywhere_ends_with_the_same_model_once_its_job_runs_again(new_worker, worker):
    project = worker.colours()
    first = worker.train(project, worker.begun(project))
    assert (first.status, first.name, first.error) == (IterationStatus.COMPLETED, "Iteration 1", "")
    wire = Wire()
    dying = new_worker(wire)
    for after in count():
        iteration = worker.begun(project)
        wire.clear()
        wire.trouble(dies_before, is_write, after=after, times=10_000)
        try:
            dying.train(project, iteration)
            died = False
        except Died:
            died = True
        wire.clear()
        assert died is (worker.classifiers.iterations.get(worker.store, project, iteration.id).status is IterationStatus.TRAINING)
        for _ in range(2):
            ended = worker.train(project, iteration)
        assert (ended.status, ended.name) == (IterationStatus.COMPLETED, f"Iteration {after + 2}")
        assert model_of(worker, ended) == model_of(worker, first)
        if not died:
            break
    assert after >= 4  # the claim, the last sign of life, performance, model, end


def test_a_worker_that_dies_among_the_features_leaves_those_it_made(new_worker, worker):
    project = worker.colours()
    iteration = worker.begun(project)
    wire = Wire()
    wire.trouble(dies_before, is_write, after=4, times=10_000)
    with pytest.raises(Died):
        new_worker(wire).train(project, iteration)

    assert 0 < worker.left()["cv-image-features"] < 10
    assert worker.train(project, iteration).status is IterationStatus.COMPLETED
    assert worker.left()["cv-image-features"] == 10


def test_a_training_that_kills_its_workers_is_given_up_and_says_so(new_worker, worker):
    project = worker.colours()
    iteration = worker.begun(project)
    for _ in range(ATTEMPTS):
        wire = Wire()
        wire.trouble(dies_before, is_write, after=1, times=10_000)
        with pytest.raises(Died):
            new_worker(wire).train(project, iteration)

    ended = worker.train(project, iteration)
    assert ended.status is IterationStatus.FAILED and str(ATTEMPTS) in ended.error
    assert worker.begun(project).number == 2


def test_a_request_that_dies_before_its_job_is_queued_is_made_up_for(new_worker, worker, settings):
    wire = Wire()
    dying = new_worker(wire)
    for after in count():
        project = worker.colours(f"colours {after}")
        wire.clear()
        wire.trouble(dies_before, is_write, after=after, times=10_000)
        try:
            dying.begun(project)
            died = False
        except Died:
            died = True
        wire.clear()
        begun = worker.classifiers.iterations.all(worker.store, project)
        later = services_of(settings, now=lambda: datetime.now(UTC) + timedelta(hours=1))
        later.classifiers.training.revive(worker.store)
        for iteration in begun:
            worker.train(project, iteration)
        ended = worker.train(project, worker.begun(project))
        assert (ended.status, ended.number) == (IterationStatus.COMPLETED, len(begun) + 1)
        if not died:
            break
    assert after >= 4  # what it is trained on, the record, the project, the message


def test_one_training_at_a_time_and_no_number_twice(worker):
    project = worker.colours()
    first = worker.begun(project)
    with pytest.raises(Refused) as refused:
        worker.begun(project)
    assert refused.value.code == Code.TRAINING_ALREADY_IN_PROGRESS

    worker.classifiers.iterations.delete(worker.store, project, first.id)
    worker.run("train-iteration", f"{project.id}/{first.id}")  # nobody wants it any more
    assert worker.begun(project).number == 2


def test_a_training_whose_images_were_deleted_fails_and_says_so(worker):
    project = worker.colours()
    iteration = worker.begun(project)
    worker.classifiers.deletion.delete_later(worker.store, project, None, all_iterations=True)
    for removal in worker.store.records.ids(CV_REMOVAL, project.generation)[0]:
        worker.run("delete-classifier-images", f"{project.id}.{removal}")

    ended = worker.train(project, iteration)

    assert ended.status is IterationStatus.FAILED and "deleted" in ended.error


def test_an_iteration_keeps_its_images_until_it_is_deleted(worker):
    project, iteration = trained(worker)
    worker.classifiers.deletion.delete(worker.store, project, worker.ids(project))
    assert worker.ids(project) == [] and worker.left()["cv-image"] == 10
    assert worker.classifiers.iterations.judged_count(worker.store, project, iteration.id, ()) == 10

    with pytest.raises(Refused):
        worker.classifiers.iterations.delete(worker.store, project, iteration.id)
    worker.classifiers.iterations.unpublish(worker.store, project, iteration.id)
    worker.classifiers.iterations.delete(worker.store, project, iteration.id)

    assert worker.left() == {"cv-project": 1, "cv-tag": 2}


def test_a_prediction_that_is_not_to_be_stored_leaves_nothing(worker, account, raw_tables, raw_blobs):
    project, _ = trained(worker)

    def stored() -> tuple[list, list]:
        name = f"a{account.account.id}"
        rows = [(row["PartitionKey"], row["RowKey"], row["payload"]) for row in raw_tables.get_table_client(name).list_entities()]
        blobs = [(blob.name, blob.etag) for blob in raw_blobs.get_container_client(name).list_blobs()]
        return sorted(rows), sorted(blobs)
    before = stored()

    answer = classified(worker, project, "best", coloured("red", 33), application="shop")
    worker.classifiers.predictions.quick_test(worker.store, project, None, coloured("blue", 33), store=False)

    assert answer.scores[0].tag_name == "red" and stored() == before
    assert classified(worker, project, "best", coloured("red", 34), store=True).id and stored() != before


def test_a_kept_prediction_is_deleted_with_its_picture(worker):
    project, _ = trained(worker)
    before = worker.left()
    made = [classified(worker, project, "best", coloured("blue", at), store=True).id for at in (41, 42)]
    assert worker.classifiers.predictions.content(worker.store, project, made[0]) == coloured("blue", 41)
    assert worker.left().keys() - before.keys() == {"cv-prediction", "cv-prediction-picture"}

    worker.classifiers.predictions.delete(worker.store, project, made)

    assert worker.left() == before
    with pytest.raises(Missing):
        worker.classifiers.predictions.content(worker.store, project, made[0])


def test_another_worker_predicts_by_what_was_published_last(worker, new_worker):
    project, first = trained(worker)
    other = new_worker()
    assert classified(other, project, "best", coloured("red", 33)).iteration_id == first.id
    second = worker.train(project, worker.begun(project))

    worker.classifiers.iterations.publish(worker.store, project, second.id, "best", RESOURCE, overwrite=True)

    assert classified(other, project, "best", coloured("red", 33)).iteration_id == second.id
    worker.classifiers.iterations.unpublish(worker.store, project, second.id)
    with pytest.raises(Missing):
        classified(other, project, "best", coloured("red", 33))


def test_a_project_is_deleted_with_iterations_models_exports_features_and_predictions(worker):
    project, iteration = trained(worker)
    classified(worker, project, "best", coloured("red", 50), store=True)
    worker.classifiers.exports.start(worker.store, project, iteration.id, "ONNX", None)
    worker.run("export-iteration", f"{project.id}/{iteration.id}/ONNX")
    assert worker.left().keys() >= {"cv-iteration", "cv-iteration-data", "cv-iteration-export", "cv-exported-model", "cv-image-features",
                                    "cv-prediction", "cv-prediction-picture"}

    worker.classifiers.projects.delete(worker.store, project.id)
    worker.run("delete-classifier-project", project.generation)

    assert worker.left() == {}


def test_a_copy_of_a_project_has_its_iterations_unpublished_and_they_judge_the_same(worker):
    project, iteration = trained(worker)
    token = worker.classifiers.copies.export(worker.store, project).token
    target = worker.classifiers.copies.begin(worker.store, token, "copy")
    for _ in range(2):
        worker.run("import-classifier-project", f"{target.id}.{worker.store.account_id}.{project.id}")

    copy = worker.classifiers.projects.get(worker.store, target.id)
    (copied,) = worker.classifiers.iterations.all(worker.store, copy)
    assert (copied.name, copied.publish_name, copied.status) == (iteration.name, "", IterationStatus.COMPLETED)
    assert copied.id != iteration.id
    predictions, content = worker.classifiers.predictions, coloured("blue", 33)
    old = predictions.quick_test(worker.store, project, iteration.id, content, store=False)
    new = predictions.quick_test(worker.store, copy, copied.id, content, store=False)
    assert [(score.tag_name, score.probability) for score in new.scores] == [(score.tag_name, score.probability) for score in old.scores]
    tags = {tag.id for tag in worker.classifiers.tags.all(worker.store, copy)}
    assert {score.tag_id for score in new.scores} == tags
    judged = worker.classifiers.iterations.judged_images(worker.store, copy, copied.id, (), OrderBy.OLDEST, 0, 50)
    assert {each.image.id for each in judged} == set(worker.ids(copy))
