"""A kept picture that cannot be decoded, as an archive may bring one: left out of what is learned and suggested, and no trouble."""
from __future__ import annotations

import pytest

from shared.classifiers.failures import Code, Refused
from shared.classifiers.image_uploads import NewImage
from shared.classifiers.images import ORIGINAL
from shared.classifiers.iteration_models import IterationStatus
from tests.integration.classifiers.projects import Worker, coloured
from tests.unit.imaging.hostile import scans

NO_PICTURE, TOO_MANY_SCANS = b"words", scans(1200)


def replace(worker: Worker, project, contents: list[bytes]) -> list[str]:
    """These contents in the place of the newest images', and their ids."""
    newest = worker.images(project)[-len(contents):]
    for image, content in zip(newest, contents, strict=True):
        worker.classifiers.images.write_pictures(worker.store, image, {ORIGINAL: content})
    return [image.id for image in newest]


def test_a_training_learns_from_the_other_images(worker):
    project = worker.colours()
    replace(worker, project, [NO_PICTURE] * 3 + [TOO_MANY_SCANS])

    iteration = worker.train(project, worker.begun(project))

    assert (iteration.status, iteration.error) == (IterationStatus.COMPLETED, "")
    prediction = worker.classifiers.predictions.quick_test(worker.store, project, iteration.id, coloured("blue", 5), store=False)
    assert prediction.scores[0].tag_name == "blue"


def test_a_training_fails_once_where_a_single_tag_is_left(worker):
    project = worker.colours()
    replace(worker, project, [NO_PICTURE] * 5)

    iteration = worker.train(project, worker.begun(project))

    assert (iteration.status, iteration.attempts) == (IterationStatus.FAILED, 1)
    assert iteration.error == "Images were deleted before the training had seen them, or cannot be decoded: fewer than two tags are left."


def test_suggestions_leave_it_out_and_one_by_its_id_is_refused(worker):
    project = worker.colours()
    iteration = worker.train(project, worker.begun(project))
    worker.classifiers.uploads.create(worker.store, project, [NewImage(None, coloured("red", shade)) for shade in (3, 7)])
    good, bad = (image.id for image in worker.images(project)[-2:])
    replace(worker, project, [NO_PICTURE])

    suggested, _ = worker.classifiers.suggestions.untagged(
        worker.store, project, iteration.id, (), 0, is_sure_first=True, after=None, size=10)

    assert [each.image.id for each in suggested] == [good]
    with pytest.raises(Refused) as refused:
        worker.classifiers.suggestions.of_images(worker.store, project, iteration.id, [good, bad])
    assert refused.value.code == Code.IMAGE_FORMAT
