"""Runs handlers: plain functions on a bounded pool of threads, coroutine functions on the event loop."""

import asyncio
import functools
import logging
import os
import threading
import traceback
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import azure.functions as func

from dev.host.functions import Function

log = logging.getLogger("dev.host")


class InvocationFailed(Exception):
    """The handler raised; it has been logged already."""


class Context(func.Context):
    """What a handler gets that asks for `context`."""

    def __init__(self, function: Function, trace_parent: str = "", trace_state: str = "") -> None:
        self._function_name = function.name
        self._invocation_id = str(uuid.uuid4())
        self._trace_context = TraceContext(trace_parent or _new_trace_parent(), trace_state)
        self._thread_local_storage = threading.local()
        self._thread_local_storage.invocation_id = self._invocation_id

    @property
    def invocation_id(self) -> str:
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        return self._thread_local_storage

    @property
    def function_name(self) -> str:
        return self._function_name

    @property
    def function_directory(self) -> str:
        return os.getcwd()

    @property
    def trace_context(self) -> "TraceContext":
        return self._trace_context

    @property
    def retry_context(self) -> None:
        return None


class TraceContext:
    """W3C trace context of the caller, or a new one."""

    def __init__(self, trace_parent: str, trace_state: str) -> None:
        self._trace_parent = trace_parent
        self._trace_state = trace_state

    @property
    def trace_parent(self) -> str:
        return self._trace_parent

    @property
    def trace_state(self) -> str:
        return self._trace_state

    @property
    def attributes(self) -> dict[str, str]:
        return {}


class Invoker:
    """Calls handlers and logs what they raise. The pool has the Python worker's size: min(32, cores + 4) unless set."""

    def __init__(self, threads: int, tracebacks: bool = False) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="handler")
        self._tracebacks = tracebacks

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], tracebacks: bool = False) -> "Invoker":
        wanted = environ.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
        default = min(32, (os.cpu_count() or 1) + 4)
        return cls(int(wanted) if wanted.isdigit() and int(wanted) > 0 else default, tracebacks)

    async def call(self, function: Function, trigger: object, headers: Mapping[str, str] | None = None) -> Any:
        """Run the handler and return its result. Raises InvocationFailed."""
        arguments: dict[str, object] = {function.parameter: trigger}
        if function.takes_context:
            headers = headers or {}
            arguments["context"] = Context(function, headers.get("traceparent", ""), headers.get("tracestate", ""))
        try:
            if function.is_async:
                return await function.handler(**arguments)
            call = functools.partial(function.handler, **arguments)
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        except Exception as error:
            # Neither the message nor the values: they may hold what the customer sent.
            log.error("function %s failed: %s", function.name, where(error))
            if self._tracebacks:
                traceback.print_exception(error)
            raise InvocationFailed(function.name) from None

    def close(self) -> None:
        """Take no more work; a handler that is still running is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def where(error: BaseException) -> str:
    """Return the error's type and the place it was raised, without its message: `KeyError at service.py line 12`."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.relpath(frames[-1].filename)} line {frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place


def _new_trace_parent() -> str:
    return f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-00"
