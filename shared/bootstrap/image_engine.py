"""Image analysis, by the settings; nothing of an engine is imported before the first picture."""
from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.engine_loading import LoadedOnce
from shared.image_analysis.ocr import read
from shared.image_analysis.service import ImageAnalysisService
from shared.image_analysis.text_in_picture import TextInPicture
from shared.settings import Settings
from shared.storage.connections import pooled_transport
from shared.text_analysis.models import TextModel

if TYPE_CHECKING:
    from shared.image_analysis.azure_model import AzureImageModel
    from shared.image_analysis.models import ImageModel


def image_analysis_of(settings: Settings, credential: Any, load_text_model: Callable[[], TextModel]
                      ) -> tuple[ImageAnalysisService, Callable[[], object]]:
    """The service, and what says by raising that the engine does not work."""
    load_model, check = _image_engine_of(settings, credential)
    return ImageAnalysisService(load_model, TextInPicture(read, load_text_model)), check


def _image_engine_of(settings: Settings, credential: Any) -> tuple[Callable[[], ImageModel], Callable[[], object]]:
    if settings.image_engine == "onnx":
        folder = Path(__file__).resolve().parents[2] / (settings.onnx_image_model_folder or "")
        engine = LoadedOnce("image engine", lambda: _onnx_image_model(folder))
        return engine, engine
    if settings.image_engine == "azure-content-safety":
        key = settings.azure_content_safety_key
        forwarding = cache(lambda: _azure_image_model(
            settings.azure_content_safety_endpoint or "", credential if key is None else key.reveal()))
        return forwarding, lambda: forwarding().check()
    return cache(lambda: _built_in_model(settings.image_sexual_cuts)), _load_networks


def _built_in_model(cuts: str) -> ImageModel:
    from shared.image_analysis.nsfw_model import NsfwModel, SexualCuts

    return NsfwModel(SexualCuts(*map(float, cuts.split())))


def _load_networks() -> None:
    """Raises Unavailable where they are not there."""
    from shared.image_analysis.backbone import narrow, wide

    wide()
    narrow()


def _onnx_image_model(folder: Path) -> ImageModel:
    from shared.image_analysis.onnx_model import OnnxImageModel

    return OnnxImageModel.load(folder)


def _azure_image_model(endpoint: str, credential: Any) -> AzureImageModel:
    from shared.image_analysis.azure_model import AzureImageModel

    return AzureImageModel(endpoint, credential, transport=pooled_transport())
