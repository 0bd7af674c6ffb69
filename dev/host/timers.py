"""Runs timer functions on their schedule, each at most once at a time: in this process, and on this machine."""

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from azure.functions.timer import TimerRequest

from dev.host.functions import TimerFunction
from dev.host.invocation import InvocationFailed, Invoker

log = logging.getLogger("dev.host")

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]

# asyncio and the clock drift apart, so a long wait looks at the clock again now and then.
_LONGEST_WAIT_SECONDS = 60.0


class TimerRunner:
    """All timer functions of one worker. `storage` names what the workers that may not run one timer together share."""

    def __init__(
        self,
        timers: dict[str, TimerFunction],
        invoker: Invoker,
        storage: str,
        clock: Clock = lambda: datetime.now(UTC),
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._timers = timers
        self._invoker = invoker
        self._storage = storage
        self._clock = clock
        self._sleep = sleep
        self._manual: set[asyncio.Task[bool]] = set()

    async def run(self) -> None:
        """Run every timer until cancelled."""
        async with asyncio.TaskGroup() as group:
            for timer in self._timers.values():
                group.create_task(self._follow_schedule(timer))

    def run_now(self, name: str) -> bool:
        """Start one run of the named timer beside its schedule; return whether there is such a timer."""
        timer = next((each for each in self._timers.values() if each.name.lower() == name.lower()), None)
        if timer is None:
            return False
        task = asyncio.get_running_loop().create_task(self.run_once(timer))
        self._manual.add(task)
        task.add_done_callback(self._manual.discard)
        return True

    async def run_once(self, timer: TimerFunction, due: datetime | None = None, past_due: bool = False) -> bool:
        """Run a timer function unless it is running, or has run for this tick; return whether it ran to its end."""
        with _only_run(self._storage, timer.name, due) as mine:
            if not mine:
                return False
            try:
                await self._invoker.call(timer, TimerRequest(past_due=past_due))
            except InvocationFailed:
                return False
            return True

    async def _follow_schedule(self, timer: TimerFunction) -> None:
        if timer.run_on_startup:
            await self.run_once(timer)
        past_due = False
        while True:
            due = timer.schedule.next_after(self._clock())
            while (wait_seconds := (due - self._clock()).total_seconds()) > 0:
                await self._sleep(min(wait_seconds, _LONGEST_WAIT_SECONDS))
            await self.run_once(timer, due, past_due)
            # Ticks that passed during the run are not made up for one by one; the next run is told.
            past_due = timer.schedule.next_after(due) <= self._clock()


@contextlib.contextmanager
def _only_run(storage: str, name: str, due: datetime | None) -> Iterator[bool]:
    """Hold the lock of one timer over one storage account; yields False when another run has it, or had this tick.

    The real host leases a blob for this. A locked file does the same on one machine, goes with a killed process,
    and leaves nothing in the storage that tests look through.
    """
    digest = hashlib.sha256(f"{storage}\0{name.lower()}".encode()).hexdigest()[:32]
    path = Path(tempfile.gettempdir()) / f"moderato-timer-{digest}.lock"
    with open(path, "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        lock.seek(0)
        if due is not None and lock.read() >= due.isoformat():
            yield False
            return
        if due is not None:
            lock.truncate(0)
            lock.write(due.isoformat())
            lock.flush()
        yield True
