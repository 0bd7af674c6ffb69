"""The official Custom Vision clients of an account, and pictures to send."""
from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

import httpx
import numpy as np
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import ImageFileCreateBatch, ImageFileCreateEntry
from msrest.authentication import ApiKeyCredentials
from PIL import Image

from tests.e2e.conftest import ServedAccount

COMPACT = "0732100f-1a38-4e49-a514-c9b44c697ab5"
"""The id of a domain whose models can be exported."""


def training_client(account: ServedAccount, key: str | None = None, endpoint: str | None = None) -> CustomVisionTrainingClient:
    client = CustomVisionTrainingClient(endpoint or account.endpoint, ApiKeyCredentials(in_headers={"Training-key": key or account.key1}))
    client.config.retry_policy.retries = 0
    return client


def prediction_client(account: ServedAccount) -> CustomVisionPredictionClient:
    client = CustomVisionPredictionClient(account.endpoint, ApiKeyCredentials(in_headers={"Prediction-key": account.key1}))
    client.config.retry_policy.retries = 0
    return client


def picture(seed: int, width: int = 96, height: int = 64, kind: str = "PNG") -> bytes:
    """A picture of its own for each seed: coarse random squares."""
    squares = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    written = io.BytesIO()
    Image.fromarray(squares).resize((width, height), Image.Resampling.NEAREST).save(written, kind)
    return written.getvalue()


def batch_of(seeds: Sequence[int], tag_ids: Sequence[str] = (), metadata: dict[str, str] | None = None) -> ImageFileCreateBatch:
    return ImageFileCreateBatch(images=[ImageFileCreateEntry(name=f"picture {seed}", contents=picture(seed)) for seed in seeds],
                                tag_ids=list(tag_ids), metadata=metadata)


def project_of(account: ServedAccount) -> tuple[str, str, str]:
    """The ids of a new project, of a tag of it, and of an image with that tag."""
    client = training_client(account)
    project = client.create_project("birds")
    tag = client.create_tag(project.id, "robin")
    return project.id, tag.id, client.create_images_from_files(project.id, batch_of([1], [tag.id])).images[0].image.id


def train_iteration(client: CustomVisionTrainingClient, project_id: str, tag_ids: Sequence[str], name: Callable[[], str]) -> str:
    """The id of an iteration that is trained on five new pictures of each of the tags. `name` gives words for all that has one."""
    for place, tag_id in enumerate(tag_ids):
        client.create_images_from_files(project_id, ImageFileCreateBatch(tag_ids=[tag_id], images=[
            ImageFileCreateEntry(name=name(), contents=picture(1000 * place + seed) + name().encode()) for seed in range(5)]))
    iteration_id = client.train_project(project_id, force_train=True).id
    ends_at = time.monotonic() + 120
    while client.get_iteration(project_id, iteration_id).status == "Training":
        assert time.monotonic() < ends_at, "the training does not end"
        time.sleep(0.2)
    return iteration_id


def fetched(address: str) -> httpx.Response:
    """What an address answers to somebody without a key."""
    return httpx.get(address, timeout=30)
