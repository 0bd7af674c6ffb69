"""The official Custom Vision clients of an account, and pictures to send."""
from __future__ import annotations

import io
from collections.abc import Sequence

import httpx
import numpy as np
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import ImageFileCreateBatch, ImageFileCreateEntry
from msrest.authentication import ApiKeyCredentials
from PIL import Image

from tests.e2e.conftest import ServedAccount


def training_client(account: ServedAccount, key: str | None = None, endpoint: str | None = None) -> CustomVisionTrainingClient:
    client = CustomVisionTrainingClient(endpoint or account.endpoint, ApiKeyCredentials(in_headers={"Training-key": key or account.key1}))
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


def fetched(address: str) -> httpx.Response:
    """What an address answers to somebody without a key."""
    return httpx.get(address, timeout=30)
