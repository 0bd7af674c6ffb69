"""The engine is made once, at first use; one that cannot be made is unavailable and never replaced by another one."""
from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.engine_loading import LoadedOnce, UnusableModel
from shared.errors import Unavailable
from shared.text_analysis.onnx_model import OnnxTextModel
from tests.onnx_text_model import save_model


def test_threads_that_ask_at_once_get_one_model(tmp_path):
    folder = save_model(tmp_path / "m")
    made: list[OnnxTextModel] = []
    together = threading.Barrier(8)

    def load() -> OnnxTextModel:
        made.append(OnnxTextModel.load(folder))
        return made[-1]
    engine = LoadedOnce("text engine", load)

    def ask(_: int) -> object:
        together.wait()
        return engine()
    with ThreadPoolExecutor(8) as pool:
        models = set(pool.map(ask, range(8)))

    assert models == set(made) and len(made) == 1


def test_a_failure_is_logged_once_and_tried_again_after_ten_seconds(caplog, tmp_path):
    folder = save_model(tmp_path / "m")
    tries, now = [], [100.0]

    def load() -> OnnxTextModel:
        tries.append(now[0])
        if now[0] < 110:
            raise UnusableModel("model.onnx is missing")
        return OnnxTextModel.load(folder)
    engine = LoadedOnce("text engine", load, monotonic=lambda: now[0])
    for second in (0, 1, 9.9):
        now[0] = 100.0 + second
        with pytest.raises(Unavailable) as refusal:
            engine()
        assert "model.onnx" not in refusal.value.message
    now[0] = 110.0

    assert engine().engine == "onnx"
    assert tries == [100.0, 110.0]
    assert caplog.text.count("model.onnx is missing") == 1
