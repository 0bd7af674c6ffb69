"""The headers that say which engine an answer came from, and which weights: the same in every family."""
from __future__ import annotations

MODEL_VERSION_HEADER = "x-model-version"
ENGINE_HEADER = "x-moderato-engine"


def engine_headers(engine: str | None, model_version: str | None) -> dict[str, str]:
    """Return none where no engine was asked."""
    if engine is None or model_version is None:
        return {}
    return {MODEL_VERSION_HEADER: model_version, ENGINE_HEADER: engine}
