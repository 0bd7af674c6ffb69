"""Image lists on Azurite: what two workers see of each other's changes, and what a list takes."""
from __future__ import annotations

import threading

import pytest

from shared.errors import InvalidRequest, NotFound
from shared.image_lists.service import ImageAlreadyThere
from shared.imaging.decoding import decode
from shared.imaging.models import ImageFormat, ImageLimits, Picture
from tests.integration.image_lists.images import assert_agree
from tests.pictures import encoded, picture, pixels, reposted

ANY = ImageLimits(frozenset(ImageFormat), 10**7, 1, 10**4)


def test_a_change_counts_for_every_worker_at_once(new_worker):
    one, other = new_worker(), new_worker()
    number = one.create(1)
    assert_agree([one, other], number, range(4), {1})
    content_id = other.add(number, 2)
    assert_agree([one, other], number, range(4), {1, 2})
    one.lists.remove(one.store, number, content_id)
    assert_agree([other, one], number, range(4), {1})
    other.lists.remove_all(other.store, number)
    assert_agree([one, other], number, range(4), set())
    one.add(number, 3)
    assert_agree([other, one], number, range(4), {3})
    one.lists.delete(one.store, number)
    for worker in (one, other):
        with pytest.raises(NotFound):
            worker.lists.match(worker.store, picture(3), number)
        assert worker.lists.match(worker.store, picture(3), None) == []


def test_a_match_says_which_image_how_near_and_what_is_known_of_it(worker):
    number = worker.create(1, 2)
    content_id = worker.add(number, 3, (101, 403), "the third")
    (match,) = worker.lists.match(worker.store, picture(3), number)
    assert (match.list_number, match.content_id, match.distance, match.score, match.tags, match.label) == (
        number, content_id, 0, 1, (101, 403), "the third")
    (match,) = worker.lists.match(worker.store, decode(reposted(3), ANY), number)
    assert match.content_id == content_id and match.score <= 1


def test_all_lists_are_looked_at_where_none_is_named_and_the_nearest_come_first(worker):
    exact, near = worker.create(5), worker.create(6)
    worker.lists.add(worker.store, near, decode(reposted(5), ANY), (), "reposted")
    matches = worker.lists.match(worker.store, picture(5), None)
    assert [(match.list_number, match.label) for match in matches] == [(exact, "5"), (near, "reposted")]
    assert worker.lists.match(worker.store, picture(99), None) == []


def test_numbers_are_given_once_and_in_all_lists_of_the_account_together(worker):
    one, other = worker.create(), worker.create()
    ids = [worker.add(one, 1), worker.add(other, 1), worker.add(one, 2)]
    worker.lists.remove(worker.store, one, ids[2])
    report = worker.import_images(other, range(10, 15))
    ids += [entry.content_id for entry in report.taken]
    assert sorted(set(ids)) == sorted(ids) and ids[3:] == list(range(ids[3], ids[3] + 5))
    assert worker.lists.content_ids(worker.store, other) == sorted([ids[1], *ids[3:]])


@pytest.mark.parametrize("image_format, options", [("PNG", {}), ("BMP", {}), ("TIFF", {})])
def test_the_same_pixels_are_the_same_picture_in_whatever_file_they_come(worker, image_format, options):
    number = worker.create(1)
    with pytest.raises(ImageAlreadyThere):
        worker.lists.add(worker.store, number, decode(encoded(pixels(1), image_format, **options), ANY), (), "")
    worker.lists.add(worker.store, number, decode(reposted(1), ANY), (), "1")
    assert worker.rows() == 2
    assert worker.lists.add(worker.store, worker.create(), picture(1), (), "") > 0


def test_a_picture_that_is_added_many_times_at_once_is_in_the_list_once(new_worker):
    workers = [new_worker() for _ in range(4)]
    number = workers[0].create()
    taken: list[int] = []
    refused: list[Exception] = []

    def add(worker) -> None:
        try:
            taken.append(worker.add(number, 1))
        except ImageAlreadyThere as refusal:
            refused.append(refusal)
    threads = [threading.Thread(target=add, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refused)) == (1, 3)
    assert_agree(workers, number, range(3), {1})
    assert workers[0].lists.content_ids(workers[0].store, number) == taken


def test_an_image_that_is_not_there_is_not_found(worker):
    one, other = worker.create(), worker.create()
    content_id = worker.add(one, 1)
    for number, wrong in ((other, content_id), (one, content_id + 1), (one, 0), (999, content_id)):
        with pytest.raises(NotFound):
            worker.lists.remove(worker.store, number, wrong)
    worker.lists.remove(worker.store, one, content_id)
    with pytest.raises(NotFound):
        worker.lists.remove(worker.store, one, content_id)
    assert worker.rows() == 0


def test_a_list_has_as_many_images_as_it_may_and_an_account_as_many_lists(new_worker):
    worker = new_worker(image_limit=2, image_list_limit=2)
    number = worker.create(1)
    removed = worker.add(number, 2)
    with pytest.raises(InvalidRequest, match="2 images"):
        worker.add(number, 3)
    with pytest.raises(ImageAlreadyThere):
        worker.add(number, 2)
    worker.lists.remove(worker.store, number, removed)
    report = worker.import_images(number, [1, 3, 4, 4])
    assert [entry.number for entry in report.taken] == [2] and report.already_there == [1]
    assert [entry.number for entry in report.refused] == [3, 4]
    worker.create()
    with pytest.raises(InvalidRequest, match="2 image lists"):
        worker.create()


def test_a_list_matches_as_far_as_its_metadata_says(new_worker):
    one, other = new_worker(), new_worker()
    number = one.create(7)
    repost = decode(reposted(7), ANY)
    (match,) = one.lists.match(one.store, repost, number)
    distance = match.distance
    for limit in (distance, distance - 1) if distance else (0,):
        one.lists.update(one.store, number, None, None, {"MatchDistance": str(limit)})
        for worker in (one, other):
            assert bool(worker.lists.match(worker.store, repost, number)) is (limit >= distance)
    assert other.lists.match(other.store, picture(7), number)


def test_a_list_outlives_its_tail_its_segments_and_their_compaction(new_worker):
    writer, reader = new_worker(), new_worker()
    number = writer.create()
    assert len(writer.import_images(number, range(100)).taken) == 100
    for each in range(100, 104):
        writer.add(number, each)
        assert reader.matched(number, [each]) == {each}
    gone = writer.lists.content_ids(writer.store, number)[:50]
    for content_id in gone:
        writer.lists.remove(writer.store, number, content_id)
    while len(writer.repository.get(writer.store, str(number)).index.segments) < 16:
        first = writer.rows() + 1000
        writer.import_images(number, range(first, first + 30))
    kept = writer.listed(number)
    probes = sorted(kept)[::40] + list(range(0, 50, 10))
    expected = {each for each in probes if each in kept}
    assert reader.matched(number, probes) == expected
    writer.indexes.compact(writer.store, str(number))
    assert writer.blobs() == writer.named_blobs() and len(writer.blobs()) == 1
    for worker in (writer, reader, new_worker()):
        assert worker.matched(number, probes) == expected
        assert len(worker.lists.content_ids(worker.store, number)) == len(kept)


def test_jobs_delete_what_deleted_images_and_lists_leave_and_nothing_else(worker):
    kept, emptied, deleted = worker.create(1), worker.create(2, 3), worker.create(4)
    worker.import_images(emptied, range(20, 120))
    worker.lists.remove_all(worker.store, emptied)
    worker.lists.delete(worker.store, deleted)
    worker.run_jobs()
    assert worker.rows() == 1 and worker.blobs() == worker.named_blobs()
    assert_agree([worker], kept, range(5), {1})
    assert_agree([worker], emptied, range(5), set())


def test_flat_pictures_match_their_own_pixels_alone(worker):
    import numpy as np

    def flat(level: int) -> Picture:
        return Picture(np.full((200, 300, 3), level, np.uint8), ImageFormat.PNG, 1)
    number = worker.create(1)
    worker.lists.add(worker.store, number, flat(200), (), "grey")
    assert [match.label for match in worker.lists.match(worker.store, flat(200), number)] == ["grey"]
    assert worker.lists.match(worker.store, flat(201), number) == []
