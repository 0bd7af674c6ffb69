"""Polls the queues of queue triggers and runs their handlers: at least once, five tries, then the poison queue."""

import asyncio
import base64
import binascii
import functools
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.functions.queue import QueueMessage
from azure.storage.queue import QueueClient

from dev.host.configuration import QueueOptions
from dev.host.functions import QueueFunction
from dev.host.invocation import InvocationFailed, Invoker

log = logging.getLogger("dev.host")

# Quick, so that tests are: the real host waits from 100 ms up to maxPollingInterval.
_SHORTEST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 0.5
_STORAGE_DOWN_WAIT_SECONDS = 2.0
_STORAGE_THREADS = 4


class QueueRunner:
    """All queue functions of one worker.

    `lease_seconds`: how long a message stays hidden from others while it is worked on; renewed at half of it. The real
    host takes ten minutes, so there a killed worker's message comes back after ten minutes, and here after this.
    """

    def __init__(
        self, queues: dict[str, QueueFunction], options: QueueOptions, invoker: Invoker, lease_seconds: int
    ) -> None:
        # Apart from the handlers' pool: a full house of handlers must not stop the renewals.
        self._storage_pool = ThreadPoolExecutor(_STORAGE_THREADS, thread_name_prefix="queues")
        self._listeners = [
            _Listener(each, options, invoker, lease_seconds, self._storage_pool) for each in queues.values()
        ]

    async def run(self) -> None:
        """Listen to every queue until cancelled; handlers that run by then are left to finish in `drain`."""
        async with asyncio.TaskGroup() as group:
            for listener in self._listeners:
                group.create_task(listener.listen())

    async def drain(self, seconds: float) -> None:
        """Wait for running handlers, no longer than this; what is unfinished comes back when its lease ends."""
        running = [task for listener in self._listeners for task in listener.running]
        if running:
            await asyncio.wait(running, timeout=seconds)
        self._storage_pool.shutdown(wait=False, cancel_futures=True)


class _Listener:
    """One queue function and its queue."""

    def __init__(
        self,
        function: QueueFunction,
        options: QueueOptions,
        invoker: Invoker,
        lease_seconds: int,
        pool: ThreadPoolExecutor,
    ) -> None:
        self.running: set[asyncio.Task[None]] = set()
        self._function = function
        self._options = options
        self._invoker = invoker
        self._lease_seconds = lease_seconds
        self._pool = pool
        # Few retries: this loop is a retry itself, and must notice soon when it is to stop.
        connect = functools.partial(QueueClient.from_connection_string, function.connection_string, retry_total=1)
        self._queue: QueueClient = connect(queue_name=function.queue_name)
        self._poison: QueueClient = connect(queue_name=f"{function.queue_name}-poison")

    async def listen(self) -> None:
        longest = min(_LONGEST_WAIT_SECONDS, self._options.max_polling_interval.total_seconds())
        wait_seconds, reachable = _SHORTEST_WAIT_SECONDS, True
        while True:
            try:
                took = await self._take_batch() if len(self.running) <= self._options.new_batch_threshold else 0
                wait_seconds = _SHORTEST_WAIT_SECONDS if took or self.running else min(wait_seconds * 2, longest)
                reachable = True
            except ResourceNotFoundError:
                await self._storage(_create, self._queue)
            except AzureError as error:
                if reachable:
                    log.error("queue %s cannot be read: %s", self._function.queue_name, type(error).__name__)
                wait_seconds, reachable = _STORAGE_DOWN_WAIT_SECONDS, False
            await asyncio.sleep(wait_seconds)

    async def _take_batch(self) -> int:
        # One request, so one page: the SDK would go on asking until the queue is empty.
        batch = await self._storage(_receive, self._queue, self._options.batch_size, self._lease_seconds)
        for message in batch:
            task = asyncio.get_running_loop().create_task(self._handle(message))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        return len(batch)

    async def _handle(self, message: Any) -> None:
        try:
            body = base64.b64decode(message.content, validate=True) if self._options.base64 else message.content
        except (binascii.Error, ValueError):
            log.error("function %s: a message is not base64 (host.json, messageEncoding)", self._function.name)
            return await self._give_up(message)
        if message.dequeue_count > self._options.max_dequeue_count:
            return await self._give_up(message)
        try:
            message = await self._run_renewing(message, body)
        except InvocationFailed:
            if message.dequeue_count >= self._options.max_dequeue_count:
                await self._give_up(message)
            else:
                await self._release(message)
            return None
        except AzureError as error:
            log.error("function %s lost its message: %s", self._function.name, type(error).__name__)
            return None
        await self._settle(_delete, message)

    async def _run_renewing(self, message: Any, body: str | bytes) -> Any:
        """Run the handler; meanwhile keep the message hidden. Returns the message with its newest pop receipt."""
        trigger = QueueMessage(
            id=message.id,
            body=body,
            dequeue_count=message.dequeue_count,
            expiration_time=message.expires_on,
            insertion_time=message.inserted_on,
            time_next_visible=message.next_visible_on,
            pop_receipt=message.pop_receipt,
        )
        run = asyncio.ensure_future(self._invoker.call(self._function, trigger))
        while True:
            done, _ = await asyncio.wait({run}, timeout=self._lease_seconds / 2)
            if done:
                run.result()
                return message
            renewed = await self._storage(_hide, self._queue, message, self._lease_seconds)
            message.pop_receipt = renewed.pop_receipt

    async def _release(self, message: Any) -> None:
        await self._settle(_hide, message, int(self._options.visibility_timeout.total_seconds()))

    async def _give_up(self, message: Any) -> None:
        log.error("function %s: a message went to %s", self._function.name, self._poison.queue_name)
        try:
            await self._storage(_create, self._poison)
            await self._storage(_copy, self._poison, message)
        except AzureError as error:
            # It stays where it is and is tried again.
            log.error("queue %s cannot be written: %s", self._poison.queue_name, type(error).__name__)
            return
        await self._settle(_delete, message)

    async def _settle(self, operation: Callable[..., Any], message: Any, *arguments: object) -> None:
        try:
            await self._storage(operation, self._queue, message, *arguments)
        except AzureError as error:
            # Gone or taken by another worker after its lease ran out: at least once is what a queue promises.
            log.warning("function %s could not settle a message: %s", self._function.name, type(error).__name__)

    async def _storage(self, operation: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, functools.partial(operation, *arguments))


def _receive(queue: QueueClient, count: int, hidden_seconds: int) -> list[Any]:
    pages = queue.receive_messages(messages_per_page=count, visibility_timeout=hidden_seconds).by_page()
    return list(next(pages, ()))


def _hide(queue: QueueClient, message: Any, seconds: int) -> Any:
    return queue.update_message(message.id, message.pop_receipt, visibility_timeout=seconds)


def _delete(queue: QueueClient, message: Any) -> None:
    queue.delete_message(message.id, message.pop_receipt)


def _copy(poison: QueueClient, message: Any) -> None:
    poison.send_message(message.content, time_to_live=-1)


def _create(queue: QueueClient) -> None:
    try:
        queue.create_queue()
    except ResourceExistsError:
        return
