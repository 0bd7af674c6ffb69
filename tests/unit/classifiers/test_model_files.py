"""Models and performances as bytes: there and back, and never believed."""
from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shared.classifiers.iteration_models import SnapshotTag
from shared.classifiers.learning.heads import Head, Likelihood
from shared.classifiers.model_files import HeldOut, Model, UnreadableModel, held_out_bytes, held_out_of, model_bytes, model_of
from shared.classifiers.models import TagType

TAGS = (SnapshotTag("a", "First\nline", None, TagType.REGULAR), SnapshotTag("b", "Zwei", "d", TagType.NEGATIVE))


def model() -> Model:
    random = np.random.default_rng(0)
    return Model(Head(Likelihood.SIGMOID, random.random((7, 2), dtype="float32"), random.random(2, dtype="float32")), TAGS, "v1")


def held_out() -> HeldOut:
    random = np.random.default_rng(0)
    return HeldOut(("i1", "i2", "i3"), TAGS, random.random((3, 2), dtype="float32"), np.array([[1, 0], [0, 0], [1, 1]], dtype="uint8"),
                   np.array([0, 1, 2]))


def test_a_model_comes_back_as_it_was():
    read = model_of(model_bytes(model()))

    assert (read.tags, read.features_version, read.head.likelihood) == (TAGS, "v1", Likelihood.SIGMOID)
    assert (read.head.weights == model().head.weights).all() and (read.head.bias == model().head.bias).all()
    assert model_bytes(read) == model_bytes(model())


def test_a_performance_comes_back_as_it_was():
    read, written = held_out_of(held_out_bytes(held_out())), held_out()

    assert (read.image_ids, read.tags) == (written.image_ids, TAGS)
    for name in ("probabilities", "targets", "folds"):
        assert (getattr(read, name) == getattr(written, name)).all()


@pytest.mark.parametrize("damage", [
    lambda content: content[:-4], lambda content: content + b"\0\0\0\0", lambda content: content[:-1], lambda content: b"",
    lambda content: b"no json\n", lambda content: b"[]\n", lambda content: content.replace(b'"format":1', b'"format":2'),
    lambda content: content.replace(b'"Regular"', b'"Unheard"'), lambda content: content[:-4] + np.float32(np.nan).tobytes(),
])
def test_what_is_damaged_is_not_read(damage):
    with pytest.raises(UnreadableModel):
        model_of(damage(model_bytes(model())))
    with pytest.raises(UnreadableModel):
        held_out_of(damage(held_out_bytes(held_out())))


def test_tags_of_images_stay_within_the_tags():
    content = held_out_bytes(dataclasses.replace(held_out()))

    with pytest.raises(UnreadableModel):
        held_out_of(content.replace(b'"imageTags":[[0],', b'"imageTags":[[9],'))
