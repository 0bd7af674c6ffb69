"""How every network of ours is run: by onnxruntime, on the processor, on one thread."""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnxruntime


def session_of(model: Path, plans_memory: bool = True, keeps_memory: bool = False) -> onnxruntime.InferenceSession:
    """Return the session of an ONNX file. Raises what onnxruntime raises.

    `plans_memory`: from the second input of a shape on, one block is taken for all that lies between the layers. It is
    faster, and for large inputs takes up to half more than the layers by themselves. `keeps_memory`: what an input took is
    kept for the next ones, which saves a sixth of the time where blocks of a megabyte are given back at once (`shared/memory.py`).
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # requests come on threads of their own
    options.enable_cpu_mem_arena = keeps_memory  # that of the largest input ever seen
    options.enable_mem_pattern = plans_memory
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
