"""Workers that die between any two writes of a change: the same change succeeds when it is tried again, and everything agrees."""
from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from shared.classifiers import image_uploads
from shared.classifiers.image_changes import NewRegion
from shared.classifiers.models import Box, Project
from shared.storage.holdings import CV_REMOVAL
from tests.integration.classifiers.projects import Worker, assert_agree
from tests.integration.storage.wire import Died, Wire, dies_before, is_write

BOX = Box(0.1, 0.1, 0.2, 0.2)


def _first_tag(worker: Worker, project: Project):
    return worker.classifiers.tags.all(worker.store, project)[0]


def _retag(worker: Worker, project: Project) -> None:
    worker.classifiers.changes.tag(worker.store, project, [(image_id, _first_tag(worker, project).id) for image_id in worker.ids(project)])


def _untag(worker: Worker, project: Project) -> None:
    worker.classifiers.changes.untag(worker.store, project, worker.ids(project), [_first_tag(worker, project).id])


def _regions(worker: Worker, project: Project) -> None:
    worker.classifiers.changes.add_regions(
        worker.store, project, [NewRegion(image_id, _first_tag(worker, project).id, BOX) for image_id in worker.ids(project)])


def _delete(worker: Worker, project: Project) -> None:
    worker.classifiers.deletion.delete(worker.store, project, worker.ids(project))


def _upload(worker: Worker, project: Project) -> None:
    worker.upload(project, [1, 2], [_first_tag(worker, project)])


CHANGES: dict[str, tuple[Callable[[Worker, Project], object], dict[str, int], int]] = {
    # The change, the counts of the tags afterwards, and how many images there are.
    "upload": (_upload, {"robin": 2}, 2), "tag": (_retag, {"robin": 2}, 2), "untag": (_untag, {"robin": 0}, 2),
    "regions": (_regions, {"robin": 2}, 2), "delete": (_delete, {"robin": 0}, 0)}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_whose_worker_dies_anywhere_is_whole_once_it_is_tried_again(new_worker, worker, change, monkeypatch):
    monkeypatch.setattr(image_uploads, "PATIENCE_SECONDS", 0.5)
    make, expected, images = CHANGES[change]
    wire = Wire()
    dying = new_worker(wire)
    for after in count():
        project = worker.project(f"{change} {after}")
        tag = worker.tag(project, "robin")
        if change != "upload":
            worker.upload(project, [1, 2], [tag] if change in ("untag", "delete") else [])
        wire.clear()
        wire.trouble(dies_before, is_write, after=after, times=10_000)
        try:
            make(dying, project)
            died = False
        except Died:
            died = True
        wire.clear()
        assert_agree(worker, project)  # at once, whatever was done
        make(worker, project)
        assert_agree(worker, project)
        assert (worker.counts(project), len(worker.images(project))) == (expected, images)
        if not died:
            break
    assert after > 2


def test_a_deletion_that_was_cut_off_is_carried_out_by_its_job_and_leaves_nothing(new_worker, worker):
    wire = Wire()
    dying = new_worker(wire)
    for after in count():
        project = worker.project(f"cut off {after}")
        worker.upload(project, [1, 2], [worker.tag(project, "robin")])
        wire.clear()
        wire.trouble(dies_before, is_write, after=after, times=10_000)
        try:
            _delete(dying, project)
            died = False
        except Died:
            died = True
        wire.clear()
        removals = worker.store.records.ids(CV_REMOVAL, project.generation)[0]
        for removal in removals:
            worker.run("delete-classifier-images", f"{project.id}.{removal}")
        assert_agree(worker, project)
        if removals or not died:
            assert worker.left().keys() <= {"cv-project", "cv-tag"}
        else:
            worker.classifiers.deletion.delete(worker.store, project, worker.ids(project))
        worker.classifiers.projects.delete(worker.store, project.id)
        worker.run("delete-classifier-project", project.generation)
        assert worker.left() == {}
        if not died:
            break


def test_a_project_that_is_deleted_leaves_nothing_whenever_its_job_runs(worker):
    project = worker.project()
    worker.upload(project, range(3), [worker.tag(project, "robin")], metadata={"a": "b"})
    worker.classifiers.deletion.delete_later(worker.store, project, None, all_iterations=True)
    other = worker.project("owls")
    worker.upload(other, range(2))

    worker.run("delete-classifier-project", project.generation)  # too early: the project is there
    assert len(worker.images(project)) == 3
    worker.classifiers.projects.delete(worker.store, project.id)
    for _ in range(2):
        worker.run("delete-classifier-project", project.generation)
    assert worker.left() == {"cv-project": 1, "cv-image": 2, "cv-claim": 2, "cv-roster": 1, "cv-picture": 4}
    assert len(worker.images(other)) == 2


def test_a_copy_whose_worker_dies_anywhere_is_whole_once_its_job_runs_again(new_worker, worker):
    source = worker.project("source")
    worker.upload(source, range(3), [worker.tag(source, "robin")], metadata={"a": "b"})
    token = worker.classifiers.copies.export(worker.store, source).token
    wire = Wire()
    dying = new_worker(wire)
    for after in count():
        target = worker.classifiers.copies.begin(worker.store, token, f"copy {after}")
        subject = f"{target.id}.{worker.store.account_id}.{source.id}"
        wire.clear()
        wire.trouble(dies_before, is_write, after=after, times=10_000)
        try:
            dying.run("import-classifier-project", subject)
            died = False
        except Died:
            died = True
        wire.clear()
        for _ in range(2):
            worker.run("import-classifier-project", subject)
        copy = worker.classifiers.projects.get(worker.store, target.id)
        assert copy.status == "Succeeded"
        assert_agree(worker, copy)
        assert (worker.counts(copy), len(worker.images(copy))) == ({"robin": 3}, 3)
        assert sum(1 for _ in worker.classifiers.images.stored(worker.store, copy)) == 3
        if not died:
            break
    assert after > 5


def test_a_copy_whose_source_is_gone_fails_and_says_so(worker):
    source = worker.project("source")
    target = worker.classifiers.copies.begin(worker.store, worker.classifiers.copies.export(worker.store, source).token, None)
    worker.classifiers.projects.delete(worker.store, source.id)

    worker.run("import-classifier-project", f"{target.id}.{worker.store.account_id}.{source.id}")

    assert worker.classifiers.projects.get(worker.store, target.id).status == "Failed"
