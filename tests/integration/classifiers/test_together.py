"""Requests and jobs at the same time: names stay unique, no upload is lost, no tag is forgotten; limits hold on both sides."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.classifiers.failures import Missing, Refused
from shared.classifiers.image_changes import NewRegion
from shared.classifiers.image_queries import OrderBy, Selection, TaggingStatus
from shared.classifiers.image_uploads import NewImage
from shared.classifiers.models import Box
from shared.errors import NotFound
from shared.storage.holdings import CV_PICTURE
from tests.integration.classifiers.projects import Worker, assert_agree, png


def at_once(*calls):
    """What each call returned or raised."""
    def outcome(call):
        try:
            return call()
        except Refused as error:
            return error.code
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))


def test_batches_of_the_same_images_at_the_same_time_leave_each_once(new_worker, worker):
    project = worker.project()
    tag = worker.tag(project, "robin")
    workers = [new_worker() for _ in range(4)]

    results = at_once(*(lambda each=each: each.upload(project, range(6), [tag]) for each in workers))

    assert len(worker.images(project)) == 6
    assert sorted(created.status for result in results for created in result) == ["OK"] * 6 + ["OKDuplicate"] * 18
    assert worker.counts(project) == {"robin": 6}
    assert_agree(worker, project)


def test_tags_given_and_taken_at_the_same_time_are_all_there(new_worker, worker):
    project = worker.project()
    tags = [worker.tag(project, f"tag {number}") for number in range(6)]
    worker.upload(project, range(4), [tags[5]])
    ids = worker.ids(project)

    at_once(*(lambda tag=tag: new_worker().classifiers.changes.tag(worker.store, project, [(image_id, tag.id) for image_id in ids])
              for tag in tags[:5]),
            lambda: new_worker().classifiers.changes.untag(worker.store, project, ids, [tags[5].id]))

    assert worker.counts(project) == {**{f"tag {number}": 4 for number in range(5)}, "tag 5": 0}
    assert_agree(worker, project)


def test_of_equal_names_at_the_same_time_one_is_given_at_the_most(new_worker, worker):
    project = worker.project()
    workers = [new_worker() for _ in range(4)]

    at_once(*(lambda each=each: each.project("owls") for each in workers))
    at_once(*(lambda each=each: each.tag(project, "robin") for each in workers))

    assert [each.name for each in worker.classifiers.projects.all(worker.store)].count("owls") <= 1
    assert len(worker.classifiers.tags.all(worker.store, project)) <= 1
    worker.project("owls 2")
    worker.tag(project, "robin 2")


def test_projects_tags_and_images_are_made_up_to_their_limits(new_worker):
    worker = new_worker(classifier_project_limit=2, classifier_tag_limit=2, classifier_image_limit=3)
    project = worker.project("first")
    worker.project("second")
    with pytest.raises(Refused) as refused:
        worker.project("third")
    assert refused.value.code == "BadRequestExceedProjectLimit"
    worker.tag(project, "a")
    worker.tag(project, "b")
    with pytest.raises(Refused) as refused:
        worker.tag(project, "c")
    assert refused.value.code == "BadRequestExceedTagPerProjectLimit"
    assert [each.status for each in worker.upload(project, range(2))] == ["OK"] * 2
    assert [each.status for each in worker.upload(project, [2, 3])] == ["OK", "ErrorLimitExceed"]
    assert [each.status for each in worker.upload(project, [0])] == ["OKDuplicate"] or len(worker.images(project)) == 3


def test_an_image_has_100_tags_and_300_regions_at_the_most(new_worker):
    worker = new_worker(classifier_tag_limit=200)
    project = worker.project()
    tags = [worker.tag(project, f"tag {number:03}") for number in range(101)]
    image_id = worker.upload(project, [1])[0].image.id

    outcome = worker.classifiers.changes.tag(worker.store, project, [(image_id, tag.id) for tag in tags])
    assert (len(outcome.created), len(outcome.exceeded)) == (100, 1)
    regions = [NewRegion(image_id, tags[number % 100].id, Box(number / 1000, 0, 0.12345678, 0.87654321)) for number in range(301)]
    outcomes = [worker.classifiers.changes.add_regions(worker.store, project, regions[start:start + 64])[0] for start in range(0, 301, 64)]
    assert (sum(len(each.created) for each in outcomes), sum(len(each.exceeded) for each in outcomes)) == (300, 1)
    assert len(worker.images(project)[0].regions) == 300
    assert_agree(worker, project)


def test_a_picture_of_a_multiclass_project_has_one_tag_and_a_negative_tag_stands_alone(worker):
    project = worker.project(kind="Multiclass")
    robin, owl = worker.tag(project, "robin"), worker.tag(project, "owl")
    assert [each.status for each in worker.upload(project, [1], [robin, owl])] == ["ErrorTagLimitExceed"]
    image_id = worker.upload(project, [1], [robin])[0].image.id
    assert worker.classifiers.changes.tag(worker.store, project, [(image_id, owl.id)]).exceeded == [(image_id, owl.id)]
    multilabel = worker.project("labels")
    robin, nothing = worker.tag(multilabel, "robin"), worker.tag(multilabel, "nothing", "Negative")
    assert [each.status for each in worker.upload(multilabel, [1], [robin, nothing])] == ["ErrorNegativeAndRegularTagOnSameImage"]
    image_id = worker.upload(multilabel, [1], [nothing])[0].image.id
    with pytest.raises(Refused) as refused:
        worker.classifiers.changes.tag(worker.store, multilabel, [(image_id, robin.id)])
    assert refused.value.code == "BadRequestNegativeAndRegularTagOnSameImage"
    assert worker.counts(multilabel) == {"nothing": 1, "robin": 0}


def test_metadata_is_taken_up_to_its_limits(worker):
    project = worker.project()
    image_id = worker.upload(project, [1])[0].image.id

    def set_on(metadata):
        return worker.classifiers.changes.set_metadata(worker.store, project, [image_id], metadata)[image_id]
    fifty = {f"{number:02}" + "k" * 254: "v" * 512 for number in range(50)}
    assert set_on(fifty) == fifty
    assert set_on({"one more": ""}) is None
    assert worker.images(project, Selection(metadata=lambda metadata: "00" + "k" * 254 in metadata))[0].metadata == fifty
    for metadata in ({"k" * 257: ""}, {"": ""}, {"k": "v" * 513}):
        with pytest.raises(Refused):
            set_on(metadata)


def test_a_deleted_tag_leaves_its_images_at_once_and_for_good_after_its_job(worker):
    project = worker.project()
    robin, owl = worker.tag(project, "robin"), worker.tag(project, "owl")
    worker.upload(project, range(3), [robin, owl])
    worker.run("untag-classifier-images", f"{project.id}.{robin.id}")  # too early
    worker.classifiers.tags.delete(worker.store, project, robin.id)

    assert [set(image.tag_ids) for image in worker.images(project)] == [{owl.id}] * 3
    assert worker.classifiers.queries.count(worker.store, project, Selection(status=TaggingStatus.TAGGED)) == 3
    worker.run("untag-classifier-images", f"{project.id}.{robin.id}")
    stored = list(worker.classifiers.images.stored(worker.store, project))
    assert [set(image.tag_ids) for image in stored] == [{owl.id}] * 3
    with pytest.raises(Missing):
        worker.classifiers.tags.get(worker.store, project, robin.id)


def test_addresses_open_what_they_name_for_their_time_and_for_nobody_else(worker, new_account):
    from datetime import UTC, datetime, timedelta

    from shared.classifiers.images import THUMBNAIL, picture_id
    from shared.classifiers.links import FileLinks
    project = worker.project()
    image = worker.upload(project, [1])[0].image
    accounts, time = worker.services.accounts, datetime.now(UTC)
    now = [time]
    links = FileLinks(lambda account_id: accounts.open(accounts.get(account_id)), (CV_PICTURE,), timedelta(minutes=60), lambda: now[0])
    token = links.token(worker.store, CV_PICTURE, picture_id(image, THUMBNAIL))

    assert links.open(token).media_type == "image/jpeg"
    assert links.open(token, worker.store.account_id).name == "picture.jpg"
    other = new_account().store
    foreign = links.token(other, CV_PICTURE, picture_id(image, THUMBNAIL))
    for wrong, account_id in ((foreign, None), (token, other.account_id), (token[:-1], None), (token[:-2] + "AA", None), ("", None),
                              ("é", None), (token.swapcase(), None)):
        with pytest.raises(NotFound):
            links.open(wrong, account_id)
    now[0] = time + timedelta(minutes=61)
    with pytest.raises(NotFound):
        links.open(token)
    now[0] = time
    worker.classifiers.deletion.delete(worker.store, project, [image.id])
    with pytest.raises(NotFound):
        links.open(token)


def test_a_list_of_many_images_costs_few_requests(new_worker):
    from tests.integration.storage.wire import Wire
    wire = Wire()
    worker: Worker = new_worker(wire)
    project = worker.project()
    tag = worker.tag(project, "robin")
    for start in range(0, 192, 64):
        new = [NewImage(None, png(number, 16, 16)) for number in range(start, start + 64)]
        worker.classifiers.uploads.create(worker.store, project, new, [tag.id])
    wire.clear()

    assert worker.classifiers.queries.count(worker.store, project, Selection(tag_ids=(tag.id,))) == 192
    assert len(wire.sent) == 2  # tags, rosters
    wire.clear()
    assert len(worker.classifiers.queries.page(worker.store, project, Selection(), OrderBy.NEWEST, 150, 10).images) == 10
    assert len(wire.sent) == 12
