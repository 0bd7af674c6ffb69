"""The engine that judges texts, by the settings; nothing of it is imported before the first text."""
from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.engine_loading import LoadedOnce
from shared.settings import Settings
from shared.storage.connections import pooled_transport

if TYPE_CHECKING:
    from shared.text_analysis.azure_model import AzureTextModel
    from shared.text_analysis.models import TextModel


@cache
def _text_model() -> TextModel:
    from shared.text_analysis.built_in_model import BuiltInModel

    return BuiltInModel.load()


def text_engine_of(settings: Settings, credential: Any) -> tuple[Callable[[], TextModel], Callable[[], object]]:
    """What gives the engine's model, and what says by raising that the engine does not work."""
    if settings.text_engine == "onnx":
        folder = Path(__file__).resolve().parents[2] / (settings.onnx_text_model_folder or "")
        engine = LoadedOnce("text engine", lambda: _onnx_text_model(folder))
        return engine, engine
    if settings.text_engine == "azure-content-safety":
        key = settings.azure_content_safety_key
        forwarding = cache(lambda: _azure_text_model(
            settings.azure_content_safety_endpoint or "", credential if key is None else key.reveal()))
        return forwarding, lambda: forwarding().check()
    return _text_model, _text_model


def _onnx_text_model(folder: Path) -> TextModel:
    from shared.text_analysis.onnx_model import OnnxTextModel

    return OnnxTextModel.load(folder)


def _azure_text_model(endpoint: str, credential: Any) -> AzureTextModel:
    from shared.text_analysis.azure_model import AzureTextModel

    return AzureTextModel(endpoint, credential, transport=pooled_transport())
